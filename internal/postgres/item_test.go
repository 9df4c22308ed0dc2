package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

func openItems(t testing.TB) (*Items, *dbtest.DB) {
	t.Helper()
	db := dbtest.New(t, template())
	s, err := OpenItems(t.Context(), ItemsConfig{URL: db.As("nexo_writer")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, db
}

// moves are items as the event table has most of.
func moves(n, from int) []item.Write {
	out := make([]item.Write, n)
	for i := range out {
		id := fmt.Sprintf("%036d", from+i)
		at := time.Unix(int64(1_700_000_000+from+i), 0).UTC().Format(time.RFC3339)
		out[i] = item.Write{If: item.Condition{Kind: item.IfNewer}, Item: item.Item{Key: item.Key{Partition: "MOVE#" + id, Sort: "METADATA"}, Version: 1,
			Index: map[string]item.Key{
				item.ByLocation: {Partition: fmt.Sprintf("LOC#%d", i%50), Sort: "MOVE#" + at + "#" + id},
				item.ByProject:  {Partition: fmt.Sprintf("PROJ#%d", i%20), Sort: "MOVE#" + at + "#" + id},
				item.ByDate:     {Partition: fmt.Sprintf("DATE#2026-11#%d", i%8), Sort: at + "#" + id},
			},
			Body: []byte(`{"actor":"00000000-0000-7000-8000-0000000000aa","condition":"NEW","created_at":"` + at + `","destination":"SP-A","movement_id":"` + id +
				`","movement_type":"ENTRADA","operation":"sga_create_movement","part_number":"ISR4331","project":"NTT","quantity":"12","source":"EXTERNO"}`)}}
	}
	return out
}

func BenchmarkItemsPutAll(b *testing.B) {
	s, _ := openItems(b)
	batches := make([][]item.Write, 0, 64)
	for n := range 64 {
		batches = append(batches, moves(1000, n*1000))
	}
	b.ResetTimer()
	for n := range b.N {
		if err := s.PutAll(b.Context(), item.Inventory(), batches[n%64]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "items/s")
}

// rows counts what is on the disk, also what no reader sees.
func rows(t *testing.T, db *dbtest.DB) (n int) {
	t.Helper()
	if err := db.Conn(t).QueryRow(t.Context(), `SELECT count(*) FROM keyed.items`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestItemsSweep(t *testing.T) {
	t.Parallel()
	s, db := openItems(t)
	now := time.Unix(1_800_000_000, 0)
	s.now = func() time.Time { return now }
	var writes []item.Write
	for i := range sweepChunk + 20 {
		w := item.Write{Item: item.Item{Key: item.Key{Partition: "p", Sort: fmt.Sprint(i)}, Version: 1, Body: []byte(`{}`)}}
		if i >= 10 {
			w.Item.ExpiresAt = now.Add(time.Minute)
		}
		writes = append(writes, w)
	}
	if err := s.PutAll(t.Context(), item.Inventory(), writes); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		pass        time.Duration
		swept, left int
	}{{59 * time.Second, 0, sweepChunk + 20}, {time.Second, sweepChunk + 10, 10}, {time.Hour, 0, 10}} {
		now = now.Add(step.pass)
		n, err := s.Sweep(t.Context())
		if err != nil || n != step.swept || rows(t, db) != step.left {
			t.Errorf("after %v: swept %d, %d rows, %v", step.pass, n, rows(t, db), err)
		}
	}
}

// Rows that a transaction made only to lock them are gone, however it ends.
func TestItemsLeaveNoLocks(t *testing.T) {
	t.Parallel()
	s, db := openItems(t)
	inv := item.Inventory()
	absent := func(p string) item.Op {
		return item.Op{Table: inv, Check: &item.Removal{Key: item.Key{Partition: p, Sort: "s"}, If: item.Condition{Kind: item.IfAbsent}}}
	}
	gone := item.Op{Table: inv, Delete: &item.Removal{Key: item.Key{Partition: "c", Sort: "s"}}}
	fails := item.Op{Table: inv, Check: &item.Removal{Key: item.Key{Partition: "d", Sort: "s"}, If: item.Condition{Kind: item.IfPresent}}}
	if err := s.Transact(t.Context(), []item.Op{absent("a"), absent("b"), gone}); err != nil {
		t.Fatal(err)
	}
	if err := s.Transact(t.Context(), []item.Op{absent("a"), gone, fails}); !item.IsConflict(err) {
		t.Fatal(err)
	}
	if n := rows(t, db); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// A check of what is absent holds until the transaction ends: nobody makes it meanwhile.
func TestItemsCheckHolds(t *testing.T) {
	t.Parallel()
	s, db := openItems(t)
	inv := item.Inventory()
	blocker := db.Conn(t)
	tx, err := blocker.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sqlItemLock, []string{inv.ID}, []string{"a"}, []string{"s"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- s.Put(t.Context(), inv, item.Write{Item: item.Item{Key: item.Key{Partition: "a", Sort: "s"}, Version: 1, Body: []byte(`{}`)}, If: item.Condition{Kind: item.IfAbsent}})
	}()
	waiting(t, db)
	if _, err := tx.Exec(t.Context(), sqlItemRemove, []string{inv.ID}, []string{"a"}, []string{"s"}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("it was written under the lock: %v", err)
	default:
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// waiting returns once somebody waits for a lock.
func waiting(t *testing.T, db *dbtest.DB) {
	t.Helper()
	conn := db.Conn(t)
	for {
		var n int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
}

// Every read walks an index in order, also by a plan that was made without knowing the table: a sort
// would read a whole partition for one page.
func TestItemsPlans(t *testing.T) {
	t.Parallel()
	s, db := openItems(t)
	conn, err := pgx.Connect(t.Context(), db.As("nexo_writer"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	check := func(when string) {
		for i, pair := range itemQueries() {
			for j, statement := range pair {
				name := fmt.Sprintf("q%d_%d", i, j)
				if _, err := conn.Exec(t.Context(), "PREPARE "+name+" AS "+statement); err != nil {
					t.Fatal(err)
				}
				plan := planOf(t, conn, "EXPLAIN EXECUTE "+name+" ('inventory', 'p', 'a', 'z', 'a', 'b', 'c', 0, 10)")
				if strings.Contains(plan, "Sort") || !strings.Contains(plan, "Index Scan") {
					t.Errorf("%s, %s:\n%s", when, name, plan)
				}
				if _, err := conn.Exec(t.Context(), "DEALLOCATE "+name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	check("empty")
	if err := s.PutAll(t.Context(), item.Inventory(), moves(3000, 0)); err != nil {
		t.Fatal(err)
	}
	check("filled")
	if _, err := db.Conn(t).Exec(t.Context(), `ANALYZE keyed.items`); err != nil {
		t.Fatal(err)
	}
	check("analysed")
}

func planOf(t *testing.T, conn *pgx.Conn, statement string) string {
	t.Helper()
	found, err := conn.Query(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestItemsChunks(t *testing.T) {
	t.Parallel()
	items := func(n, size int) (out []*item.Item) {
		for range n {
			out = append(out, &item.Item{Body: make([]byte, size)})
		}
		return out
	}
	got := []int{chunkOf(items(1, itemChunkBytes*2)), chunkOf(items(10, itemChunkBytes/2)), chunkOf(items(itemChunk*3, 1)), chunkOf(items(7, 1))}
	if diff := cmp.Diff([]int{1, 2, itemChunk, 7}, got); diff != "" {
		t.Error(diff)
	}
}

// Sessions are among the items, so only the program itself may read them.
func TestItemsAreTheWritersOnly(t *testing.T) {
	t.Parallel()
	_, db := openItems(t)
	conn, err := pgx.Connect(t.Context(), db.As("nexo_reader"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	if _, err := conn.Exec(t.Context(), sqlItemPing); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("got %v", err)
	}
}

func TestItemsWithoutServer(t *testing.T) {
	t.Parallel()
	s, err := OpenItems(t.Context(), ItemsConfig{URL: "postgres://nobody@127.0.0.1:1/x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	inv, k := item.Inventory(), item.Key{Partition: "a", Sort: "s"}
	w := item.Write{Item: item.Item{Key: k, Version: 1, Body: []byte(`{}`)}}
	_, getting := s.Get(t.Context(), inv, k)
	_, asking := s.Query(t.Context(), inv, item.Query{Partition: "a"})
	_, sweeping := s.Sweep(t.Context())
	for what, err := range map[string]error{"ping": s.Ping(t.Context()), "get": getting, "query": asking, "sweep": sweeping, "put": s.Put(t.Context(), inv, w),
		"put all": s.PutAll(t.Context(), inv, []item.Write{w}), "delete": s.Delete(t.Context(), inv, item.Removal{Key: k}), "delete all": s.DeleteAll(t.Context(), inv, "a"),
		"transact": s.Transact(t.Context(), []item.Op{{Table: inv, Put: &w}})} {
		if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || !f.Retryable {
			t.Errorf("%s: %v", what, err)
		}
	}
}
