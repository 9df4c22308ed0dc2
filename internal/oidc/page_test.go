package oidc

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestPages renders every page in both languages and checks what all of them must have.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	outside := regexp.MustCompile(`(?i)(src|href|url\()\s*=?\s*["'(]?\s*(https?:)?//|<script|javascript:|\son[a-z]+=|style="`)
	unsaid := regexp.MustCompile(`>(login|consent|logout|error|scope|footer)\.?[a-z/]*<`)
	for _, l := range []lang{portuguese, english} {
		for path, want := range map[string][2]string{
			"/login":                    {"Entrar no NEXO", "Sign in to NEXO"},
			w.authURL(ClientAgent, nil): {"Autorizar acesso", "Authorize access"},
			"/logout":                   {"Sair do NEXO", "Sign out of NEXO"},
			w.authURL("evil", nil):      {"Não foi possível continuar", "Cannot continue"},
		} {
			u, err := url.Parse(path)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set("lang", string(l))
			u.RawQuery = q.Encode()
			p := w.get(u.String())
			title := want[0]
			if l == english {
				title = want[1]
			}
			for _, must := range []string{`<html lang="` + string(l) + `">`, "<title>" + title + "</title>", "<h1>" + title + "</h1>", "<main", "#151720", "#2226c0", `name="viewport"`} {
				if !strings.Contains(p.body, must) {
					t.Errorf("%s in %s lacks %s", u.Path, l, must)
				}
			}
			if found := outside.FindString(p.body) + unsaid.FindString(p.body); found != "" {
				t.Errorf("%s in %s has %q", u.Path, l, found)
			}
			checkHeaders(t, p)
		}
	}
}

func checkHeaders(t *testing.T, p page) {
	t.Helper()
	csp := p.Header.Get("Content-Security-Policy")
	for _, must := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "style-src 'nonce-"} {
		if !strings.Contains(csp, must) {
			t.Errorf("policy %q lacks %q", csp, must)
		}
	}
	nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(csp)
	if nonce == nil || !strings.Contains(p.body, `<style nonce="`+nonce[1]+`">`) {
		t.Error("the style has not the policy's nonce")
	}
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
	} {
		if p.Header.Get(name) != want {
			t.Errorf("%s is %q", name, p.Header.Get(name))
		}
	}
}

func TestPageLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for header, want := range map[string]string{
		"": "pt-BR", "en-US,en;q=0.9": "en", "pt-PT": "pt-BR", "de,en;q=0.8,pt;q=0.5": "en", "de": "pt-BR", strings.Repeat("en,", 200): "pt-BR",
	} {
		w.Client = w.browser()
		r := w.request("GET", "/login", nil)
		r.Header.Set("Accept-Language", header)
		if p := w.do(r); p.Header.Get("Content-Language") != want {
			t.Errorf("%.20q: %s", header, p.Header.Get("Content-Language"))
		}
	}
	w.get("/login?lang=en")
	if p := w.get("/login"); p.Header.Get("Content-Language") != "en" {
		t.Error("the choice of a language is forgotten on the next page")
	}
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const nasty = `"><script>alert(1)</script>`
	p := w.submit(w.get("/login?next="+url.QueryEscape("/"+nasty)), url.Values{"username": {nasty}, "password": {"x"}})
	if strings.Contains(p.body, "<script") {
		t.Errorf("not escaped: %s", p.body)
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	for name, s := range catalogue() {
		if s[0] == "" || s[1] == "" {
			t.Errorf("%s lacks a language", name)
		}
	}
	for _, m := range regexp.MustCompile(`\.Say "([a-z.]+)"`).FindAllStringSubmatch(pageHTML, -1) {
		if _, ok := catalogue()[text(m[1])]; !ok {
			t.Errorf("the page says %q, which has no text", m[1])
		}
	}
}
