package sheet_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// samples is the folder of real files, which are not part of the repository.
func samples(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("NEXO_SAMPLES")
	if dir == "" {
		t.Skip("NEXO_SAMPLES is not set: the sample sheets are not here")
	}
	return dir
}

func source(t testing.TB, data []byte, name string) *sheet.Source {
	t.Helper()
	src, err := sheet.Open(bytes.NewReader(data), int64(len(data)), name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// rows gives every cell as text, rows joined by | so that they read well in a failure.
func rows(t testing.TB, src *sheet.Source) []string {
	t.Helper()
	var out []string
	for row, err := range src.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, join(row.Cells))
	}
	return out
}

func join(cells []sheet.Cell) string {
	var texts []string
	for _, c := range cells {
		texts = append(texts, string(c.Text))
	}
	return strings.Join(texts, "|")
}

func TestText(t *testing.T) {
	t.Parallel()
	latin := func(s string) string { return must(charmap.Windows1252.NewEncoder().String(s)) }
	wide := func(bom unicode.BOMPolicy, e unicode.Endianness, s string) string {
		return must(unicode.UTF16(e, bom).NewEncoder().String(s))
	}
	tests := []struct {
		name, in string
		want     []string
	}{
		{"semicolons", "a;b\r\n1;2,5\r\n", []string{"a|b", "1|2,5"}},
		{"commas", "a,b\n1,2.5", []string{"a|b", "1|2.5"}},
		{"tabs", "a\tb\n1,5\t2;3\n", []string{"a|b", "1,5|2;3"}},
		{"pipes", "a|b\nx y|z\n", []string{"a|b", "x y|z"}},
		{"one column", "a\nb\n", []string{"a", "b"}},
		{"a separator announced to Excel", "sep=,\na;x,b\n1,2\n", []string{"a;x|b", "1|2"}},
		{"old Mac line ends", "a;b\r1;2\r", []string{"a|b", "1|2"}},
		{"empty lines and cells", "a;;c\n\n;;\n1;2;\n", []string{"a||c", "||", "1|2|"}},
		{"quotes", "\"a;1\";\"say \"\"hi\"\"\"\n\"\";x\n", []string{`a;1|say "hi"`, "|x"}},
		{"a quoted line end", "a;\"b\r\nc\"\n1;2\n", []string{"a|b\r\nc", "1|2"}},
		{"quotes inside a field are characters", "MONITOR 14\";x\na\"b\"c;2\n", []string{"MONITOR 14\"|x", "a\"b\"c|2"}},
		{"text after a closing quote", "\"a\" b;x\n1;2\n", []string{"a b|x", "1|2"}},
		{"separators behind doubled quotes do not count", "a,b\n\"x\"\"y;\n;\n;\n\",1\n", []string{"a|b", "x\"y;\n;\n;\n|1"}},
		{"a quote that never closes", "a;b\n\"x;1\ny;2\n", []string{"a|b", "\"x|1", "y|2"}},
		{"a closed quote before one that never closes", "a;b;c\n\"p;q\";\"x;1\ny;2;3\n", []string{"a|b|c", "p;q|\"x|1", "y|2|3"}},
		{"UTF-8 with a mark", "\uFEFFnº;é\n1;ç\n", []string{"nº|é", "1|ç"}},
		{"Windows-1252", latin("nº;depósito\n1;ção “x” €\n"), []string{"nº|depósito", "1|ção “x” €"}},
		{"UTF-16LE with a mark", wide(unicode.UseBOM, unicode.LittleEndian, "nº\té\r\n1\tç\r\n"), []string{"nº|é", "1|ç"}},
		{"UTF-16LE without a mark", wide(unicode.IgnoreBOM, unicode.LittleEndian, "nº\té\r\n1\t€\r\n"), []string{"nº|é", "1|€"}},
		{"UTF-16BE with a mark", wide(unicode.UseBOM, unicode.BigEndian, "a\té\n1\t2\n"), []string{"a|é", "1|2"}},
		{"NULs are left out", "a;b\n1;x\x00y\n", []string{"a|b", "1|xy"}},
		{"an apostrophe before a formula is ours", "a;b\n'=1+1;'tis\n", []string{"a|b", "=1+1|'tis"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := source(t, []byte(tt.in), "x.csv")
			if diff := cmp.Diff(tt.want, rows(t, src)); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", src.Charset, src.Delimiter, diff)
			}
			if diff := cmp.Diff(tt.want, rows(t, src)); diff != "" {
				t.Errorf("the second pass differs (-want +got):\n%s", diff)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestMixedCharset: a file that is UTF-8 in the part that is looked at, and Windows-1252 behind it.
func TestMixedCharset(t *testing.T) {
	t.Parallel()
	data := []byte("a;b\n" + strings.Repeat("1;é\n", 300_000) + "2;\xe7\n")
	src := source(t, data, "x.csv")
	var last string
	for row, err := range src.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		last = join(row.Cells)
	}
	if last != "2|ç" {
		t.Errorf("last row = %q, want 2|ç", last)
	}
	if w := src.Warnings(); len(w) != 1 || w[0].Code != "mixed_charset" {
		t.Errorf("warnings = %+v, want mixed_charset", w)
	}
}

// TestRowNumbers: rows are numbered by the line they start on, across blocks of the buffer.
func TestRowNumbers(t *testing.T) {
	t.Parallel()
	data := []byte("a;b\n\n\"x\ny\";1\n" + strings.Repeat("p;"+strings.Repeat("q", 1000)+"\n", 2000) + "end;1")
	var numbers []int
	for row, err := range source(t, data, "x.csv").Rows() {
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, row.Number)
	}
	want := []int{1, 3, 5}
	if diff := cmp.Diff(want, numbers[:3]); diff != "" {
		t.Errorf("first numbers (-want +got):\n%s", diff)
	}
	if last := numbers[len(numbers)-1]; last != 2005 {
		t.Errorf("last number = %d, want 2005", last)
	}
}

func TestSAPText(t *testing.T) {
	t.Parallel()
	text := "19.11.2026      Saída dinâmica de lista     1\r\n\r\n" +
		"-----------------------\r\n|Material |Texto |Qtd.|\r\n-----------------------\r\n" +
		"|4096861  |ÇÃO|X |1,0-|\r\n|7        |      |    |\r\n-----------------------\r\n"
	src := source(t, []byte(must(charmap.Windows1252.NewEncoder().String(text))), "x.txt")
	want := []string{"19.11.2026      Saída dinâmica de lista     1", "Material|Texto|Qtd.", "4096861|ÇÃO|X|1,0-", "7||"}
	if diff := cmp.Diff(want, rows(t, src)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if src.Format != sheet.SAPText {
		t.Errorf("format = %s", src.Format)
	}
	shifted := strings.Replace(text, "|7        |      |    |", "|7|      |", 1)
	for _, err := range source(t, []byte(shifted), "x.txt").Rows() {
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("error = %v", err)
			}
			return
		}
	}
	t.Error("a row without the header's columns was read")
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		format   sheet.Format
		want     []string
	}{
		{"HTML", "<html><body><table border=1><tr><td colspan=2><b>Posição &amp; saldo</b></td></tr>" +
			"<tr><th>A</th><th>B</th></tr><!-- <tr><td>no</td></tr> --><tr><td>x<br>y</td><td>1,5</td></tr></table></html>",
			sheet.HTML, []string{"Posição & saldo|", "A|B", "x y|1,5"}},
		{"HTML without end tags", "<TABLE><TR><TH>A<TH>B<TR><TD>1<TD>2</TABLE>", sheet.HTML, []string{"A|B", "1|2"}},
		{"HTML in Windows-1252", "<table><tr><td>\xe7\xe3o</td></tr></table>", sheet.HTML, []string{"ção"}},
		{"a > inside an attribute", `<table><tr><td title="a>b">1</td><td>2</td></tr></table>`, sheet.HTML, []string{"1|2"}},
		{"Excel 2003 XML", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">` +
			`<Worksheet ss:Name="E"><Table><Row><Cell ss:MergeAcross="1"><Data ss:Type="String">T</Data></Cell></Row>` +
			`<Row ss:Index="3"><Cell><Data ss:Type="String">a</Data></Cell><Cell ss:Index="3"><Data ss:Type="Number">846.9100000000001</Data></Cell></Row>` +
			`<Row><Cell/><Cell><Data ss:Type="String"><![CDATA[<x>]]></Data></Cell></Row></Table></Worksheet></Workbook>`,
			sheet.SpreadsheetML, []string{"T|", "a||846.91", "|<x>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := source(t, []byte(tt.in), "x.xls")
			if src.Format != tt.format {
				t.Errorf("format = %s, want %s", src.Format, tt.format)
			}
			if diff := cmp.Diff(tt.want, rows(t, src)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, says string }{
		{"empty", "", "vazio"},
		{"old Excel", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", ".xlsx"},
		{"PDF", "%PDF-1.7 ...", "PDF"},
		{"SYLK", "ID;PWXL;N;E\n", "SYLK"},
		{"DIF", "TABLE\r\n0,1\r\n\"EXCEL\"\r\n", "DIF"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x01\x02\x03\x04\x05\x06\x07", "binário"},
		{"another XML", `<?xml version="1.0"?><nfeProc/>`, "XML"},
		{"a damaged ZIP", "PK\x03\x04 this is none", "danificado"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := sheet.Open(strings.NewReader(tt.in), int64(len(tt.in)), "/home/x/arquivo.xls")
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.InvalidArgument || !strings.Contains(f.Message, tt.says) {
				t.Fatalf("error = %v, want invalid_argument that says %q", err, tt.says)
			}
			if strings.Contains(f.Message, "/home") {
				t.Errorf("the message has a path: %s", f.Message)
			}
		})
	}
}

// TestSamplesOpen: every file of the samples opens to its last row, or is refused with advice.
func TestSamplesOpen(t *testing.T) {
	t.Parallel()
	refused := map[string]bool{"openboxes__ProductSuppliers.xls": true, "openboxes__inventory.xls": true,
		"test_files__merge_cells.xls": true, "test_files__ErrorTypes.dif": true, "test_files__ErrorTypes.slk": true}
	dir, n := samples(t), 0
	for _, folder := range []string{"spreadsheets", "spreadsheets_derived", "sap"} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			name := filepath.Base(path)
			if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".md") {
				continue
			}
			n++
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			src, err := sheet.Open(bytes.NewReader(data), int64(len(data)), name)
			if refused[name] {
				if fault.CodeOf(err) != fault.InvalidArgument {
					t.Errorf("%s: error = %v, want invalid_argument", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			count := len(rows(t, src))
			table, err := sheet.NewTable(src)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			t.Logf("%-45s %-14s %-13s rows %4d header %q", name, src.Format, src.Charset, count, table.Header)
		}
	}
	if n < 30 {
		t.Errorf("only %d files were found", n)
	}
}
