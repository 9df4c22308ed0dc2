package document_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
)

func TestSafeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"nota 123.pdf": "nota 123.pdf", "../../etc/passwd": "passwd", `C:\Users\ana\foto.jpg`: "foto.jpg", "": "documento", "..": "documento", ".bashrc": "bashrc",
		"a\r\nX: y.pdf": "aX_ y.pdf", "nota\u202egpj.exe": "notagpj.exe", "con.txt": "_con.txt", "LPT1": "_LPT1", "a;b\"c.xml": "a_b_c.xml", "  ação  final .pdf ": "ação final .pdf",
		"nul\x00.txt": "_nul.txt", "\xff\xfe.png": "png", "relatório%2e%2e.pdf": "relatório_2e_2e.pdf",
	} {
		if got := document.SafeName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	long := document.SafeName(strings.Repeat("ç", 500) + ".pdf")
	if n := utf8.RuneCountInString(long); n != 120 || !strings.HasSuffix(long, "ç.pdf") {
		t.Errorf("%d characters: %s", n, long)
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../x", "\x00", "CON", strings.Repeat("a", 300) + ".b", "é\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := document.SafeName(in)
		if got == "" || strings.ContainsAny(got, "/\\\x00\r\n\"<>|:*?;%") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > 121 || document.Reserved(got) {
			t.Fatalf("%q is %q", in, got)
		}
		if again := document.SafeName(got); again != got {
			t.Fatalf("%q is %q, then %q", in, got, again)
		}
		if h := document.Attachment(in); strings.ContainsAny(h, "\r\n") || strings.Count(h, `"`) != 2 || !strings.HasPrefix(h, "attachment;") {
			t.Fatalf("%q is sent as %s", in, h)
		}
	})
}

func TestAttachment(t *testing.T) {
	t.Parallel()
	want := `attachment; filename="relat_rio final.pdf"; filename*=UTF-8''relat%C3%B3rio%20final.pdf`
	if got := document.Attachment("relatório final.pdf"); got != want {
		t.Error(got)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	id, other := uuid.MustParse("019aa000-0000-7000-8000-000000000001"), uuid.MustParse("019aa000-0000-7000-8000-000000000002")
	at := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	for want, d := range map[string]document.Document{
		"sga-documents/notas-fiscais/2026/03/" + id.String() + "/original.xml":                         {Kind: document.InvoiceXML, Type: document.TypeXML},
		"sga-documents/notas-fiscais/2026/03/" + id.String() + "/original.pdf":                         {Kind: document.InvoicePDF, Type: document.TypePDF},
		"sga-documents/evidences/" + other.String() + "/photos/" + id.String() + ".jpg":                {Kind: document.Photo, Type: document.TypeJPEG, Meant: document.Target{Kind: document.OfMovement, ID: other}},
		"sga-documents/evidences/" + id.String() + "/signatures/" + id.String() + ".png":               {Kind: document.Signature, Type: document.TypePNG},
		"sga-documents/evidences/" + id.String() + "/documents/" + id.String() + ".xlsx":               {Kind: document.Spreadsheet, Type: document.TypeXLSX, Meant: document.Target{Kind: document.OfTask, ID: other}},
		"sga-documents/inventories/" + other.String() + "/photos/" + id.String() + ".webp":             {Kind: document.Photo, Type: document.TypeWebP, Meant: document.Target{Kind: document.OfCount, ID: other}},
		"sga-documents/inventories/" + other.String() + "/exports/" + id.String() + ".csv type=export": {Kind: document.Export, Type: document.TypeCSV, Meant: document.Target{Kind: document.OfCount, ID: other}},
		"sga-equipment-docs/manuals/unclassified/" + id.String() + ".pdf":                              {Kind: document.Manual, Type: document.TypePDF},
	} {
		d.ID, d.CreatedAt = id, at
		b, key, tags := d.Place()
		got := string(b) + "/" + key
		for name, value := range tags {
			got += " " + name + "=" + value
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What is in the rules is what dynamodb-s3 §2 gives: this is the list as one reads it there.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	var expire []string
	for _, r := range document.Lifecycle() {
		if r.ID == "" || r.ExpireDays == 0 && len(r.Transitions) == 0 && r.AbortDays == 0 && r.NoncurrentDays == 0 {
			t.Errorf("%+v does nothing", r)
		}
		if r.ExpireDays > 0 {
			expire = append(expire, strings.TrimSpace(string(r.Bucket)+" "+r.Prefix+" "+strings.Trim(strings.Join(r.Tag[:], "="), "=")+" "+(time.Duration(r.ExpireDays)*24*time.Hour).String()))
		}
	}
	want := []string{"sga-documents temp/  24h0m0s", "sga-documents inventories/ type=export 2160h0m0s", "sga-equipment-docs research-logs/  2160h0m0s",
		"academy-audio audio/  24h0m0s", "academy-slides   720h0m0s", "academy-videos generated/  720h0m0s", "academy-videos temp/  24h0m0s", "academy-trainings temp/  24h0m0s"}
	if diff := cmp.Diff(want, expire); diff != "" {
		t.Error(diff)
	}
	o := &document.Object{Key: "inventories/1/exports/a.csv", Tags: map[string]string{"type": "export"}}
	for _, r := range document.Lifecycle() {
		if want := r.ID == "inventory-exports" || r.ID == "slides"; r.Expires(o) != want {
			t.Errorf("%s expires an export: %v", r.ID, !want)
		}
	}
}
