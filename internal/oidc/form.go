package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"time"
)

const (
	// maxForm in bytes of a form of our pages or of the token endpoint: the largest has a token and a few URLs.
	maxForm = 16 << 10
	// maxQuery in bytes of an authorization request.
	maxQuery = 4 << 10
	// formTTL is how long a page may stay open before it is sent.
	formTTL = time.Hour
	// formField carries the form token.
	formField = "form_token"
)

func (i *Issuer) formCookie() string { return cookieName("nexo_form", i.secure) }

// formToken gives the value for the hidden field of a page: a MAC over a cookie that only this browser
// has. Together with SameSite and the origin check it is the third lock against forged requests.
func (i *Issuer) formToken(w http.ResponseWriter, r *http.Request) (string, error) {
	if c, err := r.Cookie(i.formCookie()); err == nil && len(c.Value) == base64.RawURLEncoding.EncodedLen(secretBytes) {
		return i.formMAC(c.Value), nil
	}
	value, err := i.secret()
	if err != nil {
		return "", err
	}
	http.SetCookie(w, i.cookie(i.formCookie(), value, formTTL))
	return i.formMAC(value), nil
}

func (i *Issuer) formMAC(cookie string) string {
	mac := hmac.New(sha256.New, i.formKey)
	mac.Write([]byte(cookie))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// fromOurPage lets only forms through that our own pages sent: same origin (Sec-Fetch-Site, or Origin
// where a browser has no such header), and the form token of this browser.
func (i *Issuer) fromOurPage(next http.HandlerFunc) http.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		if err := origin.Check(r); err != nil {
			i.errorPage(w, r, http.StatusForbidden, textForeign)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil || len(r.URL.RawQuery) > 2*maxQuery {
			i.errorPage(w, r, http.StatusBadRequest, textBadRequest)
			return
		}
		c, err := r.Cookie(i.formCookie())
		if err != nil || !hmac.Equal([]byte(i.formMAC(c.Value)), []byte(r.PostFormValue(formField))) {
			i.errorPage(w, r, http.StatusForbidden, textExpired)
			return
		}
		next(w, r)
	}
}

// connectionAddress is the peer's address without its port. No header is believed: in local mode there
// is no proxy in front.
func connectionAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func postOnly(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST, OPTIONS")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		next(w, r)
	})
}
