package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// agent is a program that works under its own name.
func (c *counter) agent() *identity.Actor {
	return &identity.Actor{PersonID: uuid.UUID{15: 0x99, 6: 0x70, 8: 0x80}, Subject: "nexo-intake", Client: "nexo-intake", Kind: identity.Agent,
		Roles: []identity.Role{identity.Logistics}, Scopes: []string{identity.ScopeTools}, Projects: identity.Everywhere(), Locations: identity.Everywhere()}
}

// reservation is work of an agent that the policy executes: it has a ticket.
func reservation() approval.Step {
	r := mv(stock.Reserva, "1", "ISR4331", "SP-A", "")
	r.Move.Reservation, r.Move.ExpiresAt, r.Move.Papers.Ticket = uuid.Must(uuid.NewV7()), time.Now().Add(time.Hour), "CH-1"
	return r
}

// invoiced is an entry by an agent that the policy executes and has reviewed.
func invoiced(qty string) approval.Step {
	e := mv(stock.Entrada, qty, "ISR4331", "", "SP-A")
	sure := dec("0.93")
	e.Move.Papers.Confidence, e.Move.Papers.EvidenceIDs = &sure, []uuid.UUID{{7}}
	return e
}

func workIn(m stock.MovementType) approval.Work {
	return approval.Work{Client: "nexo-intake", Operation: "sga_create_movement", MovementType: m, Band: approval.BandUnknown, Project: stock.GeneralCode}
}

func (c *counter) asks(a *identity.Actor, steps ...approval.Step) *approval.Outcome {
	c.t.Helper()
	r := c.request(steps...)
	r.Actor = a
	o, err := c.db.Submit(c.t.Context(), r)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

func (c *counter) setLevel(w approval.Work, l approval.Level) error {
	r := c.request(approval.Step{Autonomy: &approval.AutonomyEdit{Work: w, Level: l, Reason: "teste"}})
	r.Operation = "sga_set_autonomy"
	_, err := c.db.Submit(c.t.Context(), r)
	return err
}

// standing gives the level of a kind of work and its evidence.
func (c *counter) standing(w approval.Work) approval.Standing {
	c.t.Helper()
	list, _, err := c.db.Autonomy(c.t.Context(), approval.AutonomyFilter{Client: w.Client, AllProjects: true, Limit: 100})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range list {
		if s.Work == w {
			return s
		}
	}
	return approval.Standing{Work: w}
}

// What the same agent's same requests come to at each level; without one the policy is as it was.
func TestLevelsOfAutonomy(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	agent := c.agent()
	outcome := func(step approval.Step) string {
		o := c.asks(agent, step)
		level := ""
		if len(o.Posted) > 0 {
			if err := c.owner.QueryRow(t.Context(), `SELECT coalesce(autonomy_level::text, '-') FROM sga.movements WHERE movement_id = $1`, o.Posted[0].Movement.ID).Scan(&level); err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprint(o.Status, " ", o.Rule.Action, " ", o.Task != nil, " ", level)
	}
	exit := func() approval.Step { return mv(stock.Saida, "1", "ISR4331", "SP-A", "") }
	check := func(level approval.Level, want ...string) {
		t.Helper()
		got := []string{outcome(reservation()), outcome(invoiced("1")), outcome(exit())}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("level %q: %s", level, diff)
		}
	}
	check("", "posted execute false -", "posted review true -", "pending_approval wait true ")
	for _, l := range approval.Levels() {
		c.exec(`INSERT INTO sga.autonomy_levels SELECT 'nexo-intake', 'sga_create_movement', m, 'UNKNOWN', 'GERAL', $1::text::sga.autonomy_level, now()
			FROM unnest('{RESERVA,ENTRADA,SAIDA}'::text[]) m ON CONFLICT (client_id, operation, movement_type, value_band, project_code) DO UPDATE SET level = excluded.level`, string(l))
		c.exec(`UPDATE sga.catalog_version SET version = version + 1`)
		switch l {
		case approval.LevelA:
			check(l, "pending_approval wait true ", "pending_approval wait true ", "pending_approval wait true ")
		case approval.LevelB:
			check(l, "posted review true B", "posted review true B", "pending_approval wait true ")
		case approval.LevelC:
			check(l, "posted execute false C", "posted mark false C", "pending_approval wait true ")
		}
	}
	c.must(reservation()) // people have no level
}

// A level is earned by agreement and lost by one bad outcome, in the same transaction as that.
func TestAutonomyIsEarnedAndLost(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	agent, work := c.agent(), workIn(stock.Entrada)
	if err := c.setLevel(work, approval.LevelA); err != nil {
		t.Fatal(err)
	}
	decide := func(o *approval.Outcome, approve bool) {
		t.Helper()
		task := c.look(o.Task.ID)
		do := c.db.Reject
		if approve {
			do = c.db.Approve
		}
		if _, err := do(t.Context(), c.decision(c.bia, task)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		if i == 19 {
			if err := c.setLevel(work, approval.LevelB); fault.CodeOf(err) != fault.Conflict {
				t.Fatalf("19 decisions are enough: %v", err)
			}
		}
		decide(c.asks(agent, invoiced("1")), true)
	}
	if err := c.setLevel(work, approval.LevelC); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("from A to C at once: %v", err)
	}
	if err := c.setLevel(work, approval.LevelB); err != nil {
		t.Fatalf("earned: %v", err)
	}
	if err := c.setLevel(work, approval.LevelB); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("twice the same: %v", err)
	}
	posted := c.asks(agent, invoiced("5"))
	if posted.Status != approval.StatusPosted {
		t.Fatalf("at B it executes: %+v", posted)
	}
	decide(posted, false) // the review is rejected
	got := c.standing(work)
	if got.Level != approval.LevelA || got.Evidence.Agreed != 20 || got.Evidence.Bad != 1 || got.Evidence.LastBad.IsZero() || len(got.History) != 3 ||
		got.History[0].Cause != "bad_outcome" || got.History[0].By != c.bia.PersonID {
		t.Errorf("after the bad outcome: %+v", got)
	}
	if o := c.asks(agent, invoiced("1")); o.Status != approval.StatusWaiting {
		t.Errorf("lowered at once, yet %+v", o)
	}
	c.exec(`INSERT INTO sga.autonomy_outcomes SELECT gen_random_uuid(), client_id, operation, movement_type, value_band, project_code, 'agreed', NULL, NULL, decided_by, now()
		FROM sga.autonomy_outcomes CROSS JOIN generate_series(1, 20)`)
	if err := c.setLevel(work, approval.LevelB); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("so soon after a bad outcome: %v", err)
	}
	var told int
	if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.outbox o JOIN sga.audit_log a ON a.sequence = o.sequence AND a.entity_id = o.entity_id
		WHERE kind = 'autonomy_changed' AND payload @> '{"cause": "bad_outcome", "projects": ["GERAL"]}' AND a.result = 'autonomy_lowered'`).Scan(&told); err != nil || told != 1 {
		t.Errorf("told %d times: %v", told, err)
	}
}

// A level for all projects holds in each; of it and a project's own the lower one does, and a bad outcome lowers from there.
func TestLevelForAllProjects(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	agent, own := c.agent(), workIn(stock.Reserva)
	all := own
	all.Project = ""
	set := func(w approval.Work, l approval.Level) {
		t.Helper()
		if err := c.setLevel(w, l); err != nil {
			t.Fatal(err)
		}
	}
	if o := c.asks(agent, reservation()); o.Status != approval.StatusPosted {
		t.Fatalf("without a level: %+v", o)
	}
	set(all, approval.LevelA)
	if o := c.asks(agent, reservation()); o.Status != approval.StatusWaiting {
		t.Errorf("at A in all projects: %+v", o)
	}
	set(own, approval.LevelB)
	if got := c.standing(own); got.Level != approval.LevelB || got.Held != approval.LevelA {
		t.Errorf("shown as %+v", got)
	}
	held := c.asks(agent, reservation())
	if held.Status != approval.StatusWaiting {
		t.Errorf("the project's own is higher: %+v", held)
	}
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, held.Task)); err != nil {
		t.Fatal(err)
	}
	if got := c.standing(all); got.Level != approval.LevelA || got.Held != approval.LevelA || got.Evidence.Agreed != 1 {
		t.Errorf("the evidence of all projects: %+v", got)
	}
	if err := c.setLevel(all, approval.LevelB); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("raised by one decision: %v", err)
	}

	entry := workIn(stock.Entrada)
	all.MovementType = stock.Entrada
	set(all, approval.LevelB)
	done := c.asks(agent, invoiced("1"))
	if done.Status != approval.StatusPosted || done.Rule.Level != approval.LevelB {
		t.Fatalf("at B: %+v", done)
	}
	c.must(approval.Step{Reversal: &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: done.Posted[0].Movement.ID}})
	if got := c.standing(entry); got.Level != approval.LevelA || got.Held != approval.LevelA || c.standing(all).Level != approval.LevelB {
		t.Errorf("lowered from what held: %+v", got)
	}
}

// Taking back what an agent did is a bad outcome, whoever does it and even where no level was set.
func TestReversalLowersTheAgent(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	agent, work := c.agent(), workIn(stock.Entrada)
	reverse := func(o *approval.Outcome) {
		c.must(approval.Step{Reversal: &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: o.Posted[0].Movement.ID}})
	}
	reverse(c.must(mv(stock.Entrada, "3", "ISR4331", "", "SP-A"))) // a person's own is nobody's evidence
	if got := c.standing(work); got.Evidence.Decisions() != 0 {
		t.Fatalf("got %+v", got)
	}
	reverse(c.asks(agent, invoiced("5")))
	if got := c.standing(work); got.Level != approval.LevelB || got.Evidence.Bad != 1 || len(got.History) != 1 || got.History[0].From != approval.LevelNone {
		t.Errorf("after one: %+v", got)
	}
	reverse(c.asks(agent, invoiced("6")))
	reverse(c.must(mv(stock.Entrada, "3", "ISR4331", "", "SP-A")))
	if got := c.standing(work); got.Level != approval.LevelA || got.Evidence.Bad != 2 {
		t.Errorf("after two: %+v", got)
	}
	refused := c.asks(agent, invoiced("1"))
	if _, err := c.db.Reject(t.Context(), c.decision(c.bia, refused.Task)); err != nil {
		t.Fatal(err)
	}
	if got := c.standing(work); got.Evidence.Disagreed != 1 || got.Evidence.Bad != 2 {
		t.Errorf("a proposal that was refused did no harm: %+v", got.Evidence)
	}
}
