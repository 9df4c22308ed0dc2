package netproxy

import (
	"sync/atomic"
	"testing"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/jackc/pgx/v5"
)

// TestProxy: what is asked passes; after the word the server has done it and the client hears nothing;
// a dropped connection is dropped, and the next one works.
func TestProxy(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	p := Start(t, db.DSN())
	open := func() *pgx.Conn {
		c, err := pgx.Connect(t.Context(), p.DSN(t, db.DSN()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(t.Context()) })
		return c
	}
	c := open()
	if _, err := c.Exec(t.Context(), "CREATE TABLE thing (id int)"); err != nil {
		t.Fatal(err)
	}
	p.CutAfter("/* lost */")
	if _, err := c.Exec(t.Context(), "INSERT INTO thing VALUES (1) /* lost */", pgx.QueryExecModeSimpleProtocol); err == nil {
		t.Error("the answer came through")
	}
	if p.Cuts() != 1 {
		t.Errorf("%d cuts", p.Cuts())
	}
	c = open()
	var n int
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM thing").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v; the server was asked and must have done it", n, err)
	}
	p.Drop()
	if err := c.Ping(t.Context()); err == nil {
		t.Error("a dropped connection answers")
	}
	if err := open().Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWatchFindsAWordAcrossReads(t *testing.T) {
	t.Parallel()
	for _, reads := range [][]string{{"a COMMIT b"}, {"a COM", "MIT b"}, {"C", "O", "M", "M", "I", "T"}} {
		p, word, found, tail := &Proxy{}, "COMMIT", false, ""
		p.word.Store(&word)
		for _, r := range reads {
			mute := newFlag()
			tail = string(p.watch([]byte(tail+r), mute))
			found = found || mute.Load()
		}
		if !found {
			t.Errorf("%q: not found", reads)
		}
	}
}

func newFlag() *atomic.Bool { return &atomic.Bool{} }
