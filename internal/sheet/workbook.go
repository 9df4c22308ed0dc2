package sheet

import (
	"archive/zip"
	"io"
	"path"
	"strings"
)

const (
	// maxShared bounds the text that all cells share, held in memory: a full column of part descriptions twice over.
	maxShared = 128 << 20
	// maxSharedCount is five full columns of different texts.
	maxSharedCount = 5_000_000
	// maxStyles is Excel's own limit of cell formats, rounded up.
	maxStyles = 1 << 16
)

// workbook is an XLSX package (ISO/IEC 29500-1, part 18).
type workbook struct {
	files    map[string]*zip.File
	size     int64
	sheets   []sheetPart
	strings  string // the part with the shared strings, or ""
	styles   string
	shared   *sharedStrings
	dates    []bool // by style number: the style shows a date
	date1904 bool
}

type sheetPart struct {
	name, part string
	hidden     bool
}

// load reads the workbook, its relations and its styles; the shared strings wait until a sheet is read.
func (b *workbook) load() error {
	if b.files["content.xml"] != nil && b.files["xl/workbook.xml"] == nil {
		return refuse("É uma planilha do LibreOffice (.ods). Salve como .xlsx ou CSV.", "It is a LibreOffice sheet (.ods). Save it as .xlsx or CSV.")
	}
	main := "xl/workbook.xml"
	if _, byType, err := b.relations("_rels/.rels", ""); err == nil && byType["officeDocument"] != "" {
		main = byType["officeDocument"]
	}
	if b.files[main] == nil || !strings.HasSuffix(main, ".xml") {
		return refuse("O arquivo é um ZIP que não é .xlsx. Salve a planilha como .xlsx ou CSV.", "The file is a ZIP that is no .xlsx. Save the sheet as .xlsx or CSV.")
	}
	folder := path.Dir(main)
	byID, byType, err := b.relations(path.Join(folder, "_rels", path.Base(main)+".rels"), folder)
	if err != nil {
		return err
	}
	b.strings, b.styles = byType["sharedStrings"], byType["styles"]
	err = b.each(main, func(t *token) error {
		if t.shut {
			return nil
		}
		switch string(t.name) {
		case "workbookPr":
			v := string(t.attr("date1904"))
			b.date1904 = v == "1" || v == "true"
		case "sheet":
			part := byID[string(t.attr("id"))]
			if part == "" || !strings.Contains(part, "worksheets/") && b.files[part] == nil {
				return nil
			}
			state := string(t.attr("state"))
			b.sheets = append(b.sheets, sheetPart{name: string(unescape(t.attr("name"))), part: part, hidden: state == "hidden" || state == "veryHidden"})
		}
		return nil
	})
	if err != nil || b.styles == "" || b.files[b.styles] == nil {
		return err
	}
	return b.loadStyles()
}

// loadStyles finds which cell formats show dates: the built-in ones (18.8.30) and those whose code has date letters.
func (b *workbook) loadStyles() error {
	custom := map[string]bool{}
	inCells := false
	return b.each(b.styles, func(t *token) error {
		switch string(t.name) {
		case "numFmt":
			custom[string(t.attr("numFmtId"))] = isDateCode(string(unescape(t.attr("formatCode"))))
		case "cellXfs":
			inCells = !t.shut && !t.empty
		case "xf":
			if !inCells || t.shut {
				return nil
			}
			if len(b.dates) == maxStyles {
				return refuse("O arquivo tem formatos demais.", "The file has too many formats.")
			}
			id := string(t.attr("numFmtId"))
			date, known := custom[id]
			b.dates = append(b.dates, known && date || !known && isDateID(id))
		}
		return nil
	})
}

func isDateID(id string) bool {
	switch id {
	case "14", "15", "16", "17", "22", "27", "28", "29", "30", "31", "34", "35", "36", "50", "51", "52", "53", "54", "55", "56", "57", "58":
		return true
	}
	return false
}

// isDateCode says whether a format code shows a day: it has d or y outside quotes, brackets and escapes.
func isDateCode(code string) bool {
	quoted, bracket := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'd' || c == 'D' || c == 'y' || c == 'Y' || c == 'a' && strings.HasPrefix(code[i:], "aaa"):
			return true
		}
	}
	return false
}

// sharedStrings keeps all texts in one block.
type sharedStrings struct {
	text []byte
	ends []uint32
}

func (s *sharedStrings) at(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.text[from:s.ends[i]:s.ends[i]]
}

// loadShared reads the shared strings once. Phonetic runs (rPh) are reading aids, not text.
func (b *workbook) loadShared() error {
	if b.shared != nil {
		return nil
	}
	sh := &sharedStrings{}
	if b.strings == "" || b.files[b.strings] == nil {
		b.shared = sh
		return nil
	}
	rc, err := b.inflate(b.strings)
	if err != nil {
		return err
	}
	defer rc.Close()
	scan, phonetic := newScanner(rc), false
	for {
		t, err := scan.next()
		if err == io.EOF {
			b.shared = sh
			return nil
		}
		if err != nil {
			return readFault(err)
		}
		switch string(t.name) {
		case "rPh":
			phonetic = !t.shut && !t.empty
		case "t":
			if t.shut && !phonetic {
				sh.text = append(sh.text, decodeText(t.text)...)
			}
		case "si":
			if t.shut || t.empty {
				sh.ends = append(sh.ends, uint32(len(sh.text)))
			}
		}
		if len(sh.text) > maxShared || len(sh.ends) > maxSharedCount {
			return refuse("O arquivo tem textos demais.", "The file has too many texts.")
		}
	}
}
