package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
)

// book is an XLSX to be made: its parts by name, over the least that a book needs.
type book map[string]string

const (
	relType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	oneBook = `<workbook><sheets><sheet name="Um" sheetId="1" r:id="rId1"/></sheets></workbook>`
)

func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	parts := book{
		"_rels/.rels":     `<Relationships><Relationship Id="r" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": oneBook,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + relType + `worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relType + `worksheet" Target="/xl/worksheets/sheet2.xml"/>` +
			`<Relationship Id="rId8" Type="` + relType + `sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId9" Type="` + relType + `styles" Target="styles.xml"/></Relationships>`,
	}
	for name, text := range b {
		parts[name] = text
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sheetOf(rows string) string { return `<worksheet><sheetData>` + rows + `</sheetData></worksheet>` }

func TestXLSX(t *testing.T) {
	t.Parallel()
	styles := `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="&quot;dia&quot; 0.00"/>` +
		`<numFmt numFmtId="166" formatCode="[Red]0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/><xf numFmtId="166"/></cellXfs></styleSheet>`
	tests := []struct {
		name string
		book book
		want []string
	}{
		{"shared strings, rich text, phonetics, entities, escapes", book{
			"xl/sharedStrings.xml":     `<sst><si><t>a &amp; b</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>no</t></rPh></si><si/><si><t>x_x000D_y_x005F_x0041_</t></si></sst>`,
			"xl/worksheets/sheet1.xml": sheetOf(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>`)},
			[]string{"a & b|rich ||x\ry_x0041_"}},
		{"inline strings, formula results, booleans, errors", book{
			"xl/worksheets/sheet1.xml": sheetOf(`<row r="1"><c t="inlineStr"><is><t>é</t></is></c><c t="str"><f>A1&amp;"x"</f><v>éx</v></c><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c></row>`)},
			[]string{"é|éx|true|false|#N/A"}},
		{"numbers as Excel shows them", book{
			"xl/worksheets/sheet1.xml": sheetOf(`<row><c><v>846.9100000000001</v></c><c><v>1E-3</v></c><c><v>1.5E+5</v></c><c><v>-0.1</v></c><c><v>2.9000000000000004</v></c><c><v>123456789012345678</v></c></row>`)},
			[]string{"846.91|0.001|150000|-0.1|2.9|123456789012346000"}},
		{"dates by style", book{"xl/styles.xml": styles,
			"xl/worksheets/sheet1.xml": sheetOf(`<row><c s="1"><v>46074</v></c><c s="2"><v>46074</v></c><c s="3"><v>45148.5</v></c><c s="4"><v>46074</v></c><c><v>46074</v></c></row>`)},
			[]string{"2026-02-21|46074|2023-08-10T12:00:00|46074|46074"}},
		{"dates since 1904", book{"xl/styles.xml": styles, "xl/workbook.xml": strings.Replace(oneBook, "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1),
			"xl/worksheets/sheet1.xml": sheetOf(`<row><c s="1"><v>44612</v></c></row>`)}, []string{"2026-02-21"}},
		{"gaps in rows and columns", book{
			"xl/worksheets/sheet1.xml": sheetOf(`<row r="2"/><row r="5"><c r="B5"><v>1</v></c><c r="AA5"><v>2</v></c></row><row r="6"><c r="A6" s="1"/></row>`)},
			[]string{"|1" + strings.Repeat("|", 25) + "2"}},
		{"prefixes, comments and line breaks", book{
			"xl/worksheets/sheet1.xml": "<?xml version=\"1.0\"?>\n<x:worksheet><!-- <x:row> -->\n<x:sheetData>\n<x:row r='1'>\n<x:c r='A1'\n t='inlineStr'><x:is><x:t>a<![CDATA[<b>]]></x:t></x:is></x:c>\n</x:row></x:sheetData></x:worksheet>"},
			[]string{"a<b>"}},
		{"the first visible sheet with rows", book{
			"xl/workbook.xml":          `<workbook><sheets><sheet name="Oculta" state="hidden" r:id="rId2"/><sheet name="Vazia" r:id="rId1"/><sheet name="Boa" r:id="rId2"/></sheets></workbook>`,
			"xl/worksheets/sheet1.xml": sheetOf(``), "xl/worksheets/sheet2.xml": sheetOf(`<row><c><v>7</v></c></row>`)}, []string{"7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rows(t, source(t, tt.book.bytes(t), "x.xlsx"))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	src := source(t, book{
		"xl/workbook.xml":          `<workbook><sheets><sheet name="A &amp; B" r:id="rId1"/><sheet name="Dois" r:id="rId2"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": sheetOf(`<row><c><v>1</v></c></row>`), "xl/worksheets/sheet2.xml": sheetOf(`<row><c><v>2</v></c></row>`)}.bytes(t), "x")
	if diff := cmp.Diff([]string{"A & B", "Dois"}, src.Sheets()); diff != "" {
		t.Error(diff)
	}
	if err := src.Select("dois"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2"}, rows(t, src)); diff != "" {
		t.Error(diff)
	}
	if err := src.Select("Três"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("error = %v, want not_found", err)
	}
}

// readAll opens and reads to the end.
func readAll(data []byte) (n int, err error) {
	src, err := sheet.Open(bytes.NewReader(data), int64(len(data)), "x")
	if err != nil {
		return 0, err
	}
	for _, err := range src.Rows() {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// TestBomb: packages that unfold, lie or point elsewhere are refused while they are read (S-06).
func TestBomb(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 64<<20)
	many := book{}
	for i := range 5000 {
		many[fmt.Sprintf("xl/worksheets/s%d.xml", i)] = "<worksheet/>"
	}
	var wide strings.Builder
	for i := range sheet.MaxColumns + 1 {
		fmt.Fprintf(&wide, "<c><v>%d</v></c>", i)
	}
	tests := []struct {
		name string
		data []byte
	}{
		{"zeros in a cell", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c t="inlineStr"><is><t>` + zeros + `</t></is></c></row>`)}.bytes(t)},
		{"zeros behind the rows", book{"xl/worksheets/sheet1.xml": sheetOf(strings.Repeat("<row><c><v>0</v></c></row>", 3_000_000))}.bytes(t)},
		{"zeros as shared strings", book{"xl/sharedStrings.xml": "<sst>" + strings.Repeat("<si><t>0000000000</t></si>", 2_000_000) + "</sst>",
			"xl/worksheets/sheet1.xml": sheetOf(`<row><c><v>1</v></c></row>`)}.bytes(t)},
		{"thousands of parts", many.bytes(t)},
		{"too many columns", book{"xl/worksheets/sheet1.xml": sheetOf("<row>" + wide.String() + "</row>")}.bytes(t)},
		{"a column beyond the last", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c r="XFE1"><v>1</v></c></row>`)}.bytes(t)},
		{"a column name that overflows", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c r="` + strings.Repeat("Z", 99) + `1"><v>1</v></c></row>`)}.bytes(t)},
		{"a text that is not there", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c t="s"><v>5</v></c></row>`)}.bytes(t)},
		{"a negative text", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c t="s"><v>-1</v></c></row>`)}.bytes(t)},
		{"a number that is none", book{"xl/worksheets/sheet1.xml": sheetOf(`<row><c><v>NaN</v></c></row>`)}.bytes(t)},
		{"cut short", book{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c><v>1`}.bytes(t)},
		{"entities", book{"xl/worksheets/sheet1.xml": `<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>` + sheetOf(`<row><c><v>&c;</v></c></row>`)}.bytes(t)},
		{"no workbook", book{"xl/workbook.xml": "", "_rels/.rels": ""}.bytes(t)},
		{"a sheet that is missing", book{}.bytes(t)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if n, err := readAll(tt.data); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%d bytes: %d rows, error = %v, want invalid_argument", len(tt.data), n, err)
			}
		})
	}
}

// TestHarmless: what could be abused and is simply not followed.
func TestHarmless(t *testing.T) {
	t.Parallel()
	data := book{"../../etc/x": "x", "/abs": "x", "xl/vbaProject.bin": "macro", "xl/externalLinks/externalLink1.xml": "<externalLink/>",
		"nested.xlsx":              string(book{}.bytes(t)),
		"xl/worksheets/sheet1.xml": sheetOf(`<row><c><f>[1]Outra!A1</f><v>5</v></c></row>`)}.bytes(t)
	if diff := cmp.Diff([]string{"5"}, rows(t, source(t, data, "x"))); diff != "" {
		t.Error(diff)
	}
}

// TestLyingSizes: the sizes that an archive declares are not believed.
func TestLyingSizes(t *testing.T) {
	t.Parallel()
	data := book{"xl/worksheets/sheet1.xml": sheetOf(strings.Repeat("<row><c><v>0</v></c></row>", 2_000_000))}.bytes(t)
	for i := 0; i+46 < len(data); i++ { // central directory: uncompressed size at 24
		if string(data[i:i+4]) == "PK\x01\x02" {
			copy(data[i+24:i+28], []byte{1, 0, 0, 0})
		}
	}
	if _, err := readAll(data); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("error = %v, want invalid_argument", err)
	}
}

// TestHostileText is S-07.
func TestHostileText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		data string
		ok   bool
	}{
		{"10,000 columns", strings.Repeat("a;", 9_999) + "z\n" + strings.Repeat("1;", 9_999) + "2\n", true},
		{"more columns than a sheet", strings.Repeat("a;", sheet.MaxColumns+1) + "\n1;2\n", false},
		{"one endless line", "a;b\n" + strings.Repeat("x", 64<<20), false},
		{"one endless line of short cells", "a;b\n" + strings.Repeat("xyzxyz;", 10<<20), false},
		{"one endless quoted cell", "a;b\n\"" + strings.Repeat("x\n", 1<<20), true},
		{"a quote on every line", strings.Repeat("\"\"\"a;b\n", 20_000), true},
		{"quotes only", strings.Repeat("\"", 100_000), true},
		{"NULs only", strings.Repeat("\x00", 10_000), false},
		{"NULs between", strings.Repeat("a\x00;b\n", 10), false},
		{"mixed separators", "a;b,c\td\n1,2;3\n", true},
		{"HTML without an end", "<table><tr><td>" + strings.Repeat("x", 4<<20), false},
		{"HTML with a wide span", "<table><tr><td colspan=999999999>x</td></tr></table>", false},
		{"an endless tag", "<table " + strings.Repeat("a", 4<<20), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readAll([]byte(tt.data))
			if ok := err == nil; ok != tt.ok || !ok && fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("error = %v, want ok = %v", err, tt.ok)
			}
		})
	}
}
