package item

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
)

// MaxDepth is how deep lists and objects of a body may nest: DynamoDB stops at 32, the item itself included.
const MaxDepth = 30

// Canonical gives the one form in which a body is stored, so that both sides give back the same bytes:
// a JSON object without spaces, members sorted by the bytes of their names, strings escaped only where
// they must be. Numbers are integers of 64 bits; fractions are refused, as DynamoDB's decimals and
// PostgreSQL's would differ: quantities and money are strings. Repeated names and broken UTF-8 are refused.
func Canonical(body []byte) ([]byte, error) {
	return appendCanonical(make([]byte, 0, len(body)), body, nil)
}

// appendCanonical appends the canonical form of body to dst; the object's own members may not have a reserved name.
func appendCanonical(dst, body []byte, reserved []string) ([]byte, error) {
	if !utf8.Valid(body) {
		return nil, badBody("não é UTF-8", "is not UTF-8")
	}
	c := canon{in: body, out: dst, reserved: reserved}
	c.space()
	if c.peek() != '{' {
		return nil, badBody("não é um objeto JSON", "is no JSON object")
	}
	if err := c.value(0); err != nil {
		return nil, err
	}
	if c.space(); c.at < len(c.in) {
		return nil, c.syntax()
	}
	return c.out, nil
}

// isCanonical reports why body is not what Canonical makes of it. scratch is used for the comparison and given back.
func isCanonical(scratch, body []byte, reserved []string) ([]byte, error) {
	out, err := appendCanonical(scratch[:0], body, reserved)
	if err != nil {
		return scratch, err
	}
	if !bytes.Equal(out, body) {
		return out, badBody("não está na forma canônica", "is not in canonical form")
	}
	return out, nil
}

func badBody(pt, en string) *fault.Error {
	return fault.InvalidArgument.With("O corpo do item %[1]s.", "The item's body %[2]s.", pt, en).On("body")
}

// canon reads JSON (RFC 8259) and writes its canonical form as it goes.
type canon struct {
	in       []byte
	at       int
	out      []byte
	reserved []string
}

func (c *canon) syntax() error {
	return badBody("não é JSON válido", "is no valid JSON").Detail("offset", c.at)
}

func (c *canon) space() {
	for c.at < len(c.in) && (c.in[c.at] == ' ' || c.in[c.at] == '\t' || c.in[c.at] == '\n' || c.in[c.at] == '\r') {
		c.at++
	}
}

// peek is the next byte; 0 at the end.
func (c *canon) peek() byte {
	if c.at == len(c.in) {
		return 0
	}
	return c.in[c.at]
}

func (c *canon) value(depth int) error {
	if depth > MaxDepth {
		return badBody("tem níveis demais", "nests too deeply")
	}
	switch b := c.peek(); {
	case b == '{':
		return c.object(depth)
	case b == '[':
		return c.list(depth)
	case b == '"':
		text, err := c.text()
		c.out = appendText(c.out, text)
		return err
	case b == '-' || b >= '0' && b <= '9':
		return c.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(c.in[c.at:], []byte(word)) {
			c.at += len(word)
			c.out = append(c.out, word...)
			return nil
		}
	}
	return c.syntax()
}

func (c *canon) list(depth int) error {
	return c.elements('[', ']', func() error { return c.value(depth + 1) })
}

// elements reads what stands between two brackets, separated by commas.
func (c *canon) elements(begin, end byte, element func() error) error {
	c.at++
	c.out = append(c.out, begin)
	c.space()
	for first := true; ; first = false {
		switch {
		case first && c.peek() == end:
		case first:
			if err := element(); err != nil {
				return err
			}
		case c.peek() == ',':
			c.at++
			c.space()
			c.out = append(c.out, ',')
			if err := element(); err != nil {
				return err
			}
		default:
			return c.syntax()
		}
		if c.space(); c.peek() == end {
			c.at++
			c.out = append(c.out, end)
			return nil
		}
	}
}

// member is where a member of an object stands in the output.
type member struct {
	name       string
	start, end int
}

func (c *canon) object(depth int) error {
	start := len(c.out)
	var few [16]member
	members, sorted := few[:0], true
	err := c.elements('{', '}', func() error {
		m := member{start: len(c.out)}
		if c.peek() != '"' {
			return c.syntax()
		}
		name, err := c.text()
		if err != nil {
			return err
		}
		m.name = string(name)
		if m.name == "" {
			return badBody("tem um nome vazio", "has an empty name") // DynamoDB takes none
		}
		if depth == 0 && slices.Contains(c.reserved, m.name) {
			return badBody("tem um atributo que é da tabela", "has an attribute that belongs to the table").Detail("name", m.name)
		}
		c.out = appendText(c.out, name)
		if c.space(); c.peek() != ':' {
			return c.syntax()
		}
		c.at++
		c.out = append(c.out, ':')
		c.space()
		if err := c.value(depth + 1); err != nil {
			return err
		}
		m.end = len(c.out)
		sorted = sorted && (len(members) == 0 || members[len(members)-1].name < m.name)
		members = append(members, m)
		return nil
	})
	if err != nil || sorted {
		return err
	}
	return c.sort(start, members)
}

// sort writes the members of the object at start again, in order.
func (c *canon) sort(start int, members []member) error {
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	old := slices.Clone(c.out[start:])
	c.out = append(c.out[:start], '{')
	for i, m := range members {
		if i > 0 {
			if m.name == members[i-1].name {
				return badBody("repete um nome", "repeats a name").Detail("name", m.name)
			}
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, old[m.start-start:m.end-start]...)
	}
	c.out = append(c.out, '}')
	return nil
}

func (c *canon) number() error {
	start := c.at
	for c.at < len(c.in) && bytes.IndexByte([]byte("+-.eE0123456789"), c.in[c.at]) >= 0 {
		c.at++
	}
	text := string(c.in[start:c.at])
	n, err := strconv.ParseInt(text, 10, 64)
	digits := bytes.TrimPrefix(c.in[start:c.at], []byte("-"))
	if err != nil || text[0] == '+' || len(digits) > 1 && digits[0] == '0' {
		return badBody("tem um número que não é inteiro de 64 bits: use texto", "has a number that is no 64-bit integer: use a string")
	}
	c.out = strconv.AppendInt(c.out, n, 10)
	return nil
}

// text reads a string and gives what it means.
func (c *canon) text() ([]byte, error) {
	c.at++
	start := c.at
	for c.at < len(c.in) {
		switch b := c.in[c.at]; {
		case b == '"':
			c.at++
			return c.in[start : c.at-1], nil
		case b == '\\':
			return c.escaped(slices.Clone(c.in[start:c.at]))
		case b < ' ':
			return nil, c.syntax()
		}
		c.at++
	}
	return nil, c.syntax()
}

// escaped goes on with a string from its first backslash.
func (c *canon) escaped(text []byte) ([]byte, error) {
	for c.at < len(c.in) {
		b := c.in[c.at]
		c.at++
		switch {
		case b == '"':
			return text, nil
		case b < ' ':
			return nil, c.syntax()
		case b != '\\':
			text = append(text, b)
			continue
		}
		r, ok := c.escape()
		if !ok {
			return nil, c.syntax()
		}
		text = utf8.AppendRune(text, r)
	}
	return nil, c.syntax()
}

// escape reads what follows a backslash; a surrogate without its other half is no character.
func (c *canon) escape() (rune, bool) {
	b := c.peek()
	c.at = min(c.at+1, len(c.in))
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), b); i >= 0 && b != 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	if b != 'u' {
		return 0, false
	}
	r, ok := c.hex()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !bytes.HasPrefix(c.in[c.at:], []byte(`\u`)) {
		return 0, false
	}
	c.at += 2
	low, ok := c.hex()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

func (c *canon) hex() (rune, bool) {
	if len(c.in)-c.at < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(c.in[c.at:c.at+4]), 16, 16)
	c.at += 4
	return rune(n), err == nil
}

// appendText writes a string with only the escapes that JSON demands.
func appendText(dst, text []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, b := range text {
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b >= ' ':
			dst = append(dst, b)
		case bytes.IndexByte([]byte("\b\f\n\r\t"), b) >= 0:
			dst = append(dst, '\\', "bfnrt"[bytes.IndexByte([]byte("\b\f\n\r\t"), b)])
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
		}
	}
	return append(dst, '"')
}
