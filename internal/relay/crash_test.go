package relay_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// mortal tells when its relay leads no more.
type mortal struct {
	idle
	once sync.Once
	dead chan struct{}
}

func (m *mortal) Leading(leads bool) {
	if !leads {
		m.once.Do(func() { close(m.dead) })
	}
}

// Killed between any two steps, at any batch: the next leader goes on, nothing is lost, nothing is doubled (I12, R-16).
func TestKilledBetweenAnySteps(t *testing.T) {
	t.Parallel()
	for _, point := range []relay.Point{relay.AfterRead, relay.AfterDeliver, relay.AfterMove} {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			seen := &recorder{name: "seen"}
			subs := append(w.consumers(), relay.Subscription{Consumer: seen})
			w.must(mv(stock.Entrada, "50", "ISR4331", "", "SP-A"))
			for round := range 3 {
				if round == 1 {
					w.life()
				} else {
					w.must(mv(stock.Transferencia, "2", "ISR4331", "SP-A", "RJ"))
				}
				w.assign()
				w.kill(subs, point)
			}
			w.drain(subs)
			got := w.dump(inventory, hilTasks, auditLog)
			w.wipe()
			w.exec(`UPDATE sga.relay_cursors SET position = 0`)
			w.drain(w.consumers())
			if diff := cmp.Diff(w.dump(inventory, hilTasks, auditLog), got); diff != "" {
				t.Error(diff)
			}
			last := one[int64](w, `SELECT max(position) FROM sga.event_log`)
			positions := seen.positions()
			if slices.Sort(positions); !slices.Equal(slices.Compact(positions), upTo(last)) {
				t.Errorf("a consumer missed some of %d events: %v", last, positions)
			}
			if n := one[int64](w, `SELECT count(*) FROM sga.dead_letters`); n != 0 {
				t.Errorf("%d dead letters", n)
			}
		})
	}
}

// kill runs a relay that dies when it comes to a point, and leaves its lease behind as a crash does.
func (w *world) kill(subs []relay.Subscription, point relay.Point) {
	w.t.Helper()
	m := &mortal{idle: idle{waiting: map[string]bool{}}, dead: make(chan struct{})}
	o := w.options("victim", subs)
	o.Meter = m
	o.Fault = func(p relay.Point) error {
		if p == point {
			return errors.New("killed")
		}
		return nil
	}
	w.runUntil(o, m.dead)
	w.exec(`UPDATE sga.relay_leases SET expires_at = now()`) // its time runs out
}

// Two leaders for a moment: the old one can no longer move a cursor, whatever it still delivers.
func TestOldTermMovesNothing(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ctx := t.Context()
	take := func(holder string) int64 {
		t.Helper()
		term, err := w.book.TakeLease(ctx, "relay", holder, 3600e9)
		if err != nil {
			t.Fatal(err)
		}
		return term
	}
	claim := func(term int64) {
		t.Helper()
		if err := w.book.ClaimCursors(ctx, term, []stock.CursorStart{{Consumer: "c", Source: "events", Position: 3}}); err != nil {
			t.Fatal(err)
		}
	}
	move := func(m stock.CursorMove, want bool) {
		t.Helper()
		m.Consumer = "c"
		if moved, err := w.book.MoveCursor(ctx, m); moved != want || err != nil {
			t.Errorf("%+v: moved %v, %v", m, moved, err)
		}
	}
	first := take("one")
	if again := take("two"); first != 1 || again != 0 {
		t.Fatalf("terms %d and %d", first, again)
	}
	claim(first)
	move(stock.CursorMove{Term: first, From: 3, To: 5, Delivered: 2}, true)
	w.exec(`UPDATE sga.relay_leases SET expires_at = now()`)
	if held, err := w.book.RenewLease(ctx, "relay", first, 3600e9); !held || err != nil {
		t.Errorf("a term that nobody took over goes on: %v %v", held, err)
	}
	if err := w.book.EndLease(ctx, "relay", first); err != nil {
		t.Fatal(err)
	}
	second := take("two")
	claim(second)
	claim(first) // the old one does not know yet
	move(stock.CursorMove{Term: first, From: 5, To: 9}, false)
	move(stock.CursorMove{Term: first, From: 5, To: 9, Dead: letter(9)}, false)
	move(stock.CursorMove{Term: second, From: 4, To: 9}, false) // somebody set the cursor elsewhere
	move(stock.CursorMove{Term: second, From: 5, To: 7, Delivered: 2, Failed: &stock.DeliveryError{Code: "unavailable", MessageEN: "away"}, Wait: 3600e9}, true)
	move(stock.CursorMove{Term: second, From: 7, To: 7, Failed: &stock.DeliveryError{Code: "unavailable", MessageEN: "away"}, Wait: 3600e9}, true)
	c, err := w.book.Cursor(ctx, "c", second)
	if err != nil || c.Position != 7 || c.Attempts != 2 || c.Failures != 2 || c.Delivered != 4 || !c.Waits || c.FirstFailedAt.IsZero() || c.Error.MessageEN != "away" {
		t.Errorf("got %+v, %v", c, err)
	}
	move(stock.CursorMove{Term: second, From: 7, To: 8, Dead: letter(8)}, true)
	w.exec(`UPDATE sga.relay_cursors SET position = 7`)
	move(stock.CursorMove{Term: second, From: 7, To: 8, Dead: letter(8)}, true) // given up again: the same letter
	if n := one[int64](w, `SELECT sum(attempts) FROM sga.dead_letters WHERE status = 'OPEN'`); n != 2 {
		t.Errorf("attempts in the letter: %d", n)
	}
	if held, err := w.book.RenewLease(ctx, "relay", first, 3600e9); held || err != nil {
		t.Errorf("the old term was renewed: %v", err)
	}
	if old, err := w.book.Cursor(ctx, "c", first); old != nil || err != nil {
		t.Errorf("the old term sees %+v, %v", old, err)
	}
}

func letter(position int64) *stock.DeadLetter {
	return &stock.DeadLetter{ID: newID(), Position: position, Kind: "movement", EntityID: newID(), Attempts: 1}
}
