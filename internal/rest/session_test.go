package rest

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/oidc"
)

// onePerson is a directory with one login.
type onePerson struct {
	user     oidc.User
	disabled atomic.Bool
}

func (o *onePerson) User(_ context.Context, name string) (oidc.User, error) {
	if name != o.user.Username {
		return oidc.User{}, fault.NotFound.With("Não encontrado.", "Not found.")
	}
	u := o.user
	u.Disabled = o.disabled.Load()
	return u, nil
}

// browser is a person with a browser, in front of the program with its own issuer.
type browser struct {
	testing.TB
	*http.Client
	world  *world
	url    string
	people *onePerson
	now    atomic.Int64
}

const lisPassword = "7hk-m2q-x9t-c4w"

func newBrowser(t *testing.T) *browser {
	t.Helper()
	hash, err := oidc.HashPassword(lisPassword, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{TB: t, people: &onePerson{user: oidc.User{Subject: "sub-logistics", Username: "logistics", Name: "Lia", PasswordHash: hash, Groups: []string{"logistics"}}}}
	b.now.Store(time.Now().UnixNano())
	clock := func() time.Time { return time.Unix(0, b.now.Load()) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.world.handler.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	b.url = s.URL
	issuer, err := oidc.NewIssuer(oidc.IssuerConfig{Local: true, URL: s.URL, DataDir: t.TempDir(), Directory: b.people, Now: clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b.world = newWorld(t, func(o *Options) {
		o.PublicURL, o.Session, o.Now = s.URL, issuer.SessionFromRequest, clock
		o.Mounts = map[string]http.Handler{"/login": issuer.Handler(), "/logout": issuer.Handler()}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Client = &http.Client{Jar: jar}
	return b
}

func (b *browser) visit(r *http.Request) (*http.Response, string) {
	b.Helper()
	p, err := b.Do(r.WithContext(b.Context()))
	if err != nil {
		b.Fatal(err)
	}
	defer p.Body.Close()
	body, err := io.ReadAll(p.Body)
	if err != nil {
		b.Fatal(err)
	}
	return p, string(body)
}

func (b *browser) get(path string) (*http.Response, string) {
	b.Helper()
	r := httptest.NewRequest("GET", b.url+path, nil)
	r.RequestURI = ""
	return b.visit(r)
}

// send sends the form of a page.
func (b *browser) send(path, page string, values url.Values) (*http.Response, string) {
	b.Helper()
	values.Set("form_token", token.FindStringSubmatch(page)[1])
	r := httptest.NewRequest("POST", b.url+path, strings.NewReader(values.Encode()))
	r.RequestURI = ""
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.url)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.visit(r)
}

// signIn goes to a page and through the sign-in that is asked for.
func (b *browser) signIn(path string) (*http.Response, string) {
	b.Helper()
	p, page := b.get(path)
	if p.Request.URL.Path != "/login" || !strings.Contains(page, "Entrar no NEXO") {
		b.Fatalf("a guest at %s: %s", path, p.Request.URL)
	}
	return b.send("/login?"+p.Request.URL.RawQuery, page, url.Values{"username": {"logistics"}, "password": {lisPassword}})
}

// TestSignIn walks through the pages as a browser does.
func TestSignIn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	p, page := b.signIn("/tasks")
	if p.Request.URL.Path != "/tasks" || !strings.Contains(page, "Pendências") || !strings.Contains(page, "logistics") {
		t.Fatalf("after signing in: %s %s", p.Request.URL, page)
	}
	_, page = b.get("/movements/new?type=ENTRADA")
	_, page = b.send("/movements", page, url.Values{"movement_type": {"ENTRADA"}, "part_number": {"A"}, "quantity": {"1"}, "destination_location_id": {"CD-SP"}})
	if !strings.Contains(page, "Movimento registrado.") {
		t.Errorf("posting: %s", page)
	}
	if p, _ = b.get("/api/v1/inventory?format=csv"); p.StatusCode != 200 || p.Header.Get("Content-Type") != mediaCSV {
		t.Errorf("a table from a page: %d", p.StatusCode)
	}
	if a := b.world.client.last().Actor; a.Username != "logistics" || a.Subject != "sub-logistics" {
		t.Errorf("acts as %+v", a)
	}
}

// TestSignOut: nothing of a session is good after its end, or after its person was disabled (S-26).
func TestSignOut(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.signIn("/tasks")
	copied := httptest.NewRequest("GET", b.url+"/tasks", nil)
	copied.RequestURI = ""
	for _, c := range b.Jar.Cookies(copied.URL) {
		copied.AddCookie(c)
	}
	_, page := b.get("/logout")
	b.send("/logout", page, url.Values{})
	thief := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	p, err := thief.Do(copied)
	if err != nil || p.StatusCode != 303 {
		t.Errorf("a copied cookie outlives the session: %v", err)
	}
	p.Body.Close()
	b.signIn("/tasks")
	b.people.disabled.Store(true)
	b.now.Add(int64(time.Minute))
	if p, _ := b.get("/tasks"); p.Request.URL.Path != "/login" {
		t.Errorf("a disabled person is let in: %s", p.Request.URL)
	}
}
