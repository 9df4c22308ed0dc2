package rest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept, cookie string
		want           lang
	}{
		{"", "", portuguese}, {"en", "", english}, {"en-GB,pt;q=0.9", "", english}, {"pt-PT,en", "", portuguese}, {"de, en;q=0.5", "", english}, {"de", "", portuguese},
		{"en", "pt-BR", portuguese}, {"pt", "en", english}, {"en", "klingon", english}, {strings.Repeat("x", maxAcceptLanguage) + ",en", "", portuguese},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", "nexo_lang="+c.cookie)
		}
		if got := preferred(r); got != c.want {
			t.Errorf("%.20q with %q: %s", c.accept, c.cookie, got)
		}
	}
}

// TestLanguageSwitch: the choice is kept in the cookie that the sign-in page uses too.
func TestLanguageSwitch(t *testing.T) {
	t.Parallel()
	for url, name := range map[string]string{"http://127.0.0.1:8080": "nexo_lang", "https://nexo.example.com": "__Host-nexo_lang"} {
		w := newWorld(t, func(o *Options) { o.PublicURL, o.Local = url, !strings.HasPrefix(url, "https") })
		r := request("", "GET", "/?lang=en", "")
		_, r.Host, _ = strings.Cut(url, "//")
		p := w.do(r)
		cookies := p.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Name != name || cookies[0].Value != "en" || !cookies[0].HttpOnly || cookies[0].Secure != strings.HasPrefix(url, "https") {
			t.Errorf("%s: cookies %v", url, cookies)
		}
		if p.Header().Get("Content-Language") != "en" || !strings.Contains(p.Header().Get("Vary"), "Cookie") {
			t.Errorf("%s: %v", url, p.Header())
		}
	}
	if p := newWorld(t).do(request("", "GET", "/?lang=xx", "")); len(p.Result().Cookies()) != 0 {
		t.Error("an unknown language is kept")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for want, f := range map[int]*fault.Error{
		1:  fault.Conflict.With("", ""),
		3:  fault.Unavailable.With("", ""),
		10: fault.RateLimited.With("", ""),
		42: fault.RateLimited.With("", "").Detail("retry_after", 42),
	} {
		if got := retryAfter(f); got != want {
			t.Errorf("%v: %d", f, got)
		}
	}
	if retryAfter(fault.RateLimited.With("", "").Detail("retry_after", -1)) != 10 {
		t.Error("a time in the past")
	}
}

func TestStyleSheetAndDocumentsAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.do(request("", "GET", "/", "")).Body.String()
	_, after, _ := strings.Cut(page, `rel="stylesheet" href="`)
	address, _, _ := strings.Cut(after, `"`)
	p := w.do(request("", "GET", address, ""))
	if p.Code != 200 || !strings.Contains(p.Header().Get("Content-Type"), "text/css") || !strings.Contains(p.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", address, p.Code, p.Header())
	}
	for _, must := range []string{"#151720", "#2226c0", "#0054ec", ":focus-visible", "prefers-reduced-motion", "max-width:40rem"} {
		if !strings.Contains(p.Body.String(), must) {
			t.Errorf("the style lacks %s", must)
		}
	}
	if p := w.do(request("", "HEAD", "/healthz", "")); p.Code != 200 {
		t.Errorf("HEAD: %d", p.Code)
	}
	if p := w.do(request("", "POST", "/healthz", "x")); p.Code != 405 || p.Header().Get("Allow") != "GET" {
		t.Errorf("POST: %d %v", p.Code, p.Header())
	}
}
