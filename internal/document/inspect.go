package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
)

// Content types that documents may have. HEIC and AVIF are refused: their headers describe images in
// parts whose size only a decoder can tell, and phones send JPEG when asked to. SVG and HTML can hold
// scripts, and archives anything.
const (
	TypePDF  = "application/pdf"
	TypePNG  = "image/png"
	TypeJPEG = "image/jpeg"
	TypeWebP = "image/webp"
	TypeXML  = "application/xml"
	TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	TypeCSV  = "text/csv"
	TypeText = "text/plain"
)

// Ending is how files of a type are called.
func Ending(media string) string {
	switch media {
	case TypePDF:
		return ".pdf"
	case TypePNG:
		return ".png"
	case TypeJPEG:
		return ".jpg"
	case TypeWebP:
		return ".webp"
	case TypeXML:
		return ".xml"
	case TypeXLSX:
		return ".xlsx"
	case TypeCSV:
		return ".csv"
	case TypeText:
		return ".txt"
	}
	return ".bin"
}

// limit of a kind: types and bytes.
type limit struct {
	size  int64
	types []string
}

const mib = 1 << 20

// limitOf gives the limits of a kind, each with its reason.
func limitOf(k Kind) limit {
	images := []string{TypeJPEG, TypePNG, TypeWebP}
	switch k {
	case InvoiceXML:
		return limit{2 * mib, []string{TypeXML}} // SEFAZ takes 500 kB a message; protocol and events come on top
	case InvoicePDF:
		return limit{20 * mib, []string{TypePDF}} // a DANFE that somebody scanned
	case Photo:
		return limit{25 * mib, images} // the best JPEG of a 50 MP camera
	case Signature:
		return limit{2 * mib, images} // a few lines drawn on a screen
	case Manual:
		return limit{100 * mib, []string{TypePDF}} // illustrated service manuals
	case Spreadsheet:
		return limit{60 * mib, []string{TypeXLSX, TypeCSV, TypeText}} // 200,000 rows as XLSX take 20 MB
	case Export:
		return limit{200 * mib, []string{TypeXLSX, TypeCSV, TypeText, TypePDF}} // a million rows as CSV
	}
	return limit{25 * mib, append(images, TypePDF, TypeXLSX, TypeCSV, TypeText, TypeXML)} // what a person would mail
}

// MaxSize of a kind in bytes.
func MaxSize(k Kind) int64 { return limitOf(k).size }

// MaxAnySize in bytes is the largest of any kind: what a door lets in before it knows the kind.
const MaxAnySize = 200 * mib

// MaxPixels of an image: what a phone's best camera takes. Decoded, each takes four bytes (S-12).
const MaxPixels = 50_000_000

// DeclaredType is a media type as clients write it, in the one spelling that we use; empty when no
// document may be of it.
func DeclaredType(media string) string {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	switch media = strings.TrimSpace(media); media {
	case "text/xml":
		return TypeXML
	case "image/jpg", "image/pjpeg":
		return TypeJPEG
	case "application/csv", "application/vnd.ms-excel": // Windows says the latter of CSV
		return TypeCSV
	case TypePDF, TypePNG, TypeJPEG, TypeWebP, TypeXML, TypeXLSX, TypeCSV, TypeText:
		return media
	}
	return ""
}

// CheckDeclared refuses, before a byte is sent, what inspection would refuse after the last one.
func CheckDeclared(k Kind, media string, size int64) error {
	l := limitOf(k)
	if media == "" || !slices.Contains(l.types, media) {
		names := make([]string, len(l.types))
		for i, t := range l.types {
			names[i] = strings.ToUpper(strings.TrimPrefix(Ending(t), "."))
		}
		return fault.InvalidArgument.With("Este tipo de arquivo não é aceito aqui; aceitos: %s.", "This type of file is not accepted here; accepted: %s.",
			strings.Join(names, ", ")).On("content_type").Detail("accepted", l.types)
	}
	if size <= 0 || size > l.size {
		return fault.InvalidArgument.With("O arquivo não pode ser vazio nem passar de %d MB.", "The file may be neither empty nor larger than %d MB.", l.size/mib).On("size").Detail("max", l.size)
	}
	return nil
}

const (
	// headBytes are looked at for the type and, in photos, for the frame header, which follows previews
	// and colour profiles of up to 64 KiB each.
	headBytes = 1 << 20
	// tailBytes hold the end of a zip file: its directory's last record and the longest comment.
	tailBytes = 66 << 10
	// frontBytes are where programs that guess types look for HTML and PDF (WHATWG MIME Sniffing, section 5.2;
	// ISO 32000-1, appendix H).
	frontBytes = 1024
)

// Inspector looks at bytes on their way: write them all, then ask for the verdict. It keeps the two ends
// of a file and never decodes or unpacks any of it.
type Inspector struct {
	size int64
	sum  hash.Hash
	head []byte
	tail []byte
	text textWatch
}

// NewInspector starts an inspection.
func NewInspector() *Inspector { return &Inspector{sum: sha256.New()} }

// Write takes the next bytes; it never fails.
func (i *Inspector) Write(p []byte) (int, error) {
	i.size += int64(len(p))
	_, _ = i.sum.Write(p)
	if room := headBytes - len(i.head); room > 0 {
		i.head = append(i.head, p[:min(room, len(p))]...)
	}
	i.tail = append(i.tail, p[max(0, len(p)-tailBytes):]...)
	if over := len(i.tail) - tailBytes; over > 0 {
		i.tail = append(i.tail[:0], i.tail[over:]...)
	}
	i.text.see(p)
	return len(p), nil
}

// Size is how many bytes there were, and Sum their SHA-256 in hex.
func (i *Inspector) Size() int64 { return i.size }

// Sum is the SHA-256 of all bytes, in hex.
func (i *Inspector) Sum() string { return hex.EncodeToString(i.sum.Sum(nil)) }

// Claim is what was said of a file before it came. Size < 0 and an empty sum were not said.
type Claim struct {
	Kind   Kind
	Type   string
	Size   int64
	SHA256 string
}

// Judge gives the type of what was written, or says why it is refused: a *fault.Error on "file".
func (i *Inspector) Judge(c Claim) (media string, err error) {
	if c.Size >= 0 && i.size != c.Size || i.size == 0 {
		return "", refuse("O arquivo não tem o tamanho anunciado.", "The file is not as long as announced.")
	}
	if c.SHA256 != "" && i.Sum() != c.SHA256 {
		return "", refuse("O arquivo não confere com o SHA-256 anunciado.", "The file does not match its SHA-256.")
	}
	if err := CheckDeclared(c.Kind, c.Type, i.size); err != nil {
		return "", err
	}
	found, err := i.sniff()
	if err != nil {
		return "", err
	}
	if found == TypeText && c.Type == TypeCSV {
		found = TypeCSV // only its sender can tell
	}
	if found != c.Type {
		return "", refuse("O conteúdo não é do tipo anunciado.", "The content is not of the announced type.")
	}
	return found, i.second(found)
}

func refuse(pt, en string, args ...any) error {
	return fault.InvalidArgument.With(pt, en, args...).On("file")
}

// sniff tells the type by content.
func (i *Inspector) sniff() (string, error) {
	h := i.head
	switch {
	case bytes.HasPrefix(h, []byte("%PDF-")):
		return TypePDF, nil
	case bytes.HasPrefix(h, []byte("\x89PNG\r\n\x1a\n")):
		return TypePNG, i.checkPNG()
	case bytes.HasPrefix(h, []byte("\xff\xd8\xff")):
		return TypeJPEG, i.checkJPEG()
	case bytes.HasPrefix(h, []byte("RIFF")) && len(h) > 12 && string(h[8:12]) == "WEBP":
		return TypeWebP, i.checkWebP()
	case len(h) > 12 && string(h[4:8]) == "ftyp":
		return "", refuse("HEIC, AVIF e vídeos não são aceitos; envie a foto em JPEG.", "HEIC, AVIF and videos are not accepted; send the photo as JPEG.")
	case bytes.HasPrefix(h, []byte("PK\x03\x04")):
		return TypeXLSX, i.checkXLSX()
	case i.text.isText():
		return i.sniffText()
	}
	return "", refuse("O tipo do arquivo não é reconhecido.", "The type of the file is not recognised.")
}

// sniffText tells XML from other text, and refuses what a browser would run.
func (i *Inspector) sniffText() (string, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(i.head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(i.head)
	for _, word := range []string{"<svg", "<html", "<script", "<!doctype html", "<?php"} {
		if bytes.Contains(lower, []byte(word)) {
			return "", refuse("SVG, HTML e scripts não são aceitos.", "SVG, HTML and scripts are not accepted.")
		}
	}
	if !bytes.HasPrefix(start, []byte("<")) {
		return TypeText, nil
	}
	if bytes.Contains(lower, []byte("<!doctype")) || bytes.Contains(lower, []byte("<!entity")) { // S-04
		return "", refuse("XML com DOCTYPE não é aceito.", "XML with a DOCTYPE is not accepted.")
	}
	return TypeXML, nil
}

// second refuses files that are a second thing at the same time (S-12): what one program takes for a
// photo, another would run as a page or unpack.
func (i *Inspector) second(found string) error {
	polyglot := refuse("O arquivo contém um segundo formato escondido.", "The file holds a second, hidden format.")
	front := bytes.ToLower(i.head[:min(frontBytes, len(i.head))])
	if found != TypePDF && bytes.Contains(front, []byte("%pdf-")) {
		return polyglot
	}
	if found != TypeText && found != TypeCSV && found != TypeXML {
		for _, word := range []string{"<html", "<script", "<svg", "<!doctype", "<?php", "<body", "<iframe"} {
			if bytes.Contains(front, []byte(word)) {
				return polyglot
			}
		}
	}
	if found != TypeXLSX && bytes.Contains(i.tail, []byte("PK\x05\x06")) {
		return polyglot
	}
	return nil
}

// checkXLSX looks for the names of a workbook's parts, which a zip file keeps in the clear.
func (i *Inspector) checkXLSX() error {
	names := func(word string) bool {
		return bytes.Contains(i.head, []byte(word)) || bytes.Contains(i.tail, []byte(word))
	}
	if !bytes.Contains(i.tail, []byte("PK\x05\x06")) || !names("[Content_Types].xml") || !names("xl/") {
		return refuse("Arquivos compactados não são aceitos, exceto planilhas XLSX.", "Archives are not accepted, except XLSX workbooks.")
	}
	if names("vbaProject.bin") {
		return refuse("Planilhas com macros não são aceitas.", "Workbooks with macros are not accepted.")
	}
	return nil
}

// textWatch tells text from binary: no NUL and no control characters but those of writing, in UTF-8 or,
// failing that, in a one-byte alphabet, where nearly everything is a letter.
type textWatch struct {
	control bool
	broken  bool   // no UTF-8
	rest    []byte // of a character that was cut
}

func (t *textWatch) see(p []byte) {
	if t.control {
		return
	}
	for _, c := range p {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
			t.control = true
			return
		}
	}
	if t.broken {
		return
	}
	p = append(t.rest, p...)
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(p) {
				break
			}
			t.broken = true
			return
		}
		p = p[n:]
	}
	t.rest = append([]byte(nil), p...)
}

func (t *textWatch) isText() bool { return !t.control }
