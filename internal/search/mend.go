package search

import (
	"cmp"
	"math/bits"
	"slices"
)

const (
	mendFrom  = 4   // letters: shorter words have too many neighbours
	mendTwice = 8   // letters: from here on two mistakes are forgiven
	mendLimit = 24  // letters: longer words are no words of ours, and cost the square
	mended    = 0.6 // the weight of a word that had to be guessed
)

// speller knows every word of an index and of its lexicon and guesses what was mistyped.
type speller struct {
	known    map[string]bool // stems of either language
	byLength [mendLimit + 1][]spelling
}

// spelling is a word and the set of its letters: one mistake changes at most two members of
// the set, so most words are passed over without measuring the distance.
type spelling struct {
	text    string
	letters uint32
}

func spellingOf(text string) spelling {
	s := spelling{text: text}
	for i := range len(text) {
		s.letters |= 1 << (text[i] & 31)
	}
	return s
}

func newSpeller(words []word) *speller {
	s := &speller{known: map[string]bool{}}
	for _, w := range words {
		s.known[w.pt], s.known[w.en] = true, true
		if n := len(w.text); n >= mendFrom && n <= mendLimit {
			s.byLength[n] = append(s.byLength[n], spellingOf(w.text))
		}
	}
	for n := range s.byLength {
		slices.SortFunc(s.byLength[n], func(a, b spelling) int { return cmp.Compare(a.text, b.text) })
		s.byLength[n] = slices.Compact(s.byLength[n])
	}
	return s
}

// mend returns the nearest known word, or the word itself and false. Among equally near words
// the one that begins alike wins, then the alphabet decides.
func (s *speller) mend(w word) (word, bool) {
	n := len(w.text)
	if s.known[w.pt] || s.known[w.en] || n < mendFrom || n > mendLimit || isStop(w.text) {
		return w, false
	}
	reach := 1
	if n >= mendTwice {
		reach = 2
	}
	mine := spellingOf(w.text)
	best, nearest := "", reach+1
	for length := max(mendFrom, n-reach); length <= min(mendLimit, n+reach); length++ {
		for _, candidate := range s.byLength[length] {
			text := candidate.text
			if bits.OnesCount32(mine.letters^candidate.letters) > 2*reach || (text[0] != w.text[0] && text[1] != w.text[1]) {
				continue
			}
			d := distance(w.text, text, nearest)
			if d < nearest || (d == nearest && d <= reach && alike(w.text, text) > alike(w.text, best)) {
				best, nearest = text, d
			}
		}
	}
	if best == "" {
		return w, false
	}
	return stemmed(best), true
}

// alike is the length of the common beginning.
func alike(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// distance is the number of letters put in, left out, changed or swapped with the neighbour
// (optimal string alignment), or more than limit as soon as that is sure.
func distance(a, b string, limit int) int {
	var rows [3][mendLimit + 2]int
	before, above, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
