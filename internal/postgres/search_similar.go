package postgres

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	shortestSerial = 5  // shorter serials would be like any other
	longestSerial  = 30 // longer ones would cost too many look-ups
	shortestWord   = 4  // shorter words are like too many others
	mendedWords    = 8  // of a text; a longer one is mended only so far
	digits         = "0123456789"
	letters        = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// serialVariants lists what a serial may have been meant to be: one character dropped, doubled, swapped
// with its neighbour, or mistaken for another of its kind or for one that looks like it. They are looked
// up one by one in the index, so that a slip of the finger costs a bounded number of steps however many
// assets there are. A text without digits is no serial.
func serialVariants(key string) []string {
	if len(key) < shortestSerial || len(key) > longestSerial || !strings.ContainsAny(key, digits) {
		return nil
	}
	out := make([]string, 0, len(key)*len(letters))
	for i := range len(key) {
		out = append(out, key[:i]+key[i+1:])
		if i > 0 {
			out = append(out, key[:i-1]+key[i:i+1]+key[i-1:i]+key[i+1:])
		}
		for _, c := range kin(key[i]) {
			out = append(out, key[:i]+string(c)+key[i+1:], key[:i]+string(c)+key[i:])
		}
	}
	for _, c := range kin(key[len(key)-1]) {
		out = append(out, key+string(c))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// kin gives the characters that may have been meant where c stands.
func kin(c byte) string {
	const looks = "0O1I2Z5S8B6G" // pairs that people and readers of labels mistake
	twin := ""
	if i := strings.IndexByte(looks, c); i >= 0 {
		twin = looks[i^1 : i^1+1]
	}
	switch {
	case c >= '0' && c <= '9':
		return digits + twin
	case c >= 'A' && c <= 'Z':
		return letters + twin
	}
	return digits + letters
}

// window is the piece of a serial by which the server looks for the whole: six characters, those with
// the least repetition. Each further trigram costs more to intersect than the rows that it excludes.
func window(key string) string {
	const size = 6
	best, most := key, 0
	for i := 0; i+size <= len(key); i++ {
		w := key[i : i+size]
		distinct := 0
		for j := range size {
			if strings.IndexByte(w[:j], w[j]) < 0 {
				distinct++
			}
		}
		if distinct >= most && hasTrigram(w) && utf8.ValidString(w) {
			best, most = w, distinct
		}
	}
	return best
}

// mend replaces the words of a text that stand in no part by the nearest ones that do; it reports
// whether anything changed.
func (t *terms) mend(text string) (string, bool) {
	words := strings.Fields(text)
	mended := false
	for i, w := range words {
		if i >= mendedWords || len(w) < shortestWord || strings.ContainsAny(w, digits) || strings.Contains(t.text, w) {
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
// without any would read the whole index. Whether letters beyond ASCII count depends on the server's
// locale, so nothing is built on them.
func hasTrigram(piece string) bool {
	run, start := 0, false // letters and digits so far, after the beginning of a word
	for i := 0; i < len(piece); i++ {
		switch c := piece[i]; {
		case isAlphanumeric(c):
			if run++; run >= 3 || start {
				return true
			}
		case c < utf8.RuneSelf:
			if run >= 2 {
				return true
			}
			run, start = 0, true
		default:
			run, start = 0, false
		}
	}
	return false
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
