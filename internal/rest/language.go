package rest

import (
	"net/http"
	"strings"
	"time"
)

// lang is a language of texts for people, as a BCP 47 tag.
type lang string

const (
	portuguese lang = "pt-BR"
	english    lang = "en"
)

const (
	// maxAcceptLanguage in bytes of the header that is looked at.
	maxAcceptLanguage = 256
	// langLife of the cookie: a choice of language is made once.
	langLife = 365 * 24 * time.Hour
)

// preferred is the language of a request: the cookie of the switch, or the first that the browser names
// and we have, or pt-BR.
func preferred(r *http.Request) lang {
	for _, name := range []string{"nexo_lang", "__Host-nexo_lang"} {
		if c, err := r.Cookie(name); err == nil {
			if l, ok := languageOf(c.Value); ok {
				return l
			}
		}
	}
	list := r.Header.Get("Accept-Language")
	if len(list) > maxAcceptLanguage {
		return portuguese
	}
	// Clients list languages in order of preference; the weights repeat that order.
	for tag := range strings.SplitSeq(list, ",") {
		if l, ok := languageOf(strings.TrimSpace(tag)); ok {
			return l
		}
	}
	return portuguese
}

func languageOf(tag string) (lang, bool) {
	switch tag = strings.ToLower(tag); {
	case strings.HasPrefix(tag, "pt"):
		return portuguese, true
	case strings.HasPrefix(tag, "en"):
		return english, true
	}
	return "", false
}

// chosen is the language of a page. ?lang= switches it, and the same cookie as the sign-in page's keeps it.
func (d *door) chosen(w http.ResponseWriter, r *http.Request) lang {
	l, ok := languageOf(r.URL.Query().Get("lang"))
	if !ok {
		return preferred(r)
	}
	http.SetCookie(w, &http.Cookie{Name: d.cookieName("nexo_lang"), Value: string(l), Path: "/", HttpOnly: true, Secure: d.secure(),
		SameSite: http.SameSiteLaxMode, MaxAge: int(langLife.Seconds())})
	return l
}

// cookieName adds the prefix that makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
func (d *door) cookieName(name string) string {
	if d.secure() {
		return "__Host-" + name
	}
	return name
}
