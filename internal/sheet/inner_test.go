package sheet

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// tags puts what a scanner finds into words.
func tags(t *testing.T, r io.Reader) []string {
	t.Helper()
	s := newScanner(r)
	var out []string
	for {
		tok, err := s.next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			return append(out, "error")
		}
		text := string(unescape(tok.text)) + "<"
		if tok.shut {
			text += "/"
		}
		text += string(tok.name) + string(tok.attrs)
		if tok.empty {
			text += "/"
		}
		out = append(out, text)
	}
}

// TestScanner: the same tags whether the bytes come at once or one by one.
func TestScanner(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{`<a>x</a>`, []string{"<a", "x</a"}},
		{`<?xml version="1.0"?><ns:a b="1"/>tail`, []string{`<a b="1"/`}},
		{`<a><!-- <b> --> y<![CDATA[<&>]]>z</a>`, []string{"<a", " y<&>z</a"}},
		{`<a t="1>2" u='"'>`, []string{`<a t="1>2" u='"'`}},
		{`<a t=">"><b>`, []string{`<a t=">"`, "<b"}},
		{`a &lt; b &#233;<c>`, []string{"a < b é<c"}},
		{`<>`, []string{"<"}},
		{`<a`, []string{"error"}},
		{`<!-- never closed`, []string{"error"}},
		{`<![CDATA[ never closed`, []string{"error"}},
		{``, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tags(t, strings.NewReader(tt.in))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
		if diff := cmp.Diff(tt.want, tags(t, iotest.OneByteReader(strings.NewReader(tt.in)))); diff != "" {
			t.Errorf("%s byte by byte (-want +got):\n%s", tt.in, diff)
		}
	}
	if got := tags(t, iotest.ErrReader(io.ErrUnexpectedEOF)); len(got) != 1 || got[0] != "error" {
		t.Errorf("a broken reader: %v", got)
	}
}

func TestAttr(t *testing.T) {
	t.Parallel()
	tok := token{attrs: []byte(` r="A1" ss:Index='3' colspan=2 empty="" x = "y" open="`)}
	for name, want := range map[string]string{"r": "A1", "Index": "3", "colspan": "2", "empty": "", "x": "y", "open": "", "none": ""} {
		if got := string(tok.attr(name)); got != want {
			t.Errorf("attr(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]shape{
		"": notNumber, "abc": notNumber, "-": notNumber, ",": notNumber, "1e5": notNumber, "1,2.3,4.5": notNumber,
		"0": whole, "1234": whole, "1,5": isComma, "1.5": isPoint, "0,123": isComma, "0.123": isPoint, "1234,567": isComma,
		"1,234": maybeComma, "12.345": maybePoint, "1.234,5": isComma, "1,234.5": isPoint, "1.234.567": isComma, "1,234,567": isPoint,
		",5": isComma, "5.": isPoint,
	} {
		if body, _ := strip([]byte(text)); shapeOf(body) != want {
			t.Errorf("shapeOf(%q) = %d, want %d", text, shapeOf(body), want)
		}
	}
}

func TestCharsetOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		bom            int64
	}{
		{"ASCII", "abc", utf8Name, 0}, {"UTF-8", "é", utf8Name, 0}, {"UTF-8 marked", "\xEF\xBB\xBFa", utf8Name, 3},
		{"UTF-8 cut in a rune", "abc\xe2\x82", utf8Name, 0}, {"Windows-1252", "\xe7\xe3o", windows1252, 0}, {"a lone high byte at the end", "a\xe7", utf8Name, 0},
		{"UTF-16LE", "\xff\xfea\x00", utf16LE, 2}, {"UTF-16BE", "\xfe\xff\x00a", utf16BE, 2}, {"UTF-16LE bare", "a\x00;\x00b\x00", utf16LE, 0},
		{"short", "a", utf8Name, 0},
	}
	for _, tt := range tests {
		if got, bom := charsetOf([]byte(tt.in)); got != tt.want || bom != tt.bom {
			t.Errorf("%s: %s, %d, want %s, %d", tt.name, got, bom, tt.want, tt.bom)
		}
	}
}

func TestDialectOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]byte{
		"a;b\n1,5;2,5\n": ';', "a,b\n1;x,2\n3,4\n": ',', "a\tb\n1,2\t3;4\n": '\t', "a|b\n1|2\n": '|', "a\nb\n": ',',
		"\"a;b\",c\n\"d;e\",f\n": ',', "sep=|\na,b|c\n": '|', "title\n\na;b;c\n1;2;3\n": ';', "a;b;c\n1,5;2,5;3,5\n": ';',
	} {
		if _, got := dialectOf([]byte(in), '\n'); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1": "1", "-1.50": "-1.50", " 7 ": "7", "1E3": "1000", "1e-7": "0.0000001", "0.1": "0.1", "0.30000000000000004": "0.3",
		"100000000000000000000": "100000000000000000000", "": "", "x": "", "NaN": "", "Inf": "", "1e999": "", "1.2.3": "", "--1": "", "0x10": "",
	} {
		got, ok := canonical([]byte(in))
		if ok != (want != "") || string(got) != want {
			t.Errorf("canonical(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestDayOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		number string
		from04 bool
		want   string
	}{
		{"45148", false, "2023-08-10"}, {"45148.75", false, "2023-08-10T18:00:00"}, {"61", false, "1900-03-01"}, {"0", true, "1904-01-01"},
		{"2958465", false, "9999-12-31"}, {"2958466", false, ""}, {"-1", false, ""}, {"x", false, ""},
	}
	for _, tt := range tests {
		got, ok := dayOf([]byte(tt.number), tt.from04)
		if ok != (tt.want != "") || string(got) != tt.want {
			t.Errorf("dayOf(%s, %v) = %q, %v, want %q", tt.number, tt.from04, got, ok, tt.want)
		}
	}
}

func TestIsDateCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"dd/mm/yyyy": true, "[$-416]d-mmm-yy": true, "yyyy": true, "0.00": false, "General": false, `"day" 0`: false, `\d0`: false,
		"[Red]0": false, "#,##0_d": false, "hh:mm": false, "DD.MM.YYYY": true,
	} {
		if got := isDateCode(code); got != want {
			t.Errorf("isDateCode(%q) = %v, want %v", code, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", MaxColumns - 1: "XFD"} {
		if got := columnName(i); got != want {
			t.Errorf("columnName(%d) = %s, want %s", i, got, want)
		}
		if got, ok := columnOf([]byte(want + "12")); !ok || got != i {
			t.Errorf("columnOf(%s12) = %d, %v, want %d", want, got, ok, i)
		}
	}
	for in, want := range map[string]string{"": "NEXO", "'": "NEXO", "a/b": "a b", strings.Repeat("é", 40): strings.Repeat("é", 31)} {
		if got := sheetName(in); got != want {
			t.Errorf("sheetName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"Nº  de Série": "no de serie", "Em contr.qualid.": "em contr qualid", "QTDE (UN)": "qtde un", "": "", "…": ""} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"/etc/x.xls": "x.xls", `C:\tmp\y.xls`: "y.xls", "": "O arquivo", strings.Repeat("a", 90): strings.Repeat("a", 80) + "…"} {
		if got := shown(in); got != want {
			t.Errorf("shown(%q) = %q, want %q", in, got, want)
		}
	}
}
