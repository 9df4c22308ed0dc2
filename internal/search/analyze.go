package search

import (
	"slices"
	"strings"
)

// Weights of what a text is made of. A word is 1; the others were chosen on the development
// questions of the tool search, where a change of a quarter moves one question or none.
const (
	conceptWeight = 1.0
	markerWeight  = 0.8
	gramSize      = 3
)

// feature is a stem, a concept ("@...") or a marker ("#..."), with its weight in the text.
type feature struct {
	term   string
	weight float64
}

// analysis is a text as the index sees it.
type analysis struct {
	features []feature // each term once, in the order of first meeting
	grams    []string  // character trigrams of the words, repeated as they are
	words    []word
}

func (a analysis) asks() bool {
	return slices.ContainsFunc(a.features, func(f feature) bool { return f.term == markAsk })
}

// analyzer turns texts into features; spell is nil while an index is being built.
type analyzer struct {
	lexicon *Lexicon
	spell   *speller
}

func (z analyzer) analyze(text string) analysis {
	var out analysis
	add := func(term string, weight float64) {
		if i := slices.IndexFunc(out.features, func(f feature) bool { return f.term == term }); i >= 0 {
			out.features[i].weight = max(out.features[i].weight, weight)
			return
		}
		out.features = append(out.features, feature{term, weight})
	}
	for _, t := range tokens(text) {
		if t.marker != "" {
			add(t.marker, markerWeight)
		}
		if t.text == "" {
			continue
		}
		if t.marker != "" && t.marker != markDate && t.marker != markIdentifier {
			out.words = append(out.words, word{text: t.text, pt: t.text, en: t.text}) // MB52 is in the lexicon
			continue
		}
		w, weight := stemmed(t.text), 1.0
		if z.spell != nil && t.marker == "" {
			if better, guessed := z.spell.mend(w); guessed {
				w, weight = better, mended
			}
		}
		out.words = append(out.words, w)
		if isStop(w.text) || strings.Contains(t.text, "_") {
			continue
		}
		out.grams = append(out.grams, grams(t.text)...)
		if w.pt == w.en {
			add(w.pt, weight)
			continue
		}
		add(w.pt, weight/2)
		add(w.en, weight/2)
	}
	if z.lexicon != nil {
		for _, concept := range z.lexicon.concepts(out.words) {
			add(concept, conceptWeight)
		}
	}
	return out
}

// grams are the trigrams of a word with its edges marked: "saldo" → _sa sal ald ldo do_.
func grams(folded string) []string {
	runes := []rune("_" + folded + "_")
	var out []string
	for i := 0; i+gramSize <= len(runes); i++ {
		out = append(out, string(runes[i:i+gramSize]))
	}
	return out
}
