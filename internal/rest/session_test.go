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

// TestSignInAndOut walks through the pages with the program's own issuer, as a browser does (S-26).
func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	const password = "7hk-m2q-x9t-c4w"
	hash, err := oidc.HashPassword(password, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	people := &onePerson{user: oidc.User{Subject: "sub-logistics", Username: "logistics", Name: "Lia", PasswordHash: hash, Groups: []string{"logistics"}}}
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	clock := func() time.Time { return time.Unix(0, now.Load()) }
	var handler http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	defer s.Close()
	issuer, err := oidc.NewIssuer(oidc.IssuerConfig{Local: true, URL: s.URL, DataDir: t.TempDir(), Directory: people, Now: clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(o *Options) {
		o.PublicURL, o.Session, o.Now = s.URL, issuer.SessionFromRequest, clock
		o.Mounts = map[string]http.Handler{"/login": issuer.Handler(), "/logout": issuer.Handler()}
	})
	handler = w.handler
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	visit := func(r *http.Request, err error) (*http.Response, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		p, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Body.Close()
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		return p, string(body)
	}
	get := func(path string) (*http.Response, string) {
		t.Helper()
		return visit(http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil))
	}
	send := func(path, page string, values url.Values) (*http.Response, string) {
		t.Helper()
		values.Set("form_token", token.FindStringSubmatch(page)[1])
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+path, strings.NewReader(values.Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", s.URL)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		return visit(r, err)
	}

	p, page := get("/tasks")
	if p.Request.URL.Path != "/login" || !strings.Contains(page, "Entrar no NEXO") {
		t.Fatalf("a guest at the tasks: %s", p.Request.URL)
	}
	p, page = send("/login?next=%2Ftasks", page, url.Values{"username": {"logistics"}, "password": {password}})
	if p.Request.URL.Path != "/tasks" || !strings.Contains(page, "Pendências") || !strings.Contains(page, "logistics") {
		t.Fatalf("after signing in: %s %s", p.Request.URL, page)
	}
	_, page = get("/movements/new?type=ENTRADA")
	_, page = send("/movements", page, url.Values{"movement_type": {"ENTRADA"}, "part_number": {"A"}, "quantity": {"1"}, "destination_location_id": {"CD-SP"}})
	if !strings.Contains(page, "Movimento registrado.") {
		t.Errorf("posting: %s", page)
	}
	if p, _ = get("/api/v1/inventory?format=csv"); p.StatusCode != 200 || p.Header.Get("Content-Type") != mediaCSV {
		t.Errorf("a table from a page: %d", p.StatusCode)
	}
	before := w.client.last()
	if before.Actor.Username != "logistics" {
		t.Errorf("acts as %+v", before.Actor)
	}
	stale, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/tasks", nil)
	for _, c := range jar.Cookies(stale.URL) {
		stale.AddCookie(c)
	}
	_, page = get("/logout")
	send("/logout", page, url.Values{})
	if p, _ = get("/tasks"); p.Request.URL.Path != "/login" {
		t.Errorf("after signing out: %s", p.Request.URL)
	}
	thief := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if p, err := thief.Do(stale); err != nil || p.StatusCode != 303 {
		t.Errorf("a copied cookie outlives the session: %v", err)
	}
	_, page = get("/login")
	send("/login", page, url.Values{"username": {"logistics"}, "password": {password}})
	people.disabled.Store(true)
	now.Add(int64(time.Minute))
	if p, _ = get("/tasks"); p.Request.URL.Path != "/login" {
		t.Errorf("a disabled person is let in: %s", p.Request.URL)
	}
}
