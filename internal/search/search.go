// Package search is a small text index for Portuguese and English that works with no network:
// weighted stems and character trigrams, each scored by BM25, scaled and added up. Words are
// folded, mistyped words are mended, values such as serial numbers become markers, and a
// lexicon of the trade joins words that mean the same in either language.
//
// An Index is immutable after Build and safe for concurrent use; equal input gives equal
// output, ties included. Nothing here reads files, clocks or the network.
package search

import (
	"cmp"
	"context"
	"slices"
)

// Field is one part of a document, such as its title, with the weight of a word in it.
type Field struct {
	// Weight is how much one occurrence counts; 1 is ordinary, 0 leaves the field out.
	Weight float64
	// Texts are the field's texts; phrases and shapes are seen within one text, so one example
	// question is one text.
	Texts []string
	// Examples says that the texts are what people would type. From them a document learns
	// whether it is asked or ordered: one whose examples never ask stands back at questions.
	Examples bool
}

// Document is one thing that can be found.
type Document struct {
	// ID is given back in hits and is unique in an index.
	ID string
	// Fields are its texts.
	Fields []Field
}

// Hit is one document found.
type Hit struct {
	ID string
	// Score is between 0 and 1: the share of what a document that is best in every respect
	// would have. Scores of one query may be compared, those of two queries only roughly.
	Score float64
}

// Result is the answer to a query.
type Result struct {
	// Hits are the documents with any evidence, best first; ties in the order of Build.
	Hits []Hit
	// Margin is how far the first hit is ahead of the second, as a share of the first:
	// 0 is a tie, 1 means that nothing else was found.
	Margin float64
}

// Ranker orders documents for a query. Index is one; an embedding model is another, alone or
// beside an Index, joined by Fuse.
type Ranker interface {
	// Rank returns hits best first. A document that is not returned has no evidence.
	Rank(ctx context.Context, query string) ([]Hit, error)
}

var _ Ranker = (*Index)(nil)

// Margin is the lead of the first hit over the second, as in Result.
func Margin(hits []Hit) float64 {
	switch {
	case len(hits) == 0 || hits[0].Score <= 0:
		return 0
	case len(hits) == 1:
		return 1
	}
	return (hits[0].Score - hits[1].Score) / hits[0].Score
}

// fusionRank is the k of reciprocal rank fusion; 60 is the value of its paper (Cormack and
// others, SIGIR 2009): ranks 1 and 2 differ little, so two rankers must agree to win.
const fusionRank = 60

// Fuse joins the answers of several rankers by reciprocal rank, which needs no common scale of
// scores: similarities of an embedding model lie close together, sums of BM25 do not. First
// place everywhere scores 1. Ties keep the order of first meeting.
func Fuse(lists ...[]Hit) []Hit {
	place := map[string]int{}
	var fused []Hit
	best := float64(len(lists)) / (fusionRank + 1)
	for _, hits := range lists {
		for rank, hit := range hits {
			i, seen := place[hit.ID]
			if !seen {
				i = len(fused)
				place[hit.ID] = i
				fused = append(fused, Hit{ID: hit.ID})
			}
			fused[i].Score += 1 / float64(fusionRank+rank+1) / best
		}
	}
	sortHits(fused)
	return fused
}

// sortHits keeps the given order among equals.
func sortHits(hits []Hit) {
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
}
