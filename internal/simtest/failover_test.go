package simtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/simtest/netproxy"
	"github.com/faiston/nexo/internal/stock"
)

// throughGate opens the company's database as on AWS: by way of a proxy that takes TLS and tokens.
func (c *Company) throughGate(t *testing.T) (*postgres.DB, *netproxy.Proxy) {
	t.Helper()
	const token = "a token of this test"
	p := netproxy.Start(t, c.Data.DSN(), &netproxy.Gate{Admit: func(_, password string) bool { return password == token }})
	tokens := func(context.Context, string, uint16, string) (string, time.Time, error) {
		return token, time.Now().Add(15 * time.Minute), nil
	}
	db, err := postgres.Open(t.Context(), postgres.Config{WriterURL: p.URL(t, "nexo_writer", c.Data.Name, ""), ReaderURL: p.URL(t, "nexo_reader", c.Data.Name, ""),
		MaxWriters: 4, MaxReaders: 4, Connect: postgres.Connect{Password: postgres.Remembered(tokens, time.Now), VerifyTLS: true, CAFile: p.CAFile(), Proxied: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, p
}

// TestFailoverOfAnEndpoint plays what RDS does: the old primary takes reads only while the connections to it
// live on, then it is gone, and the endpoint leads to the new one. The desk finds it by itself, a caller with
// a key is answered once, and nothing that pins a session goes over the wire.
func TestFailoverOfAnEndpoint(t *testing.T) {
	t.Parallel()
	c := Open(t)
	db, p := c.throughGate(t)
	readOnly := func(on bool) {
		t.Helper()
		value := "RESET default_transaction_read_only"
		if on {
			value = "SET default_transaction_read_only = on"
		}
		if _, err := c.Owner.Exec(t.Context(), `ALTER ROLE nexo_writer IN DATABASE "`+c.Data.Name+`" `+value); err != nil {
			t.Fatal(err)
		}
	}
	entry := func(key string) error {
		r := c.keyed(key, key, Move(stock.Entrada, "1", "UNI-1", "", "CD"))
		_, err := db.Submit(t.Context(), r)
		return err
	}
	if err := entry("before"); err != nil {
		t.Fatal(err)
	}
	// New connections meet the old primary, which only reads: refused at once, and nothing was written.
	readOnly(true)
	p.Drop()
	if f := fault.Of(entry("demoted")); f == nil || f.Code != fault.Unavailable || !f.Retryable {
		t.Errorf("on the old primary: %v", f)
	}
	if _, err := db.LastPosition(t.Context()); err != nil {
		t.Errorf("reads go on: %v", err)
	}
	// It is gone.
	p.Lead(t, "")
	p.Drop()
	if f := fault.Of(entry("gone")); f == nil || f.Code != fault.Unavailable || !f.Retryable {
		t.Errorf("without a server: %v", f)
	}
	// The endpoint leads to the new one, while a caller is waiting: it is not sent away.
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := insist(func() error { return entry("demoted") }); err != nil {
			t.Errorf("after the failover: %v", err)
		}
	})
	readOnly(false)
	p.Lead(t, c.Data.DSN())
	waiting.Wait()
	c.counts(t, map[string]int{"movements": 2, "idempotency_keys": 2})
	c.MustHold(t)
}

// insist asks until there is another answer than "unavailable, try again".
func insist(ask func() error) error {
	const most = 200
	var err error
	for range most {
		if err = ask(); fault.CodeOf(err) != fault.Unavailable {
			return err
		}
	}
	return err
}

// haSettings are those of both servers: enough WAL is kept for a standby that begins with a copy.
func haSettings() []string { return []string{"wal_keep_size=512MB", "shared_buffers=32MB"} }

// The ways in which the primary of a round goes.
const (
	dies    = iota // with its machine
	isAlone        // cut off, and still there for whoever reaches it
	demoted        // made to take reads only, while the connections to it stay open
	ways
)

// TestHA is R-11: the streaming standby is promoted under load, with every commit waiting for it, while the
// primary dies, is cut off, or is demoted. Nothing that was acknowledged is lost; whoever still reaches the
// old primary is not answered; the promoted server takes the next standby, and the next round begins.
func TestHA(t *testing.T) {
	t.Parallel()
	c := Open(t, dbtest.Own{Settings: haSettings()})
	p := netproxy.Start(t, c.Data.DSN())
	c.DB = c.OpenDB(t, p.DSN(t, c.Data.DSN()))
	s := &survivors{c: c, acked: map[string]string{}, heard: make(chan struct{}), stop: make(chan struct{})}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() { s.write(t, i) })
	}
	for round := range size(ways, 12) {
		c.failOver(t, s, p, round)
	}
	close(s.stop)
	go func() {
		for range s.heard { //nolint:revive // writers may still have a word to say
		}
	}()
	writers.Wait()
	close(s.heard)
	for key, answer := range s.acked {
		c.mustStore(t, key, answer)
	}
	c.oneEffectEach(t)
	c.MustHold(t)
	t.Logf("%d acknowledged and stored", len(s.acked))
}

// failOver is one round: a standby is made of the primary under load, follows it, and takes its place.
func (c *Company) failOver(t *testing.T, s *survivors, p *netproxy.Proxy, round int) {
	t.Helper()
	name := fmt.Sprintf("standby%d", round)
	old, oldOwner := c.Data, c.Owner
	goOn := s.listen()
	c.Data = old.Backup(t).Standby(t, name, haSettings()...)
	old.Await(t, name)
	goOn()
	for range 20 + rand.IntN(300) {
		<-s.heard
	}
	goOn = s.listen()
	switch round % ways {
	case dies:
		old.Crash(t)
	case demoted:
		for _, statement := range []string{"ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"} {
			if _, err := oldOwner.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Data.Promote(t)
	p.Lead(t, c.Data.DSN())
	if round%ways != demoted {
		p.Drop()
	}
	c.Owner = c.ownerOf(t)
	c.waitHealth(t, "")
	goOn()
	if round%ways == isAlone {
		c.mustBeAlone(t, old)
	}
	oldOwner.Close()
	old.Stop(t)
}

// listen lets the writers go on while nobody counts, until the function that it gives is called.
func (s *survivors) listen() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-s.heard:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// mustBeAlone: the old primary has no standby that says "kept", so it never answers a commit.
func (c *Company) mustBeAlone(t *testing.T, old *dbtest.DB) {
	t.Helper()
	lone := c.OpenDB(t, old.DSN())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r := c.Request(c.Ana, Move(stock.Entrada, "1", "UNI-1", "", "CD"))
	if out, err := lone.Submit(ctx, r); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("the old primary acknowledged a write: %+v, %v", out, err)
	}
}

func (c *Company) ownerOf(t *testing.T) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(c.Data.DSN())
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = maxOwners
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
