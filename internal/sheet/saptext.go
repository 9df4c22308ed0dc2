package sheet

import (
	"bytes"
	"unicode/utf8"
)

// sapReader reads a list that SAP saved "não convertido": a title, rules of dashes, a header and rows between
// pipes, every column padded to one width. A pipe inside a text would shift the columns, so a row whose number of
// pipes differs is cut where the header's pipes stand.
type sapReader struct {
	lines *textReader
	bars  []int // offsets of the header's pipes, in characters
	cells []Cell
}

func (s *sapReader) next() (Row, error) {
	for {
		row, err := s.lines.next()
		if err != nil {
			return row, err
		}
		line := bytes.TrimRight(row.Cells[0].Text, " \f\r")
		line = bytes.TrimLeft(line, "\f")
		if len(bytes.TrimSpace(line)) == 0 || isRule(bytes.TrimSpace(line)) {
			continue
		}
		s.cells = s.cells[:0]
		if line[0] != '|' || line[len(line)-1] != '|' || len(line) < 2 {
			s.add(line)
			return Row{Number: row.Number, Cells: s.cells}, nil
		}
		if s.bars == nil {
			s.bars = barsOf(line)
		}
		if bytes.Count(line, []byte{'|'}) == len(s.bars) {
			for _, field := range bytes.Split(line[1:len(line)-1], []byte{'|'}) {
				s.add(field)
			}
		} else if !s.cut(line) {
			return Row{}, refuse("A linha %d não tem as colunas do cabeçalho.", "Row %d does not have the columns of the header.", row.Number)
		}
		if len(s.cells) > MaxColumns {
			return Row{}, refuse("A linha %d passa de %d colunas.", "Row %d has more than %d columns.", row.Number, MaxColumns)
		}
		return Row{Number: row.Number, Cells: s.cells}, nil
	}
}

func (s *sapReader) add(text []byte) {
	text = bytes.TrimSpace(text)
	kind := Text
	if len(text) == 0 {
		kind = Empty
	}
	s.cells = append(s.cells, Cell{Text: text, Kind: kind})
}

func barsOf(line []byte) []int {
	var bars []int
	n := 0
	for _, r := range string(line) {
		if r == '|' {
			bars = append(bars, n)
		}
		n++
	}
	return bars
}

func (s *sapReader) cut(line []byte) bool {
	from, at, bar := 0, 0, 0
	for i := 0; i < len(line); at++ {
		if bar < len(s.bars) && at == s.bars[bar] {
			if line[i] != '|' {
				return false
			}
			if bar > 0 {
				s.add(line[from:i])
			}
			from = i + 1
			bar++
		}
		_, n := utf8.DecodeRune(line[i:])
		i += n
	}
	return bar == len(s.bars)
}
