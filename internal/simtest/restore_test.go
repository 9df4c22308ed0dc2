package simtest

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/stock"
)

// burst lets writers work until so many calls were answered, and gives what was acknowledged by key.
func (c *Company) burst(t *testing.T, first, calls int, during func()) map[string]string {
	t.Helper()
	s := &survivors{c: c, acked: map[string]string{}, heard: make(chan struct{}), stop: make(chan struct{})}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { s.write(t, first+i) })
	}
	for range calls {
		<-s.heard
	}
	goOn := s.listen()
	during()
	close(s.stop)
	writers.Wait()
	goOn()
	return s.acked
}

// TestRestore is R-20: a base copy is taken under load, the log is archived, and the database is brought back as it was
// at a moment. Its numbers are those that the living one gives for "as known then"; what was acknowledged
// before is there, nothing of later is, the ledger agrees, and it can be written to.
func TestRestore(t *testing.T) {
	t.Parallel()
	archive, settings := dbtest.ArchiveDir(t)
	c := Open(t, dbtest.Own{Settings: append(settings, "shared_buffers=32MB")})
	ctx, stop := context.WithCancel(t.Context())
	var positions sync.WaitGroup
	positions.Go(func() {
		if err := c.DB.RunPositions(ctx, 20*time.Millisecond); err != nil {
			t.Error(err)
		}
	})
	calls := size(150, 3000)
	var base *dbtest.Backup
	acked := c.burst(t, 0, calls, func() { base = c.Data.Backup(t) })
	more := c.burst(t, 100, calls+rand.IntN(calls), func() {})
	c.positioned(t)
	var moment time.Time
	if err := c.Owner.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&moment); err != nil {
		t.Fatal(err)
	}
	then := c.stockAt(t, c.DB, stock.Moment{KnownAt: moment})
	later := c.burst(t, 200, calls, func() {})
	c.positioned(t)
	c.archived(t)
	if diff := cmp.Diff(then, c.stockAt(t, c.DB, stock.Moment{KnownAt: moment})); diff != "" {
		t.Errorf("the living database changed its mind about %v:\n%s", moment, diff)
	}
	stop()
	positions.Wait()

	past := &Company{Data: base.Restore(t, archive, moment), Ana: c.Ana, Bia: c.Bia}
	past.Owner = past.ownerOf(t)
	past.DB = past.OpenDB(t, past.Data.DSN())
	if diff := cmp.Diff(then, past.stockAt(t, past.DB, stock.Moment{})); diff != "" {
		t.Errorf("restored and known at the moment differ:\n%s", diff)
	}
	for _, kept := range []map[string]string{acked, more} {
		for key, answer := range kept {
			past.mustStore(t, key, answer)
		}
	}
	past.mustNotKnow(t, later)
	past.MustHold(t)
	found, err := past.DB.Verify(t.Context(), nil)
	if err != nil || len(found.Findings) > 0 {
		t.Errorf("verify: %v, %v", found, err)
	}
	past.must(t, Move(stock.Entrada, "1", "UNI-1", "", "CD"))
	t.Logf("%d acknowledged before %v and restored, %d after and not there", len(acked)+len(more), moment.UTC().Format(time.RFC3339), len(later))
}

// positioned waits until every event has its place in the log.
func (c *Company) positioned(t *testing.T) {
	t.Helper()
	for waiting := true; waiting; {
		c.DB.PokePositions()
		if err := c.Owner.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM sga.outbox) FROM pg_sleep(0.01)`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
}

// archived waits until all that was written lies in the archive.
func (c *Company) archived(t *testing.T) {
	t.Helper()
	var segment string
	if err := c.Owner.QueryRow(t.Context(), `SELECT pg_walfile_name(pg_switch_wal())`).Scan(&segment); err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if err := c.Owner.QueryRow(t.Context(), `SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver, pg_sleep(0.02)`, segment).Scan(&done); err != nil {
			t.Fatal(err)
		}
	}
}

// stockAt gives every balance of a moment, as people would see them: total and reserved by codes.
func (c *Company) stockAt(t *testing.T, db *postgres.DB, m stock.Moment) map[stock.Key][2]string {
	t.Helper()
	out := map[stock.Key][2]string{}
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := db.StockAt(t.Context(), stock.Unlimited(), stock.StockAtFilter{Moment: m}, stock.Page{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			out[r.Key] = [2]string{r.Total.String(), r.Reserved.String()}
		}
		cursor = page.Next
	}
	return out
}

// mustNotKnow fails for keys that have left anything.
func (c *Company) mustNotKnow(t *testing.T, acked map[string]string) {
	t.Helper()
	keys := make([]string, 0, len(acked))
	for key := range acked {
		keys = append(keys, key)
	}
	var n int
	if err := c.Owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.idempotency_keys WHERE key = ANY($1)`, keys).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d keys of later are there, %v", n, err)
	}
}
