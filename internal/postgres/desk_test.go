package postgres

import (
	"context"
	"encoding/json"
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

// counter is a person at the desk of a small company.
type counter struct {
	*ledger
	ana, bia *identity.Actor
}

const partSerial stock.PartKey = 21

func openDesk(t testing.TB) *counter {
	t.Helper()
	l := openLedger(t)
	l.exec(`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, is_serialized, unit_cost, catalog_version)
		VALUES (21, gen_random_uuid(), 'AP-3802', 'AP-3802', 'Access point', true, 4000, 3)`)
	l.exec(`UPDATE sga.catalog_version SET version = 3`)
	if err := l.db.refreshCatalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	person := func(name string, last byte) *identity.Actor {
		id := uuid.UUID{15: last, 6: 0x70, 8: 0x80}
		return &identity.Actor{PersonID: id, Subject: "sub-" + name, Username: name, Client: "nexo-web", Kind: identity.Person,
			Roles: []identity.Role{identity.Admin}, Scopes: []string{identity.ScopeTools, identity.ScopeApprove},
			Projects: identity.Everywhere(), Locations: identity.Everywhere(), Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
	}
	return &counter{ledger: l, ana: person("ana", 0xaa), bia: person("bia", 0xbb)}
}

func render(o *approval.Outcome) []byte {
	raw, _ := json.Marshal(map[string]any{"status": o.Status, "posted": len(o.Posted)})
	return raw
}

func (c *counter) submit(steps ...approval.Step) (*approval.Outcome, error) {
	return c.db.Submit(context.Background(), c.request(steps...))
}

func (c *counter) request(steps ...approval.Step) *approval.Request {
	return &approval.Request{Actor: c.ana, Door: "test", Operation: "sga_create_movement", Steps: steps, Render: render, Arguments: []byte(`{}`)}
}

// mv is a movement as a test asks for it: "ENTRADA 5 ISR4331 > SP-A".
func mv(kind stock.MovementType, qty, part, from, to string, serials ...string) approval.Step {
	return approval.Step{Move: &stock.MoveRequest{ID: uuid.Must(uuid.NewV7()), Type: kind, Quantity: dec(qty), PartNumber: part, Source: from, Destination: to, Serials: serials}}
}

func (c *counter) must(steps ...approval.Step) *approval.Outcome {
	c.t.Helper()
	o, err := c.submit(steps...)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

func (c *counter) refused(want fault.Code, steps ...approval.Step) *fault.Error {
	c.t.Helper()
	_, err := c.submit(steps...)
	if got := fault.CodeOf(err); got != want {
		c.t.Fatalf("got %v, want %s", err, want)
	}
	return fault.Of(err)
}

func (c *counter) balance(part stock.PartKey, at stock.LocationKey, want string) {
	c.t.Helper()
	var got string
	if err := c.owner.QueryRow(c.t.Context(), `SELECT coalesce(sum(quantity_total), 0)::float8 || '/' || coalesce(sum(quantity_reserved), 0)::float8
		FROM sga.balances WHERE part_number_key = $1 AND location_key = $2`, part, at).Scan(&got); err != nil {
		c.t.Fatal(err)
	}
	if got != want {
		c.t.Errorf("balance of %d at %d: got %s, want %s", part, at, got, want)
	}
}

func TestDeskMovesStock(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	c.balance(keyRouter, keySPA, "10/0")
	c.must(mv(stock.Transferencia, "4", "ISR4331", "SP-A", "RJ"))
	c.balance(keyRouter, keySPA, "6/0")
	c.balance(keyRouter, keyRJ, "4/0")
	c.must(mv(stock.Saida, "1", "ISR4331", "RJ", ""))
	c.balance(keyRouter, keyRJ, "3/0")
	c.must(mv(stock.Expedicao, "2", "ISR4331", "RJ", ""))
	c.balance(keyRouter, stock.TransitKey, "2/0")
	c.must(mv(stock.Saida, "2", "ISR4331", "TRANSITO", ""))
	c.balance(keyRouter, stock.TransitKey, "0/0")
	c.must(mv(stock.Reversa, "1", "ISR4331", "", "SP-A"))
	c.balance(keyRouter, keySPA, "7/0")
	f := c.refused(fault.InsufficientStock, mv(stock.Saida, "8", "ISR4331", "SP-A", ""))
	if fmt.Sprint(f.Details) != "[{available 7} {requested 8}]" {
		t.Errorf("details: %v", f.Details)
	}
	c.refused(fault.NotFound, mv(stock.Saida, "8", "ISR4331", "NOWHERE", ""))
	c.refused(fault.InvalidArgument, mv(stock.Entrada, "1.5", "ISR4331", "", "SP-A"))
	c.must(mv(stock.Entrada, "1.5", "CABO-UTP", "", "SP-A"))
	c.balance(keyCable, keySPA, "1.5/0")
}

func TestDeskReserves(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	r := mv(stock.Reserva, "4", "ISR4331", "SP-A", "")
	r.Move.Reservation, r.Move.ExpiresAt = uuid.Must(uuid.NewV7()), time.Now().Add(time.Hour)
	c.must(r)
	c.balance(keyRouter, keySPA, "10/4")
	c.refused(fault.InsufficientStock, mv(stock.Saida, "7", "ISR4331", "SP-A", ""))
	out := mv(stock.Expedicao, "3", "ISR4331", "SP-A", "")
	out.Move.Reservation = r.Move.Reservation
	c.must(out)
	c.balance(keyRouter, keySPA, "7/0")
	again := mv(stock.Expedicao, "1", "ISR4331", "SP-A", "")
	again.Move.Reservation = r.Move.Reservation
	c.refused(fault.Conflict, again)
	release := mv(stock.Liberacao, "1", "ISR4331", "SP-A", "")
	c.refused(fault.InvalidArgument, release)
}

func TestDeskSerials(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "2", "AP-3802", "", "SP-A", "AA 1", "bb2"))
	c.refused(fault.AlreadyExists, mv(stock.Entrada, "1", "AP-3802", "", "RJ", "aa1"))
	c.refused(fault.InvalidArgument, mv(stock.Entrada, "2", "AP-3802", "", "RJ", "cc3"))
	c.refused(fault.InvalidArgument, mv(stock.Saida, "1", "AP-3802", "SP-A", ""))
	c.must(mv(stock.Transferencia, "1", "AP-3802", "SP-A", "TRANSITO", "BB2"))
	c.refused(fault.Conflict, mv(stock.Saida, "1", "AP-3802", "SP-A", "", "BB2"))
	c.must(mv(stock.Transferencia, "1", "AP-3802", "TRANSITO", "RJ", "BB2"))
	o := c.must(mv(stock.Saida, "1", "AP-3802", "RJ", "", "BB2"))
	c.must(mv(stock.Reversa, "1", "AP-3802", "", "SP-B", "BB2"))
	rev := approval.Step{Reversal: &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: o.Posted[0].Movement.ID, Assets: []stock.AssetKey{{Part: partSerial, Serial: "BB2"}}}}
	c.refused(fault.Conflict, rev)
	entry := c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-B", "cc3"))
	rev = approval.Step{Reversal: &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: entry.Posted[0].Movement.ID, Assets: []stock.AssetKey{{Part: partSerial, Serial: "CC3"}}}}
	c.must(rev)
	c.balance(partSerial, keySPB, "1/0")
	c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-B", "cc3"))
	c.balance(partSerial, keySPB, "2/0")
}

func TestDeskAdjustmentWaitsAndIsApproved(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	adjust := mv(stock.AjusteNegativo, "3", "ISR4331", "SP-A", "")
	o := c.must(adjust)
	if o.Status != approval.StatusWaiting || o.Task == nil {
		t.Fatalf("got %+v", o)
	}
	c.balance(keyRouter, keySPA, "10/0")
	task, err := c.db.Task(t.Context(), o.Task.ID)
	if err != nil {
		t.Fatal(err)
	}
	decide := func(a *identity.Actor, print string) (*approval.Outcome, error) {
		return c.db.Approve(t.Context(), &approval.Decision{Actor: a, Door: "test", Operation: "sga_approve_task", TaskID: task.ID, Fingerprint: print, Render: render})
	}
	if _, err := decide(c.ana, task.Fingerprint); fault.CodeOf(err) != fault.PermissionDenied {
		t.Fatalf("own proposal: %v", err)
	}
	c.must(mv(stock.Saida, "8", "ISR4331", "SP-A", ""))
	if _, err := decide(c.bia, task.Fingerprint); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("not enough is left: %v", err)
	}
	c.must(mv(stock.Entrada, "7", "ISR4331", "", "SP-A"))
	if _, err := decide(c.bia, task.Fingerprint); err != nil { // others only moved the figures
		t.Fatal(err)
	}
	if task, err = c.db.Task(t.Context(), task.ID); err != nil || task.Effect[0].Before.String() != "9" {
		t.Fatalf("the figures are not fresh: %v %v", task.Effect, err)
	}
	c.balance(keyRouter, keySPA, "6/0")
	if _, err := decide(c.bia, task.Fingerprint); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("approved twice: %v", err)
	}
}

func TestDeskIdempotent(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	var wait sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wait.Go(func() {
			r := c.request(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
			r.Key = "k1"
			o, err := c.db.Submit(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			answers[i] = string(o.Answer)
		})
	}
	wait.Wait()
	c.balance(keyRouter, keySPA, "1/0")
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("answers differ: %s, %s", a, answers[0])
		}
	}
	r := c.request(mv(stock.Entrada, "2", "ISR4331", "", "SP-A"))
	r.Key, r.Hash = "k1", [32]byte{1}
	if _, err := c.db.Submit(t.Context(), r); fault.CodeOf(err) != fault.IdempotencyMismatch {
		t.Errorf("got %v", err)
	}
}
