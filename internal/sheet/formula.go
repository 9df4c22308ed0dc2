package sheet

import "unicode"

// armed says whether a program that opens a CSV may take the text for a formula (ASVS 5.0, 1.2.10): it begins with = + - @, a
// tab, a line break or one of the full-width forms that are folded to these. What some programs drop from the front of a
// cell does not count: white space, quotes, apostrophes and what cannot be seen.
func armed(text string) bool {
	for _, r := range text {
		switch r {
		case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
			return true
		case '\'', '"', '\uFEFF':
			continue
		}
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r) {
			return false
		}
	}
	return false
}

// disarmed takes off the apostrophe that CSVWriter puts before such a text: reading gives what was written.
func disarmed(text []byte) []byte {
	if len(text) > 1 && text[0] == '\'' && armed(string(text)) {
		return text[1:]
	}
	return text
}

// arm puts the apostrophe before a text that needs it.
func arm(s string) string {
	if armed(s) {
		return "'" + s
	}
	return s
}
