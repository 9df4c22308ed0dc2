package sheet_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// word makes a cell that may need quotes.
func word(rng *rand.Rand) string {
	alphabet := []string{"a", "B", "7", " ", "é", "\"", ";", ",", "\n", "x", "PN-", "0"}
	var b strings.Builder
	b.WriteByte('w') // an empty or spaced first cell is another test's
	for range rng.IntN(12) {
		b.WriteString(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

// TestAgainstStandardCSV: on well-formed files, larger than the buffer, the reader agrees with encoding/csv.
func TestAgainstStandardCSV(t *testing.T) {
	t.Parallel()
	for seed, delim := range []rune{';', ',', '\t', '|'} {
		t.Run(fmt.Sprintf("%q", delim), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(3, uint64(seed)))
			var file bytes.Buffer
			w := csv.NewWriter(&file)
			w.Comma = delim
			var want [][]string
			for i := range 30_000 {
				row := []string{fmt.Sprint("k", i), word(rng), word(rng), strings.Repeat("z", rng.IntN(40)), "end"}
				if i < 300 { // what the dialect is decided on is plain
					row[1], row[2] = "name", "other"
				}
				want = append(want, row)
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			w.Flush()
			i := 0
			for row, err := range source(t, file.Bytes(), "x").Rows() {
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, c := range row.Cells {
					got = append(got, string(c.Text))
				}
				if !slices.Equal(got, want[i]) {
					t.Fatalf("row %d: %q, want %q", i, got, want[i])
				}
				i++
			}
			if i != len(want) {
				t.Errorf("%d rows, want %d", i, len(want))
			}
		})
	}
}

// style writes a number as a Brazilian, an English or a SAP list does.
func style(d decimal.Decimal, point, thousand string, minusBehind bool) string {
	text := d.Abs().String()
	whole, fraction, _ := strings.Cut(text, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thousand)
		}
		b.WriteRune(c)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	switch {
	case !d.IsNeg():
		return b.String()
	case minusBehind:
		return b.String() + "-"
	}
	return "-" + b.String()
}

// TestNumbersComeBack: random numbers, written in each style, are read exactly.
func TestNumbersComeBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, point, thousand string
		behind                bool
	}{
		{"Brazilian", ",", ".", false}, {"SAP in Portuguese", ",", ".", true}, {"plain with commas", ",", "", false},
		{"English", ".", ",", false}, {"SAP in English", ".", ",", true}, {"plain with points", ".", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, 6))
			var want []string
			file := "nome\tvalor\nx\t" + style(decimal.MustParse("0.5"), tt.point, tt.thousand, false) + "\n"
			for range 3000 {
				d := decimal.MustNew(rng.Int64N(2_000_000_000_000)-1_000_000_000_000, rng.IntN(7))
				want = append(want, d.String())
				file += "x\t" + style(d, tt.point, tt.thousand, tt.behind) + "\n"
			}
			table := tableOf(t, []byte(file))
			got, err := numbers(t, table)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got[1:]); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
			if w := table.Warnings(); len(w) > 0 {
				t.Errorf("warnings = %+v", w)
			}
		})
	}
}

// lists writes one random stock as CSV in both dialects and as XLSX.
func lists(t *testing.T, n int) map[string][]byte {
	t.Helper()
	var br, en, book bytes.Buffer
	x, err := sheet.NewXLSXWriter(&book, "Estoque")
	if err != nil {
		t.Fatal(err)
	}
	writers := []sheet.Writer{sheet.NewCSVWriter(&br, sheet.CSVOptions{BOM: true}), sheet.NewCSVWriter(&en, sheet.CSVOptions{English: true}), x}
	rng := rand.New(rand.NewPCG(8, 8))
	header := []sheet.Value{sheet.TextValue("Part Number"), sheet.TextValue("Localização"), sheet.TextValue("Projeto"), sheet.TextValue("Quantidade")}
	rows := [][]sheet.Value{header}
	for range n {
		rows = append(rows, []sheet.Value{sheet.TextValue(fmt.Sprintf("=PN;%d", rng.IntN(900))), sheet.TextValue(fmt.Sprintf("00%d", rng.IntN(30))),
			sheet.TextValue(fmt.Sprintf("-P%d", rng.IntN(3))), sheet.NumberValue(decimal.MustNew(rng.Int64N(10_000_000), rng.IntN(4)))})
	}
	for _, w := range writers {
		for _, row := range rows {
			if err := w.Write(row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{"Brazilian CSV": br.Bytes(), "English CSV": en.Bytes(), "XLSX": book.Bytes()}
}

// TestFormsAgree: a stock reconciles with itself through any pair of forms that we write.
func TestFormsAgree(t *testing.T) {
	t.Parallel()
	forms := lists(t, 20_000)
	list := func(name string) reconcile.List {
		stock, err := sheet.NewStock(tableOf(t, forms[name]))
		if err != nil {
			t.Fatal(err)
		}
		return stock.List()
	}
	for a := range forms {
		for b := range forms {
			res, err := reconcile.Compare(t.Context(), list(a), list(b), reconcile.Options{})
			if err != nil {
				t.Fatalf("%s against %s: %v", a, b, err)
			}
			want := reconcile.Summary{Matched: res.Summary.Matched}
			if res.Summary != want || res.TheirRows != 20_000 || res.Summary.Matched < 15_000 {
				t.Errorf("%s against %s: %+v of %d rows", a, b, res.Summary, res.TheirRows)
			}
		}
	}
}

// TestAgainstFile is a reconciliation of two files that have different columns.
func TestAgainstFile(t *testing.T) {
	t.Parallel()
	theirs := "material;local;qtd\n000010;L1;5\n20;L1;1,5\n30;L2;7\n"
	ours := "part_number,material_sap,location,project,quantity\nA,10,L1,P1,2\nA,10,L1,P2,3\nB,20,L1,P1,1.25\nC,,L9,P1,4\n"
	a, err := sheet.NewStock(tableOf(t, []byte(theirs)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := sheet.NewStock(tableOf(t, []byte(ours)))
	if err != nil {
		t.Fatal(err)
	}
	if a.HasMaterial() || !b.HasMaterial() {
		t.Error("only our list joins materials to parts")
	}
	codes, err := b.Codes()
	if err != nil {
		t.Fatal(err)
	}
	res, err := reconcile.Compare(t.Context(), a.List(), b.List(), reconcile.Options{Codes: codes})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for d := range res.Differences() {
		got = append(got, fmt.Sprintf("%s %s@%s %s", d.Kind, d.Part, d.Location, d.Difference))
	}
	want := []string{"different B@L1 -0.25", "only_theirs 30@L2 -7", "only_ours C@L9 4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"part_number", "location"}, res.By); diff != "" {
		t.Error(diff)
	}
}
