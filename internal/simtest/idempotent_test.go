package simtest

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// keyed is a request under an idempotency key, bound to a body.
func (c *Company) keyed(key, body string, steps ...approval.Step) *approval.Request {
	r := c.Request(c.Ana, steps...)
	r.Key, r.Hash = key, sha256.Sum256([]byte(body))
	return r
}

// TestIdempotent is R-05: one key sent 50 times at once, by two processes, afterwards, and after a
// restart has one effect and 50 equal answers. It holds for what waits too.
func TestIdempotent(t *testing.T) {
	t.Parallel()
	c := Open(t)
	other := c.OpenDB(t, c.Data.DSN())
	for _, kind := range []stock.MovementType{stock.Entrada, stock.AjustePositivo} {
		t.Run(string(kind), func(t *testing.T) {
			key := "k-" + string(kind)
			ask := func() *approval.Request { return c.keyed(key, "a", Move(kind, "1", "UNI-1", "", "CD")) }
			answers := make([]string, 50)
			got := together(50, func(i int) error {
				db := c.DB
				if i%2 == 0 {
					db = other
				}
				o, err := db.Submit(t.Context(), ask())
				if err == nil {
					answers[i] = string(o.Answer)
				}
				return err
			})
			if got[""] != 50 {
				t.Fatalf("%v", got)
			}
			restarted := c.OpenDB(t, c.Data.DSN())
			o, err := restarted.Submit(t.Context(), ask())
			if err != nil || !o.Replay {
				t.Fatalf("after a restart: %+v, %v", o, err)
			}
			for _, a := range append(answers, string(o.Answer)) {
				if a != answers[0] {
					t.Errorf("answer %q, another %q", answers[0], a)
				}
			}
		})
	}
	c.counts(t, map[string]int{"movements": 1, "tasks": 1})
	c.MustHold(t)
}

// counts compares how many rows tables have.
func (c *Company) counts(t *testing.T, want map[string]int) {
	t.Helper()
	for table, n := range want {
		var got int
		if err := c.Owner.QueryRow(t.Context(), "SELECT count(*) FROM sga."+table).Scan(&got); err != nil || got != n {
			t.Errorf("%s: %d rows, want %d, %v", table, got, n, err)
		}
	}
}

// TestIdempotentMismatch is R-06: of different bodies under one key at once one wins, and the others are
// refused before anything is written.
func TestIdempotentMismatch(t *testing.T) {
	t.Parallel()
	c := Open(t)
	for round := range size(10, 100) {
		got := together(20, func(i int) error {
			body := fmt.Sprint(i % 4)
			_, err := c.DB.Submit(t.Context(), c.keyed(fmt.Sprint("k", round), body, Move(stock.Entrada, "1", "UNI-1", "", "CD")))
			return err
		})
		if got[""] != 5 || got[fault.IdempotencyMismatch] != 15 {
			t.Errorf("round %d: %v", round, got)
		}
	}
	c.counts(t, map[string]int{"movements": size(10, 100), "idempotency_keys": size(10, 100)})
	c.MustHold(t)
}

// TestIdempotentDecision: a task approved many times at once, under many keys, is executed once.
func TestIdempotentDecision(t *testing.T) {
	t.Parallel()
	c := Open(t)
	o, err := c.DB.Submit(t.Context(), c.Request(c.Ana, Move(stock.AjustePositivo, "3", "UNI-1", "", "CD")))
	if err != nil || o.Task == nil {
		t.Fatal(o, err)
	}
	var mu sync.Mutex
	answers := map[string]int{}
	got := together(30, func(i int) error {
		out, err := c.DB.Approve(t.Context(), &approval.Decision{Actor: c.Bia, Door: "simtest", Operation: "sga_approve_task", TaskID: o.Task.ID,
			Fingerprint: o.Task.Fingerprint, Key: fmt.Sprint("d", i%10), Render: Render})
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			answers[string(out.Answer)]++
		}
		return err
	})
	if got[""] != 3 || got[fault.Conflict] != 27 || len(answers) != 1 {
		t.Errorf("%v, answers %v", got, answers)
	}
	c.counts(t, map[string]int{"movements": 1})
	c.MustHold(t)
}

// TestIdempotentLastUnit: what a repeated key did is no reason to refuse its repetition, also while both
// are on their way: the last unit, a new serial, a new project.
func TestIdempotentLastUnit(t *testing.T) {
	t.Parallel()
	c := Open(t)
	other := c.OpenDB(t, c.Data.DSN())
	for round := range size(15, 200) {
		c.must(t, Move(stock.Entrada, "1", "UNI-1", "", "TEC"))
		code := fmt.Sprintf("L%d", round)
		for name, ask := range map[string]func() approval.Step{
			"last unit":  func() approval.Step { return Move(stock.Saida, "1", "UNI-1", "TEC", "") },
			"new serial": func() approval.Step { return Move(stock.Entrada, "1", "SER-1", "", "CD", code) },
			"project":    func() approval.Step { return project(code) },
		} {
			got := together(12, func(i int) error {
				db := c.DB
				if i%2 == 0 {
					db = other
				}
				_, err := db.Submit(t.Context(), c.keyed(name+code, "a", ask()))
				return err
			})
			if got[""] != 12 {
				t.Errorf("%s, round %d: %v", name, round, got)
			}
		}
	}
	c.MustHold(t)
}
