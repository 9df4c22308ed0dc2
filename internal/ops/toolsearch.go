package ops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/search"
)

// ToolDoc is an operation as the tool search reads it.
type ToolDoc struct {
	// Name is the operation's name, such as sga_get_balance.
	Name string
	// Text is its text for people and search.
	Text Text
	// Arguments are the names and descriptions of its inputs.
	Arguments []string
}

// Match is one operation found.
type Match struct {
	// Name is the operation's name.
	Name string
	// Score is between 0 and 1, comparable within one answer; 0 means that nothing spoke for it.
	Score float64
}

// Finder finds operations by what a person or a model wants to do, in Portuguese or English.
type Finder interface {
	// Find returns limit matches, best first: operations that nothing speaks for fill the end
	// with score 0, in the order they were declared, so that any query has an answer. The
	// second value is true where the first three should be offered instead of the first taken.
	// A caller that may use only some operations asks for all and leaves out the others.
	Find(ctx context.Context, query string, limit int) ([]Match, bool, error)
}

// Weights of a tool's fields, chosen on the development questions; the result is flat around them.
const (
	weightName        = 1.0
	weightTitle       = 2.0
	weightKeywords    = 1.5
	weightQuestions   = 1.2
	weightDescription = 0.5
	weightArguments   = 0.15
)

// ambiguousMargin is the lead under which the first three are offered: on the development
// questions it catches five of six wrong answers and asks back at one right answer in eight.
const ambiguousMargin = 0.16

// NewFinder builds the offline finder over the operations. Other rankers, such as an embedding
// model, may be put beside it: the answers are fused, and one that fails is left out.
//
// Names must be unique; where they are not, or the lexicon is broken, every Find says so.
func NewFinder(docs []ToolDoc, others ...search.Ranker) Finder {
	names := make([]string, len(docs))
	for i, doc := range docs {
		names[i] = doc.Name
	}
	index, err := newToolIndex(docs, search.Options{})
	if err != nil {
		return &toolFinder{broken: err}
	}
	return &toolFinder{rankers: append([]search.Ranker{index}, others...), names: names}
}

func newToolIndex(docs []ToolDoc, options search.Options) (*search.Index, error) {
	lexicon, err := search.Warehouse()
	if err != nil {
		return nil, fmt.Errorf("tool search: %w", err)
	}
	options.Lexicon = lexicon
	documents := make([]search.Document, len(docs))
	for i, doc := range docs {
		documents[i] = searched(doc)
	}
	return search.Build(documents, options)
}

// toolFinder finds by its rankers and fills up with the rest.
type toolFinder struct {
	rankers []search.Ranker
	names   []string
	broken  error
}

// Find implements Finder.
func (f *toolFinder) Find(ctx context.Context, query string, limit int) ([]Match, bool, error) {
	if f.broken != nil {
		return nil, false, f.broken
	}
	hits, ambiguous, err := f.rank(ctx, query)
	if err != nil {
		return nil, false, err
	}
	matches := make([]Match, 0, len(f.names))
	found := make(map[string]bool, len(hits))
	for _, hit := range hits {
		if slices.Contains(f.names, hit.ID) { // another ranker may remember operations that are gone
			found[hit.ID] = true
			matches = append(matches, Match{Name: hit.ID, Score: hit.Score})
		}
	}
	for _, name := range f.names {
		if !found[name] {
			matches = append(matches, Match{Name: name})
		}
	}
	return matches[:max(0, min(limit, len(matches)))], ambiguous, nil
}

// rank asks every ranker. One alone is unsure where its lead is small, several where they
// disagree about the first place.
func (f *toolFinder) rank(ctx context.Context, query string) ([]search.Hit, bool, error) {
	var lists [][]search.Hit
	var failed error
	for _, ranker := range f.rankers {
		hits, err := ranker.Rank(ctx, query)
		if err != nil {
			failed = err
			continue
		}
		lists = append(lists, hits)
	}
	switch len(lists) {
	case 0:
		return nil, false, failed
	case 1:
		return lists[0], search.Margin(lists[0]) < ambiguousMargin, nil
	}
	disagree := false
	for _, hits := range lists {
		disagree = disagree || len(hits) == 0 || len(lists[0]) == 0 || hits[0].ID != lists[0][0].ID
	}
	return search.Fuse(lists...), disagree, nil
}

func searched(doc ToolDoc) search.Document {
	return search.Document{ID: doc.Name, Fields: []search.Field{
		{Weight: weightName, Texts: []string{strings.ReplaceAll(strings.TrimPrefix(doc.Name, "sga_"), "_", " ")}},
		{Weight: weightTitle, Texts: []string{doc.Text.Title, doc.Text.TitleEN}},
		{Weight: weightKeywords, Texts: doc.Text.Keywords},
		{Weight: weightQuestions, Texts: doc.Text.Questions, Examples: true},
		{Weight: weightDescription, Texts: []string{ownSentences(doc.Text.Description), ownSentences(doc.Text.DescriptionEN)}},
		{Weight: weightArguments, Texts: doc.Arguments},
	}}
}

// ownSentences leaves out the sentences that point to another operation.
func ownSentences(text string) string {
	var own []string
	for sentence := range strings.SplitSeq(text, ". ") {
		if !strings.Contains(sentence, "sga_") {
			own = append(own, sentence)
		}
	}
	return strings.Join(own, ". ")
}
