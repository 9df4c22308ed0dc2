package sheet

import (
	"bytes"
	"unicode/utf8"
)

// recognise sets format, charset and dialect from the first bytes.
func (s *Source) recognise(head []byte, name string) error {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return s.openPackage()
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return refuse("%s é uma pasta de trabalho antiga do Excel (.xls) ou protegida por senha. Abra-a no Excel e salve como .xlsx sem senha, ou como CSV.",
			"%s is an old Excel workbook (.xls) or protected by a password. Open it in Excel and save it as .xlsx without a password, or as CSV.", shown(name))
	}
	s.Charset, s.skip = charsetOf(head)
	text := decode(head[s.skip:], s.Charset)
	if what := notTable(text); what != "" {
		return refuse("%s é %s, não uma planilha. Salve como .xlsx ou CSV.", "%s is %s, not a sheet. Save it as .xlsx or CSV.", shown(name), what)
	}
	start := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 4096)]))
	switch {
	case bytes.HasPrefix(start, []byte("<?xml")) || bytes.HasPrefix(start, []byte("<workbook")):
		if !bytes.Contains(start, []byte("urn:schemas-microsoft-com:office:spreadsheet")) {
			return refuse("%s é um XML que não é uma planilha.", "%s is XML that is not a sheet.", shown(name))
		}
		s.Format = SpreadsheetML
		return nil
	case bytes.HasPrefix(start, []byte("<")) && (bytes.Contains(start, []byte("<table")) || bytes.Contains(start, []byte("<html"))):
		s.Format = HTML
		return nil
	}
	s.eol = '\n'
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		s.eol = '\r'
	}
	s.Format, s.Delimiter = dialectOf(text, s.eol)
	return nil
}

// shown is a name fit for a message: without folders, and not endless.
func shown(name string) string {
	if i := bytes.LastIndexAny([]byte(name), `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name == "" {
		return "O arquivo"
	}
	if len(name) > 80 {
		name = string([]rune(name[:80])) + "…"
	}
	return name
}

// charsetOf decides by byte order mark, then by the NULs of UTF-16 Latin text, then by validity. What is not
// UTF-8 is Windows-1252, which holds ISO-8859-1: right for 16 of 16 files where general detectors erred.
func charsetOf(head []byte) (charset string, bom int64) {
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		return utf8Name, 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return utf16LE, 2
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return utf16BE, 2
	}
	odd := 0
	for i := 1; i < len(head); i += 2 {
		if head[i] == 0 {
			odd++
		}
	}
	if len(head) >= 4 && odd*10 > len(head)/2*4 && head[0] != 0 {
		return utf16LE, 0
	}
	if validPrefix(head) {
		return utf8Name, 0
	}
	return windows1252, 0
}

// validPrefix says whether b is UTF-8, forgiving a rune that is cut at the end.
func validPrefix(b []byte) bool {
	for cut := range min(utf8.UTFMax, len(b)+1) {
		if utf8.Valid(b[:len(b)-cut]) {
			return cut == 0 || !utf8.FullRune(b[len(b)-cut:])
		}
	}
	return false
}

// notTable names what a text is that looks like no table, or "".
func notTable(text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte("%PDF")):
		return "PDF"
	case bytes.HasPrefix(text, []byte("ID;P")):
		return "SYLK (.slk)"
	case bytes.HasPrefix(text, []byte("TABLE\r\n0,1\r\n")), bytes.HasPrefix(text, []byte("TABLE\n0,1\n")):
		return "DIF (.dif)"
	case bytes.HasPrefix(text, []byte("{\\rtf")):
		return "RTF"
	}
	strange := 0
	for _, b := range text {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f' {
			strange++
		}
	}
	// A text has next to no control characters; a picture or an archive has a few in every hundred bytes.
	if strange*100 > len(text) && strange > 4 {
		return "binário (binary)"
	}
	return ""
}

// lineLimit is how many lines of the sample the dialect is decided on.
const lineLimit = 200

// dialectOf finds the separator: the one that cuts most lines into the same number of fields, at least two.
func dialectOf(text []byte, eol byte) (Format, byte) {
	if rest, ok := bytes.CutPrefix(text, []byte("sep=")); ok && len(rest) > 1 && (rest[1] == '\r' || rest[1] == '\n') {
		return CSV, rest[0]
	}
	if isSAPText(text, eol) {
		return SAPText, '|'
	}
	best, bestScore := byte(';'), 0
	if bytes.IndexByte(text, ';') < 0 {
		best = ','
	}
	for _, d := range []byte{';', '\t', ',', '|'} {
		if score := consistency(text, eol, d); score > bestScore {
			best, bestScore = d, score
		}
	}
	return CSV, best
}

// consistency counts, among the first lines, those with the most frequent number of fields; wider tables win
// between equals. Separators inside quotes do not count, and a quote inside a field or a field that goes on
// behind its closing quote speaks against a separator.
func consistency(text []byte, eol, delim byte) int {
	counts := map[int]int{}
	fields, quoted, lines, odd := 1, false, 0, 0
	for i := 0; i < len(text) && lines < lineLimit; i++ {
		switch b := text[i]; {
		case quoted && b == '"' && i+1 < len(text) && text[i+1] == '"':
			i++
		case quoted && b == '"':
			quoted = false
			if i+1 < len(text) && text[i+1] != delim && text[i+1] != eol && text[i+1] != '\r' {
				odd++
			}
		case quoted:
		case b == '"':
			if quoted = i == 0 || text[i-1] == delim || text[i-1] == eol; !quoted {
				odd++
			}
		case b == delim:
			fields++
		case b == eol:
			counts[fields]++
			fields = 1
			lines++
		}
	}
	if lines < lineLimit && fields > 1 {
		counts[fields]++
	}
	best := 0
	for n, c := range counts {
		if n > 1 {
			best = max(best, c*1000+min(n, 999))
		}
	}
	return best / (1 + 10*odd)
}

// isSAPText recognises a list saved "não convertido": mostly rows between pipes, ruled by dashes above and below.
func isSAPText(text []byte, eol byte) bool {
	pipes, rules, lines := 0, 0, 0
	for range lineLimit {
		line, rest, more := bytes.Cut(text, []byte{eol})
		line = bytes.TrimSpace(line)
		switch {
		case len(line) > 2 && line[0] == '|' && line[len(line)-1] == '|':
			pipes++
		case isRule(line):
			rules++
		}
		if len(line) > 0 {
			lines++
		}
		if text = rest; !more {
			break
		}
	}
	return pipes > 0 && rules > 1 && 2*(pipes+rules) > lines
}

// isRule says whether a line only draws: dashes, with or without crossings.
func isRule(line []byte) bool {
	return len(line) >= 5 && len(bytes.Trim(line, "-|+ ")) == 0 && bytes.Contains(line, []byte("-----"))
}
