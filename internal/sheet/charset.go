package sheet

import (
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

func utf16(charset string) transform.Transformer {
	order := unicode.LittleEndian
	if charset == utf16BE {
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder()
}

// decode gives a sample as UTF-8; a character cut at its end may be lost.
func decode(b []byte, charset string) []byte {
	switch charset {
	case utf16LE, utf16BE:
		out, _, err := transform.Bytes(utf16(charset), b)
		if err != nil {
			return b
		}
		return out
	case windows1252:
		return append1252(make([]byte, 0, len(b)+len(b)/8), b)
	}
	return b
}

// append1252 appends b, read as Windows-1252, as UTF-8.
func append1252(dst, b []byte) []byte {
	for _, c := range b {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(c))
	}
	return dst
}

// text streams the file. UTF-16 comes out as UTF-8; the eight-bit charsets come as they are and are turned
// cell by cell, because nearly every cell is ASCII.
func (s *Source) text() io.Reader {
	r := io.Reader(io.NewSectionReader(s.file, s.skip, s.size-s.skip))
	if s.Charset == utf16LE || s.Charset == utf16BE {
		return transform.NewReader(r, utf16(s.Charset))
	}
	if s.Format != CSV && s.Format != SAPText && s.Charset == windows1252 {
		return transform.NewReader(r, charmap.Windows1252.NewDecoder())
	}
	return r
}
