package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// Constants of BM25 (Robertson and Zaragoza, 2009). Length counts little here: a longer list
// of examples is more care, not more noise.
const (
	saturation = 1.2
	lengthPart = 0.3
)

// maxQuery is the bytes of a query that are read: three times the longest question of the
// evaluation sets, and a bound on the time that one query may take.
const maxQuery = 600

// Mix is how much each way of looking counts in the sum; each is first scaled so that its best
// document has 1. Adding up was measured better than reciprocal ranks: the trigrams are only
// good where a query shares letters with the text, and a rank does not say so.
type Mix struct {
	Words, Grams float64
}

// DefaultMix was chosen on the development questions of the tool search.
func DefaultMix() Mix { return Mix{Words: 1, Grams: 0.4} }

// Options are the choices of Build; the zero value is ready to use.
type Options struct {
	// Lexicon joins synonyms; nil leaves words as they are.
	Lexicon *Lexicon
	// Mix is DefaultMix where it is zero.
	Mix Mix
}

// reserve is how much of its score a document keeps at a question although no example of it asks.
const reserve = 0.6

// mood counts a document's examples and those that ask.
type mood struct{ examples, asking float64 }

// fit is the share of its score that a document keeps at a question: all where at least a
// third of its examples ask, since read operations are ordered as often as asked.
func (m mood) fit() float64 {
	if m.examples == 0 {
		return 1
	}
	return reserve + (1-reserve)*min(1, 3*m.asking/m.examples)
}

// Index holds documents for search. It is immutable.
type Index struct {
	ids      []string
	analyzer analyzer
	mix      Mix
	words    *bag
	grams    *bag
	moods    []mood // by document
}

var errDocument = errors.New("search: document")

// Build makes an index. Ids must be unique and not empty; the order of the documents breaks ties.
func Build(documents []Document, options Options) (*Index, error) {
	mix := options.Mix
	if mix == (Mix{}) {
		mix = DefaultMix()
	}
	x := &Index{analyzer: analyzer{lexicon: options.Lexicon}, mix: mix, words: newBag(), grams: newBag()}
	seen := map[string]bool{}
	var vocabulary []word
	for at, document := range documents {
		if document.ID == "" || seen[document.ID] {
			return nil, fmt.Errorf("%w %d: id %q is empty or repeated", errDocument, at, document.ID)
		}
		seen[document.ID] = true
		x.ids = append(x.ids, document.ID)
		x.moods = append(x.moods, mood{})
		x.words.open()
		x.grams.open()
		for _, field := range document.Fields {
			if field.Weight <= 0 {
				continue
			}
			for _, text := range field.Texts {
				vocabulary = append(vocabulary, x.take(&x.moods[at], field, text)...)
			}
		}
	}
	x.words.close()
	x.grams.close()
	if options.Lexicon != nil {
		vocabulary = append(vocabulary, options.Lexicon.words...)
	}
	x.analyzer.spell = newSpeller(vocabulary)
	return x, nil
}

// take files one text of the document that is open and returns its words.
func (x *Index) take(m *mood, field Field, text string) []word {
	seen := x.analyzer.analyze(text)
	for _, f := range seen.features {
		x.words.add(f.term, field.Weight*f.weight)
	}
	for _, g := range seen.grams {
		x.grams.add(g, field.Weight)
	}
	if field.Examples {
		m.examples++
		if seen.asks() {
			m.asking++
		}
	}
	return seen.words
}

// Rank implements Ranker; it never fails.
func (x *Index) Rank(_ context.Context, query string) ([]Hit, error) {
	return x.Search(query, len(x.ids)).Hits, nil
}

// Search returns at most limit documents that have something in common with the query. Of a
// query only the first 600 bytes are read.
func (x *Index) Search(query string, limit int) Result {
	seen := x.analyzer.analyze(beginning(query))
	total := make([]float64, len(x.ids))
	sum := 0.0
	blend := func(weight float64, scores []float64) {
		sum += weight
		best := 0.0
		for _, s := range scores {
			best = max(best, s)
		}
		if best == 0 {
			return
		}
		for i, s := range scores {
			total[i] += weight * s / best
		}
	}
	blend(x.mix.Words, x.words.score(seen.features))
	counted := make([]feature, len(seen.grams))
	for i, g := range seen.grams {
		counted[i] = feature{g, 1}
	}
	blend(x.mix.Grams, x.grams.score(counted))
	var hits []Hit
	asks := seen.asks()
	for i, s := range total {
		if asks {
			s *= x.moods[i].fit()
		}
		if s > 0 {
			hits = append(hits, Hit{ID: x.ids[i], Score: s / sum})
		}
	}
	sortHits(hits)
	return Result{Hits: hits[:max(0, min(limit, len(hits)))], Margin: Margin(hits)}
}

// beginning cuts a query to maxQuery between two characters.
func beginning(query string) string {
	if len(query) <= maxQuery {
		return query
	}
	end := maxQuery
	for !utf8.RuneStart(query[end]) {
		end--
	}
	return query[:end]
}

// bag scores whole documents by BM25 over weighted terms.
type bag struct {
	terms   map[string]int
	posting [][]entry // by term
	length  []float64 // by document
	mean    float64
}

type entry struct {
	document int
	weight   float64
}

func newBag() *bag { return &bag{terms: map[string]int{}} }

func (b *bag) open() { b.length = append(b.length, 0) }

func (b *bag) add(term string, weight float64) {
	id, ok := b.terms[term]
	if !ok {
		id = len(b.posting)
		b.terms[term] = id
		b.posting = append(b.posting, nil)
	}
	document := len(b.length) - 1
	b.length[document] += weight
	if last := len(b.posting[id]) - 1; last >= 0 && b.posting[id][last].document == document {
		b.posting[id][last].weight += weight
		return
	}
	b.posting[id] = append(b.posting[id], entry{document, weight})
}

func (b *bag) close() {
	for _, length := range b.length {
		b.mean += length / float64(len(b.length))
	}
}

// rarity is the inverse document frequency of a term id, positive for every term.
func (b *bag) rarity(id int) float64 {
	n, df := float64(len(b.length)), float64(len(b.posting[id]))
	return math.Log(1 + (n-df+0.5)/(df+0.5))
}

func (b *bag) score(query []feature) []float64 {
	scores := make([]float64, len(b.length))
	for _, f := range query {
		id, ok := b.terms[f.term]
		if !ok {
			continue
		}
		rarity := b.rarity(id) * f.weight
		for _, e := range b.posting[id] {
			norm := saturation * (1 - lengthPart + lengthPart*b.length[e.document]/b.mean)
			scores[e.document] += rarity * e.weight * (saturation + 1) / (e.weight + norm)
		}
	}
	return scores
}
