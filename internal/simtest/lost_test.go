package simtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/simtest/netproxy"
	"github.com/faiston/nexo/internal/stock"
)

// prepared is the name under which the driver prepares a statement (pgx/v5/internal/stmtcache): what
// travels once the connection knows it.
func prepared(sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return "stmtcache_" + hex.EncodeToString(sum[:24])
}

// TestLostAnswer is R-10: the connection breaks after COMMIT was sent and before its answer. With a key
// the caller gets the one effect, at once or by asking again; without one it learns that nobody knows.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	c := Open(t)
	p := netproxy.Start(t, c.Data.DSN())
	url := p.DSN(t, c.Data.DSN())
	db, err := postgres.Open(t.Context(), postgres.Config{WriterURL: url, ReaderURL: url, MaxWriters: 1, MaxReaders: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	entry := func(key string) (*approval.Outcome, error) {
		r := c.Request(c.Ana, Move(stock.Entrada, "1", "UNI-1", "", "CD"))
		r.Key = key
		return db.Submit(t.Context(), r)
	}
	want := 0
	for round := range size(10, 200) {
		if _, err := entry(""); err != nil { // the connection knows COMMIT
			t.Fatal(err)
		}
		want++
		p.CutAfter(prepared("COMMIT"))
		key := fmt.Sprint("k", round)
		if round%2 == 0 {
			key = ""
		}
		_, err := entry(key)
		want++
		if p.Cuts() != round+1 {
			t.Fatalf("round %d: %d cuts", round, p.Cuts())
		}
		if key == "" {
			if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || f.Retryable {
				t.Errorf("without a key a program must not ask again: %v", err)
			}
			continue
		}
		for try := 0; err != nil; try++ {
			if f := fault.Of(err); f.Code != fault.Unavailable || !f.Retryable || try > 3 {
				t.Fatalf("with a key: %v", err)
			}
			_, err = entry(key)
		}
	}
	c.counts(t, map[string]int{"movements": want, "idempotency_keys": size(10, 200) / 2})
	c.MustHold(t)
}

// TestDroppedConnections: while connections are dropped under a storm of writers, callers see nothing but
// "unavailable", and asking again with the key makes every effect exactly one.
func TestDroppedConnections(t *testing.T) {
	t.Parallel()
	c := Open(t)
	p := netproxy.Start(t, c.Data.DSN())
	db := c.OpenDB(t, p.DSN(t, c.Data.DSN()))
	each := size(15, 300)
	got := together(16, func(i int) error {
		for n := range each {
			if i == 0 && n%5 == 4 {
				p.Drop()
			}
			for try := 0; ; try++ {
				r := c.keyed(fmt.Sprintf("k%d-%d", i, n), "a", Move(stock.Entrada, "1", "UNI-1", "", "CD"))
				_, err := db.Submit(t.Context(), r)
				if err == nil {
					break
				}
				if fault.CodeOf(err) != fault.Unavailable || try > 50 {
					t.Error(err)
					return err
				}
			}
		}
		return nil
	})
	if got[""] != 16 {
		t.Errorf("%v", got)
	}
	c.counts(t, map[string]int{"movements": 16 * each, "idempotency_keys": 16 * each})
	c.MustHold(t)
}
