package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// dangerous is every text that a spreadsheet could take for more than text, and what surrounds it.
func dangerous() []string {
	return []string{"=1+1", "+55 11", "-5", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", `=HYPERLINK("http://x";"y")`,
		"'=x", "''=x", "'quoted'", "'", "''", "plain", " =x", "a;b", "a,b", `say "x"`, `"`, "é ção €", "a\r\nb", "<b>&amp;</b>",
		"  =x", "\u00a0=x", "\u200b+x", "\ufeff@x", "\u202e-x", "\"=1+1\"", "\"\"=x", " ' =x", "\x01=x", strings.Repeat(" ", 200) + "=x", strings.Repeat("'", 90) + "-x",
		"_x000D_", "_x005F_", "x\x01y", "00123", "1,5", "=", "-", "x\ty", "|", "  padded  "}
}

func writeAll(t *testing.T, w sheet.Writer) {
	t.Helper()
	write := func(row ...sheet.Value) {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	write(sheet.TextValue("texto"), sheet.TextValue("número"))
	for i, s := range dangerous() {
		write(sheet.TextValue(s), sheet.NumberValue(decimal.MustNew(int64(-12345*i), 3)))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// check reads back what writeAll wrote.
func check(t *testing.T, data []byte) {
	t.Helper()
	src := source(t, data, "x")
	var got []string
	for row, err := range src.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(row.Cells[0].Text))
	}
	if diff := cmp.Diff(append([]string{"texto"}, dangerous()...), got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	table, err := sheet.NewTable(src)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := table.Decimal(1)
		if want := decimal.MustNew(int64(-12345*i), 3); err != nil || !d.Equal(want) {
			t.Errorf("row %d: %v, %v, want %v", i, d, err, want)
		}
		i++
	}
}

// TestFormula: nothing that is written can run in a spreadsheet, and reading gives back what was written (S-08).
func TestFormula(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sheet.CSVOptions{"Brazilian": {}, "Brazilian for Excel": {BOM: true}, "English": {English: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			writeAll(t, sheet.NewCSVWriter(&out, o))
			for line := range strings.SplitSeq(strings.TrimPrefix(out.String(), "\uFEFF"), "\r\n") {
				for _, r := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
					if strings.HasPrefix(strings.TrimPrefix(line, `"`), r) {
						t.Errorf("the line %q starts a formula", line)
					}
				}
			}
			check(t, out.Bytes())
		})
	}
	t.Run("XLSX", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		w, err := sheet.NewXLSXWriter(&out, "Posição [1]/2: * a name that is far too long")
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, w)
		check(t, out.Bytes())
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("<f>")) || bytes.Contains(text, []byte("sharedStrings")) {
				t.Errorf("%s holds a formula", f.Name)
			}
		}
	})
}

func TestCSVForm(t *testing.T) {
	t.Parallel()
	row := []sheet.Value{sheet.TextValue("a"), sheet.TextValue(""), sheet.NumberValue(decimal.MustParse("-1234.50")), sheet.TextValue("-5"), sheet.TextValue("x;y")}
	for want, o := range map[string]sheet.CSVOptions{
		"a;;-1234,50;'-5;\"x;y\"\r\n":       {},
		"\uFEFFa;;-1234,50;'-5;\"x;y\"\r\n": {BOM: true},
		"a,,-1234.50,'-5,\"x;y\"\r\n":       {English: true},
	} {
		var out bytes.Buffer
		w := sheet.NewCSVWriter(&out, o)
		if err := errors.Join(w.Write(row...), w.Close()); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%+v: %q, want %q", o, out.String(), want)
		}
	}
}

// full is a writer with no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no room") }

func TestWriterFails(t *testing.T) {
	t.Parallel()
	c := sheet.NewCSVWriter(full{}, sheet.CSVOptions{BOM: true})
	if err := errors.Join(c.Write(sheet.TextValue("a")), c.Close()); err == nil {
		t.Error("CSV: the error was lost")
	}
	x, err := sheet.NewXLSXWriter(full{}, "a")
	if err == nil {
		err = errors.Join(x.Write(sheet.TextValue("a")), x.Close())
	}
	if err == nil {
		t.Error("XLSX: the error was lost")
	}
}

// TestSameBytes: the same rows are the same file, whenever they are written.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var files [2]bytes.Buffer
	for i := range files {
		w, err := sheet.NewXLSXWriter(&files[i], "E")
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, w)
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("two writings differ")
	}
}
