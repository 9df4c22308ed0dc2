package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

const inside = "dial tcp 10.0.0.7:5432: relation oidc_entry"

// brittle is a Store and a Directory whose call number failAt fails, counted from 1.
type brittle struct {
	Store
	Directory
	calls, failAt atomic.Int64
}

func (b *brittle) hit() error {
	if b.calls.Add(1) == b.failAt.Load() {
		return errors.New(inside)
	}
	return nil
}

func (b *brittle) Put(ctx context.Context, k StoreKind, key string, e Entry) error {
	if err := b.hit(); err != nil {
		return err
	}
	return b.Store.Put(ctx, k, key, e)
}

func (b *brittle) Get(ctx context.Context, k StoreKind, key string) (Entry, error) {
	if err := b.hit(); err != nil {
		return Entry{}, err
	}
	return b.Store.Get(ctx, k, key)
}

func (b *brittle) Take(ctx context.Context, k StoreKind, key string) (Entry, error) {
	if err := b.hit(); err != nil {
		return Entry{}, err
	}
	return b.Store.Take(ctx, k, key)
}

func (b *brittle) Swap(ctx context.Context, k StoreKind, key string, old []byte, e Entry) (bool, error) {
	if err := b.hit(); err != nil {
		return false, err
	}
	return b.Store.Swap(ctx, k, key, old, e)
}

func (b *brittle) Delete(ctx context.Context, k StoreKind, key string) error {
	if err := b.hit(); err != nil {
		return err
	}
	return b.Store.Delete(ctx, k, key)
}

func (b *brittle) User(ctx context.Context, name string) (User, error) {
	if err := b.hit(); err != nil {
		return User{}, err
	}
	return b.Directory.User(ctx, name)
}

// TestOutage lets every single call to the store and the directory fail once, over the whole life of a
// sign-in: no answer may show why, and a step that could not be stored must not look done.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := &brittle{Store: w.store, Directory: w.people}
	w.store, w.dir, w.users.dir = b, b, b
	w.life(false)
	total := b.calls.Load()
	if total < 10 {
		t.Fatalf("only %d calls", total)
	}
	for n := int64(1); n <= total; n++ {
		w.clock.pass(2 * userFresh)
		w.Client = w.browser()
		b.calls.Store(0)
		b.failAt.Store(n)
		if !w.life(true) {
			t.Errorf("call %d failed and nobody noticed", n)
		}
	}
}

// life goes from the sign-in page to a revoked token. It reports whether something on the way did not work,
// which is only allowed when mayFail is set.
func (w *world) life(mayFail bool) (failed bool) {
	w.Helper()
	check := func(p page, want int) bool {
		w.Helper()
		if strings.Contains(p.body+p.Header.Get("Location"), "10.0.0.7") {
			w.Errorf("the reason got out: %s", p.body)
		}
		if p.StatusCode == want {
			return true
		}
		failed = true
		if !mayFail {
			w.Fatalf("%d, want %d: %s", p.StatusCode, want, p.body)
		}
		if p.StatusCode != 500 && p.StatusCode != http.StatusSeeOther {
			w.Errorf("an outage answers %d: %s", p.StatusCode, p.body)
		}
		return false
	}
	if !check(w.submit(w.get("/login"), url.Values{"username": {"ana"}, "password": {anasPassword}}), 303) {
		return true
	}
	consent := w.get(w.authURL(ClientAgent, nil))
	if !check(consent, 200) {
		return true
	}
	p := w.submit(consent, url.Values{"decision": {"allow"}})
	back, err := url.Parse(p.Header.Get("Location"))
	if err != nil || !check(p, 303) || back.Query().Get("code") == "" {
		return true
	}
	exchange := func(form url.Values) (page, tokens) {
		p := w.do(w.request("POST", "/oauth2/token", form))
		return p, tokens{tokenAnswer: tokenAnswer{RefreshToken: between(p.body, `"refresh_token":"`)}}
	}
	p, got := exchange(w.exchangeForm(ClientAgent, back.Query().Get("code")))
	if !check(p, 200) {
		return true
	}
	p, got = exchange(url.Values{"grant_type": {"refresh_token"}, "client_id": {ClientAgent}, "refresh_token": {got.RefreshToken}})
	if !check(p, 200) {
		return true
	}
	revoked := w.do(w.request("POST", "/oauth2/revoke", url.Values{"client_id": {ClientAgent}, "token": {got.RefreshToken}}))
	if !check(revoked, 200) {
		return true
	}
	check(w.submit(w.get("/logout"), nil), 303)
	return failed
}

func between(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	out, _, _ := strings.Cut(rest, `"`)
	return out
}

// empty is a source of randomness that has none left.
type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, errors.New(inside) }

func TestWithoutRandomnessNothingIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(ClientAgent, nil)
	w.random = empty{}
	if _, err := w.Mint(t.Context(), MintRequest{Subject: "s"}); err == nil {
		t.Error("minted a token without an id")
	}
	p := w.do(w.request("POST", "/oauth2/token", w.exchangeForm(ClientAgent, code)))
	if p.StatusCode != 500 || strings.Contains(p.body, "10.0.0.7") || strings.Contains(p.body, "access_token") {
		t.Errorf("token endpoint: %d %s", p.StatusCode, p.body)
	}
	if p := w.get("/login"); p.StatusCode != 500 || p.body != "" {
		t.Errorf("page: %d %s", p.StatusCode, p.body)
	}
}
