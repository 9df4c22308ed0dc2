package sheet

import (
	"bytes"
	"html"
	"io"
)

const (
	// maxToken is the longest text with the tag behind it: a cell, and room for a style block of HTML.
	maxToken = 1 << 20
	// scanBuffer holds a few hundred cells.
	scanBuffer = 64 << 10
)

// token is a tag and the text before it. Its slices are valid until the next token.
type token struct {
	text  []byte // raw: entities are not resolved
	name  []byte // without prefix
	attrs []byte // raw
	shut  bool   // </name>
	empty bool   // <name/>
}

// scanner cuts XML or HTML into tags, leniently: five times as fast as encoding/xml, which checks what nobody
// relies on here. It resolves no DTD and no external name, so there is nothing to expand.
type scanner struct {
	in    io.Reader
	buf   []byte
	start int
	end   int
	done  bool
	tok   token
	held  bool // the last tag is to be given again
	cdata []byte
}

func newScanner(r io.Reader) *scanner { return &scanner{in: r, buf: make([]byte, scanBuffer)} }

// find gives the offset from start of what, at or after the offset from, reading on as needed; -1 at the end.
func (s *scanner) find(what string, from int) (int, error) {
	for {
		window := s.buf[min(s.start+from, s.end):s.end]
		i := -1
		if len(what) == 1 {
			i = bytes.IndexByte(window, what[0])
		} else {
			i = bytes.Index(window, []byte(what))
		}
		if i >= 0 {
			return from + i, nil
		}
		if s.done {
			return -1, nil
		}
		from = max(from, s.end-s.start-len(what)+1)
		if err := s.fill(); err != nil {
			return -1, err
		}
	}
}

func (s *scanner) fill() error {
	kept := copy(s.buf, s.buf[s.start:s.end])
	s.start, s.end = 0, kept
	if kept == len(s.buf) {
		if kept >= maxToken {
			return refuse("Uma célula passa de %d bytes.", "A cell is longer than %d bytes.", maxToken)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 { // a reader that gives nothing a hundred times is broken
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.done = true
			return nil
		}
		if err != nil {
			return readFault(err)
		}
		if n > 0 {
			return nil
		}
	}
	return readFault(io.ErrNoProgress)
}

// next gives the next tag, or io.EOF. Comments, processing instructions and declarations are passed over, CDATA
// becomes text.
func (s *scanner) next() (*token, error) {
	if s.held {
		s.held = false
		return &s.tok, nil
	}
	s.cdata = s.cdata[:0]
	from := 0
	for {
		open, err := s.find("<", from)
		if err != nil {
			return nil, err
		}
		if open < 0 {
			s.start = s.end
			return nil, io.EOF
		}
		if err := s.need(open + 9); err != nil {
			return nil, err
		}
		rest := s.buf[s.start+open : s.end]
		if len(rest) > 1 && (rest[1] == '!' || rest[1] == '?') {
			if err := s.special(open); err != nil {
				return nil, err
			}
			continue
		}
		shut, err := s.find(">", open)
		for err == nil && shut >= 0 && unbalanced(s.buf[s.start+open:s.start+shut]) {
			shut, err = s.find(">", shut+1)
		}
		if err != nil {
			return nil, err
		}
		if shut < 0 {
			return nil, refuse("O arquivo termina no meio de uma marca.", "The file ends inside a tag.")
		}
		s.set(s.buf[s.start:s.start+open], s.buf[s.start+open+1:s.start+shut])
		s.start += shut + 1
		return &s.tok, nil
	}
}

// again makes next give the last tag once more, without its text.
func (s *scanner) again() {
	s.held = true
	s.tok.text = nil
}

// need reads until n bytes are there or the input ends.
func (s *scanner) need(n int) error {
	for s.end-s.start < n && !s.done {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// special passes over <!-- -->, <? ?>, <![CDATA[ ]]> and <! >; the text before it is kept.
func (s *scanner) special(open int) error {
	rest := s.buf[s.start+open : s.end]
	closing := ">"
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		closing = "-->"
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		closing = "]]>"
	case bytes.HasPrefix(rest, []byte("<?")):
		closing = "?>"
	}
	s.cdata = append(s.cdata, s.buf[s.start:s.start+open]...)
	s.start += open
	end, err := s.find(closing, 2)
	if err != nil {
		return err
	}
	if end < 0 {
		return refuse("O arquivo termina no meio de uma marca.", "The file ends inside a tag.")
	}
	if closing == "]]>" {
		s.cdata = append(s.cdata, html.EscapeString(string(s.buf[s.start+9:s.start+max(end, 9)]))...)
	}
	if len(s.cdata) > maxToken {
		return refuse("Uma célula passa de %d bytes.", "A cell is longer than %d bytes.", maxToken)
	}
	s.start += end + len(closing)
	return nil
}

// unbalanced says whether a tag was cut inside a quoted attribute, where > is allowed.
func unbalanced(tag []byte) bool {
	if n := len(tag); tag[n-1] == '"' && tag[n-2] != '=' || bytes.IndexByte(tag, '=') < 0 {
		return false
	}
	quote := byte(0)
	for _, b := range tag {
		switch {
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case b == quote:
			quote = 0
		}
	}
	return quote != 0
}

func (s *scanner) set(text, tag []byte) {
	if len(s.cdata) > 0 {
		s.cdata = append(s.cdata, text...)
		text = s.cdata
	}
	t := token{text: text}
	if len(tag) > 0 && tag[0] == '/' {
		t.shut = true
		tag = tag[1:]
	} else if len(tag) > 0 && tag[len(tag)-1] == '/' {
		t.empty = true
		tag = tag[:len(tag)-1]
	}
	n := 0
	for n < len(tag) && tag[n] > ' ' {
		if tag[n] == ':' {
			tag, n = tag[n+1:], 0
			continue
		}
		n++
	}
	t.name, t.attrs = tag[:n], tag[n:]
	s.tok = t
}

// attr gives the raw value of the attribute with the local name, or nil.
func (t *token) attr(name string) []byte {
	a := t.attrs
	for {
		eq := bytes.IndexByte(a, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimSpace(a[:eq])
		if i := bytes.LastIndexAny(key, ": \t\r\n"); i >= 0 {
			key = key[i+1:]
		}
		a = bytes.TrimLeft(a[eq+1:], " \t\r\n")
		if len(a) == 0 {
			return nil
		}
		var value []byte
		if a[0] == '"' || a[0] == '\'' {
			end := bytes.IndexByte(a[1:], a[0])
			if end < 0 {
				return nil
			}
			value, a = a[1:1+end], a[end+2:]
		} else { // HTML only
			end := bytes.IndexAny(a, " \t\r\n")
			if end < 0 {
				end = len(a)
			}
			value, a = a[:end], a[end:]
		}
		if string(key) == name {
			return value
		}
	}
}

// unescape resolves the entities of text: the five of XML, numbers, and the names of HTML.
func unescape(text []byte) []byte {
	if bytes.IndexByte(text, '&') < 0 {
		return text
	}
	return []byte(html.UnescapeString(string(text)))
}
