package oidc

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed page.html
var pageHTML string

// maxAcceptLanguage in bytes of the header that is looked at.
const maxAcceptLanguage = 256

// pages renders the pages of the issuer.
type pages struct {
	template *template.Template
	words    map[text][2]string
}

// view is what a page shows.
type view struct {
	Page       string // login, consent, logout or error
	Problem    text
	Action     string   // where its form goes
	FormToken  string   // for the hidden field
	FormTarget []string // origins that the redirect after the form may lead to, beside our own
	Username   string
	Client     string
	ReturnTo   string
	Other      string // where to sign in as someone else
	Scopes     []string
}

// shown is a view with what every page has.
type shown struct {
	view
	Lang       lang
	Nonce      string
	ToEnglish  string // the same page in the other language
	Portuguese string
	words      map[text][2]string
}

// Say is the sentence of that name in the language of the page.
func (s shown) Say(name string) string { return say(s.words, s.Lang, text(name)) }

func newPages() (pages, error) {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return pages{}, fmt.Errorf("parsing the issuer's pages: %w", err)
	}
	return pages{template: t, words: catalogue()}, nil
}

// render writes a page that loads nothing, runs nothing and cannot be framed. Referrer-Policy is
// same-origin and not no-referrer: with the latter browsers send "Origin: null" on our own form.
func (i *Issuer) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	nonce, err := i.secret()
	if err != nil {
		i.log.Error("issuer page failed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	l := i.language(w, r)
	s := shown{view: v, Lang: l, Nonce: nonce, ToEnglish: inLanguage(r, english), Portuguese: inLanguage(r, portuguese), words: i.pages.words}
	var page bytes.Buffer
	if err := i.pages.template.Execute(&page, s); err != nil {
		i.log.Error("issuer page failed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'; form-action "+
		strings.Join(append([]string{"'self'"}, v.FormTarget...), " "))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

func (i *Issuer) errorPage(w http.ResponseWriter, r *http.Request, status int, problem text) {
	i.render(w, r, status, view{Page: "error", Problem: problem})
}

// language is what ?lang= says (and a cookie remembers), or the first of Accept-Language that we have, or pt-BR.
func (i *Issuer) language(w http.ResponseWriter, r *http.Request) lang {
	if l, ok := languageOf(r.URL.Query().Get("lang")); ok {
		http.SetCookie(w, i.cookie(i.langCookie(), string(l), RefreshTTL))
		return l
	}
	if c, err := r.Cookie(i.langCookie()); err == nil {
		if l, ok := languageOf(c.Value); ok {
			return l
		}
	}
	// Browsers list languages in order of preference; the weights repeat that order.
	for tag := range strings.SplitSeq(clip(r.Header.Get("Accept-Language"), maxAcceptLanguage), ",") {
		if l, ok := languageOf(strings.TrimSpace(tag)); ok {
			return l
		}
	}
	return portuguese
}

func (i *Issuer) langCookie() string { return cookieName("nexo_lang", i.secure) }

func languageOf(tag string) (lang, bool) {
	switch tag = strings.ToLower(tag); {
	case strings.HasPrefix(tag, "pt"):
		return portuguese, true
	case strings.HasPrefix(tag, "en"):
		return english, true
	}
	return "", false
}

// inLanguage is the address of this page in l.
func inLanguage(r *http.Request, l lang) string {
	q := r.URL.Query()
	q.Set("lang", string(l))
	u := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	return u.String()
}
