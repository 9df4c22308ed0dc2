package sheet

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"unicode/utf8"
)

// firstBuffer holds a few thousand rows; it grows to MaxRow only for a row that needs it.
const firstBuffer = 256 << 10

// maxLiteralQuotes bounds how often one record is read again because of a quote that does not close.
const maxLiteralQuotes = 8

// textReader cuts separated text into records. It is lenient where spreadsheets are: a quote inside a field is a
// character, text after a closing quote belongs to the field, a quote that never closes is a character too.
type textReader struct {
	src     *Source
	in      io.Reader
	buf     []byte // buf[start:end] is unread
	start   int
	end     int
	done    bool // in is at its end
	delim   byte // 0: lines are not cut
	eol     byte
	strange bool // the buffer holds bytes outside ASCII, or NULs
	quotes  bool // the buffer holds quotes
	line    int
	cells   []Cell
	scratch []byte
}

func newTextReader(s *Source, delim byte) *textReader {
	return &textReader{src: s, in: s.text(), buf: make([]byte, firstBuffer), delim: delim, eol: s.eol}
}

// next gives the next record that is not an empty line.
func (t *textReader) next() (Row, error) {
	for {
		line, err := t.nextLine()
		if err != nil {
			return Row{}, err
		}
		number := t.line + 1
		t.scratch, t.cells = t.scratch[:0], t.cells[:0]
		if !t.quotes || t.delim == 0 || bytes.IndexByte(line, '"') < 0 {
			t.start = min(t.start+len(line)+1, t.end)
			t.line++
			line = bytes.TrimSuffix(line, []byte{'\r'})
			if number == 1 && bytes.HasPrefix(line, []byte("sep=")) && len(line) == 5 {
				continue
			}
			if len(line) == 0 {
				continue
			}
			if err := t.splitPlain(line, number); err != nil {
				return Row{}, err
			}
		} else if err := t.splitQuoted(number); err != nil {
			return Row{}, err
		}
		if t.strange {
			t.repair()
		}
		return Row{Number: number, Cells: t.cells}, nil
	}
}

// nextLine gives the bytes up to the next line end, without consuming them.
func (t *textReader) nextLine() ([]byte, error) {
	looked := 0
	for {
		if i := bytes.IndexByte(t.buf[t.start+looked:max(t.start+looked, t.end)], t.eol); i >= 0 {
			return t.buf[t.start : t.start+looked+i], nil
		}
		looked = max(0, t.end-t.start)
		if t.done {
			if looked == 0 {
				return nil, io.EOF
			}
			return t.buf[t.start:t.end], nil
		}
		if err := t.fill(); err != nil {
			return nil, err
		}
	}
}

// fill moves the unread bytes to the front and reads more behind them.
func (t *textReader) fill() error {
	kept := copy(t.buf, t.buf[min(t.start, t.end):t.end])
	t.start, t.end = 0, kept
	if kept == len(t.buf) {
		if kept >= MaxRow {
			return refuse("A linha %d passa de %d bytes.", "Row %d is longer than %d bytes.", t.line+1, MaxRow)
		}
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	for t.end < len(t.buf) {
		n, err := t.in.Read(t.buf[t.end:])
		t.end += n
		if err == io.EOF {
			t.done = true
			break
		}
		if err != nil {
			return refuse("O arquivo não pôde ser lido até o fim.", "The file could not be read to its end.").Because(err)
		}
		if n > 0 && t.end > kept+firstBuffer/2 {
			break
		}
	}
	block := t.buf[:t.end]
	t.strange = !plain(block)
	t.quotes = bytes.IndexByte(block, '"') >= 0
	return nil
}

// plain says whether b is ASCII without NULs, eight bytes at a time.
func plain(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (t *textReader) add(text []byte, number int) error {
	if len(t.cells) == MaxColumns {
		return refuse("A linha %d passa de %d colunas.", "Row %d has more than %d columns.", number, MaxColumns)
	}
	if len(text) > MaxCell {
		return refuse("Uma célula da linha %d passa de %d bytes.", "A cell of row %d is longer than %d bytes.", number, MaxCell)
	}
	kind := Text
	if len(text) == 0 {
		kind = Empty
	} else if text[0] == '\'' {
		text = disarmed(text)
	}
	t.cells = append(t.cells, Cell{Text: text, Kind: kind})
	return nil
}

func (t *textReader) splitPlain(line []byte, number int) error {
	if t.delim == 0 {
		return t.add(line, number)
	}
	for {
		i := bytes.IndexByte(line, t.delim)
		if i < 0 {
			return t.add(line, number)
		}
		if err := t.add(line[:i], number); err != nil {
			return err
		}
		line = line[i+1:]
	}
}

// splitQuoted cuts a record that has quotes, reading on while a quoted field spans lines.
func (t *textReader) splitQuoted(number int) error {
	var literal []int // where quotes stand that never close
	for {
		used, open, err := t.record(t.buf[t.start:t.end], literal, number)
		if err != nil {
			return err
		}
		if open < 0 && (used <= t.end-t.start || t.done) {
			t.line += 1 + bytes.Count(t.buf[t.start:min(t.end, t.start+used-1)], []byte{t.eol})
			t.start = min(t.start+used, t.end)
			return nil
		}
		if open >= 0 && (t.done || t.end-t.start-open > MaxCell) {
			t.src.warn("unbalanced_quote", "Há aspas que não fecham; foram lidas como texto.", "A quote never closes; it was read as text.")
			if literal = append(literal, open); len(literal) > maxLiteralQuotes {
				return t.giveUp(number)
			}
			continue
		}
		if err := t.fill(); err != nil {
			return err
		}
	}
}

// giveUp reads the line without any meaning for quotes.
func (t *textReader) giveUp(number int) error {
	line, err := t.nextLine()
	if err != nil {
		return err
	}
	t.cells = t.cells[:0]
	t.start = min(t.start+len(line)+1, t.end)
	t.line++
	return t.splitPlain(bytes.TrimSuffix(line, []byte{'\r'}), number)
}

// record cuts one record from data into cells. open is the offset of a quote that does not close in data, or -1;
// used counts the bytes up to and with the line end, and is larger than data when that has none.
func (t *textReader) record(data []byte, literal []int, number int) (used, open int, err error) {
	t.cells, t.scratch = t.cells[:0], t.scratch[:0]
	for i := 0; ; {
		var text []byte
		if i < len(data) && data[i] == '"' && !slices.Contains(literal, i) {
			inner, after, closed := t.unquote(data[i+1:])
			if !closed {
				return 0, i, nil
			}
			text = inner
			i += 1 + after
			if tail := fieldEnd(data[i:], t.delim, t.eol); tail > 0 {
				text = append(slices.Clip(text), bytes.TrimRight(data[i:i+tail], "\r")...)
				i += tail
			}
		} else {
			n := fieldEnd(data[i:], t.delim, t.eol)
			text = data[i : i+n]
			if i+n == len(data) || data[i+n] == t.eol {
				text = bytes.TrimSuffix(text, []byte{'\r'})
			}
			i += n
		}
		if err := t.add(text, number); err != nil {
			return 0, -1, err
		}
		if i >= len(data) || data[i] == t.eol {
			return i + 1, -1, nil
		}
		i++
	}
}

// unquote gives the text up to the closing quote and the offset behind it. A doubled quote is one quote.
func (t *textReader) unquote(data []byte) (text []byte, after int, closed bool) {
	from, mark := 0, len(t.scratch)
	for {
		q := bytes.IndexByte(data[from:], '"')
		if q < 0 {
			return nil, 0, false
		}
		end := from + q
		if end+1 >= len(data) || data[end+1] != '"' {
			if len(t.scratch) == mark {
				return data[from:end], end + 1, true
			}
			t.scratch = append(t.scratch, data[from:end]...)
			return t.scratch[mark:], end + 1, true
		}
		t.scratch = append(t.scratch, data[from:end+1]...)
		from = end + 2
	}
}

func fieldEnd(b []byte, delim, eol byte) int {
	for i, c := range b {
		if c == delim || c == eol {
			return i
		}
	}
	return len(b)
}

// repair turns cells into clean UTF-8: other charsets decoded, NULs dropped.
func (t *textReader) repair() {
	for i := range t.cells {
		c := &t.cells[i]
		if plain(c.Text) {
			continue
		}
		mark := len(t.scratch)
		switch {
		case t.src.Charset == windows1252:
			t.scratch = append1252(t.scratch, c.Text)
			c.Text = t.scratch[mark:]
		case !utf8.Valid(c.Text):
			t.src.warn("mixed_charset", "O arquivo mistura UTF-8 e Windows-1252.", "The file mixes UTF-8 and Windows-1252.")
			t.scratch = append1252(t.scratch, c.Text)
			c.Text = t.scratch[mark:]
		}
		if bytes.IndexByte(c.Text, 0) >= 0 {
			t.src.warn("nul_bytes", "O arquivo tem bytes nulos; foram ignorados.", "The file has NUL bytes; they were left out.")
			c.Text = bytes.ReplaceAll(c.Text, []byte{0}, nil)
		}
	}
}
