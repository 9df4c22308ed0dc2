package sheet

import "unicode/utf8"

// armed says whether a program that opens a CSV may take the text for a formula (ASVS 5.0, 1.2.10): it begins, behind any
// apostrophes, with = + - @, a tab, a line break or one of the full-width forms that are folded to these.
func armed(text []byte) bool {
	for len(text) > 0 && text[0] == '\'' {
		text = text[1:]
	}
	if len(text) == 0 {
		return false
	}
	switch r, _ := utf8.DecodeRune(text); r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return true
	}
	return false
}

// disarmed takes off the apostrophe that CSVWriter puts before such a text: reading gives what was written.
func disarmed(text []byte) []byte {
	if len(text) > 1 && text[0] == '\'' && armed(text) {
		return text[1:]
	}
	return text
}
