package rest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

//go:embed web
var webFiles embed.FS

// pagePolicy lets a page load our style sheet and send its forms to us, and nothing else (S-26, A-06).
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// formField carries the token of a form.
const formField = "form_token"

// maxForm in bytes of a form: ten thousand serial numbers, scanned one a line.
const maxForm = 1 << 20

// site holds what the pages are made of.
type site struct {
	templates map[string]*template.Template
	style     []byte
	styleURL  string
	words     map[string][2]string
	formKey   []byte
}

func newSite(from io.Reader) (*site, error) {
	s := &site{templates: map[string]*template.Template{}, words: words()}
	labels(s.words)
	var err error
	if s.style, err = fs.ReadFile(webFiles, "web/nexo.css"); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(s.style)
	s.styleURL = "/static/nexo.css?v=" + base64.RawURLEncoding.EncodeToString(sum[:6])
	if s.formKey, err = random(from, 32); err != nil {
		return nil, fmt.Errorf("rest: reading randomness: %w", err)
	}
	names, err := fs.Glob(webFiles, "web/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == "web/layout.html" {
			continue
		}
		t, err := template.New("layout.html").Funcs(template.FuncMap{"segment": url.PathEscape, "pairs": pairs}).ParseFS(webFiles, "web/layout.html", name)
		if err != nil {
			return nil, fmt.Errorf("rest: parsing a page: %w", err)
		}
		s.templates[strings.TrimSuffix(strings.TrimPrefix(name, "web/"), ".html")] = t
	}
	return s, nil
}

// pairs gives a template several values by name.
func pairs(list ...any) (map[string]any, error) {
	out := make(map[string]any, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		name, ok := list[i].(string)
		if !ok {
			return nil, fmt.Errorf("rest: a name is needed, not %v", list[i])
		}
		out[name] = list[i+1]
	}
	return out, nil
}

// formToken is the value for the hidden field of a form: it is good in this session, until the program
// starts anew. With SameSite cookies and the origin check it is the third lock against forged requests.
func (s *site) formToken(c identity.Claims) string {
	mac := hmac.New(sha256.New, s.formKey)
	mac.Write([]byte(c.Subject + "\x00" + c.Session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// visit is one request for a page.
type visit struct {
	d      *door
	r      *http.Request
	w      http.ResponseWriter
	lang   lang
	caller *caller // nil: nobody has signed in
	form   url.Values
	// fileError says why the file of a form was refused.
	fileError error
}

// page answers a visit with a template and what it shows, or with where to go instead.
type page func(v *visit) (*view, error)

// view is what a page shows.
type view struct {
	*visit
	Name    string // of the template
	Title   string // a word of the catalogue
	Status  int    // 0 is 200
	Query   string // in the search box
	Problem *fault.Error
	Data    any
	goTo    string // redirect instead
}

// show serves a page that anybody may see.
func (d *door) show(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{d: d, r: r, w: w, lang: d.chosen(w, r)}
		if c, err := d.identify(r); err == nil {
			v.caller = c
		} else if fault.CodeOf(err) != fault.Unauthenticated {
			v.render(v.failure(err))
			return
		}
		out, err := p(v)
		if err != nil {
			out = v.failure(err)
		}
		v.render(out)
	}
}

// private serves a page to people who have signed in; others are led to the sign-in and back.
func (d *door) private(p page) http.HandlerFunc {
	return d.show(func(v *visit) (*view, error) {
		if v.caller != nil {
			return p(v)
		}
		next := "/"
		if v.r.Method == http.MethodGet {
			next = v.r.URL.RequestURI()
		}
		return &view{goTo: "/login?" + url.Values{"next": {next}}.Encode()}, nil
	})
}

// submitted serves the target of a form: from a page of ours, in this session, of a bounded size.
func (d *door) submitted(p page) http.HandlerFunc {
	return d.private(func(v *visit) (*view, error) {
		if err := d.origin.Check(v.r); err != nil {
			return nil, fault.PermissionDenied.With("Este pedido veio de outro site e foi recusado.", "This request came from another site and was refused.").Because(err)
		}
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
		if err := v.r.ParseForm(); err != nil {
			return nil, bodyFault(err)
		}
		v.form = v.r.PostForm
		if err := v.checkToken(); err != nil {
			return nil, err
		}
		return p(v)
	})
}

// failure is the page of an error.
func (v *visit) failure(err error) *view {
	f, status := v.d.explain(v.r, err)
	return &view{Name: "problem", Title: "problem.title", Status: status, Problem: f}
}

// render writes a page.
func (v *visit) render(out *view) {
	if out.goTo != "" {
		http.Redirect(v.w, v.r, out.goTo, http.StatusSeeOther)
		return
	}
	out.visit = v
	var b bytes.Buffer
	err := fmt.Errorf("no page %q", out.Name)
	if t := v.d.site.templates[out.Name]; t != nil {
		err = t.Execute(&b, out)
	}
	if err != nil {
		v.d.fail(v.w, v.r, fmt.Errorf("rendering a page: %w", err))
		return
	}
	h := v.w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Content-Language", string(v.lang))
	h.Set("Vary", "Cookie, Accept-Language")
	status := http.StatusOK
	if out.Status != 0 {
		status = out.Status
	}
	send(v.w, status, "text/html; charset=utf-8", b.Bytes())
}

// lost answers a page that does not exist.
func (d *door) lost(w http.ResponseWriter, r *http.Request, err error) {
	d.show(func(*visit) (*view, error) { return nil, err })(w, r)
}

// styleSheet serves the one style sheet. Its address changes with its content.
func (d *door) styleSheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	send(w, http.StatusOK, "text/css; charset=utf-8", d.site.style)
}
