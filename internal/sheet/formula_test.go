package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/sheet"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// starts is what a spreadsheet takes for the beginning of a formula.
const starts = "=+-@\t\r\n＝＋－＠"

// hostileText draws texts that try to be formulas, behind whatever programs drop from the front of a cell.
func hostileText(t *rapid.T, label string) string {
	front := rapid.StringOf(rapid.SampledFrom([]rune(" '\"\u00a0\u2003\u200b\ufeff\u202e\t"))).Draw(t, label+" front")
	middle := rapid.SampledFrom(append(strings.Split(starts, ""), "", "a", "é", "0", ";", ",", "\"")).Draw(t, label+" sign")
	rest := rapid.StringOf(rapid.RuneFrom([]rune("1A!|=+-@ \t\r\n;,\"'＝éλ_x000D_"))).Draw(t, label+" rest")
	return front + middle + rest
}

// TestFormulaProperty is S-08: whatever the text, no cell of the CSV begins a formula, numbers are as they were, and our own reader gives back
// what was written, from CSV and from XLSX.
func TestFormulaProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText(t, "text")
		number := decimal.MustNew(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "number"), rapid.IntRange(0, 4).Draw(t, "scale"))
		english := rapid.Bool().Draw(t, "english")
		write := func(w sheet.Writer) {
			for _, row := range [][]sheet.Value{{sheet.TextValue("texto"), sheet.TextValue("número")}, {sheet.TextValue(text), sheet.NumberValue(number)},
				{sheet.TextValue("fim"), sheet.NumberValue(number)}} {
				if err := w.Write(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var plain, book bytes.Buffer
		write(sheet.NewCSVWriter(&plain, sheet.CSVOptions{English: english, BOM: rapid.Bool().Draw(t, "bom")}))
		w, err := sheet.NewXLSXWriter(&book, "S")
		if err != nil {
			t.Fatal(err)
		}
		write(w)
		checkInert(t, plain.String(), english, number)
		for name, data := range map[string][]byte{"CSV": plain.Bytes(), "XLSX": book.Bytes()} {
			if got := firstText(t, data); got != text {
				t.Fatalf("%s: %q came back as %q", name, text, got)
			}
		}
	})
}

// checkInert reads the CSV as a spreadsheet does.
func checkInert(t *rapid.T, out string, english bool, number decimal.Decimal) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\uFEFF")))
	if r.Comma = ';'; english {
		r.Comma = ','
	}
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v in %q", len(rows), err, out)
	}
	cell := strings.TrimLeftFunc(rows[1][0], func(r rune) bool { return r == '"' || unicode.IsSpace(r) && !strings.ContainsRune(starts, r) })
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune(starts, first) {
		t.Fatalf("%q begins a formula", rows[1][0])
	}
	want := number.String()
	if !english {
		want = strings.Replace(want, ".", ",", 1)
	}
	if rows[1][1] != want {
		t.Fatalf("the number %s became %q", number, rows[1][1])
	}
}

// firstText is the text of the row below the header, as our own reader gives it.
func firstText(t *rapid.T, data []byte) string {
	s, err := sheet.Open(bytes.NewReader(data), int64(len(data)), "x")
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if i++; i == 2 {
			return string(row.Cells[0].Text)
		}
	}
	t.Fatal("no second row")
	return ""
}
