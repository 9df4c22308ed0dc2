package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

const documentID = "019aa000-0000-7000-8000-00000000000c"

// toyDocuments keeps the last call with its bytes, and has one document.
type toyDocuments struct {
	got  ops.FileCall
	body string
}

func (d *toyDocuments) ReceiveDocument(_ context.Context, in ops.FileCall) ([]byte, error) {
	raw, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	d.got, d.body = in, string(raw)
	d.got.Body, d.got.Actor = nil, nil
	if strings.Contains(d.body, "<svg") {
		return nil, fault.InvalidArgument.With("SVG não.", "No SVG.").On("file")
	}
	return []byte(`{"document_id":"` + documentID + `"}`), nil
}

func (d *toyDocuments) OpenDocument(_ context.Context, in ops.Invocation, id uuid.UUID) (*document.Content, error) {
	if id.String() != documentID || in.Actor.Username == "technician" {
		return nil, document.NotFound("document_id")
	}
	doc := &document.Document{ID: id, Name: "relatório <1>.html", Type: document.TypeText, Size: 10, SHA256: "abc"}
	if in.Actor.Username == "finance" {
		return &document.Content{Document: doc, Body: brokenContent{}}, nil
	}
	return &document.Content{Document: doc, Body: readSeeker{bytes.NewReader([]byte("0123456789"))}}, nil
}

type readSeeker struct{ *bytes.Reader }

func (readSeeker) Close() error { return nil }

// brokenContent cannot be read.
type brokenContent struct{ readSeeker }

func (brokenContent) Seek(int64, int) (int64, error) { return 0, nil }
func (brokenContent) Close() error                   { return nil }
func (brokenContent) Read([]byte) (int, error)       { return 0, errors.New("open /var/lib: gone") }

// withDocuments is a world whose operations know documents.
func withDocuments(t testing.TB) (*world, *toyDocuments) {
	t.Helper()
	docs := &toyDocuments{}
	w := newWorld(t, func(o *Options) {
		o.Documents = docs
		c := o.Client.(*toyClient)
		c.add("sga_list_documents", identity.Roles(), "target_type:string target_id:string cursor:string limit:limit", rowsSchema(`"document_id":{"type":"string"}`),
			fixed(`{"items":[{"document_id":"`+documentID+`","document_kind":"PHOTO","file_name":"foto <b>.png","size":75123,"created_by":"Lia","created_at":"2026-11-20T10:00:00.000-03:00","status":"AVAILABLE"}]}`))
		c.add("sga_create_upload", []identity.Role{identity.Admin, identity.Logistics}, "document_kind:string", anyObject, fixed(`{}`))
	})
	return w, docs
}

func TestReceiveDocument(t *testing.T) {
	t.Parallel()
	w, docs := withDocuments(t)
	raw := request("logistics", http.MethodPost, "/api/v1/documents?document_kind=PHOTO&file_name=foto.png&target_type=TASK&target_id="+taskID, "bytes")
	raw.Header.Set("Content-Type", "image/png")
	if out := w.do(raw); out.Code != http.StatusOK || docs.body != "bytes" || docs.got.Kind != "PHOTO" || docs.got.Name != "foto.png" || docs.got.ContentType != "image/png" ||
		docs.got.TargetType != "TASK" || docs.got.TargetID != taskID || docs.got.Door != "rest" || docs.got.Origin == "" {
		t.Errorf("raw: %d %s, %+v", out.Code, out.Body, docs.got)
	}
	form, media := formOf(t, [][2]string{{"document_kind", "DOCUMENT"}, {"sha256", "ABC"}}, `..\..\nota 1.txt`, "text/plain", "conteúdo")
	r := request("logistics", http.MethodPost, "/api/v1/documents", form)
	r.Header.Set("Content-Type", media)
	if out := w.do(r); out.Code != http.StatusOK || docs.body != "conteúdo" || docs.got.Name != "nota 1.txt" || docs.got.SHA256 != "abc" || docs.got.ContentType != "text/plain" {
		t.Errorf("form: %d %s, %+v", out.Code, out.Body, docs.got)
	}
	for name, change := range map[string]func(r *http.Request){
		"no type":     func(r *http.Request) { r.Header.Del("Content-Type") },
		"compressed":  func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		"unknown":     func(r *http.Request) { r.URL.RawQuery += "&bucket=x" },
		"twice":       func(r *http.Request) { r.URL.RawQuery += "&document_kind=x" },
		"too long":    func(r *http.Request) { r.ContentLength = 1 << 40 },
		"nobody":      func(r *http.Request) { r.Header.Del("Authorization") },
		"no boundary": func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") },
	} {
		r := request("logistics", http.MethodPost, "/api/v1/documents?document_kind=PHOTO", "bytes")
		r.Header.Set("Content-Type", "image/png")
		change(r)
		docs.body = ""
		if out := w.do(r); out.Code < 400 || out.Code > 499 || docs.body != "" {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
}

// formOf writes a form whose file comes last.
func formOf(t testing.TB, fields [][2]string, name, media, content string) (body, contentType string) {
	t.Helper()
	var b strings.Builder
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {media}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), form.FormDataContentType()
}

func TestDocumentContent(t *testing.T) {
	t.Parallel()
	w, _ := withDocuments(t)
	const path = "/api/v1/documents/" + documentID + "/content"
	out := w.do(request("viewer", http.MethodGet, path, ""))
	h := out.Header()
	if out.Code != http.StatusOK || out.Body.String() != "0123456789" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
		h.Get("Cache-Control") != "private, no-store" || h.Get("Content-Type") != "text/plain" {
		t.Errorf("%d %q %v", out.Code, out.Body, h)
	}
	if got := h.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || strings.ContainsAny(got, "<>\r\n") {
		t.Errorf("saved as %q", got)
	}
	part := request("@viewer", http.MethodGet, path, "")
	part.Header.Set("Range", "bytes=3-5")
	if out := w.do(part); out.Code != http.StatusPartialContent || out.Body.String() != "345" {
		t.Errorf("a part: %d %q", out.Code, out.Body)
	}
	foreign := request("@viewer", http.MethodGet, path, "")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	for name, tt := range map[string]struct {
		r    *http.Request
		want int
	}{
		"nobody":         {request("", http.MethodGet, path, ""), http.StatusUnauthorized},
		"another site":   {foreign, http.StatusUnauthorized},
		"unseen":         {request("technician", http.MethodGet, path, ""), http.StatusNotFound},
		"unknown":        {request("viewer", http.MethodGet, strings.Replace(path, "c/content", "d/content", 1), ""), http.StatusNotFound},
		"no id":          {request("viewer", http.MethodGet, "/api/v1/documents/x/content", ""), http.StatusNotFound},
		"parameters":     {request("viewer", http.MethodGet, path+"?inline=1", ""), http.StatusBadRequest},
		"object is gone": {request("finance", http.MethodGet, path, ""), http.StatusInternalServerError},
	} {
		if out := w.do(tt.r); out.Code != tt.want || strings.Contains(out.Body.String(), "/var/lib") {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
}

// token takes the token of a form from a page.
func (w *world) token(as, page string) string {
	w.Helper()
	out := w.do(request(as, http.MethodGet, page, "")).Body.String()
	_, rest, ok := strings.Cut(out, `name="form_token" value="`)
	if !ok {
		w.Fatalf("%s has no form: %s", page, out)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// sendForm sends a form of a page with a file.
func (w *world) sendForm(as, path, media, content string, fields ...[2]string) *httptest.ResponseRecorder {
	w.Helper()
	body, contentType := formOf(w, fields, "foto.png", media, content)
	r := request(as, http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.do(r)
}

func TestMovementFormTakesAFile(t *testing.T) {
	t.Parallel()
	w, docs := withDocuments(t)
	const page = "/movements/new?type=ENTRADA"
	shown := w.do(request("@logistics", http.MethodGet, page, "")).Body.String()
	for _, want := range []string{`enctype="multipart/form-data"`, `type="file"`, "Foto, nota fiscal ou comprovante"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Index(shown, `type="file"`) < strings.Index(shown, `name="form_token"`) {
		t.Error("the file comes before the token")
	}
	token := [2]string{"form_token", w.token("@logistics", page)}
	good := [][2]string{token, {"movement_type", "ENTRADA"}, {"part_number", "P"}, {"quantity", "1"}, {"destination_location_id", "CD-SP"}, {"idempotency_key", "web-1"}}
	out := w.sendForm("@logistics", "/movements", "image/png", "bytes", good...)
	if out.Code != http.StatusOK || docs.got.Kind != "PHOTO" || docs.body != "bytes" || !strings.Contains(string(w.client.last().Arguments), `"evidence_ids":["`+documentID+`"]`) {
		t.Errorf("%d, %+v, %s", out.Code, docs.got, string(w.client.last().Arguments))
	}
	docs.body = ""
	out = w.sendForm("@logistics", "/movements", "image/png", "bytes", append([][2]string{{"form_token", "forged"}}, good[1:]...)...)
	if out.Code != http.StatusForbidden || docs.body != "" {
		t.Errorf("a forged form: %d, %q", out.Code, docs.body)
	}
	out = w.sendForm("@logistics", "/movements", "application/xml", "<svg/>", good...)
	if body := out.Body.String(); out.Code != http.StatusBadRequest || !strings.Contains(body, "SVG não.") || !strings.Contains(body, `value="P"`) || docs.got.Kind != "NF_XML" {
		t.Errorf("a refused file: %d %s", out.Code, out.Body)
	}
	bad := append([][2]string{}, good...)
	bad[3] = [2]string{"quantity", "5"}
	bad[1], bad[4] = [2]string{"movement_type", "SAIDA"}, [2]string{"source_location_id", "CD-SP"}
	out = w.sendForm("@logistics", "/movements", "application/pdf", "%PDF-", append(bad, [2]string{"nf_number", "9"})...)
	if body := out.Body.String(); !strings.Contains(body, "Só há 3.") || !strings.Contains(body, `name="evidence" value="`+documentID+`"`) || docs.got.Kind != "NF_PDF" {
		t.Errorf("a refused movement forgets its file: %d %s", out.Code, out.Body)
	}
}

func TestPagesShowDocuments(t *testing.T) {
	t.Parallel()
	w, docs := withDocuments(t)
	for page, target := range map[string]string{"/movements/m1": "MOVEMENT m1", "/tasks/" + taskID: "TASK " + taskID} {
		out := w.do(request("@logistics", http.MethodGet, page, "")).Body.String()
		for _, want := range []string{`href="/api/v1/documents/` + documentID + `/content"`, "foto &lt;b&gt;.png", "75 kB", "Foto", `action="` + page + `/documents"`} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
		if out := w.do(request("@viewer", http.MethodGet, page, "")).Body.String(); strings.Contains(out, `type="file"`) {
			t.Errorf("%s offers a viewer to add files", page)
		}
		token := [2]string{"form_token", w.token("@logistics", page)}
		if out := w.sendForm("@logistics", page+"/documents", "text/plain", "recibo", token); out.Code != http.StatusOK || docs.got.TargetType+" "+docs.got.TargetID != target || docs.got.Kind != "DOCUMENT" {
			t.Errorf("%s: %d, %+v", page, out.Code, docs.got)
		}
		if out := w.sendForm("@logistics", page+"/documents", "image/png", "<svg", token); out.Code != http.StatusBadRequest || !strings.Contains(out.Body.String(), "SVG não.") {
			t.Errorf("%s refused: %d", page, out.Code)
		}
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	v := &view{visit: &visit{lang: portuguese}}
	for in, want := range map[quantity]string{"0": "0 bytes", "999": "999 bytes", "1500": "1,5 kB", "75123": "75 kB", "2500000": "2,5 MB", "x": "x"} {
		if got := v.Weight(in); got != want {
			t.Errorf("%s is %q", in, got)
		}
	}
}
