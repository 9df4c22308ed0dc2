package oidc

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/postgres"
)

func openDatabase(t testing.TB) *dbtest.DB {
	t.Helper()
	return dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
}

func openItems(t testing.TB, db *dbtest.DB, now func() time.Time) item.Store {
	t.Helper()
	s, err := postgres.OpenItems(t.Context(), postgres.ItemsConfig{URL: db.As("nexo_writer"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// restart gives the world a new program on the same data.
func (w *world) restart(db *dbtest.DB, dir string) item.Store {
	w.Helper()
	c := w.config(dir)
	items := openItems(w, db, w.clock.now)
	c.Store = NewItemStore(items, w.clock.now)
	var err error
	if w.Issuer, err = NewIssuer(c); err != nil {
		w.Fatal(err)
	}
	return items
}

func (w *world) knows() bool {
	w.Helper()
	r := w.request(http.MethodGet, "/", nil)
	for _, c := range w.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	_, ok := w.SessionFromRequest(r)
	return ok
}

// A restart of the program leaves people signed in and agents with their refresh tokens; what was ended
// before stays ended, and a token that was used before is still a theft.
func TestRestartKeepsSignIns(t *testing.T) {
	t.Parallel()
	w, db, dir := newWorld(t), openDatabase(t), t.TempDir()
	w.restart(db, dir)
	web := w.tokensOf(ClientWeb, nil)
	agent := w.tokensOf(ClientAgent, nil)
	code := w.code(ClientAgent, nil)

	items := w.restart(db, dir)
	if !w.knows() {
		t.Fatal("the browser is signed out")
	}
	web2, agent2 := w.refreshed(ClientWeb, web.RefreshToken), w.refreshed(ClientAgent, agent.RefreshToken)
	if web2.status != 200 || agent2.status != 200 {
		t.Fatalf("refresh: %d %s, %d %s", web2.status, web2.Error, agent2.status, agent2.Error)
	}
	if late := w.post("/oauth2/token", w.exchangeForm(ClientAgent, code)); late.status != 200 {
		t.Errorf("a code of before: %d %s", late.status, late.Error)
	}
	page, err := item.SessionsOfUser(t.Context(), items, "sub-ana", "")
	if err != nil || len(page.Items) != 4 { // the browser, the web app, two of the agent
		t.Errorf("%d sign-ins of the person, %v", len(page.Items), err)
	}

	w.restart(db, dir)
	if reused := w.refreshed(ClientAgent, agent.RefreshToken); reused.Error != "invalid_grant" {
		t.Errorf("a token that was used: %d", reused.status)
	}
	if again := w.refreshed(ClientAgent, agent2.RefreshToken); again.Error != "invalid_grant" {
		t.Errorf("the family of a stolen token: %d", again.status)
	}
	if twice := w.post("/oauth2/token", w.exchangeForm(ClientAgent, code)); twice.Error != "invalid_grant" {
		t.Errorf("a code that was used: %d", twice.status)
	}

	w.restart(db, dir)
	w.clock.pass(SessionTTL)
	if w.knows() {
		t.Error("the session outlives its end")
	}
	if ended := w.refreshed(ClientWeb, web2.RefreshToken); ended.Error != "invalid_grant" {
		t.Errorf("the web app outlives its browser: %d", ended.status)
	}
}

// Without the table nobody is taken for signed out: it is a fault, and not an answer.
func TestItemStoreFails(t *testing.T) {
	t.Parallel()
	items, err := postgres.OpenItems(t.Context(), postgres.ItemsConfig{URL: "postgres://nobody@127.0.0.1:1/x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(items.Close)
	s, e := NewItemStore(items, noon), Entry{Value: []byte("1"), Until: noon().Add(time.Hour)}
	_, getting := s.Get(t.Context(), KindSession, "a")
	_, taking := s.Take(t.Context(), KindSession, "a")
	_, swapping := s.Swap(t.Context(), KindSession, "a", nil, e)
	for what, err := range map[string]error{"get": getting, "take": taking, "swap": swapping, "put": s.Put(t.Context(), KindSession, "a", e), "delete": s.Delete(t.Context(), KindSession, "a")} {
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
}
