package sheet

import (
	"bytes"
	"io"
	"strconv"
)

// xlsxReader streams the rows of one worksheet part.
type xlsxReader struct {
	book    *workbook
	in      io.Closer
	scan    *scanner
	row     int
	cells   []Cell
	scratch []byte
	inside  bool // between <row> and </row>
}

func (b *workbook) open(name string) (rowReader, error) {
	for _, sh := range b.sheets {
		if sh.name != name {
			continue
		}
		if err := b.loadShared(); err != nil {
			return nil, err
		}
		rc, err := b.inflate(sh.part)
		if err != nil {
			return nil, err
		}
		return &xlsxReader{book: b, in: rc, scan: newScanner(rc)}, nil
	}
	return nil, refuse("A pasta de trabalho não tem planilha visível.", "The workbook has no visible sheet.")
}

// next gives the next row that has a cell with a value.
func (x *xlsxReader) next() (Row, error) {
	x.cells, x.scratch = x.cells[:0], x.scratch[:0]
	for {
		t, err := x.scan.next()
		if err != nil {
			x.in.Close()
			if err == io.EOF {
				return Row{}, err
			}
			return Row{}, readFault(err)
		}
		switch string(t.name) {
		case "c":
			if !t.shut && !t.empty && x.inside {
				if err := x.cell(t); err != nil {
					return Row{}, err
				}
			}
		case "row":
			if !t.shut {
				x.row++
				if n, ok := small(t.attr("r")); ok {
					x.row = n
				}
				x.inside = !t.empty
				continue
			}
			x.inside = false
			if len(x.cells) > 0 {
				return Row{Number: x.row, Cells: x.cells}, nil
			}
		case "sheetData":
			if t.shut || t.empty {
				x.in.Close()
				return Row{}, io.EOF
			}
		}
	}
}

// cell reads from <c> to </c>.
func (x *xlsxReader) cell(t *token) error {
	column, style, kind := len(x.cells), 0, byte('n')
	if ref := t.attr("r"); ref != nil {
		c, ok := columnOf(ref)
		if !ok {
			return refuse("A linha %d tem uma coluna além de %d.", "Row %d has a column beyond %d.", x.row, MaxColumns)
		}
		column = c
	}
	if column >= MaxColumns {
		return refuse("A linha %d passa de %d colunas.", "Row %d has more than %d columns.", x.row, MaxColumns)
	}
	if n, ok := small(t.attr("s")); ok {
		style = n
	}
	switch v := t.attr("t"); string(v) {
	case "s":
		kind = 's'
	case "inlineStr", "str":
		kind = 't'
	case "b", "e", "d":
		kind = v[0]
	}
	mark := len(x.scratch)
	phonetic := false
	for {
		t, err := x.scan.next()
		if err == io.EOF {
			return refuse("A planilha termina no meio de uma célula.", "The sheet ends inside a cell.")
		}
		if err != nil {
			return readFault(err)
		}
		switch string(t.name) {
		case "v":
			if t.shut {
				x.scratch = append(x.scratch, t.text...)
			}
		case "t":
			if t.shut && !phonetic {
				x.scratch = append(x.scratch, t.text...)
			}
		case "rPh":
			phonetic = !t.shut && !t.empty
		case "c":
			return x.put(column, style, kind, x.scratch[mark:])
		}
		if len(x.scratch)-mark > MaxCell || len(x.scratch) > MaxRow {
			return refuse("Uma célula da linha %d passa de %d bytes.", "A cell of row %d is longer than %d bytes.", x.row, MaxCell)
		}
	}
}

// put stores the raw value of a cell under its kind.
func (x *xlsxReader) put(column, style int, kind byte, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	cell := Cell{Text: raw, Kind: Text}
	switch kind {
	case 's':
		i, ok := small(raw)
		if !ok || i >= len(x.book.shared.ends) {
			return refuse("A linha %d cita um texto que o arquivo não tem.", "Row %d names a text that the file does not have.", x.row)
		}
		cell.Text = x.book.shared.at(i)
	case 't', 'd':
		cell.Text = decodeText(raw)
		if kind == 'd' {
			cell.Kind = Date
		}
	case 'b':
		cell.Kind = Bool
		cell.Text = []byte("false")
		if raw[0] == '1' || raw[0] == 't' {
			cell.Text = []byte("true")
		}
	case 'e':
		cell.Kind = Error
		cell.Text = unescape(raw)
	default:
		var ok bool
		isDate := style < len(x.book.dates) && x.book.dates[style]
		if cell.Text, ok = canonical(raw); !ok {
			return refuse("A linha %d tem um número ilegível.", "Row %d has a number that cannot be read.", x.row)
		}
		cell.Kind = Number
		if day, ok := dayOf(cell.Text, x.book.date1904); isDate && ok {
			cell = Cell{Text: day, Kind: Date}
		}
	}
	if len(cell.Text) == 0 {
		return nil
	}
	for len(x.cells) <= column {
		x.cells = append(x.cells, Cell{})
	}
	x.cells[column] = cell
	return nil
}

// columnOf gives the 0-based column of a reference such as AB12.
func columnOf(ref []byte) (int, bool) {
	n := 0
	for i, b := range ref {
		if b < 'A' || b > 'Z' {
			return n - 1, i > 0 && n <= MaxColumns
		}
		if n = n*26 + int(b-'A') + 1; n > MaxColumns {
			return 0, false
		}
	}
	return n - 1, n > 0
}

// small reads a number of at most nine digits.
func small(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// decodeText resolves entities and Excel's _xHHHH_ escapes (22.9.2.19 ST_Xstring).
func decodeText(raw []byte) []byte {
	text := unescape(raw)
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if len(text) >= 7 && text[0] == '_' && text[1] == 'x' && text[6] == '_' {
			if r, err := strconv.ParseUint(string(text[2:6]), 16, 16); err == nil {
				out = append(out, string(rune(r))...)
				text = text[7:]
				continue
			}
		}
		out = append(out, text[0])
		text = text[1:]
	}
	return out
}
