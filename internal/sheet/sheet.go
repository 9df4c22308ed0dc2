// Package sheet reads and writes tabular files as people send them: CSV in any dialect and charset, XLSX, the
// text lists of SAP, and HTML or XML tables that carry the name .xls.
//
// Open recognises a file by its bytes, never by its name. A Source streams rows of cells; a Table on top of it
// finds the header, names columns in Portuguese, English and Spanish, and reads numbers by one decision per
// column. Nothing declared inside a file (sizes, counts, paths, links, macros) is trusted or followed.
package sheet

import (
	"io"
	"iter"

	"github.com/faiston/nexo/internal/fault"
)

// Limits on what a file may hold. They are above what Excel itself can hold, or far above any stock list,
// and low enough that a hostile file costs seconds and not the server.
const (
	MaxFile    = 2 << 30   // a text file: 40 million rows of 50 bytes
	MaxPackage = 256 << 20 // an XLSX as it lies on disk: Excel's 1,048,576 rows × 50 columns
	MaxColumns = 16_384    // Excel's own limit
	MaxCell    = 128 << 10 // Excel's 32,767 characters, at up to four bytes
	MaxRow     = 4 << 20   // every column of a row filled with 256 bytes
	MaxRows    = 50_000_000
)

// Format is how a file is laid out.
type Format string

// The formats that Open reads.
const (
	CSV           Format = "csv"           // separated text, any separator
	XLSX          Format = "xlsx"          // Office Open XML (ISO/IEC 29500)
	SAPText       Format = "sap_text"      // SAP list saved "não convertido": pipes and dashes
	HTML          Format = "html"          // an HTML table, often named .xls
	SpreadsheetML Format = "spreadsheetml" // Excel 2003 XML, often named .xls
	utf16LE              = "utf-16le"      // with or without BOM
	utf16BE              = "utf-16be"      // only with BOM
	utf8Name             = "utf-8"         // with or without BOM
	windows1252          = "windows-1252"  // the fallback: it covers ISO-8859-1 of SAP
	maxSniffed           = 1 << 20         // bytes looked at to decide charset and dialect
)

// Kind is what a cell's file says about its type. Text files have only Text.
type Kind uint8

// The kinds of cells.
const (
	Empty  Kind = iota
	Text        // as written
	Number      // Text is a plain decimal with a point, such as -1234.5
	Date        // Text is 2006-01-02, or 2006-01-02T15:04:05 where the cell has a time
	Bool        // Text is true or false
	Error       // Text is the error, such as #N/A
)

// Cell is one field. Text is valid until the next row.
type Cell struct {
	Text []byte
	Kind Kind
}

// Row is one record with its 1-based number in the file: the line it starts on for text, the row for sheets.
type Row struct {
	Number int
	Cells  []Cell // reused by the next row
}

// Warning is something that a person should know about how a file was read.
type Warning struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
	Field     string `json:"field,omitempty"` // the column, by its name in the file
}

// rowReader gives rows until io.EOF.
type rowReader interface {
	next() (Row, error)
}

// Source is an opened file. It is not safe for use from several goroutines at once.
type Source struct {
	Format    Format
	Charset   string // of text formats
	Delimiter byte   // of CSV and SAPText
	Sheet     string // the sheet being read, where the format has sheets
	file      io.ReaderAt
	size      int64
	skip      int64 // byte order mark
	eol       byte
	book      *workbook
	warnings  []Warning
}

// Open recognises the file of size bytes in r; name is only shown in messages. Errors are invalid_argument with
// advice: a real .xls, an .ods, a PDF and the like are named and refused.
func Open(r io.ReaderAt, size int64, name string) (*Source, error) {
	if size <= 0 {
		return nil, refuse("O arquivo está vazio.", "The file is empty.")
	}
	if size > MaxFile {
		return nil, refuse("O arquivo passa de %d MiB.", "The file is larger than %d MiB.", MaxFile>>20)
	}
	head := make([]byte, min(size, maxSniffed))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, refuse("O arquivo não pôde ser lido até o fim.", "The file could not be read to its end.").Because(err)
	}
	s := &Source{file: r, size: size}
	if err := s.recognise(head, name); err != nil {
		return nil, err
	}
	return s, nil
}

// Rows streams the rows from the first one, each time it is ranged over. It stops at the first error, which is
// an invalid_argument that names the row.
func (s *Source) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows, err := s.reader()
		for n := 0; err == nil; n++ {
			var row Row
			if row, err = rows.next(); err != nil {
				break
			}
			if n >= MaxRows {
				err = refuse("O arquivo passa de %d linhas.", "The file has more than %d rows.", MaxRows)
				break
			}
			if !yield(row, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Row{}, err)
		}
	}
}

// Warnings says what was unusual so far; reading rows may add to it.
func (s *Source) Warnings() []Warning { return s.warnings }

func (s *Source) warn(code, pt, en string) {
	for _, w := range s.warnings {
		if w.Code == code {
			return
		}
	}
	s.warnings = append(s.warnings, Warning{Code: code, Message: pt, MessageEN: en})
}

func (s *Source) reader() (rowReader, error) {
	switch s.Format {
	case XLSX:
		return s.book.open(s.Sheet)
	case HTML, SpreadsheetML:
		return newMarkupReader(s.text(), s.Format), nil
	case SAPText:
		return &sapReader{lines: newTextReader(s, 0)}, nil
	}
	return newTextReader(s, s.Delimiter), nil
}

func refuse(pt, en string, args ...any) *fault.Error {
	return fault.InvalidArgument.With(pt, en, args...).On("file")
}
