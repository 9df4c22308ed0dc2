package ops

import (
	"context"
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
	Find(ctx context.Context, query string, limit int) ([]Match, bool, error)
}

// Weights of a tool's fields, chosen on the development questions.
const (
	weightName        = 1.0
	weightTitle       = 2.0
	weightKeywords    = 1.5
	weightQuestions   = 1.2
	weightDescription = 0.5
	weightArguments   = 0.15
)

// ambiguousMargin is the lead under which the first three are offered.
const ambiguousMargin = 0.12

// NewFinder builds the offline finder over the operations.
func NewFinder(docs []ToolDoc) Finder {
	return newToolFinder(docs, search.Options{})
}

func newToolFinder(docs []ToolDoc, options search.Options) *toolFinder {
	lexicon, err := search.Warehouse()
	if err == nil {
		options.Lexicon = lexicon
	}
	documents := make([]search.Document, len(docs))
	names := make([]string, len(docs))
	for i, doc := range docs {
		documents[i], names[i] = document(doc), doc.Name
	}
	index, _ := search.Build(documents, options)
	return &toolFinder{ranker: index, names: names}
}

// toolFinder finds by a ranker and fills up with the rest.
type toolFinder struct {
	ranker search.Ranker
	names  []string
}

// Find implements Finder.
func (f *toolFinder) Find(ctx context.Context, query string, limit int) ([]Match, bool, error) {
	hits, err := f.ranker.Rank(ctx, query)
	if err != nil {
		return nil, false, err
	}
	matches := make([]Match, 0, len(f.names))
	found := make(map[string]bool, len(hits))
	for _, hit := range hits {
		found[hit.ID] = true
		matches = append(matches, Match{Name: hit.ID, Score: hit.Score})
	}
	for _, name := range f.names {
		if !found[name] {
			matches = append(matches, Match{Name: name})
		}
	}
	return matches[:min(limit, len(matches))], search.Margin(hits) < ambiguousMargin, nil
}

func document(doc ToolDoc) search.Document {
	return search.Document{ID: doc.Name, Fields: []search.Field{
		{Weight: weightName, Texts: []string{strings.ReplaceAll(strings.TrimPrefix(doc.Name, "sga_"), "_", " ")}},
		{Weight: weightTitle, Texts: []string{doc.Text.Title, doc.Text.TitleEN}, Passages: true},
		{Weight: weightKeywords, Texts: doc.Text.Keywords, Passages: true},
		{Weight: weightQuestions, Texts: doc.Text.Questions, Passages: true},
		{Weight: weightDescription, Texts: []string{ownSentences(doc.Text.Description), ownSentences(doc.Text.DescriptionEN)}},
		{Weight: weightArguments, Texts: doc.Arguments},
	}}
}

// ownSentences leaves out the sentences that point to another operation.
func ownSentences(text string) string {
	var own []string
	for sentence := range strings.SplitSeq(text, ". ") {
		if !strings.Contains(sentence, "use sga_") && !strings.Contains(sentence, "sga_") {
			own = append(own, sentence)
		}
	}
	return strings.Join(own, ". ")
}
