package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
)

// maxSheetRows is Excel's limit.
const maxSheetRows = 1_048_576

type xlsxWriter struct {
	zip *zip.Writer
	out *bufio.Writer
	row int
}

// The parts of a book with one sheet, in the least form that Excel opens without repairing.
const (
	partTypes = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`
	partRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	partBook = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>`
	partBookRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	sheetOpen = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetClose = `</sheetData></worksheet>`
)

// NewXLSXWriter writes a book with one sheet of that name. Texts are typed as text, so none is ever a formula;
// numbers are numbers. Equal rows give equal bytes: no time is written.
func NewXLSXWriter(w io.Writer, name string) (Writer, error) {
	x := &xlsxWriter{zip: zip.NewWriter(w)}
	parts := []struct{ name, text string }{
		{"[Content_Types].xml", partTypes}, {"_rels/.rels", partRels},
		{"xl/workbook.xml", fmt.Sprintf(partBook, escapeXML(sheetName(name)))}, {"xl/_rels/workbook.xml.rels", partBookRels},
	}
	for _, p := range parts {
		part, err := x.zip.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(part, p.text); err != nil {
			return nil, err
		}
	}
	part, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	x.out = bufio.NewWriterSize(part, 64<<10)
	_, err = x.out.WriteString(sheetOpen)
	return x, err
}

// sheetName makes a name that Excel accepts: at most 31 characters, without []:*?/\.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 31 {
		name = string(runes[:31])
	}
	if strings.Trim(name, " '") == "" {
		return "NEXO"
	}
	return name
}

// Write writes one row; rows beyond Excel's 1,048,576 are invalid_argument.
func (x *xlsxWriter) Write(row ...Value) error {
	if x.row++; x.row > maxSheetRows {
		return fault.InvalidArgument.With("Uma planilha tem no máximo %d linhas; exporte como CSV.", "A sheet has at most %d rows; export as CSV.", maxSheetRows)
	}
	number := strconv.Itoa(x.row)
	x.out.WriteString(`<row r="` + number + `">`)
	for i, v := range row {
		ref := columnName(i) + number
		switch {
		case v.text == "":
		case v.number:
			x.out.WriteString(`<c r="` + ref + `"><v>` + v.text + `</v></c>`)
		default:
			x.out.WriteString(`<c r="` + ref + `" t="inlineStr"><is><t xml:space="preserve">` + escapeXML(v.text) + `</t></is></c>`)
		}
	}
	_, err := x.out.WriteString("</row>") // bufio keeps the first error of the row
	return err
}

// Close finishes the book.
func (x *xlsxWriter) Close() error {
	if _, err := x.out.WriteString(sheetClose); err != nil {
		return err
	}
	if err := x.out.Flush(); err != nil {
		return err
	}
	return x.zip.Close()
}

// escapeXML writes text for XML. Characters that XML cannot hold become Excel's _xHHHH_, and a text that looks like such
// an escape has its underscore escaped.
func escapeXML(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && len(s) >= i+7 && s[i+1] == 'x' && s[i+6] == '_':
			b.WriteString("_x005F_")
		case r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF:
			fmt.Fprintf(&b, "_x%04X_", r)
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
