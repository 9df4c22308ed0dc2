package oidc

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxUsername in bytes; Cognito's limit.
const maxUsername = 128

// loginPage shows the sign-in form. "next" is a path of ours to go to afterwards.
func (i *Issuer) loginPage(w http.ResponseWriter, r *http.Request) {
	i.showLogin(w, r, http.StatusOK, "")
}

func (i *Issuer) showLogin(w http.ResponseWriter, r *http.Request, status int, problem text) {
	token, err := i.formToken(w, r)
	if err != nil {
		i.fail(w, r, err)
		return
	}
	v := view{
		Page: "login", Problem: problem, FormToken: token, FormTarget: i.webOrigins(),
		Action:   "/login?" + url.Values{"next": {safeNext(r.URL.Query().Get("next"))}}.Encode(),
		Username: clip(r.PostFormValue("username"), maxUsername),
	}
	i.render(w, r, status, v)
}

// login checks a password. Unknown, disabled and mistyped answer alike, after the same work (S-28).
func (i *Issuer) login(w http.ResponseWriter, r *http.Request) {
	username := strings.ToLower(strings.TrimSpace(r.PostFormValue("username")))
	password := r.PostFormValue("password")
	address := i.address(r)
	if len(username) > maxUsername || len(password) > maxPassword {
		username, password = "", "" // as good as unknown
	}
	if wait, ok := i.throttle.login(username, address); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		i.showLogin(w, r, http.StatusTooManyRequests, textTooMany)
		return
	}
	user, err := i.dir.User(r.Context(), username)
	if err != nil && !unknown(err) {
		i.fail(w, r, fmt.Errorf("looking up a user: %w", err))
		return
	}
	match, err2 := i.passwords.match(r.Context(), password, user.PasswordHash)
	if err2 != nil {
		i.fail(w, r, fmt.Errorf("checking a password: %w", err2))
		return
	}
	if err != nil || !match || user.Disabled {
		i.log.Info("sign-in refused", "address", address)
		i.showLogin(w, r, http.StatusUnauthorized, textWrong)
		return
	}
	i.throttle.succeeded(username, address)
	if err := i.newSession(w, r, user); err != nil {
		i.fail(w, r, err)
		return
	}
	i.log.Info("signed in", "subject", user.Subject, "address", address)
	http.SetCookie(w, i.cookie(i.formCookie(), "", 0))
	http.Redirect(w, r, safeNext(r.URL.Query().Get("next")), http.StatusSeeOther)
}

// logoutPage asks before it signs out, because other sites can make a browser open this address.
func (i *Issuer) logoutPage(w http.ResponseWriter, r *http.Request) {
	token, err := i.formToken(w, r)
	if err != nil {
		i.fail(w, r, err)
		return
	}
	i.render(w, r, http.StatusOK, view{
		Page: "logout", FormToken: token, FormTarget: i.webOrigins(),
		Action: "/logout?" + url.Values{"logout_uri": {i.logoutTarget(r)}}.Encode(),
	})
}

func (i *Issuer) logout(w http.ResponseWriter, r *http.Request) {
	if err := i.SignOut(w, r); err != nil {
		i.fail(w, r, err)
		return
	}
	http.Redirect(w, r, i.logoutTarget(r), http.StatusSeeOther)
}

// logoutTarget is where to go after signing out: a registered address of the web app, by Cognito's
// parameter or by OpenID's, or else the sign-in page.
func (i *Issuer) logoutTarget(r *http.Request) string {
	q := r.URL.Query()
	for _, name := range []string{"logout_uri", "post_logout_redirect_uri"} {
		if uri := q.Get(name); uri != "" && i.clients[ClientWeb].redirectAllowed(uri) {
			return uri
		}
	}
	return "/login"
}

// safeNext lets only paths of this origin through: no scheme, no host, nothing that a browser would
// read as one ("//host", "/\host").
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || len(next) > 2*maxQuery || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") {
		return "/"
	}
	if strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

func clip(s string, n int) string {
	if len(s) > n {
		return ""
	}
	return s
}

// fail logs err and shows a page that says nothing of it.
func (i *Issuer) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there any more
	}
	i.log.Error("issuer page failed", "path", r.URL.Path, "error", err)
	i.errorPage(w, r, http.StatusInternalServerError, textInternal)
}
