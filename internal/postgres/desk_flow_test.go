package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// A request has from one to a thousand steps, and all of them or none are posted.
func TestDeskBatches(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.refused(fault.InvalidArgument)
	var steps []approval.Step
	for range maxSteps {
		steps = append(steps, mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	}
	c.refused(fault.InvalidArgument, append(steps, mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))...)
	if o := c.must(steps...); len(o.Posted) != maxSteps || o.Posted[maxSteps-1].Changes[0].After.Total.String() != "1000" {
		t.Errorf("posted %d", len(o.Posted))
	}
	before := c.written()
	half := []approval.Step{mv(stock.Saida, "600", "ISR4331", "SP-A", ""), mv(stock.Saida, "600", "ISR4331", "SP-A", "")}
	if f := c.refused(fault.InsufficientStock, half...); f.Field != "movements[1].quantity" || fmt.Sprint(f.Details) != "[{available 400} {requested 600} {index 1}]" {
		t.Errorf("the refusal: %+v", f)
	}
	bad := []approval.Step{mv(stock.Entrada, "1", "ISR4331", "", "SP-A"), mv(stock.Entrada, "1", "NADA", "", "SP-A")}
	if f := c.refused(fault.NotFound, bad...); f.Field != "movements[1].part_number" {
		t.Errorf("the refusal names %q", f.Field)
	}
	if now := c.written(); now != before {
		t.Errorf("refused batches wrote: %s, %s", before, now)
	}
	c.must(mv(stock.Entrada, "2", "SFP-10G", "", "SP-A"), mv(stock.Transferencia, "2", "SFP-10G", "SP-A", "RJ"), mv(stock.Saida, "2", "SFP-10G", "RJ", ""))
	c.balance(keyIdle, keyRJ, "0/0") // what one step posts the next one sees
}

// A caller that goes away is told how to learn what became of its request; the same key tells it.
func TestDeskCallerGoesAway(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.request(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	r.Key = "k"
	for range 20 { // an answer may be ready before the context is looked at
		if _, err := c.db.Submit(gone, r); err != nil && (fault.CodeOf(err) != fault.Unavailable || !fault.Of(err).Retryable) {
			t.Errorf("got %v", err)
		}
	}
	o, err := c.db.Submit(t.Context(), r)
	if err != nil || string(o.Answer) != `{"posted":1,"status":"posted"}` {
		t.Errorf("got %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "1/0")
}

// The same key many times at once with other bodies: one wins, the others are told before anything is written.
func TestDeskKeyIsBoundToTheBody(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	codes := map[fault.Code]int{}
	for i := range 40 {
		wait.Go(func() {
			r := c.request(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
			r.Key, r.Hash = "k", [32]byte{byte(i % 4)}
			_, err := c.db.Submit(t.Context(), r)
			mu.Lock()
			defer mu.Unlock()
			codes[fault.CodeOf(err)]++
		})
	}
	wait.Wait()
	if codes[""] != 10 || codes[fault.IdempotencyMismatch] != 30 {
		t.Errorf("got %v", codes)
	}
	c.balance(keyRouter, keySPA, "1/0")
	other := *c.ana
	other.Subject = "sub-other"
	r := c.request(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	r.Key, r.Actor = "k", &other
	if o, err := c.db.Submit(t.Context(), r); err != nil || o.Replay {
		t.Errorf("a key is its subject's own: %+v, %v", o, err)
	}
	r = c.request(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	r.Key, r.Operation = "k", "sga_other"
	if o, err := c.db.Submit(t.Context(), r); err != nil || o.Replay {
		t.Errorf("and its operation's: %+v, %v", o, err)
	}
}

// The first answer stands also where the same request could no longer be planned.
func TestDeskReplayOutlivesThePlan(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	r := c.request(mv(stock.Entrada, "1", "ISR4331", "", "RJ"))
	r.Key = "k"
	first, err := c.db.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	off := false
	c.must(approval.Step{Location: &approval.LocationEdit{Code: "RJ", Active: &off}})
	c.refused(fault.InvalidArgument, mv(stock.Entrada, "1", "ISR4331", "", "RJ"))
	again, err := c.db.Submit(t.Context(), r)
	if err != nil || !again.Replay || string(again.Answer) != string(first.Answer) {
		t.Errorf("got %+v, %v", again, err)
	}
	r.Hash = [32]byte{9}
	if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != fault.IdempotencyMismatch {
		t.Errorf("another body: %v", err)
	}
	r.Key = "k2"
	if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("another key: %v", err)
	}
}

// For an actor with limits an item out of sight does not exist, in a group with others for whom it does.
func TestDeskHidesWhatIsOutOfSight(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "AP-3802", "", "RJ", serials("R", 10)...))
	c.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	near := *c.ana
	near.Projects, near.Locations = identity.Everywhere(), identity.Only("SP-A")
	var wait sync.WaitGroup
	for i, serial := range serials("R", 10) {
		wait.Go(func() {
			r := c.request(mv(stock.Transferencia, "1", "AP-3802", "RJ", "TRANSITO", serial))
			want := fault.Code("")
			if i%2 == 0 {
				r.Actor, want = &near, fault.NotFound
			}
			if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != want {
				t.Errorf("%s: got %v, want %q", serial, err, want)
			}
		})
	}
	wait.Wait()
	c.balance(partSerial, keyRJ, "5/0")
	r := c.request(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "R0"))
	r.Actor = &near
	if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != fault.AlreadyExists {
		t.Errorf("the same serial number twice: %v", err)
	}
}

func serials(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

// A task that is not there, and decisions that many take at once while the shelf moves.
func TestDeskDecisionsAmongMovements(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1000", "ISR4331", "", "SP-A"))
	decide := func(id uuid.UUID, print string, approve bool) error {
		d := &approval.Decision{Actor: c.bia, Door: "test", Operation: "sga_approve_task", TaskID: id, Fingerprint: print, Render: render}
		do := c.db.Reject
		if approve {
			do = c.db.Approve
		}
		_, err := do(t.Context(), d)
		return err
	}
	for _, approve := range []bool{true, false} {
		if err := decide(uuid.Must(uuid.NewV7()), "x", approve); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("no such task: %v", err)
		}
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				c.must(mv(stock.Saida, "1", "ISR4331", "SP-A", ""))
			}
		})
	}
	executed := 0
	for range 10 {
		task := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task
		for try := 0; ; try++ {
			err := decide(task.ID, task.Fingerprint, true)
			if err == nil {
				executed++
				break
			}
			if fault.CodeOf(err) != fault.Conflict || try > 200 {
				t.Fatalf("try %d: %v", try, err)
			}
			if task, err = c.db.Task(t.Context(), task.ID); err != nil { // look again, decide anew
				t.Fatal(err)
			}
		}
	}
	wait.Wait()
	c.balance(keyRouter, keySPA, fmt.Sprintf("%d/0", 1000-40-executed))
}

// Silence is "no": what nobody decided in time is over, once, and only that.
func TestDeskTasksExpire(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	late, open := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task, c.must(mv(stock.AjusteNegativo, "2", "ISR4331", "SP-A", "")).Task
	if life := open.ExpiresAt.Sub(open.CreatedAt); life != approval.Lifetime {
		t.Errorf("a proposal lives %v", life)
	}
	c.exec(`UPDATE sga.tasks SET expires_at = created_at WHERE task_id = $1`, late.ID)
	for _, want := range []int{1, 0} {
		if n, err := c.db.ExpireTasks(t.Context()); n != want || err != nil {
			t.Errorf("expired %d, %v; want %d", n, err, want)
		}
	}
	got, err := c.db.Task(t.Context(), late.ID)
	if err != nil || got.Status != approval.Expired || got.DecidedAt.IsZero() || got.DecidedBy != uuid.Nil {
		t.Errorf("got %+v, %v", got, err)
	}
	list, next, err := c.db.Tasks(t.Context(), approval.TaskFilter{Scope: stock.Unlimited(), Limit: 10})
	if err != nil || next != "" || len(list) != 1 || list[0].ID != open.ID {
		t.Errorf("open: %v, %q, %v", list, next, err)
	}
	if time.Since(list[0].CreatedAt) > time.Hour {
		t.Errorf("created at %v", list[0].CreatedAt)
	}
}
