// Package search is a small text index for Portuguese and English that works with no network:
// weighted stems (BM25), whole passages (cosine) and character trigrams, added up. Words are
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
	// Texts are the field's passages. Each is also compared as a whole with the query where
	// Passages is set, so one example question is one text.
	Texts []string
	// Passages says that the texts are like queries: titles, phrases, example questions.
	Passages bool
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
// beside an Index by Fused.
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

// Fused is a Ranker over several others by reciprocal rank fusion, which needs no common
// scale of scores. A ranker that fails is left out as long as another one answers, so that
// a remote model may be down.
type Fused []Ranker

var _ Ranker = Fused(nil)

// Rank implements Ranker. Scores are scaled so that first place everywhere is 1.
func (f Fused) Rank(ctx context.Context, query string) ([]Hit, error) {
	var lists [][]Hit
	var failed error
	for _, ranker := range f {
		hits, err := ranker.Rank(ctx, query)
		if err != nil {
			failed = err
			continue
		}
		lists = append(lists, hits)
	}
	if len(lists) == 0 {
		return nil, failed
	}
	return fuse(lists), nil
}

func fuse(lists [][]Hit) []Hit {
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
