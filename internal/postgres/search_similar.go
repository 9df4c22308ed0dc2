package postgres

import (
	"slices"
	"strings"
)

const (
	shortestSerial = 5  // shorter serials would be like any other
	longestSerial  = 30 // longer ones would cost too many look-ups
	shortestWord   = 4  // shorter words are like too many others
	mendedWords    = 8  // of a text; a longer one is mended only so far
)

// serialVariants lists what a serial may have been meant to be: one character dropped, doubled, swapped
// with its neighbour, or mistaken for another. They are looked up one by one in the index, so that a
// slip of the finger costs a bounded number of steps however many assets there are.
func serialVariants(key string) []string {
	if len(key) < shortestSerial || len(key) > longestSerial {
		return nil
	}
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
	out := make([]string, 0, len(key)*(2*len(letters)+2)+len(letters))
	for i := range len(key) {
		out = append(out, key[:i]+key[i+1:])
		if i > 0 {
			out = append(out, key[:i-1]+key[i:i+1]+key[i-1:i]+key[i+1:])
		}
		for j := range len(letters) {
			out = append(out, key[:i]+letters[j:j+1]+key[i+1:], key[:i]+letters[j:j+1]+key[i:])
		}
	}
	for j := range len(letters) {
		out = append(out, key+letters[j:j+1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mend replaces the words of a text that stand in no part by the nearest ones that do; it reports
// whether anything changed.
func (t *terms) mend(text string) (string, bool) {
	words := strings.Fields(text)
	mended := false
	for i, w := range words {
		if i >= mendedWords || len(w) < shortestWord || strings.Contains(t.text, w) {
			continue
		}
		if near := nearest(t.words(), w); near != "" {
			words[i], mended = near, true
		}
	}
	return strings.Join(words, " "), mended
}

// nearest gives the word with the fewest slips between it and w: one for every four characters, and no
// more than two; "" when there is none.
func nearest(words []string, w string) string {
	most := min(len(w)/4, 2)
	best, found := most+1, ""
	for _, have := range words {
		if d := len(have) - len(w); d >= best || -d >= best {
			continue
		}
		if d := slips(have, w, best); d < best {
			best, found = d, have
		}
	}
	return found
}

// slips counts the least characters to insert, drop, replace or swap with a neighbour that turn a into
// b (optimal string alignment), giving up at limit.
func slips(a, b string, limit int) int {
	const most = 64 // longer words are codes, not words
	if len(a) > most || len(b) > most {
		return limit
	}
	var rows [3][most + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, twoAbove := &rows[i%3], &rows[(i-1)%3], &rows[(i+1)%3]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
	}
	return rows[len(a)%3][len(b)]
}

// hasTrigram reports whether the server can look for a piece of a serial by trigrams: it has three
// letters or digits in a row, or fewer beside a character that is neither, which ends a word. A pattern
// without any would read the whole index.
func hasTrigram(piece string) bool {
	run := 0
	for i := 0; i <= len(piece); i++ {
		if i < len(piece) && isAlphanumeric(piece[i]) {
			run++
			continue
		}
		starts, ends := run < i, i < len(piece) // a boundary before, after the run
		if run >= 3 || run >= 1 && starts || run >= 2 && ends {
			return true
		}
		run = 0
	}
	return false
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
