package sheet

import (
	"bufio"
	"io"
	"strings"

	"github.com/govalues/decimal"
)

// Value is a cell to be written.
type Value struct {
	text   string
	number bool
}

// TextValue is a text, whatever it looks like.
func TextValue(s string) Value { return Value{text: s} }

// NumberValue is an exact number.
func NumberValue(d decimal.Decimal) Value { return Value{text: d.String(), number: true} }

// Writer writes rows, one after the other, without holding them.
type Writer interface {
	Write(row ...Value) error
	Close() error // finishes the file; it does not close what is below
}

// CSVOptions choose a dialect. The zero value is the Brazilian one: semicolons and decimal commas.
type CSVOptions struct {
	English bool // commas between cells and decimal points
	BOM     bool // starts with the mark by which Excel knows UTF-8
}

type csvWriter struct {
	out   *bufio.Writer
	delim byte
	point bool
	err   error
}

// NewCSVWriter writes UTF-8 with lines that end in CRLF (RFC 4180). A text that could be taken for a formula gets an
// apostrophe in front, which Open takes off again; numbers are written as they are.
func NewCSVWriter(w io.Writer, o CSVOptions) Writer {
	c := &csvWriter{out: bufio.NewWriterSize(w, 64<<10), delim: ';', point: o.English}
	if o.English {
		c.delim = ','
	}
	if o.BOM {
		_, c.err = c.out.WriteString("\uFEFF")
	}
	return c
}

// Write writes one row.
func (c *csvWriter) Write(row ...Value) error {
	for i, v := range row {
		if i > 0 {
			c.put(string(c.delim))
		}
		switch {
		case v.number && c.point:
			c.put(v.text)
		case v.number:
			c.put(strings.Replace(v.text, ".", ",", 1))
		default:
			c.text(v.text, len(row) == 1)
		}
	}
	c.put("\r\n")
	return c.err
}

// text quotes what needs it; alone says that the row has no other cell and would be an empty line.
func (c *csvWriter) text(s string, alone bool) {
	s = arm(s)
	if !strings.ContainsAny(s, "\"\r\n;,\t|") && (s != "" || !alone) {
		c.put(s)
		return
	}
	c.put(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
}

func (c *csvWriter) put(s string) {
	if c.err == nil {
		_, c.err = c.out.WriteString(s)
	}
}

// Close writes what is still held back.
func (c *csvWriter) Close() error {
	if c.err != nil {
		return c.err
	}
	return c.out.Flush()
}
