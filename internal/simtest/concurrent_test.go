package simtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// storm is writers that move stock at random and reads beside them.
type storm struct {
	c        *Company
	moved    atomic.Int64
	refused  atomic.Int64
	promised sync.Map // ids of reservations, for other writers to use up
}

// expected reports whether a caller of a storm may get this refusal: the stock, a serial or a promise
// was another's. Anything else is a defect.
func expected(err error) bool {
	switch fault.CodeOf(err) {
	case "", fault.InsufficientStock, fault.Conflict, fault.AlreadyExists, fault.NotFound, fault.InvalidArgument:
		return true
	}
	return false
}

// step makes a random movement. Several writers draw the same serials and the same reservations.
func (s *storm) step(r *rand.Rand) approval.Step {
	places := []string{"CD", "CD-A", "CD-B", "BASE", "TEC", "CLI"}
	from, to := places[r.IntN(6)], places[r.IntN(6)]
	part, qty := []string{"UNI-1", "UNI-2", "MET-1", "SER-1"}[r.IntN(4)], fmt.Sprint(1+r.IntN(4))
	var serials []string
	if part == "SER-1" {
		qty, serials = "1", []string{fmt.Sprintf("S%d", r.IntN(60))}
	}
	if part == "MET-1" {
		qty += ".25"
	}
	switch r.IntN(12) {
	case 0, 1, 2, 3:
		return Move(stock.Entrada, qty, part, "", to, serials...)
	case 4, 5, 6:
		return Move(stock.Transferencia, qty, part, from, to, serials...)
	case 7:
		return Move(stock.Saida, qty, part, from, "", serials...)
	case 8:
		return Move(stock.Expedicao, qty, part, from, "", serials...)
	case 9:
		return Move(stock.Reversa, qty, part, "TRANSITO", to, serials...)
	case 10:
		held := Reserve(qty, part, from, time.Now().Add(time.Hour), serials...)
		s.promised.Store(held.Move.Reservation, nil)
		return held
	}
	release := Move(stock.Liberacao, qty, part, "", "")
	s.promised.Range(func(id, _ any) bool {
		release.Move.Reservation = id.(uuid.UUID)
		s.promised.Delete(id)
		return false
	})
	return release
}

func (s *storm) write(t *testing.T, seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		_, err := s.c.DB.Submit(t.Context(), s.c.Request(s.c.Ana, s.step(r)))
		switch {
		case err == nil:
			s.moved.Add(1)
		case expected(err):
			s.refused.Add(1)
		default:
			t.Error(err)
			return
		}
	}
}

// every runs f each period until done, at least once.
func every(done <-chan struct{}, period time.Duration, f func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		f()
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}

// TestConcurrent is R-01: 64 writers, reads and the delivery of positions beside them, the invariants
// sampled every 100 ms and at the end.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := &storm{c: Open(t)}
	done := make(chan struct{})
	var beside, writers sync.WaitGroup
	samples := 0
	beside.Go(func() {
		every(done, 100*time.Millisecond, func() {
			broken, err := Broken(t.Context(), s.c.Owner)
			samples++
			for _, b := range broken {
				t.Error(b)
			}
			if err != nil {
				t.Error(err)
			}
		})
	})
	beside.Go(func() { every(done, 5*time.Millisecond, func() { s.read(t) }) })
	for i := range 64 {
		writers.Go(func() { s.write(t, uint64(i), size(60, 2000)) })
	}
	writers.Wait()
	close(done)
	beside.Wait()
	s.c.MustHold(t)
	t.Logf("%d moved, %d refused, invariants sampled %d times", s.moved.Load(), s.refused.Load(), samples)
	if s.moved.Load() == 0 {
		t.Error("nothing moved")
	}
}

func (s *storm) read(t *testing.T) {
	if _, err := s.c.DB.AssignPositions(t.Context()); err != nil {
		t.Error(err)
	}
	page, err := s.c.DB.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{}, stock.Page{Limit: 20})
	if err != nil {
		t.Error(err)
		return
	}
	for i := 1; i < len(page.Rows); i++ {
		if page.Rows[i].Sequence == page.Rows[i-1].Sequence {
			t.Errorf("movement %d twice on a page", page.Rows[i].Sequence)
		}
	}
}

// together calls f n times at once and counts how it ended.
func together(n int, f func(i int) error) map[fault.Code]int {
	ended := make([]fault.Code, n)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			<-start
			ended[i] = fault.CodeOf(f(i))
		})
	}
	close(start)
	wait.Wait()
	out := map[fault.Code]int{}
	for _, c := range ended {
		out[c]++
	}
	return out
}

func (c *Company) submit(t testing.TB, steps ...approval.Step) error {
	_, err := c.DB.Submit(t.Context(), c.Request(c.Ana, steps...))
	return err
}

func (c *Company) must(t testing.TB, steps ...approval.Step) {
	t.Helper()
	if err := c.submit(t, steps...); err != nil {
		t.Fatal(err)
	}
}

// TestConcurrentReservations is R-02: of 100 who reserve the last ten units ten succeed, and of 50 who
// reserve one serial one does.
func TestConcurrentReservations(t *testing.T) {
	t.Parallel()
	c := Open(t)
	c.must(t, Move(stock.Entrada, "10", "UNI-1", "", "CD"), Move(stock.Entrada, "2", "SER-1", "", "CD", "A", "B"))
	until := time.Now().Add(time.Hour)
	got := together(100, func(int) error { return c.submit(t, Reserve("1", "UNI-1", "CD", until)) })
	if got[""] != 10 || got[fault.InsufficientStock] != 90 {
		t.Errorf("ten units: %v", got)
	}
	got = together(50, func(int) error { return c.submit(t, Reserve("1", "SER-1", "CD", until, "A")) })
	if got[""] != 1 || got[fault.Conflict]+got[fault.InsufficientStock] != 49 {
		t.Errorf("one serial: %v", got)
	}
	c.MustHold(t)
}

// TestConcurrentFirstMovement is R-03: nobody overdraws a balance that had no row yet, and two who take
// the first units that arrive do not both get them.
func TestConcurrentFirstMovement(t *testing.T) {
	t.Parallel()
	c := Open(t)
	for round := range size(10, 50) {
		code := fmt.Sprintf("R%d", round)
		c.must(t, project(code))
		in := func(s approval.Step) approval.Step { s.Move.Project = code; return s }
		got := together(50, func(i int) error {
			if i%5 == 0 {
				return c.submit(t, in(Move(stock.Entrada, "1", "UNI-1", "", "CD")))
			}
			return c.submit(t, in(Move(stock.Saida, "1", "UNI-1", "CD", "")))
		})
		if got[""] < 10 || got[""] > 20 || got[""]+got[fault.InsufficientStock] != 50 {
			t.Errorf("round %d: %v", round, got)
		}
	}
	c.MustHold(t)
}

// TestConcurrentOpposites is R-04: transfers there and back meet no deadlock, also in requests of several
// steps that name the same places in another order.
func TestConcurrentOpposites(t *testing.T) {
	t.Parallel()
	c := Open(t)
	c.must(t, Move(stock.Entrada, "1000", "UNI-1", "", "CD-A"), Move(stock.Entrada, "1000", "UNI-1", "", "CD-B"),
		Move(stock.Entrada, "1000", "UNI-2", "", "CD-A"), Move(stock.Entrada, "1000", "UNI-2", "", "CD-B"))
	others := c.OpenDB(t, c.Data.DSN()) // another process: its rows are not in the same group
	got := together(32, func(i int) error {
		db := c.DB
		if i%2 == 0 {
			db = others
		}
		for n := range size(40, 10_000/16) {
			from, to, first, second := "CD-A", "CD-B", "UNI-1", "UNI-2"
			if (i/2+n)%2 == 0 {
				from, to = to, from
			}
			_, err := db.Submit(t.Context(), c.Request(c.Ana, Move(stock.Transferencia, "1", first, from, to), Move(stock.Transferencia, "1", second, to, from)))
			if err != nil {
				t.Error(err)
				return err
			}
		}
		return nil
	})
	if got[""] != 32 {
		t.Errorf("%v", got)
	}
	c.MustHold(t)
}
