package search

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed lexicon.txt
var warehouseLexicon string

// Lexicon joins words and phrases that mean the same: each line of it is a concept, and a text
// that holds one of the phrases is found by all the others, in both languages.
type Lexicon struct {
	byPT, byEN map[string][]phrase // keyed by the stem of the first word
	words      []word              // every word of every phrase, for mending
}

type phrase struct {
	concept string
	words   []word
	gaps    []bool // gaps[i]: up to maxGap words may stand before words[i]
	order   int
}

const (
	// maxGap is how many words "~" may jump: "quem ~ mexeu" meets "quem foi que já mexeu".
	maxGap = 3
	// maxPhrase keeps a phrase a phrase.
	maxPhrase = 8
)

// Warehouse is the lexicon of stock keeping, Portuguese and English, that ships with NEXO.
// It knows no operation and no document: it only says which words mean the same.
func Warehouse() (*Lexicon, error) { return ParseLexicon(warehouseLexicon) }

// ParseLexicon reads lines of the form "concept: phrase | phrase", where "~" in a phrase lets
// up to three words pass; empty lines and lines that begin with "//" are left out. The error
// names the line.
func ParseLexicon(text string) (*Lexicon, error) {
	lexicon := &Lexicon{byPT: map[string][]phrase{}, byEN: map[string][]phrase{}}
	order := 0
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		concept, phrases, ok := strings.Cut(line, ":")
		if !ok || concept == "" || strings.ContainsAny(concept, " |") {
			return nil, fmt.Errorf("lexicon line %d: want \"concept: phrase | phrase\"", number)
		}
		for source := range strings.SplitSeq(phrases, "|") {
			p, err := newPhrase("@"+concept, source)
			if err != nil {
				return nil, fmt.Errorf("lexicon line %d: %w", number, err)
			}
			p.order = order
			order++
			lexicon.add(p)
		}
	}
	return lexicon, nil
}

func newPhrase(concept, source string) (phrase, error) {
	p := phrase{concept: concept}
	gap := false
	for _, part := range strings.Fields(Fold(source)) {
		if part == "~" {
			gap = true
			continue
		}
		p.words = append(p.words, stemmed(part))
		p.gaps = append(p.gaps, gap)
		gap = false
	}
	if len(p.words) == 0 || len(p.words) > maxPhrase || p.gaps[0] || gap {
		return phrase{}, fmt.Errorf("phrase %q: want 1 to %d words, \"~\" only between them", strings.TrimSpace(source), maxPhrase)
	}
	return p, nil
}

func (l *Lexicon) add(p phrase) {
	first := p.words[0]
	l.byPT[first.pt] = append(l.byPT[first.pt], p)
	l.byEN[first.en] = append(l.byEN[first.en], p)
	l.words = append(l.words, p.words...)
}

// meeting is a phrase met in a text, from its first word to the one after its last.
type meeting struct {
	phrase
	from, to int
}

// concepts returns the concepts of a text, each once, in the order of the lexicon. A phrase
// that lies within a longer one that was met does not count: "por onde passou" asks no place.
func (l *Lexicon) concepts(words []word) []string {
	var met []meeting
	for at, w := range words {
		for _, p := range slices.Concat(l.byPT[w.pt], l.byEN[w.en]) {
			if length := p.matches(words[at:]); length > 0 {
				met = append(met, meeting{p, at, at + length})
			}
		}
	}
	slices.SortFunc(met, func(a, b meeting) int { return a.order - b.order })
	var names []string
	for _, m := range met {
		inside := slices.ContainsFunc(met, func(o meeting) bool {
			return len(o.words) > len(m.words) && o.from <= m.from && m.to <= o.to
		})
		if !inside && !slices.Contains(names, m.concept) {
			names = append(names, m.concept)
		}
	}
	return names
}

// matches returns over how many words the phrase stands at the beginning, 0 for not at all.
func (p phrase) matches(words []word) int {
	at := 0
	for i, want := range p.words {
		reach := at
		if p.gaps[i] {
			reach = at + maxGap
		}
		for at < len(words) && at <= reach && !want.same(words[at]) {
			at++
		}
		if at >= len(words) || at > reach {
			return 0
		}
		at++
	}
	return at
}
