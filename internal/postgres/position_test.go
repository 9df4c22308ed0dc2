package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

func (l *ledger) assign() int {
	l.t.Helper()
	n, err := l.db.AssignPositions(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func (l *ledger) events() []stock.LogEvent {
	l.t.Helper()
	events, err := l.db.EventsAfter(l.t.Context(), 0, maxEvents)
	if err != nil {
		l.t.Fatal(err)
	}
	return events
}

func (l *ledger) outbox(sequence int64, recorded time.Time) {
	l.exec(`INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload) VALUES ($1, 'movement', $2, $3, '{"a":1}')`,
		sequence, uuid.Must(uuid.NewV7()), recorded)
}

func TestPositionsFollowCommits(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	now := time.Now().Truncate(time.Microsecond)
	l.outbox(10, now)
	l.outbox(12, now.Add(-time.Hour)) // a clock that went back
	if n := l.assign(); n != 2 {
		t.Fatalf("assigned %d, want 2", n)
	}
	l.outbox(11, now.Add(-24*time.Hour)) // committed after 12
	l.outbox(13, now)
	if n := l.assign(); n != 2 {
		t.Fatalf("assigned %d, want 2", n)
	}
	if n := l.assign(); n != 0 {
		t.Fatalf("assigned %d of an empty outbox", n)
	}
	events := l.events()
	var order []int64
	for i, e := range events {
		order = append(order, e.Sequence)
		if e.Position != int64(i+1) || i > 0 && e.KnownAt.Before(events[i-1].KnownAt) || string(e.Payload) != `{"a": 1}` {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if diff := cmp.Diff([]int64{10, 12, 11, 13}, order); diff != "" {
		t.Error(diff)
	}
	if !events[0].KnownAt.Equal(now) {
		t.Errorf("a fresh event is known at %v, want when it was recorded: %v", events[0].KnownAt, now)
	}
	if last, err := l.db.LastPosition(t.Context()); err != nil || last != 4 {
		t.Errorf("last position %d, %v", last, err)
	}
}

func TestWhatIsNoticedLateIsKnownLate(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.outbox(1, time.Now().Add(-time.Hour)) // the leader was down for an hour
	l.assign()
	if e := l.events()[0]; time.Since(e.KnownAt) > time.Minute {
		t.Errorf("known at %v, an hour before anybody could have read it", e.KnownAt)
	}
}

func TestOneLeader(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.outbox(1, time.Now())
	tx, err := l.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // releases the lock
	if _, err := tx.Exec(t.Context(), sqlPositionLock, int64(positionLock)); err != nil {
		t.Fatal(err)
	}
	if n := l.assign(); n != 0 {
		t.Errorf("assigned %d while another one leads", n)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := l.assign(); n != 1 {
		t.Errorf("assigned %d after the other one left", n)
	}
}

// TestCursorMissesNothing has writers that commit out of order while leaders assign and a reader follows.
func TestCursorMissesNothing(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	const writers, each = 6, 40
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var leaders sync.WaitGroup
	for range 2 {
		leaders.Go(func() { _ = l.db.RunPositions(ctx, time.Millisecond) })
	}
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			for i := range each {
				err := pgx.BeginFunc(ctx, l.owner, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at) SELECT nextval('sga.event_sequence'), 'test',
						gen_random_uuid(), clock_timestamp() FROM generate_series(1, $1)`, 1+(w+i)%3)
					if err == nil && w == 0 {
						_, err = tx.Exec(ctx, `SELECT pg_sleep(0.003)`) // a transaction that commits late
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				l.db.PokePositions()
			}
		})
	}
	want := 0
	for w := range writers {
		for i := range each {
			want += 1 + (w+i)%3
		}
	}
	seen := map[int64]bool{}
	var last int64
	for len(seen) < want && ctx.Err() == nil {
		events, err := l.db.EventsAfter(ctx, last, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Position != last+1 || seen[e.Sequence] {
				t.Fatalf("position %d follows %d, sequence %d", e.Position, last, e.Sequence)
			}
			last, seen[e.Sequence] = e.Position, true
		}
	}
	work.Wait()
	stop()
	leaders.Wait()
	var inOrder int
	err := l.owner.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT is_late, sequence < max(sequence) OVER
		(ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS below FROM sga.event_log) e WHERE is_late = coalesce(below, false)`).Scan(&inOrder)
	if err != nil || inOrder != want {
		t.Errorf("%d of %d events say rightly whether they are late (%v)", inOrder, want, err)
	}
}

func TestRunPositionsEnds(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.db.RunPositions(ctx, time.Hour) }()
	l.db.PokePositions()
	l.db.PokePositions() // never blocks
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func (l *ledger) stockOn(m stock.Moment) []string {
	l.t.Helper()
	f := stock.StockAtFilter{BalanceFilter: stock.BalanceFilter{Part: keyRouter}, Moment: m}
	p, err := l.db.StockAt(l.t.Context(), stock.Unlimited(), f, stock.Page{})
	if err != nil {
		l.t.Fatal(err)
	}
	return figures(l.db.Catalog(), p.Rows)
}

// settled gives positions to all that was posted so far and makes it so old that answers about it are
// final. It returns a moment after it and before all that follows.
func (l *ledger) settled() time.Time {
	l.t.Helper()
	l.assign()
	l.rounds++
	ago := time.Duration(24-l.rounds) * time.Hour
	err := pgx.BeginFunc(l.t.Context(), l.owner, func(tx pgx.Tx) error {
		// The owner, who alone may, goes past the trigger that refuses changes.
		if _, err := tx.Exec(l.t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(l.t.Context(), `UPDATE sga.event_log SET known_at = clock_timestamp() - $1::interval
			WHERE known_at > clock_timestamp() - interval '10 minutes'`, ago)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return time.Now().Add(30*time.Minute - ago)
}

// TestBackDating is R-14: a thousand movements into the past change what is known now, not what was known then.
func TestBackDating(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "10", to: keySPA, on: "2026-01-31"})
	then := l.settled()
	before := map[string][]string{}
	days := []string{"2025-12-31", "2026-01-15", "2026-01-31", "2026-02-10", "2026-03-31"}
	for _, d := range days {
		before[d] = l.stockOn(stock.Moment{AsOf: day(d), KnownAt: then})
	}
	for i := range 1000 {
		l.post(move{kind: stock.Entrada, part: keyRouter, qty: "1", to: keySPA, on: fmt.Sprintf("2026-%02d-%02d", 1+i%2, 1+i%28)})
		if i%97 == 0 {
			l.assign()
		}
	}
	check := func(when string) {
		for _, d := range days {
			if diff := cmp.Diff(before[d], l.stockOn(stock.Moment{AsOf: day(d), KnownAt: then})); diff != "" {
				t.Errorf("%s, as of %s known then: %s", when, d, diff)
			}
		}
	}
	check("with some in the outbox")
	l.assign()
	check("with all in the log")
	for d, want := range map[string]string{"2025-12-31": "", "2026-01-15": "ISR4331 SP-A/GERAL/NEW 288(0)", "2026-01-31": "ISR4331 SP-A/GERAL/NEW 510(0)",
		"2026-03-31": "ISR4331 SP-A/GERAL/NEW 1010(0)"} {
		got := l.stockOn(stock.Moment{AsOf: day(d)})
		if fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("as of %s known now: %s, want %s", d, got, want)
		}
	}
}

// TestKnownAtWithLateCommits asks for moments between positions that were not given in the order of sequences.
func TestKnownAtWithLateCommits(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	post := func(sequence int64, qty string) {
		l.post(move{kind: stock.Entrada, part: keyRouter, qty: qty, to: keySPA, at: sequence})
	}
	post(101, "1")
	post(104, "1000")
	first := l.settled()
	post(103, "100")
	second := l.settled()
	post(102, "10") // in the outbox, below every position
	final := map[time.Time]string{first.Add(-time.Hour): "[]", first: "[ISR4331 SP-A/GERAL/NEW 1001(0)]", second: "[ISR4331 SP-A/GERAL/NEW 1101(0)]"}
	check := func(when string) {
		for at, want := range final {
			if got := l.stockOn(stock.Moment{KnownAt: at}); fmt.Sprint(got) != want {
				t.Errorf("%s, known at %v: %s, want %s", when, at, got, want)
			}
		}
		if got := l.stockOn(stock.Moment{}); fmt.Sprint(got) != "[ISR4331 SP-A/GERAL/NEW 1111(0)]" {
			t.Errorf("%s, known now: %s", when, got)
		}
		if got := l.stockOn(stock.Moment{KnownAt: time.Now().Add(time.Hour)}); fmt.Sprint(got) != "[ISR4331 SP-A/GERAL/NEW 1111(0)]" {
			t.Errorf("%s, known in an hour: %s", when, got)
		}
	}
	check("before the last position")
	third := l.settled()
	final[third] = "[ISR4331 SP-A/GERAL/NEW 1111(0)]"
	check("after it")
}
