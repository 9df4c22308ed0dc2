package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// maxEntries: Excel writes a few entries a sheet; a book with more than a thousand sheets is no stock list.
	maxEntries = 4096
	// maxInflated bounds what one entry may unfold to, whatever it declares: a full Excel sheet of 50 columns.
	maxInflated = 4 << 30
	// maxRatio is what an entry may unfold to per packed byte, past freeInflated: sheets reach 30, seldom 100.
	maxRatio = 200
	// freeInflated is what any entry may unfold to: small files of equal rows pack extremely well.
	freeInflated = 8 << 20
	// maxSmallPart bounds the parts that are held whole: the workbook, its relations and its styles.
	maxSmallPart = 16 << 20
)

// bounded reads an entry and stops it by what really comes out, because declared sizes lie.
type bounded struct {
	in     io.Reader
	packed int64
	out    int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	b.out += int64(n)
	if b.out > maxInflated || b.out > freeInflated && b.out > maxRatio*b.packed {
		return n, refuse("O arquivo compactado cresce demais ao ser lido: parece uma bomba.", "The packed file grows too much when read: it looks like a bomb.")
	}
	return n, err
}

// readFault keeps a fault and calls any other error a damaged file.
func readFault(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return refuse("O arquivo está danificado.", "The file is damaged.").Because(err)
}

// openPackage opens a ZIP that should be an XLSX.
func (s *Source) openPackage() error {
	if s.size > MaxPackage {
		return refuse("O arquivo passa de %d MiB.", "The file is larger than %d MiB.", MaxPackage>>20)
	}
	z, err := zip.NewReader(s.file, s.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // paths are compared, never used
		return readFault(err)
	}
	if len(z.File) > maxEntries {
		return refuse("O arquivo tem mais de %d partes.", "The file has more than %d parts.", maxEntries)
	}
	b := &workbook{files: map[string]*zip.File{}, size: s.size}
	for _, f := range z.File {
		if _, twice := b.files[f.Name]; !twice {
			b.files[f.Name] = f
		}
	}
	if err := b.load(); err != nil {
		return err
	}
	s.Format, s.book = XLSX, b
	return s.firstSheet()
}

// firstSheet picks the first visible sheet that has a row; of empty ones the first.
func (s *Source) firstSheet() error {
	for _, sh := range s.book.sheets {
		if sh.hidden {
			continue
		}
		if s.Sheet == "" {
			s.Sheet = sh.name
		}
		rows, err := s.book.open(sh.name)
		if err != nil {
			return err
		}
		if _, err = rows.next(); err == nil {
			s.Sheet = sh.name
			return nil
		}
		if err != io.EOF {
			return err
		}
	}
	if s.Sheet == "" {
		return refuse("A pasta de trabalho não tem planilha visível.", "The workbook has no visible sheet.")
	}
	return nil
}

// Sheets lists the visible sheets in the book's order; none for formats without sheets.
func (s *Source) Sheets() []string {
	var names []string
	if s.book != nil {
		for _, sh := range s.book.sheets {
			if !sh.hidden {
				names = append(names, sh.name)
			}
		}
	}
	return names
}

// Select chooses the sheet that Rows reads; a name that the book does not have is not_found.
func (s *Source) Select(name string) error {
	if s.book != nil {
		for _, sh := range s.book.sheets {
			if strings.EqualFold(sh.name, name) {
				s.Sheet = sh.name
				return nil
			}
		}
	}
	return fault.NotFound.With("O arquivo não tem a planilha %q.", "The file has no sheet %q.", name).On("sheet")
}

// inflate opens an entry for bounded reading.
func (b *workbook) inflate(name string) (io.ReadCloser, error) {
	f := b.files[strings.TrimPrefix(name, "/")]
	if f == nil {
		return nil, refuse("O arquivo .xlsx está incompleto.", "The .xlsx file is incomplete.")
	}
	rc, err := f.Open()
	if err != nil {
		return nil, readFault(err)
	}
	packed := max(1, min(int64(f.CompressedSize64), b.size))
	return struct {
		io.Reader
		io.Closer
	}{&bounded{in: rc, packed: packed}, rc}, nil
}

// each calls do for every tag of a part.
func (b *workbook) each(name string, do func(*token) error) error {
	rc, err := b.inflate(name)
	if err != nil {
		return err
	}
	defer rc.Close()
	s := newScanner(io.LimitReader(rc, maxSmallPart))
	for {
		t, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readFault(err)
		}
		if err := do(t); err != nil {
			return err
		}
	}
}

// target resolves a relation's target against the folder of the part it belongs to.
func target(folder string, value []byte) string {
	name := string(unescape(value))
	if strings.HasPrefix(name, "/") {
		return name[1:]
	}
	return path.Join(folder, name)
}

// relations gives the targets inside the package by id, and the first of each kind by the last word of its type.
func (b *workbook) relations(name, folder string) (byID, byType map[string]string, err error) {
	byID, byType = map[string]string{}, map[string]string{}
	err = b.each(name, func(t *token) error {
		if string(t.name) != "Relationship" || t.shut || bytes.Equal(t.attr("TargetMode"), []byte("External")) {
			return nil
		}
		to := target(folder, t.attr("Target"))
		byID[string(t.attr("Id"))] = to
		kind := path.Base(string(t.attr("Type")))
		if byType[kind] == "" {
			byType[kind] = to
		}
		return nil
	})
	return byID, byType, err
}
