package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// openVault adds a restricted place, a costly part, stock of both kinds, and a closed period.
func openVault(t testing.TB) *counter {
	t.Helper()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1000", "ISR4331", "", "SP-A"))
	c.exec(`INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type, policies, catalog_version) VALUES
		(31, gen_random_uuid(), 'COFRE', 'Cofre', 'WAREHOUSE', '{"restricted": true}', 9)`)
	c.exec(`INSERT INTO sga.part_numbers (part_number_key, part_number_id, part_number, part_number_folded, description, unit_cost, catalog_version)
		VALUES (31, gen_random_uuid(), 'TORRE', 'TORRE', 'Torre', 50000, 9)`)
	c.exec(`UPDATE sga.settings SET closed_through = '2026-01-31'`)
	c.exec(`UPDATE sga.catalog_version SET version = 9`)
	if err := c.db.refreshCatalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		c.must(mv(stock.Entrada, "1", "TORRE", "", "SP-A"))
	}
	return c
}

// as is a request of the same rights by another kind of actor.
func (c *counter) as(kind identity.Kind, step approval.Step) *approval.Request {
	a := *c.ana
	a.Kind, a.Roles = kind, []identity.Role{identity.Logistics}
	r := c.request(step)
	r.Actor = &a
	return r
}

// The HIL matrix of the product over the policy that every database starts with: who, what, with which
// evidence, worth what, where and when, and what becomes of it.
func TestDeskPolicyMatrix(t *testing.T) {
	t.Parallel()
	c := openVault(t)
	const person, agent, service = identity.Person, identity.Agent, identity.Service
	evidence := func(s approval.Step) approval.Step {
		s.Move.Papers.EvidenceIDs = []uuid.UUID{uuid.Must(uuid.NewV7())}
		return s
	}
	nf := func(s approval.Step) approval.Step { s.Move.Papers.NFKey = "35"; return s }
	sure := func(q string, s approval.Step) approval.Step { d := dec(q); s.Move.Papers.Confidence = &d; return s }
	ticket := func(s approval.Step) approval.Step { s.Move.Papers.Ticket = "T-1"; return s }
	closed := func(s approval.Step) approval.Step { s.Move.MovementOn = day("2026-01-31"); return s }
	why := func(code stock.ReasonCode, s approval.Step) approval.Step { s.Move.Papers.ReasonCode = code; return s }
	in := func(part, qty, to string) approval.Step { return mv(stock.Entrada, qty, part, "", to) }
	move := func(part, qty, to string) approval.Step { return mv(stock.Transferencia, qty, part, "SP-A", to) }
	out := func(part, qty string) approval.Step { return mv(stock.Saida, qty, part, "SP-A", "") }
	ship := func(part, qty string) approval.Step { return mv(stock.Expedicao, qty, part, "SP-A", "") }
	back := func(part, qty, to string) approval.Step { return mv(stock.Reversa, qty, part, "EXTERNO", to) }
	book := func() approval.Step { return reserve("1", "ISR4331", "SP-A", time.Now().Add(time.Hour)) }
	less := mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")
	more := mv(stock.AjustePositivo, "1", "ISR4331", "", "SP-A")
	tests := []struct {
		name string
		who  identity.Kind
		step approval.Step
		rule string
		do   approval.Action
		task approval.TaskType
	}{
		{"entry with evidence", person, evidence(in("ISR4331", "1", "SP-A")), "movimento", approval.Execute, ""},
		{"entry by invoice", person, nf(in("ISR4331", "1", "SP-A")), "movimento", approval.Execute, ""},
		{"entry without evidence", person, in("ISR4331", "1", "SP-A"), "pessoa-sem-evidencia", approval.Mark, ""},
		{"a ticket is no evidence", person, ticket(in("ISR4331", "1", "SP-A")), "pessoa-sem-evidencia", approval.Mark, ""},
		{"entry at the value", person, nf(in("TORRE", "1", "SP-A")), "movimento", approval.Execute, ""},
		{"entry above the value", person, nf(in("TORRE", "2", "SP-A")), "valor-entrada", approval.Wait, approval.ApprovalEntry},
		{"entry of unknown value", person, nf(in("CABO-UTP", "1000000", "SP-A")), "movimento", approval.Execute, ""},
		{"entry to a restricted place", person, nf(in("ISR4331", "1", "COFRE")), "restrito-entrada", approval.Wait, approval.ApprovalEntry},
		{"entry into a closed period", person, closed(nf(in("ISR4331", "1", "SP-A"))), "periodo-entrada", approval.Wait, approval.ApprovalEntry},
		{"agent, sure, with evidence", agent, sure("0.80", nf(in("ISR4331", "1", "SP-A"))), "agente-entrada", approval.Review, approval.DocumentReview},
		{"agent, less sure", agent, sure("0.7999", nf(in("ISR4331", "1", "SP-A"))), "agente-entrada-espera", approval.Wait, approval.ApprovalEntry},
		{"agent, confidence 0", agent, sure("0", nf(in("ISR4331", "1", "SP-A"))), "agente-entrada-espera", approval.Wait, approval.ApprovalEntry},
		{"agent that does not say how sure", agent, nf(in("ISR4331", "1", "SP-A")), "agente-entrada-espera", approval.Wait, approval.ApprovalEntry},
		{"agent without evidence", agent, sure("1", in("ISR4331", "1", "SP-A")), "agente-entrada-espera", approval.Wait, approval.ApprovalEntry},
		{"agent above the value", agent, sure("1", nf(in("TORRE", "2", "SP-A"))), "valor-entrada", approval.Wait, approval.ApprovalEntry},
		{"service without evidence", service, in("ISR4331", "1", "SP-A"), "pessoa-sem-evidencia", approval.Mark, ""},
		{"reservation", person, book(), "pessoa-sem-evidencia", approval.Mark, ""},
		{"reservation by an agent for a ticket", agent, ticket(book()), "agente-reserva", approval.Execute, ""},
		{"reservation by an agent without one", agent, book(), "agente-transferencia-espera", approval.Wait, approval.ApprovalTransfer},
		{"transfer", person, evidence(move("ISR4331", "1", "RJ")), "movimento", approval.Execute, ""},
		{"transfer without evidence", person, move("ISR4331", "1", "RJ"), "pessoa-sem-evidencia", approval.Mark, ""},
		{"transfer to a restricted place", person, evidence(move("ISR4331", "1", "COFRE")), "restrito", approval.Wait, approval.ApprovalTransfer},
		{"transfer into a closed period", person, closed(evidence(move("ISR4331", "1", "RJ"))), "periodo", approval.Wait, approval.ApprovalTransfer},
		{"transfer above the value", person, evidence(move("TORRE", "5", "RJ")), "valor-transferencia", approval.Wait, approval.ApprovalTransfer},
		{"transfer at the value", person, evidence(move("TORRE", "4", "RJ")), "movimento", approval.Execute, ""},
		{"transfer by an agent", agent, evidence(move("ISR4331", "1", "RJ")), "agente-transferencia", approval.Execute, ""},
		{"transfer by an agent without evidence", agent, ticket(move("ISR4331", "1", "RJ")), "agente-transferencia-espera", approval.Wait, approval.ApprovalTransfer},
		{"exit", person, evidence(out("ISR4331", "1")), "movimento", approval.Execute, ""},
		{"exit above the value", person, evidence(out("TORRE", "2")), "valor-saida", approval.Wait, approval.ApprovalExit},
		{"exit by an agent", agent, evidence(out("ISR4331", "1")), "agente-saida", approval.Wait, approval.ApprovalExit},
		{"dispatch", person, ship("ISR4331", "1"), "pessoa-sem-evidencia", approval.Mark, ""},
		{"dispatch by an agent", agent, ship("ISR4331", "1"), "agente-saida", approval.Wait, approval.ApprovalExit},
		{"return", person, back("ISR4331", "1", "SP-A"), "pessoa-sem-evidencia", approval.Mark, ""},
		{"return to a restricted place", person, back("ISR4331", "1", "COFRE"), "restrito-entrada", approval.Wait, approval.ApprovalEntry},
		{"return by an agent", agent, evidence(back("ISR4331", "1", "SP-A")), "agente-saida", approval.Wait, approval.ApprovalExit},
		{"adjustment down", person, evidence(less), "ajuste", approval.Wait, approval.ApprovalAdjustment},
		{"adjustment up", person, evidence(more), "ajuste", approval.Wait, approval.ApprovalAdjustment},
		{"adjustment by a service", service, evidence(more), "ajuste", approval.Wait, approval.ApprovalAdjustment},
		{"adjustment by an agent", agent, sure("1", evidence(more)), "ajuste", approval.Wait, approval.ApprovalAdjustment},
		{"disposal", person, why(stock.ReasonDisposal, mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")), "baixa", approval.Wait, approval.ApprovalDisposal},
		{"loss", person, why(stock.ReasonLost, mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")), "baixa", approval.Wait, approval.ApprovalDisposal},
	}
	for _, tc := range tests {
		tc.step.Move.ID = uuid.Must(uuid.NewV7())
		o, err := c.db.Submit(t.Context(), c.as(tc.who, tc.step))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if o.Rule.Name != tc.rule || o.Rule.Action != tc.do {
			t.Errorf("%s: %s by %s, want %s by %s", tc.name, o.Rule.Action, o.Rule.Name, tc.do, tc.rule)
		}
		if (o.Status == approval.StatusWaiting) != (tc.do == approval.Wait) || (o.Task != nil) != (tc.task != "") || o.Task != nil && o.Task.Type != tc.task {
			t.Errorf("%s: %s, task %+v", tc.name, o.Status, o.Task)
		}
		var rows, marked int
		if err := c.owner.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE review) FROM sga.movements WHERE movement_id = $1`,
			tc.step.Move.ID).Scan(&rows, &marked); err != nil {
			t.Fatal(err)
		}
		wantRows := map[bool]int{true: 0, false: 1}[tc.do == approval.Wait]
		if rows != wantRows || (marked == 1) != (tc.do == approval.Mark || tc.do == approval.Review) {
			t.Errorf("%s: %d rows, %d marked", tc.name, rows, marked)
		}
	}
}

// Master data: an admin's executes, everybody else's and every program's waits.
func TestDeskPolicyOfMasterData(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	n := 0
	for _, kind := range []identity.Kind{identity.Person, identity.Agent, identity.Service} {
		for _, role := range identity.Roles() {
			n++
			code := fmt.Sprintf("P-%d", n)
			r := c.as(kind, approval.Step{Project: &approval.ProjectEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: code, Name: &code}})
			r.Actor.Roles = []identity.Role{role}
			o, err := c.db.Submit(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			wait := kind != identity.Person || role != identity.Admin
			if _, made := c.db.Catalog().Project(code); (o.Status == approval.StatusWaiting) != wait || made == wait {
				t.Errorf("by %s %s: %s, made %v", kind, role, o.Status, made)
			}
		}
	}
}

// A policy that allows nothing holds everything back.
func TestDeskWithoutPolicyWaits(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.exec(`DELETE FROM sga.policies`)
	c.exec(`UPDATE sga.catalog_version SET version = version + 1`)
	o := c.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	if o.Status != approval.StatusWaiting || o.Task.Type != approval.Escalation {
		t.Errorf("got %+v", o)
	}
}

// The expiry of a reservation is a real LIBERACAO of the program itself, made once.
func TestDeskReservationExpires(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "5", "ISR4331", "", "SP-A"))
	over, open := reserve("2", "ISR4331", "SP-A", time.Now().Add(-time.Minute)), reserve("1", "ISR4331", "SP-A", time.Now().Add(time.Hour))
	c.must(over)
	c.must(open)
	due, err := c.db.ExpiredReservations(t.Context(), 10)
	if err != nil || len(due) != 1 || due[0].ID != over.Move.Reservation || due[0].Quantity.String() != "2" {
		t.Fatalf("due: %+v, %v", due, err)
	}
	release := func() (*approval.Outcome, error) {
		step := mv(stock.Liberacao, "2", "ISR4331", "SP-A", "")
		step.Move.Reservation, step.Move.Expired = due[0].ID, true
		r := c.as(identity.System, step)
		r.Actor.Roles, r.Operation = nil, "sga_expire_reservation"
		return c.db.Submit(t.Context(), r)
	}
	o, err := release()
	if err != nil || o.Rule.Name != "vencimento" || o.Posted[0].Reservation.Status != stock.ReservationExpired {
		t.Fatalf("released: %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "5/1")
	if _, err := release(); fault.CodeOf(err) != fault.Conflict || fault.Of(err).Retryable {
		t.Errorf("released twice: %v", err)
	}
	if due, err = c.db.ExpiredReservations(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("still due: %v, %v", due, err)
	}
	late := mv(stock.Saida, "1", "ISR4331", "SP-A", "")
	late.Move.Reservation = over.Move.Reservation
	c.refused(fault.Conflict, late)
}
