package oidc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/identity"
)

func TestSessionFromRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	r := w.withCookies()
	claims, ok := w.SessionFromRequest(r)
	if !ok || claims.Username != "ana" || claims.ClientID != ClientWeb || claims.Subject != "sub-ana" || !claims.HasScope(identity.ScopeApprove) {
		t.Fatalf("%v %+v", ok, claims)
	}
	if diff := cmp.Diff([]string{"logistics"}, claims.Groups); diff != "" {
		t.Error(diff)
	}
	if _, ok := w.SessionFromRequest(httptest.NewRequest("GET", "/", nil)); ok {
		t.Error("no cookie, yet signed in")
	}
	forged := httptest.NewRequest("GET", "/", nil)
	forged.AddCookie(&http.Cookie{Name: "nexo_session", Value: claims.Session})
	if _, ok := w.SessionFromRequest(forged); ok {
		t.Error("the sign-in's public id opens the session")
	}
}

// withCookies is a request as the browser would send it.
func (w *world) withCookies() *http.Request {
	w.Helper()
	r := httptest.NewRequest("GET", w.server.URL+"/", nil)
	u, err := url.Parse(w.server.URL)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range w.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return r
}

// TestSessionEnds is S-26: everything that must end a browser's session, within a minute.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := map[string]func(){
		"time":     func() { w.clock.pass(SessionTTL) },
		"disabled": func() { w.people.change("ana", func(u *User) { u.Disabled = true }); w.clock.pass(userFresh) },
		"someone else": func() {
			w.people.change("ana", func(u *User) { u.Subject = "sub-other" })
			w.clock.pass(userFresh)
		},
		"sign-out": func() {
			if err := w.SignOut(httptest.NewRecorder(), w.withCookies()); err != nil {
				t.Error(err)
			}
		},
		"sign-out page": func() { w.submit(w.get("/logout"), nil) },
		"new sign-in":   nil,
	}
	for name, end := range ends {
		w.people.change("ana", func(u *User) { u.Disabled, u.Subject = false, "sub-ana" })
		w.clock.pass(2 * userFresh)
		w.Client = w.browser()
		w.signIn("/login")
		before := w.withCookies()
		if _, ok := w.SessionFromRequest(before); !ok {
			t.Fatalf("%s: not signed in", name)
		}
		if end == nil {
			w.signIn("/login")
		} else {
			end()
		}
		if _, ok := w.SessionFromRequest(before); ok {
			t.Errorf("%s: the session goes on", name)
		}
	}
}

func TestRoleRemovedMidSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	r := w.withCookies()
	w.SessionFromRequest(r)
	w.people.change("ana", func(u *User) { u.Groups = []string{"viewer"} })
	w.clock.pass(userFresh)
	if c, ok := w.SessionFromRequest(r); !ok || !slices.Equal(c.Groups, []string{"viewer"}) {
		t.Errorf("%v %v", ok, c.Groups)
	}
	before := w.people.lookups
	for range 100 {
		w.SessionFromRequest(r)
	}
	if n := w.people.lookups - before; n != 0 {
		t.Errorf("%d lookups for 100 requests", n)
	}
}

func TestSignOutEndsTheTokensOfTheWebAppOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	web, agent := w.tokensOf(ClientWeb, nil), w.tokensOf(ClientAgent, nil)
	if p := w.submit(w.get("/logout?logout_uri="+url.QueryEscape(w.server.URL+"/")), nil); p.Header.Get("Location") != w.server.URL+"/" {
		t.Errorf("goes to %q", p.Header.Get("Location"))
	}
	if _, err := w.verifier.Verify(t.Context(), web.AccessToken); err == nil {
		t.Error("the web app's access token works after the sign-out")
	}
	if got := w.refreshed(ClientWeb, web.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("the web app's refresh token: %d", got.status)
	}
	if _, err := w.verifier.Verify(t.Context(), agent.AccessToken); err != nil {
		t.Errorf("the agent's access token: %v", err)
	}
}

func TestSessionFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planted := strings.Repeat("A", 43)
	u, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.Jar.SetCookies(u, []*http.Cookie{{Name: "nexo_session", Value: planted, Path: "/"}})
	w.signIn("/login")
	for _, c := range w.Jar.Cookies(u) {
		if c.Name == "nexo_session" && c.Value == planted {
			t.Error("the planted id was taken over")
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "nexo_session", Value: planted})
	if _, ok := w.SessionFromRequest(r); ok {
		t.Error("the planted id is signed in")
	}
}

func TestCookieFlags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.submit(w.get("/login?lang=en"), url.Values{"username": {"ana"}, "password": {anasPassword}})
	for _, c := range p.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.Domain != "" {
			t.Errorf("cookie %s", c)
		}
	}
	w.secure = true
	if c := w.cookie(w.sessionCookie(), "x", time.Hour); !c.Secure || c.Name != "__Host-nexo_session" {
		t.Errorf("over https: %s", c)
	}
}

// TestEnumerate is S-28: unknown, disabled and wrong answer the same, and do the same work.
func TestEnumerate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var first string
	for _, who := range [][2]string{
		{"ana", "wrong-password"}, {"nobody", "wrong-password"}, {"out", anasPassword}, {"", ""}, {"ana", strings.Repeat("x", 300)},
		{strings.Repeat("x", 300), "x"},
	} {
		p := w.submit(w.get("/login"), url.Values{"username": {who[0]}, "password": {who[1]}})
		body := comparable(p.body)
		if p.StatusCode != 401 || p.Header.Get("Location") != "" || !strings.Contains(body, "Usuário ou senha incorretos.") {
			t.Errorf("%.20q: %d", who[0], p.StatusCode)
		}
		if body = comparable(strings.ReplaceAll(body, `value="`+who[0]+`"`, `value=""`)); first == "" {
			first = body
		}
		if strings.Count(body, "\n") != strings.Count(first, "\n") {
			t.Errorf("%.20q gets another page:\n%s", who[0], cmp.Diff(first, body))
		}
	}
	if w.passwords.dummy == "" || !strings.HasPrefix(w.passwords.dummy, "$argon2id$v=19$m=9216,t=4,p=1$") {
		t.Error("the hash for nobody costs something else than a real one")
	}
}

// comparable takes the random parts out of a page.
func comparable(body string) string {
	for _, mark := range []string{`nonce="`, `name="form_token" value="`} {
		if before, rest, ok := strings.Cut(body, mark); ok {
			_, after, _ := strings.Cut(rest, `"`)
			body = before + mark + `"` + after
		}
	}
	return body
}

func TestLoginLocksByRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range pairBurst {
		if p := w.submit(w.get("/login"), url.Values{"username": {"ana"}, "password": {"wrong"}}); p.StatusCode != 401 {
			t.Fatalf("answers %d", p.StatusCode)
		}
	}
	locked := w.submit(w.get("/login"), url.Values{"username": {" ANA "}, "password": {anasPassword}})
	if locked.StatusCode != 429 || locked.Header.Get("Retry-After") != "20" {
		t.Fatalf("sixth try: %d, Retry-After %q", locked.StatusCode, locked.Header.Get("Retry-After"))
	}
	w.clock.pass(pairEvery)
	w.signIn("/login")
}

func TestLoginGoesOnlyToOurOwnPaths(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"": "/", "/": "/", "/estoque?pn=1": "/estoque?pn=1", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "estoque": "/", "/%zz": "/",
	} {
		if got := safeNext(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
	w := newWorld(t)
	if got := w.signIn("/login?next=" + url.QueryEscape("//evil.example/")); got != "/" {
		t.Errorf("goes to %q", got)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := url.Values{"username": {"ana"}, "password": {anasPassword}}
	tests := []struct {
		name   string
		change func(*http.Request)
		form   func(url.Values)
	}{
		{"cross-site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, nil},
		{"same site, other origin", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, nil},
		{"old browser, other origin", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "http://evil.example")
		}, nil},
		{"old browser, null origin", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "null")
		}, nil},
		{"no form token", nil, func(f url.Values) { f.Del("form_token") }},
		{"token of another browser", nil, func(f url.Values) { f.Set("form_token", w.formMAC("other")) }},
		{"no cookie", func(r *http.Request) { w.Client = &http.Client{CheckRedirect: w.CheckRedirect} }, nil},
	}
	for _, path := range []string{"/login", "/logout"} {
		for _, tt := range tests {
			w.Client = w.browser()
			page := w.get(path)
			form := w.filled(page, good)
			if tt.form != nil {
				tt.form(form)
			}
			r := w.request("POST", path, form)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			if tt.change != nil {
				tt.change(r)
			}
			if p := w.do(r); p.StatusCode != http.StatusForbidden || len(p.Cookies()) > 0 {
				t.Errorf("%s %s: %d %v", path, tt.name, p.StatusCode, p.Cookies())
			}
		}
	}
}

func TestConcurrentSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("/login")
	one := w.withCookies()
	w.Client = w.browser()
	w.signIn("/login")
	two := w.withCookies()
	if err := w.SignOut(httptest.NewRecorder(), one); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.SessionFromRequest(one); ok {
		t.Error("the first browser is still signed in")
	}
	if _, ok := w.SessionFromRequest(two); !ok {
		t.Error("signing out of one browser ended the other's session")
	}
}
