package sheet

import (
	"bytes"
	"fmt"
	"iter"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/govalues/decimal"
)

const (
	// headerRows is how far down a header is looked for: reports have a page of title at most.
	headerRows = 60
	// lookAhead is how many rows settle how a column writes its numbers.
	lookAhead = 2000
)

// Table is a Source whose header is known: a cursor over the rows below it. The methods that read a cell speak of
// the row that Rows yielded last. It is not safe for use from several goroutines at once.
type Table struct {
	src      *Source
	Header   []string // the names as the file writes them; nil when the file has none
	raw      []string // the names without surrounding spaces only
	folded   []string
	start    int    // the header's row number, 0 when there is none
	heading  string // what stands above the header
	columns  []column
	warnings []Warning
	row      Row
}

// column is how a column writes its numbers.
type column struct {
	style style
	seen  evidence
}

// NewTable finds the header and looks at the first rows. A file without rows is refused.
func NewTable(src *Source) (*Table, error) {
	t := &Table{src: src}
	if err := t.findHeader(); err != nil {
		return nil, err
	}
	if err := t.learn(); err != nil {
		return nil, err
	}
	return t, nil
}

// findHeader takes the row, among the first, with the most names: texts that are not numbers and do not repeat.
func (t *Table) findHeader() error {
	best, rows, widest := 0, 0, 0
	var above []string
	for row, err := range t.src.Rows() {
		if err != nil {
			return err
		}
		widest = max(widest, filled(row.Cells))
		if score := headerScore(row.Cells); score > best && !looksLikeData(row.Cells) {
			best = score
			t.setHeader(row, above)
		}
		above = append(above, lineOf(row.Cells))
		if rows++; rows == headerRows {
			break
		}
	}
	if rows == 0 {
		return refuse("O arquivo não tem linhas.", "The file has no rows.")
	}
	// A lone text over wider rows is a title, and the table has no header.
	if best == 0 || best == 1 && widest > 1 {
		t.setHeader(Row{}, above)
	}
	return nil
}

// setHeader takes the names of a row; a row without cells means that there is no header.
func (t *Table) setHeader(row Row, above []string) {
	t.start, t.heading = row.Number, strings.Join(above, "\n")
	t.Header, t.raw, t.folded = nil, nil, nil
	for _, c := range row.Cells {
		t.raw = append(t.raw, string(bytes.TrimSpace(c.Text)))
		t.Header = append(t.Header, strings.Join(strings.Fields(string(c.Text)), " "))
		t.folded = append(t.folded, Fold(string(c.Text)))
	}
}

func filled(cells []Cell) int {
	n := 0
	for _, c := range cells {
		if c.Kind != Empty {
			n++
		}
	}
	return n
}

// maxHeading bounds one line of Heading.
const maxHeading = 400

func lineOf(cells []Cell) string {
	var b strings.Builder
	for _, c := range cells {
		if len(c.Text) > 0 && b.Len() < maxHeading {
			b.Write(c.Text[:min(len(c.Text), maxHeading)])
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// looksLikeData says whether a row holds a typed value or a number: names are texts.
func looksLikeData(cells []Cell) bool {
	for _, c := range cells {
		if c.Kind != Text && c.Kind != Empty {
			return true
		}
		if body, _ := strip(c.Text); c.Kind == Text && shapeOf(body) != notNumber {
			return true
		}
	}
	return false
}

func headerScore(cells []Cell) int {
	seen := map[string]bool{}
	for _, c := range cells {
		if name := string(bytes.TrimSpace(c.Text)); c.Kind == Text && name != "" && len(name) <= 120 {
			seen[name] = true
		}
		if len(seen) >= MaxColumns {
			break
		}
	}
	return len(seen)
}

// learn decides each column's style by its first rows.
func (t *Table) learn() error {
	n := 0
	for row, err := range t.src.Rows() {
		if err != nil {
			return err
		}
		if row.Number <= t.start {
			continue
		}
		for i, c := range row.Cells {
			for len(t.columns) <= i {
				t.columns = append(t.columns, column{})
			}
			if c.Kind == Text {
				t.columns[i].seen.see(c.Text)
			}
		}
		if n++; n == lookAhead {
			break
		}
	}
	var all evidence
	for _, c := range t.columns {
		if (c.seen.commas > 0) != (c.seen.points > 0) {
			all.commas += c.seen.commas
			all.points += c.seen.points
		}
	}
	file := unknown
	if (all.commas > 0) != (all.points > 0) {
		file, _ = all.decide(unknown)
	}
	for i := range t.columns {
		t.columns[i].style, _ = t.columns[i].seen.decide(file)
	}
	return nil
}

// Heading is the text above the header, one line a row: the title of a report. Without a header it is the text of
// the first rows.
func (t *Table) Heading() string { return t.heading }

// Column is the first column whose name is one of names, tried in their order; -1 when there is none. Case,
// accents and punctuation do not matter.
func (t *Table) Column(names ...string) int {
	for _, name := range names {
		name = Fold(name)
		for i, folded := range t.folded {
			if folded == name {
				return i
			}
		}
	}
	return -1
}

// Rows yields the number of each row below the header that has a value. A header that repeats on every page is
// passed over.
func (t *Table) Rows() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for row, err := range t.src.Rows() {
			if err != nil {
				yield(0, err)
				return
			}
			if row.Number <= t.start || filled(row.Cells) == 0 || t.repeats(row.Cells) {
				continue
			}
			t.row = row
			if !yield(row.Number, nil) {
				return
			}
		}
	}
}

// repeats says whether a row is the header again. The first cell decides for nearly every row.
func (t *Table) repeats(cells []Cell) bool {
	if len(cells) < len(t.Header) || len(t.Header) < 2 {
		return false
	}
	for i, raw := range t.raw {
		if string(bytes.TrimSpace(cells[i].Text)) != raw {
			return false
		}
	}
	return true
}

// Text is a cell of the row without surrounding spaces; empty where the row has no such column. It is valid until
// the next row.
func (t *Table) Text(column int) []byte {
	if column < 0 || column >= len(t.row.Cells) {
		return nil
	}
	c := t.row.Cells[column].Text
	if n := len(c); n == 0 || c[0] > ' ' && c[0] < 0x80 && c[n-1] > ' ' && c[n-1] < 0x80 {
		return c
	}
	return bytes.TrimSpace(c)
}

// Decimal is a cell of the row as an exact number, read in the style of its column; an empty cell is not ok. A
// text that is no number in that style is invalid_argument with row and column: another reading is never tried,
// because a comma taken for a point is wrong by a factor of a thousand.
func (t *Table) Decimal(column int) (d decimal.Decimal, ok bool, err error) {
	text := t.Text(column)
	if len(text) == 0 {
		return d, false, nil
	}
	if d, ok = digits(text); ok {
		return d, true, nil
	}
	switch kind := t.row.Cells[column].Kind; kind {
	case Number:
		d, ok = parse(text, point)
	case Text:
		d, ok = parse(text, t.styleOf(column, text))
	}
	if !ok {
		return d, false, t.notNumber(column, text)
	}
	return d, true, nil
}

// digits is the common case: a whole number.
func digits(text []byte) (decimal.Decimal, bool) {
	if len(text) > maxDigits-1 {
		return decimal.Decimal{}, false
	}
	n := int64(0)
	for _, b := range text {
		if b < '0' || b > '9' {
			return decimal.Decimal{}, false
		}
		n = n*10 + int64(b-'0')
	}
	d, err := decimal.New(n, 0)
	return d, err == nil
}

// styleOf is the column's style. A column whose first rows were whole numbers is settled by the first cell that
// is not.
func (t *Table) styleOf(i int, text []byte) style {
	for len(t.columns) <= i {
		t.columns = append(t.columns, column{})
	}
	c := &t.columns[i]
	if c.style == unknown {
		c.seen.see(text)
		c.style, _ = c.seen.decide(unknown)
	}
	if c.seen.commas+c.seen.points == 0 || c.seen.commas > 0 && c.seen.points > 0 {
		body, _ := strip(text)
		if sh := shapeOf(body); sh == maybeComma || sh == maybePoint {
			t.doubt(i, c.style, text)
		}
	}
	return c.style
}

func (t *Table) doubt(i int, s style, text []byte) {
	for _, w := range t.warnings {
		if w.Code == "ambiguous_numbers" && w.Field == t.name(i) {
			return
		}
	}
	pt, en := "vírgula", "comma"
	if s == point {
		pt, en = "ponto", "point"
	}
	t.warnings = append(t.warnings, Warning{Code: "ambiguous_numbers", Field: t.name(i),
		Message:   fmt.Sprintf("Os números de %q podem ser lidos de dois modos; %q foi lido com %s decimal.", t.name(i), text, pt),
		MessageEN: fmt.Sprintf("The numbers of %q can be read in two ways; %q was read with a decimal %s.", t.name(i), text, en)})
}

func (t *Table) name(i int) string {
	if i >= 0 && i < len(t.Header) && t.Header[i] != "" {
		return t.Header[i]
	}
	return "coluna " + columnName(i)
}

// columnName is the name that spreadsheets give a column: A, B, …, Z, AA.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

func (t *Table) notNumber(i int, text []byte) error {
	return fault.InvalidArgument.With("Linha %d, coluna %q: %q não é um número.", "Row %d, column %q: %q is not a number.",
		t.row.Number, t.name(i), string(text[:min(len(text), 60)])).On(t.name(i))
}

// Warnings is everything unusual so far, of the file and of the columns that were read.
func (t *Table) Warnings() []Warning {
	return append(append([]Warning(nil), t.src.Warnings()...), t.warnings...)
}
