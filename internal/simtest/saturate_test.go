package simtest

import (
	"context"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
	"go.uber.org/goleak"
)

// TestSaturate is R-17: every connection of the desk is busy and a row is locked from a console. Calls
// end in time with "unavailable, retry", others are served, afterwards all is well, and no goroutine is
// left. It does not run beside others, since it counts goroutines.
func TestSaturate(t *testing.T) {
	c := Open(t)
	c.must(t, Move(stock.Entrada, "100", "UNI-1", "", "CD-A"), Move(stock.Entrada, "100", "UNI-1", "", "CD-B"))
	before := goleak.IgnoreCurrent()
	db, err := postgres.Open(t.Context(), postgres.Config{WriterURL: c.Data.DSN(), ReaderURL: c.Data.DSN(), MaxWriters: 2, MaxReaders: 2})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := c.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT 1 FROM sga.balances b JOIN sga.locations USING (location_key) WHERE location_code = 'CD-A' FOR UPDATE OF b`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	got := together(60, func(i int) error {
		at := "CD-B"
		if i%3 == 0 {
			at = "CD-A"
		}
		_, err := db.Submit(t.Context(), c.Request(c.Ana, Move(stock.Saida, "1", "UNI-1", at, "")))
		if f := fault.Of(err); f != nil && !f.Retryable {
			t.Errorf("not retryable: %v", err)
		}
		return err
	})
	const deadline = 25 * time.Second // the desk's own limit of a group, and some
	if took := time.Since(began); got[""] != 40 || got[fault.Unavailable] != 20 || took > deadline {
		t.Errorf("after %v: %v", took, got)
	}
	// A caller's own deadline ends its wait, and a read does not stand behind writers.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := db.Submit(ctx, c.Request(c.Ana, Move(stock.Saida, "1", "UNI-1", "CD-A", ""))); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("a short deadline: %v", err)
	}
	if _, err := db.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{}, stock.Page{Limit: 5}); err != nil {
		t.Errorf("a read: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Submit(t.Context(), c.Request(c.Ana, Move(stock.Saida, "1", "UNI-1", "CD-A", ""))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	db.Close()
	c.MustHold(t)
	goleak.VerifyNone(t, before)
}
