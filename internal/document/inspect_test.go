package document_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claimed is a PNG whose header claims another size (a pixel flood weighs nothing).
func claimed(t testing.TB, w, h uint32) []byte {
	b := pngOf(t, 2, 2)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	return b
}

// flood is a JPEG that does the same, behind a preview of 60 kB.
func flood(t testing.TB, w, h uint16) []byte {
	b := jpegOf(t, 2, 2)
	at := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[at+5:], h)
	binary.BigEndian.PutUint16(b[at+7:], w)
	preview := append([]byte{0xff, 0xe1, 0xea, 0x62}, make([]byte, 60000)...)
	return append(append(bytes.Clone(b[:2]), preview...), b[2:]...)
}

// webp is a header of each of the three sorts.
func webp(sort string, w, h int) []byte {
	switch sort {
	case "VP8X":
		out := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"), byte(w-1), byte((w-1)>>8), byte((w-1)>>16), byte(h-1), byte((h-1)>>8), byte((h-1)>>16))
		binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
		return out
	case "VP8L":
		out := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f"), make([]byte, 12)...)
		binary.LittleEndian.PutUint32(out[21:], uint32(w-1)|uint32(h-1)<<14)
		binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
		return out
	}
	out := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a"), make([]byte, 8)...)
	binary.LittleEndian.PutUint16(out[26:], uint16(w))
	binary.LittleEndian.PutUint16(out[28:], uint16(h))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

const workbook = "PK\x03\x04 [Content_Types].xml xl/workbook.xml PK\x05\x06 end of directory......"

// judge writes in small pieces, as networks do.
func judge(kind document.Kind, media string, content []byte) (string, error) {
	i := document.NewInspector()
	for piece := range slices.Chunk(content, 1000) {
		_, _ = i.Write(piece)
	}
	return i.Judge(document.Claim{Kind: kind, Type: media, Size: int64(len(content))})
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind    document.Kind
		media   string
		content []byte
	}{
		"png":               {document.Photo, document.TypePNG, pngOf(t, 30, 20)},
		"jpeg":              {document.Photo, document.TypeJPEG, jpegOf(t, 30, 20)},
		"jpeg with preview": {document.Photo, document.TypeJPEG, flood(t, 8000, 6000)},
		"webp":              {document.Photo, document.TypeWebP, webp("VP8X", 4000, 3000)},
		"webp, lossless":    {document.Signature, document.TypeWebP, webp("VP8L", 400, 300)},
		"webp, lossy":       {document.Photo, document.TypeWebP, webp("VP8 ", 400, 300)},
		"pdf":               {document.InvoicePDF, document.TypePDF, []byte("%PDF-1.7\n1 0 obj\n%%EOF")},
		"invoice":           {document.InvoiceXML, document.TypeXML, []byte(`<?xml version="1.0" encoding="UTF-8"?><nfeProc xmlns="http://www.portalfiscal.inf.br/nfe"/>`)},
		"xml with BOM":      {document.InvoiceXML, document.TypeXML, []byte("\xef\xbb\xbf<nfeProc/>")},
		"xlsx":              {document.Spreadsheet, document.TypeXLSX, []byte(workbook)},
		"csv in UTF-8":      {document.Spreadsheet, document.TypeCSV, []byte("peça;quantidade\nAÇO;1,5\n")},
		"csv in Latin-1":    {document.Spreadsheet, document.TypeCSV, []byte("pe\xe7a;quantidade\n")},
		"text":              {document.Paper, document.TypeText, []byte("recebi em 3 < 4 volumes\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := judge(tt.kind, tt.media, tt.content)
			if err != nil || got != tt.media {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	image := pngOf(t, 3, 3)
	for name, tt := range map[string]struct {
		kind    document.Kind
		media   string
		content []byte
		says    string
	}{
		"nothing":                 {document.Photo, document.TypePNG, nil, "as long"},
		"a page as a photo":       {document.Photo, document.TypePNG, []byte("<html><script>alert(1)</script>"), "SVG, HTML"},
		"svg":                     {document.Paper, document.TypeXML, []byte(`<?xml version="1.0"?><svg onload="x()"/>`), "SVG, HTML"},
		"svg in capitals":         {document.Paper, document.TypeXML, []byte(`<!-- --><SvG/>`), "SVG, HTML"},
		"php":                     {document.Paper, document.TypeText, []byte("<?php system('id');"), "SVG, HTML"},
		"doctype":                 {document.InvoiceXML, document.TypeXML, []byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>`), "DOCTYPE"},
		"pdf as png":              {document.Photo, document.TypePNG, []byte("%PDF-1.7"), "announced type"},
		"png as jpeg":             {document.Photo, document.TypeJPEG, image, "announced type"},
		"photo as invoice":        {document.InvoicePDF, document.TypePNG, image, "accepted"},
		"heic":                    {document.Photo, document.TypeJPEG, []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1"), "HEIC"},
		"flood of a png":          {document.Photo, document.TypePNG, claimed(t, 100_000, 100_000), "pixels"},
		"the widest png":          {document.Photo, document.TypePNG, claimed(t, 1<<31-1, 1), "pixels"},
		"a png of nothing":        {document.Photo, document.TypePNG, claimed(t, 0, 5), "pixels"},
		"flood of a jpeg":         {document.Photo, document.TypeJPEG, flood(t, 65535, 65535), "pixels"},
		"flood of a webp":         {document.Photo, document.TypeWebP, webp("VP8X", 1<<24, 1<<24), "pixels"},
		"jpeg without a frame":    {document.Photo, document.TypeJPEG, []byte("\xff\xd8\xff\xda\x00\x02"), "damaged"},
		"jpeg cut off":            {document.Photo, document.TypeJPEG, jpegOf(t, 9, 9)[:30], "damaged"},
		"png with something else": {document.Photo, document.TypePNG, append(bytes.Clone(image), "PK\x03\x04"...), "behind the end"},
		"webp with a tail":        {document.Photo, document.TypeWebP, append(webp("VP8L", 4, 4), "tail"...), "behind the end"},
		"jpeg and zip":            {document.Photo, document.TypeJPEG, append(jpegOf(t, 9, 9), "PK\x03\x04PK\x05\x06"...), "hidden"},
		"pdf and page":            {document.Paper, document.TypePDF, []byte("%PDF-1.7\n<SCRIPT>x()</SCRIPT>"), "hidden"},
		"text and pdf":            {document.Paper, document.TypeText, []byte("hello\n%PDF-1.7\n"), "hidden"},
		"zip":                     {document.Spreadsheet, document.TypeXLSX, []byte("PK\x03\x04 a.exe PK\x05\x06..."), "XLSX"},
		"macros":                  {document.Spreadsheet, document.TypeXLSX, []byte(workbook + "xl/vbaProject.bin"), "macros"},
		"program":                 {document.Paper, document.TypePDF, []byte("MZ\x90\x00\x03"), "recognised"},
		"text with a NUL":         {document.Paper, document.TypeText, []byte("a\x00b"), "recognised"},
		"too large":               {document.Signature, document.TypePNG, make([]byte, 2<<20+1), "larger than 2 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := judge(tt.kind, tt.media, tt.content)
			if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	content := []byte("recibo")
	sum := sha256.Sum256(content)
	for name, tt := range map[string]struct {
		claim document.Claim
		ok    bool
	}{
		"nothing announced": {document.Claim{Size: -1}, true},
		"all right":         {document.Claim{Size: 6, SHA256: hex.EncodeToString(sum[:])}, true},
		"other size":        {document.Claim{Size: 7}, false},
		"other sum":         {document.Claim{Size: -1, SHA256: strings.Repeat("0", 64)}, false},
	} {
		i := document.NewInspector()
		_, _ = i.Write(content)
		tt.claim.Kind, tt.claim.Type = document.Paper, document.TypeText
		if _, err := i.Judge(tt.claim); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeclaredType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"TEXT/XML; charset=utf-8": document.TypeXML, "image/jpg": document.TypeJPEG, "application/vnd.ms-excel": document.TypeCSV,
		" image/png ": document.TypePNG, "image/svg+xml": "", "text/html": "", "image/heic": "", "application/zip": "", "": ""} {
		if got := document.DeclaredType(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

// Every kind has a limit below what the doors let in, and takes only types that have an ending.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, k := range document.Kinds() {
		if m := document.MaxSize(k); m <= 0 || m > document.MaxAnySize {
			t.Errorf("%s: %d", k, m)
		}
		err := document.CheckDeclared(k, "", 1)
		accepted, _ := fault.Of(err).Wire().Details["accepted"].([]string)
		for _, media := range accepted {
			if document.Ending(media) == ".bin" || document.CheckDeclared(k, media, document.MaxSize(k)) != nil {
				t.Errorf("%s: %s", k, media)
			}
		}
		if len(accepted) == 0 {
			t.Errorf("%s takes nothing", k)
		}
	}
}

// Whatever comes, inspection ends with a verdict, whichever pieces it comes in.
func FuzzInspect(f *testing.F) {
	for _, seed := range [][]byte{pngOf(f, 4, 4), jpegOf(f, 4, 4), flood(f, 3, 3), webp("VP8X", 3, 3), webp("VP8L", 3, 3), webp("VP8 ", 3, 3), []byte(workbook),
		[]byte("%PDF-1.4"), []byte("<a/>"), []byte("a;b\n")} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, content []byte, cut int) {
		whole, parts := document.NewInspector(), document.NewInspector()
		_, _ = whole.Write(content)
		cut = max(0, min(cut, len(content)))
		_, _ = parts.Write(content[:cut])
		_, _ = parts.Write(content[cut:])
		for _, k := range document.Kinds() {
			for _, media := range []string{document.TypePNG, document.TypeJPEG, document.TypeWebP, document.TypeXML, document.TypeXLSX, document.TypeCSV, document.TypeText, document.TypePDF} {
				c := document.Claim{Kind: k, Type: media, Size: -1}
				one, err1 := whole.Judge(c)
				two, err2 := parts.Judge(c)
				if one != two || (err1 == nil) != (err2 == nil) {
					t.Fatalf("in pieces it is %q (%v), whole %q (%v)", two, err2, one, err1)
				}
				if err1 != nil && fault.CodeOf(err1) != fault.InvalidArgument {
					t.Fatal(err1)
				}
			}
		}
	})
}
