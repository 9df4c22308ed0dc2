package rest

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

// form makes a form of "name=value" fields, with its media type; "file" is a file.
func form(fields ...string) (media, body string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + name + `"`}}
		if name == "file" {
			h = textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="..\\..\\mb52 março.csv"`}, "Content-Type": {"text/csv"}}
		}
		if part, err := m.CreatePart(h); err == nil {
			io.WriteString(part, value)
		}
	}
	m.Close()
	return m.FormDataContentType(), b.String()
}

func TestUpload(t *testing.T) {
	t.Parallel()
	whole, wholeBody := form("against=project", "file=a;b\n1;2\n", "after=x")
	none, noneBody := form("x=1")
	twice, twiceBody := form("x=1", "x=2", "file=a")
	long, longBody := form("x="+strings.Repeat("y", maxPart+1), "file=a")
	many, manyBody := form(strings.Fields(strings.Repeat("k=1 ", maxParts))...)
	for _, c := range []struct {
		name, as, query, media, body string
		status                       int
		seen                         string
	}{
		{"raw csv", "logistics", "?report=MB52", "text/csv; charset=utf-8", "a;b\n", 200, "text/csv  map[report:MB52] a;b\n"},
		{"form", "logistics", "", whole, wholeBody, 200, "text/csv mb52 março.csv map[against:project] a;b\n1;2\n"},
		{"json is the operation", "logistics", "", "application/json", `{"sap_data":[]}`, 200, ""},
		{"form without a file", "logistics", "", none, noneBody, 400, ""},
		{"field twice", "logistics", "", twice, twiceBody, 400, ""},
		{"long field", "logistics", "", long, longBody, 400, ""},
		{"many fields", "logistics", "", many, manyBody, 400, ""},
		{"no boundary", "logistics", "", "multipart/form-data", "x", 400, ""},
		{"no type", "logistics", "", "", "x", 415, ""},
		{"role", "viewer", "", "text/csv", "a;b\n", 403, ""},
		{"nobody", "", "", "text/csv", "a;b\n", 401, ""},
		{"refused by the comparison", "logistics", "", "text/csv", "bad", 400, "text/csv  map[] bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seen := ""
			w := newWorld(t, func(o *Options) {
				o.Reconcile = func(_ context.Context, u *Upload) ([]byte, error) {
					body, err := io.ReadAll(u.Body)
					if err != nil {
						return nil, err
					}
					seen = u.Media + " " + u.Name + " " + mapText(u.Options) + " " + string(body)
					if string(body) == "bad" {
						return nil, fault.InvalidArgument.With("Sem cabeçalho.", "No header.")
					}
					return []byte(`{"reconciliation_id":"r1","summary":{"matched":1}}`), nil
				}
			})
			r := request(c.as, "POST", "/api/v1/reconciliations"+c.query, c.body)
			r.Header.Set("Content-Type", c.media)
			p := w.do(r)
			if p.Code != c.status || seen != c.seen {
				t.Errorf("%d %s, seen %q", p.Code, p.Body, seen)
			}
			if c.status == 200 && c.seen != "" && !strings.Contains(p.Body.String(), `"reconciliation_id":"r1"`) {
				t.Errorf("answer %s", p.Body)
			}
		})
	}
}

func TestUploadsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) {
		o.Reconcile = func(_ context.Context, u *Upload) ([]byte, error) {
			_, err := io.Copy(io.Discard, u.Body)
			return nil, err
		}
	})
	r := request("logistics", "POST", "/api/v1/reconciliations", "")
	r.Body, r.ContentLength = io.NopCloser(&endless{}), -1
	r.Header.Set("Content-Type", "text/csv")
	if p := w.do(r); p.Code != 413 {
		t.Errorf("an endless list: %d %s", p.Code, p.Body)
	}
	r = request("logistics", "POST", "/api/v1/reconciliations", "")
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("a;b\n"), brokenReader{})), -1
	r.Header.Set("Content-Type", "text/csv")
	if p := w.do(r); p.Code != 408 || !strings.Contains(p.Body.String(), "não chegou inteiro") {
		t.Errorf("a list that breaks off: %d %s", p.Code, p.Body)
	}
	r = request("logistics", "POST", "/api/v1/reconciliations", "")
	r.Body, r.ContentLength = io.NopCloser(&endless{}), maxUpload+1
	r.Header.Set("Content-Type", "text/csv")
	if p := w.do(r); p.Code != 413 {
		t.Errorf("a list announced too large: %d", p.Code)
	}
}

func mapText(m map[string]string) string {
	var out []string
	for _, k := range sortedKeys(m) {
		out = append(out, k+":"+m[k])
	}
	return "map[" + strings.Join(out, " ") + "]"
}
