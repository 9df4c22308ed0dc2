package sheet

import (
	"bytes"
	"io"
)

// markupReader reads the rows of tables written in HTML or in Excel 2003 XML. Merged cells keep their value in the
// first column and leave the others empty.
type markupReader struct {
	scan    *scanner
	format  Format
	row     int
	cells   []Cell
	scratch []byte
}

func newMarkupReader(r io.Reader, f Format) *markupReader {
	return &markupReader{scan: newScanner(r), format: f}
}

// next gives the next row with a value. HTML may leave </tr> and </td> out.
func (m *markupReader) next() (Row, error) {
	m.cells, m.scratch = m.cells[:0], m.scratch[:0]
	open := false
	for {
		t, err := m.scan.next()
		if err != nil {
			return Row{}, endOf(err)
		}
		switch name := m.name(t); name {
		case "tr", "row":
			if open || t.shut {
				if m.filled() {
					return Row{Number: m.row, Cells: m.cells}, nil
				}
				m.cells = m.cells[:0]
			}
			if open = !t.shut; open {
				m.row++
			}
			if n, ok := small(t.attr("Index")); ok && name == "row" {
				m.row = n
			}
		case "td", "th", "cell":
			if t.shut {
				continue
			}
			if err := m.cell(t, name); err != nil {
				return Row{}, err
			}
		case "table", "worksheet":
			if t.shut && m.filled() {
				return Row{Number: m.row, Cells: m.cells}, nil
			}
		}
	}
}

func endOf(err error) error {
	if err == io.EOF {
		return err
	}
	return readFault(err)
}

// name is the tag's name in small letters, or "" for one that cannot matter.
func (m *markupReader) name(t *token) string {
	if len(t.name) > len("worksheet") {
		return ""
	}
	return string(bytes.ToLower(t.name))
}

func (m *markupReader) filled() bool {
	for _, c := range m.cells {
		if c.Kind != Empty {
			return true
		}
	}
	return false
}

// cell reads one cell with its text up to its end tag, or up to the next cell or row where HTML has none.
func (m *markupReader) cell(t *token, name string) error {
	span := 1
	if n, ok := small(t.attr("colspan")); ok && n > 0 {
		span = n
	}
	if n, ok := small(t.attr("COLSPAN")); ok && n > 0 {
		span = n
	}
	if n, ok := small(t.attr("MergeAcross")); ok {
		span = n + 1
	}
	if n, ok := small(t.attr("Index")); ok && n > 0 {
		for len(m.cells) < min(n-1, MaxColumns) {
			m.cells = append(m.cells, Cell{})
		}
	}
	if len(m.cells)+span > MaxColumns {
		return refuse("A linha %d passa de %d colunas.", "Row %d has more than %d columns.", m.row, MaxColumns)
	}
	mark, kind := len(m.scratch), Text
	var err error
	if !t.empty {
		kind, err = m.content(name, mark)
	}
	text := bytes.TrimSpace(m.scratch[mark:])
	if len(text) == 0 {
		kind = Empty
	}
	if kind == Number {
		if n, ok := canonical(text); ok {
			text = n
		} else {
			kind = Text
		}
	}
	m.cells = append(m.cells, Cell{Text: text, Kind: kind})
	for range span - 1 {
		m.cells = append(m.cells, Cell{})
	}
	return err
}

// content collects the text of a cell into scratch.
func (m *markupReader) content(end string, mark int) (Kind, error) {
	kind := Text
	for {
		t, err := m.scan.next()
		if err != nil {
			if err == io.EOF {
				return kind, refuse("A planilha termina no meio de uma célula.", "The sheet ends inside a cell.")
			}
			return kind, readFault(err)
		}
		name := m.name(t)
		m.scratch = append(m.scratch, unescape(t.text)...)
		if len(m.scratch)-mark > MaxCell || len(m.scratch) > MaxRow {
			return kind, refuse("Uma célula da linha %d passa de %d bytes.", "A cell of row %d is longer than %d bytes.", m.row, MaxCell)
		}
		switch {
		case name == end && t.shut:
			return kind, nil
		case name == "br":
			m.scratch = append(m.scratch, ' ')
		case name == "data" && !t.shut:
			switch string(t.attr("Type")) {
			case "Number":
				kind = Number
			case "DateTime":
				kind = Date
			case "Boolean":
				kind = Bool
			case "Error":
				kind = Error
			}
		case end != "cell" && (name == "tr" || name == "table" || !t.shut && (name == "td" || name == "th")):
			// An end tag was left out: put the tag back.
			m.scan.again()
			return kind, nil
		}
	}
}
