package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
)

// people is a Directory that the test changes.
type people struct {
	mu      sync.Mutex
	m       map[string]User
	lookups int
}

func (p *people) User(_ context.Context, username string) (User, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lookups++
	u, ok := p.m[username]
	if !ok {
		return User{}, fault.NotFound.With("Não encontrado.", "Not found.")
	}
	return u, nil
}

func (p *people) change(username string, f func(*User)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.m[username]
	f(&u)
	p.m[username] = u
}

const anasPassword = "7hk-m2q-x9t-c4w"

// world is an issuer behind a real server, a browser, and a clock that the test moves.
type world struct {
	testing.TB
	*Issuer
	server *httptest.Server
	people *people
	*http.Client
	clock *clock
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	hash, err := HashPassword(anasPassword, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, clock: &clock{t: noon()}, people: &people{m: map[string]User{
		"ana": {Subject: "sub-ana", Username: "ana", Name: "Ana <Lima>", PasswordHash: hash, Groups: []string{"logistics"}},
		"out": {Subject: "sub-out", Username: "out", PasswordHash: hash, Disabled: true},
	}}}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.Handler().ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	w.Issuer, err = NewIssuer(w.config(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	w.Client = w.browser()
	return w
}

func (w *world) config(dir string) IssuerConfig {
	return IssuerConfig{
		Local: true, URL: w.server.URL, DataDir: dir, Directory: w.people, Now: w.clock.now, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler), AgentRedirects: []string{"cursor://anysphere/callback"}, Origins: Origins{Loopback: true},
	}
}

// browser has cookies of its own and stops at every redirect.
func (w *world) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// page is an answer with its body.
type page struct {
	*http.Response
	body string
}

func (w *world) do(r *http.Request) page {
	w.Helper()
	resp, err := w.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return page{resp, string(raw)}
}

func (w *world) get(path string) page {
	w.Helper()
	return w.do(w.request("GET", path, nil))
}

func (w *world) request(method, path string, form url.Values) *http.Request {
	w.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.server.URL + path
	}
	r, err := http.NewRequestWithContext(w.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// submit sends the form of p with more fields, as a browser does.
func (w *world) submit(p page, fields url.Values) page {
	w.Helper()
	r := w.request("POST", formAction(w, p), w.filled(p, fields))
	r.Header.Set("Origin", w.server.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.do(r)
}

func (w *world) filled(p page, fields url.Values) url.Values {
	m := regexp.MustCompile(`name="form_token" value="([^"]+)"`).FindStringSubmatch(p.body)
	if m == nil {
		w.Fatalf("no form on the page: %s", p.body)
	}
	all := url.Values{"form_token": {m[1]}}
	for k, v := range fields {
		all[k] = v
	}
	return all
}

func formAction(w *world, p page) string {
	m := regexp.MustCompile(`<form method="post" action="([^"]+)"`).FindStringSubmatch(p.body)
	if m == nil {
		w.Fatalf("no form on the page: %s", p.body)
	}
	return html.UnescapeString(m[1])
}

// signIn signs ana in and returns where the page then leads.
func (w *world) signIn(loginPath string) string {
	w.Helper()
	p := w.submit(w.get(loginPath), url.Values{"username": {"ana"}, "password": {anasPassword}})
	if p.StatusCode != http.StatusSeeOther {
		w.Fatalf("sign-in answers %d: %s", p.StatusCode, p.body)
	}
	return p.Header.Get("Location")
}

const verifierText = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authURL is an authorization request of client with more or other parameters.
func (w *world) authURL(client string, change url.Values) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {w.redirectOf(client)}, "state": {"st&1"},
		"code_challenge": {challengeOf(verifierText)}, "code_challenge_method": {"S256"},
	}
	for k, v := range change {
		if v == nil {
			q.Del(k)
		} else {
			q[k] = v
		}
	}
	return "/oauth2/authorize?" + q.Encode()
}

func (w *world) redirectOf(client string) string {
	if client == ClientWeb {
		return w.server.URL + "/auth/callback"
	}
	return "http://127.0.0.1:49152/callback"
}

// code goes through the whole front of the flow, consent included.
func (w *world) code(client string, change url.Values) string {
	w.Helper()
	at := w.authURL(client, change)
	p := w.get(at)
	if loc := p.Header.Get("Location"); strings.HasPrefix(loc, "/login") {
		p = w.get(w.signIn(loc))
	}
	if p.StatusCode == http.StatusOK {
		p = w.submit(p, url.Values{"decision": {"allow"}})
	}
	back, err := url.Parse(p.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		w.Fatalf("no code: %d %s %s", p.StatusCode, p.Header.Get("Location"), p.body)
	}
	return back.Query().Get("code")
}

// tokens is an answer of the token endpoint, good or bad.
type tokens struct {
	status int
	header http.Header
	tokenAnswer
	Error string `json:"error"`
}

func (w *world) post(path string, form url.Values) tokens {
	w.Helper()
	return w.postAs(path, form, "", "")
}

func (w *world) postAs(path string, form url.Values, id, secret string) tokens {
	w.Helper()
	r := w.request("POST", path, form)
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	p := w.do(r)
	t := tokens{status: p.StatusCode, header: p.Header}
	if p.body == "" {
		return t
	}
	var both struct {
		AccessToken  string `json:"access_token"`
		IDToken      string `json:"id_token"`
		RefreshToken string `json:"refresh_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int    `json:"expires_in"`
		Scope        string `json:"scope"`
		Error        string `json:"error"`
	}
	if err := json.Unmarshal([]byte(p.body), &both); err != nil {
		w.Fatalf("%s: %v", p.body, err)
	}
	t.tokenAnswer = tokenAnswer{both.AccessToken, both.IDToken, both.RefreshToken, both.TokenType, both.ExpiresIn, both.Scope}
	t.Error = both.Error
	return t
}

func (w *world) exchangeForm(client, code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "code": {code},
		"redirect_uri": {w.redirectOf(client)}, "code_verifier": {verifierText},
	}
}

// tokensOf signs in and exchanges the code.
func (w *world) tokensOf(client string, change url.Values) tokens {
	w.Helper()
	t := w.post("/oauth2/token", w.exchangeForm(client, w.code(client, change)))
	if t.status != 200 {
		w.Fatalf("token endpoint answers %d %s", t.status, t.Error)
	}
	return t
}

func (w *world) refreshed(client, token string) tokens {
	w.Helper()
	return w.post("/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}})
}
