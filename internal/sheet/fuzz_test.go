package sheet_test

import (
	"bytes"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/govalues/decimal"
)

// FuzzOpen: any bytes are read or refused with a clear fault; reading twice gives the same rows.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{"a;b\n1;2,5\n", "\"a\"\"b\";c\n\"x\ny\";\"\n", "|a|b|\n-----\n|1|2|\n", "\xff\xfea\x00\t\x00b\x00",
		"<table><tr><td colspan=2>a<th>b</table>", "sep=,\na,b\n", "1.234,5;1,234.5\n", "'=1;=2\n", "\x00\x01", "PK\x03\x04"} {
		f.Add([]byte(s))
	}
	f.Add(book{"xl/sharedStrings.xml": "<sst><si><t>a</t></si></sst>",
		"xl/worksheets/sheet1.xml": sheetOf(`<row r="1"><c r="A1" t="s"><v>0</v></c><c s="1"><v>1.5</v></c></row>`)}.bytes(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := readAll(data)
		if err != nil && fault.CodeOf(err) != fault.InvalidArgument {
			t.Fatalf("error = %v, want invalid_argument", err)
		}
		if m, again := readAll(data); m != n || (err == nil) != (again == nil) {
			t.Fatalf("the second reading differs: %d and %d rows, %v and %v", n, m, err, again)
		}
		if err != nil {
			return
		}
		src, err := sheet.Open(bytes.NewReader(data), int64(len(data)), "x")
		if err != nil {
			t.Fatal(err)
		}
		table, err := sheet.NewTable(src)
		if err != nil {
			return
		}
		for _, err := range table.Rows() {
			if err != nil {
				return
			}
			for i := range min(len(table.Header)+1, 50) {
				if _, _, err := table.Decimal(i); err != nil && fault.CodeOf(err) != fault.InvalidArgument {
					t.Fatalf("error = %v, want invalid_argument", err)
				}
			}
		}
	})
}

// FuzzXLSX: any worksheet part inside a sound package.
func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`, "<si><t>a</t></si>", `<xf numFmtId="14"/>`)
	f.Add(`<row><c t="inlineStr"><is><t>_x000D_<![CDATA[x]]></t></is></c></row>`, "<si><rPh><t/></rPh></si>", "")
	f.Add(`<row r="9"><c r="ZZ9" s="0"><v>1e5</v></c></row`, "", "")
	f.Fuzz(func(t *testing.T, rows, shared, styles string) {
		data := book{"xl/worksheets/sheet1.xml": sheetOf(rows), "xl/sharedStrings.xml": "<sst>" + shared + "</sst>",
			"xl/styles.xml": "<styleSheet><cellXfs>" + styles + "</cellXfs></styleSheet>"}.bytes(t)
		if _, err := readAll(data); err != nil && fault.CodeOf(err) != fault.InvalidArgument {
			t.Fatalf("error = %v, want invalid_argument", err)
		}
	})
}

// FuzzRoundTrip: what a writer writes, the reader gives back.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range dangerous() {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = clean(a), clean(b)
		for _, o := range []sheet.CSVOptions{{}, {English: true}} {
			var out bytes.Buffer
			w := sheet.NewCSVWriter(&out, o)
			// The header and the number make the dialect plain to see, as an export does.
			for _, row := range [][]sheet.Value{{sheet.TextValue("um"), sheet.TextValue("dois"), sheet.TextValue("três")},
				{sheet.TextValue("k"), sheet.TextValue("l"), sheet.TextValue("m")},
				{sheet.TextValue(a), sheet.TextValue(b), sheet.NumberValue(decimal.MustNew(15, 1))}} {
				if err := w.Write(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			var last []string
			for row, err := range source(t, out.Bytes(), "x").Rows() {
				if err != nil {
					t.Fatal(err)
				}
				last = last[:0]
				for _, c := range row.Cells {
					last = append(last, string(c.Text))
				}
			}
			if len(last) != 3 || last[0] != a || last[1] != b {
				t.Fatalf("wrote %q and %q, read %q from %q", a, b, last, out.String())
			}
		}
	})
}

// clean makes a text that our database could hold: UTF-8 without NULs and other controls, at most 1,000 bytes.
func clean(s string) string {
	s = string(bytes.ToValidUTF8([]byte(s[:min(len(s), 1000)]), nil))
	return string(bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F || r == 0xFEFF {
			return -1
		}
		return r
	}, []byte(s)))
}
