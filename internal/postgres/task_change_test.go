package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
)

// person is somebody else at the desk who may approve everything.
func (c *counter) person(name string, last byte) *identity.Actor {
	a := *c.bia
	a.PersonID, a.Subject, a.Username = uuid.UUID{15: last, 6: 0x70, 8: 0x80}, "sub-"+name, name
	return &a
}

// profile stores the person of an actor with a login.
func (c *counter) profile(a *identity.Actor, approver bool) {
	c.t.Helper()
	c.exec(`INSERT INTO sga.people (person_id, display_name, all_projects, all_locations, is_approver, approval_all_projects) VALUES ($1, $2, true, true, $3, true)
		ON CONFLICT (person_id) DO UPDATE SET is_approver = excluded.is_approver`, a.PersonID, a.Username, approver)
	c.exec(`INSERT INTO sga.logins (subject, person_id, username) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, a.Subject, a.PersonID, a.Username)
}

func (c *counter) decision(a *identity.Actor, t *approval.Task) *approval.Decision {
	return &approval.Decision{Actor: a, Door: "test", Operation: "sga_approve_task", TaskID: t.ID, Fingerprint: t.Fingerprint, Render: render, Arguments: []byte(`{}`)}
}

func (c *counter) change(a *identity.Actor, t *approval.Task, kind approval.ChangeKind) *approval.TaskChange {
	return &approval.TaskChange{Kind: kind, CommentID: uuid.Must(uuid.NewV7()), Decision: *c.decision(a, t)}
}

// disposal is a proposal of ana's that takes two persons.
func (c *counter) disposal(qty string) *approval.Task {
	c.t.Helper()
	lost := mv(stock.AjusteNegativo, qty, "ISR4331", "SP-A", "")
	lost.Move.Papers.ReasonCode = stock.ReasonLost
	return c.must(lost).Task
}

func (c *counter) look(id uuid.UUID) *approval.Task {
	c.t.Helper()
	t, err := c.db.Task(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return t
}

// told lists what the log says of a task; every line of its history has its event and its audit row.
func (c *counter) told(id uuid.UUID) []string {
	c.t.Helper()
	out := []string{}
	rows, err := c.owner.Query(c.t.Context(), `SELECT kind FROM (SELECT sequence, kind, entity_id FROM sga.outbox UNION ALL SELECT sequence, kind, entity_id FROM sga.event_log) e
		WHERE entity_id = $1 ORDER BY sequence`, id)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, kind)
	}
	var lame int
	if err := c.owner.QueryRow(c.t.Context(), `SELECT count(*) FROM sga.task_history h WHERE task_id = $1 AND (
		NOT EXISTS (SELECT FROM (SELECT sequence, kind FROM sga.outbox UNION ALL SELECT sequence, kind FROM sga.event_log) e WHERE e.sequence = h.sequence AND e.kind = h.change)
		OR NOT EXISTS (SELECT FROM sga.audit_log a WHERE a.entity_id = h.task_id AND a.actor_id = h.actor_id
			OR h.change = 'task_approved' AND a.actor_id = h.actor_id AND a.operation = 'sga_approve_task' AND a.result = 'ok'))`, id).Scan(&lame); err != nil || lame != 0 {
		c.t.Errorf("%d lines of history without event or audit: %v", lame, err)
	}
	return out
}

// Quorum: the first approval counts and does nothing, the same person cannot give the second, another can.
func TestQuorumOfTwo(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	task := c.disposal("3")
	if task.Needed != 2 {
		t.Fatalf("a loss needs %d", task.Needed)
	}
	o, err := c.db.Approve(t.Context(), c.decision(c.bia, task))
	if err != nil || !o.Waits || o.Task.Status != approval.InProgress || o.Task.Approvals != 1 {
		t.Fatalf("the first: %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "10/0")
	again := *c.bia
	again.Subject, again.Username = "sub-bia-2", "bia2" // another login of the same person
	for _, a := range []*identity.Actor{c.bia, &again} {
		if _, err := c.db.Approve(t.Context(), c.decision(a, task)); fault.CodeOf(err) != fault.Conflict || fault.Of(err).Retryable {
			t.Errorf("the same person twice: %v", err)
		}
	}
	if _, err := c.db.Approve(t.Context(), c.decision(c.ana, task)); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("the proposer as the second: %v", err)
	}
	cai := c.person("cai", 0xcc)
	if o, err = c.db.Approve(t.Context(), c.decision(cai, task)); err != nil || o.Waits || o.Task.Status != approval.Approved || o.Task.Approvals != 2 {
		t.Fatalf("the second: %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "7/0")
	got := c.look(task.ID)
	if len(got.Votes) != 2 || got.DecidedBy != cai.PersonID || got.Votes[0].Person != c.bia.PersonID {
		t.Errorf("votes %+v, decided by %v", got.Votes, got.DecidedBy)
	}
	if diff := cmp.Diff([]string{"task_created", "task_voted", "task_approved"}, c.told(task.ID)); diff != "" {
		t.Error(diff)
	}
	one := c.disposal("1")
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, one)); err != nil {
		t.Fatal(err)
	}
	if o, err := c.db.Reject(t.Context(), c.decision(cai, one)); err != nil || o.Task.Status != approval.Rejected {
		t.Errorf("one person's no ends it: %v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "7/0")
}

// quarantine changes the state of a serial number, which its proposals were shown with.
func quarantine(serial string) approval.Step {
	return approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: serial, To: stock.Quarantine, Reason: "caiu"}}
}

// The database holds to the quorum, whichever version of the program writes: sqlDecide is what that of issue 2 says.
func TestQuorumIsTheDatabasesRule(t *testing.T) {
	t.Parallel()
	const sqlDecide = `UPDATE sga.tasks SET status = 'APPROVED', decided_at = now(), decided_by = $2, comment = '', result = NULL, fingerprint = fingerprint,
		effect = effect, rule = rule WHERE task_id = $1`
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	task := c.disposal("3")
	cai := c.person("cai", 0xcc)
	refused := func(when string) {
		t.Helper()
		_, err := c.owner.Exec(t.Context(), sqlDecide, task.ID, cai.PersonID)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "23514" {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("no vote")
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, task)); err != nil {
		t.Fatal(err)
	}
	refused("one vote")
	vote := func(by uuid.UUID, print string) {
		c.exec(`INSERT INTO sga.task_votes (vote_id, task_id, person_id, fingerprint, voted_at) VALUES (gen_random_uuid(), $1, $2, $3, now())`, task.ID, by, print)
	}
	vote(c.ana.PersonID, task.Fingerprint)
	refused("the proposer's")
	vote(cai.PersonID, "another effect")
	refused("for another effect")
	c.exec(`UPDATE sga.task_votes SET voided_at = now() WHERE person_id = $1`, cai.PersonID)
	refused("a void one")
	vote(cai.PersonID, task.Fingerprint)
	c.exec(sqlDecide, task.ID, cai.PersonID)
	one := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task
	c.exec(sqlDecide, one.ID, cai.PersonID) // what takes one is as it was
}

// An approval is for what was shown: when the effect changes it is void, to be seen, and may be given anew.
func TestVotesAreForOneEffect(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "2", "AP-3802", "", "SP-A", "S1", "S2"))
	lost := mv(stock.AjusteNegativo, "1", "AP-3802", "SP-A", "", "S1")
	lost.Move.Papers.ReasonCode = stock.ReasonLost
	task, cai := c.must(lost).Task, c.person("cai", 0xcc)
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, task)); err != nil {
		t.Fatal(err)
	}
	c.must(quarantine("S1"))
	if _, err := c.db.Approve(t.Context(), c.decision(cai, task)); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("the world has changed: %v", err)
	}
	fresh := c.look(task.ID)
	if fresh.Fingerprint == task.Fingerprint || fresh.Approvals != 0 || len(fresh.Votes) != 1 || fresh.Votes[0].VoidedAt.IsZero() {
		t.Errorf("the old approval still counts: %+v", fresh.Votes)
	}
	for i, a := range []*identity.Actor{cai, c.bia} {
		if o, err := c.db.Approve(t.Context(), c.decision(a, fresh)); err != nil || o.Waits != (i == 0) {
			t.Fatalf("anew, %d: %+v, %v", i, o, err)
		}
	}
	c.balance(partSerial, keySPA, "1/0")
	if diff := cmp.Diff([]string{"task_created", "task_voted", "task_renewed", "task_voted", "task_approved"}, c.told(task.ID)); diff != "" {
		t.Error(diff)
	}
}

// What others move on the same shelf only refreshes the figures: the first approval of a loss still counts (I8).
func TestVotesOutliveOtherMovements(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	task, cai := c.disposal("3"), c.person("cai", 0xcc)
	c.must(mv(stock.Entrada, "4", "ISR4331", "", "SP-A"))
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, task)); err != nil {
		t.Fatal(err)
	}
	if got := c.look(task.ID); got.Fingerprint != task.Fingerprint || got.Approvals != 1 || got.Effect[0].Before.String() != "14" {
		t.Errorf("after the first: %d approvals, %v", got.Approvals, got.Effect)
	}
	c.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	if o, err := c.db.Approve(t.Context(), c.decision(cai, task)); err != nil || o.Waits {
		t.Fatalf("the second: %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "12/0")
}

// Named items that an adjustment makes MISSING are a loss, whatever the adjustment says of itself; a count's are not.
func TestLossIsJudgedByItsEffect(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "3", "AP-3802", "", "SP-A", "S1", "S2", "S3"), mv(stock.Entrada, "9", "ISR4331", "", "SP-A"))
	for _, tc := range []struct {
		said   stock.ReasonCode
		part   string
		serial []string
		rule   string
		needed int
	}{
		{"", "AP-3802", []string{"S1"}, "baixa", 2},
		{stock.ReasonCount, "AP-3802", []string{"S1"}, "baixa", 2},
		{stock.ReasonLost, "AP-3802", []string{"S1"}, "baixa", 2},
		{stock.ReasonDamaged, "AP-3802", []string{"S1"}, "baixa", 2},
		{stock.ReasonDisposal, "AP-3802", []string{"S1"}, "baixa", 2},
		{"", "ISR4331", nil, "ajuste", 1},
		{stock.ReasonLost, "ISR4331", nil, "baixa", 2},
	} {
		step := mv(stock.AjusteNegativo, "1", tc.part, "SP-A", "", tc.serial...)
		step.Move.Papers.ReasonCode = tc.said
		if task := c.must(step).Task; task.Rule != tc.rule || task.Needed != tc.needed {
			t.Errorf("%s as %q: rule %s, %d approvals", tc.part, tc.said, task.Rule, task.Needed)
		}
	}
	if task := c.must(mv(stock.AjustePositivo, "1", "AP-3802", "", "SP-A", "S9")).Task; task.Rule != "ajuste" || task.Needed != 1 {
		t.Errorf("an item found: rule %s, %d approvals", task.Rule, task.Needed)
	}
	id := c.openCount("SPOT", "")
	c.must(submitted(id, counted("AP-3802", "2", "S2", "S3")))
	if task := c.must(closed(id, false)).Task; task.Rule != "ajuste" || task.Needed != 1 {
		t.Errorf("a count: rule %s, %d approvals", task.Rule, task.Needed)
	}
}

// Whoever lost the right to approve lost it: for the approval that he gives now and for the one that he gave.
func TestApproverRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	cai, dan := c.person("cai", 0xcc), c.person("dan", 0xdd)
	c.profile(c.bia, true)
	task := c.disposal("3")
	if _, err := c.db.Approve(t.Context(), c.decision(c.bia, task)); err != nil {
		t.Fatal(err)
	}
	c.profile(c.bia, false) // the token, and the program's memory, still say that she may
	if _, err := c.db.Reject(t.Context(), c.decision(c.bia, task)); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("removed: %v", err)
	}
	if o, err := c.db.Approve(t.Context(), c.decision(cai, task)); err != nil || !o.Waits || o.Task.Approvals != 1 {
		t.Fatalf("the vote of the removed counted: %+v, %v", o, err)
	}
	if o, err := c.db.Approve(t.Context(), c.decision(dan, task)); err != nil || o.Waits {
		t.Fatalf("two who may: %+v, %v", o, err)
	}
	c.balance(keyRouter, keySPA, "7/0")
	c.profile(cai, true)
	c.exec(`UPDATE sga.people SET is_active = false WHERE person_id = $1`, cai.PersonID)
	simple := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task
	if _, err := c.db.Approve(t.Context(), c.decision(cai, simple)); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("disabled: %v", err)
	}
}

// Many approve at once: of a task for two exactly one is the first, one the second; nothing is executed twice.
func TestManyApproveAtOnce(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	for round := range 5 {
		task := c.disposal("1")
		var wait sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for i := range 12 {
			a := c.person(fmt.Sprint("p", i%4), byte(1+i%4))
			wait.Go(func() {
				o, err := c.db.Approve(t.Context(), c.decision(a, task))
				key := string(fault.CodeOf(err))
				if err == nil {
					key = fmt.Sprint("waits ", o.Waits)
				}
				mu.Lock()
				defer mu.Unlock()
				got[key]++
			})
		}
		wait.Wait()
		if diff := cmp.Diff(map[string]int{"waits true": 1, "waits false": 1, "conflict": 10}, got); diff != "" {
			t.Errorf("round %d: %s", round, diff)
		}
	}
	c.balance(keyRouter, keySPA, "95/0")
}

// Segregation: who counted and in whose name an agent asked do not decide; nor does a limit an unknown value.
func TestSegregationOfDuties(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	cai := c.person("cai", 0xcc)
	id := c.openCount("SPOT", "")
	by := func(a *identity.Actor, step approval.Step) *approval.Outcome {
		r := c.request(step)
		r.Actor = a
		o, err := c.db.Submit(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	by(c.bia, submitted(id, counted("ISR4331", "8")))
	task := by(c.ana, closed(id, false)).Task
	err := func() error { _, err := c.db.Approve(t.Context(), c.decision(c.bia, task)); return err }()
	if fault.CodeOf(err) != fault.PermissionDenied || len(c.look(task.ID).Barred) != 1 {
		t.Errorf("the counter: %v", err)
	}
	if _, err := c.db.Approve(t.Context(), c.decision(cai, task)); err != nil {
		t.Errorf("another: %v", err)
	}

	c.profile(c.bia, true)
	agent := *c.ana
	agent.Kind, agent.Client, agent.PersonID, agent.OnBehalf = identity.Agent, "nexo-intake", uuid.UUID{1}, c.bia.Subject
	asked := by(&agent, mv(stock.Saida, "1", "ISR4331", "SP-A", "")).Task
	other := *c.bia
	other.Subject, other.Username = "sub-bia-2", "bia2"
	for _, a := range []*identity.Actor{c.bia, &other} {
		if _, err := c.db.Approve(t.Context(), c.decision(a, asked)); fault.CodeOf(err) != fault.PermissionDenied {
			t.Errorf("whom the agent works for, as %s: %v", a.Username, err)
		}
	}
	if _, err := c.db.Approve(t.Context(), c.decision(cai, asked)); err != nil {
		t.Errorf("another: %v", err)
	}

	limited := *cai
	limit := dec("1000000")
	limited.Approver.Limit = &limit
	unknown := c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task // no cost is known of it
	if !unknown.ValueUnknown || !c.look(unknown.ID).ValueUnknown {
		t.Errorf("its value is not known to be unknown: %+v", unknown)
	}
	if _, err := c.db.Approve(t.Context(), c.decision(&limited, unknown)); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("a limit and an unknown value: %v", err)
	}
	if _, err := c.db.Approve(t.Context(), c.decision(cai, unknown)); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestCommentsAssignmentsAndEscalation(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	task := c.must(mv(stock.AjusteNegativo, "3", "ISR4331", "SP-A", "")).Task
	cai, agent := c.person("cai", 0xcc), *c.ana
	agent.Kind, agent.OnBehalf = identity.Agent, "sub-ana"
	for _, a := range []*identity.Actor{c.ana, &agent} {
		note := c.change(a, task, approval.ChangeComment)
		note.Comment, note.Evidence = "falta a foto", []uuid.UUID{{5}}
		if _, err := c.db.ChangeTask(t.Context(), note); err != nil {
			t.Fatal(err)
		}
	}
	give := func(a *identity.Actor, to uuid.UUID, due time.Time) (*approval.Outcome, error) {
		ch := c.change(a, task, approval.ChangeAssign)
		ch.Assignee, ch.DueAt = to, due
		return c.db.ChangeTask(t.Context(), ch)
	}
	if _, err := give(c.bia, cai.PersonID, time.Time{}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to somebody unknown: %v", err)
	}
	c.profile(cai, false)
	if _, err := give(c.bia, cai.PersonID, time.Time{}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to somebody who may not decide: %v", err)
	}
	c.profile(cai, true)
	if _, err := give(c.bia, c.ana.PersonID, time.Time{}); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to the proposer: %v", err)
	}
	if _, err := give(c.bia, cai.PersonID, task.ExpiresAt.Add(time.Second)); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("due after it expires: %v", err)
	}
	due := task.CreatedAt.Add(time.Hour).Truncate(time.Millisecond)
	if o, err := give(c.bia, cai.PersonID, due); err != nil || o.Task.Status != approval.Pending || !o.Task.DueAt.Equal(due) {
		t.Errorf("given: %+v, %v", o, err)
	}
	if o, err := give(cai, cai.PersonID, time.Time{}); err != nil || o.Task.Status != approval.InProgress {
		t.Errorf("taken: %+v, %v", o, err)
	}
	for want := 1; want <= approval.MaxEscalations; want++ {
		c.exec(`UPDATE sga.tasks SET due_at = created_at`)
		if n, err := c.db.EscalateTasks(t.Context(), 10); n != 1 || err != nil {
			t.Fatalf("raised %d, %v", n, err)
		}
		if n, err := c.db.EscalateTasks(t.Context(), 10); n != 0 || err != nil {
			t.Fatalf("raised again before it is due: %d, %v", n, err)
		}
		if got := c.look(task.ID); got.Escalation != want || got.Priority != approval.Urgent || !got.DueAt.After(got.EscalatedAt) {
			t.Errorf("raised to %s, level %d, due %v", got.Priority, got.Escalation, got.DueAt)
		}
	}
	c.exec(`UPDATE sga.tasks SET due_at = created_at`)
	if n, err := c.db.EscalateTasks(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("raised for ever: %d, %v", n, err)
	}
	if _, err := c.db.ChangeTask(t.Context(), c.change(c.bia, task, approval.ChangeEscalate)); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("raised by a person for ever: %v", err)
	}
	got := c.look(task.ID)
	if len(got.Comments) != 2 || got.Comments[1].Kind != identity.Agent || got.Comments[0].Body != "falta a foto" || got.Assignee != cai.PersonID || len(got.History) != 5 {
		t.Errorf("%+v\n%+v", got.Comments, got.History)
	}
	if diff := cmp.Diff([]string{"task_created", "task_commented", "task_commented", "task_assigned", "task_assigned", "task_escalated", "task_escalated", "task_escalated"},
		c.told(task.ID)); diff != "" {
		t.Error(diff)
	}
	c.exec(`UPDATE sga.tasks SET expires_at = created_at`)
	if n, err := c.db.ExpireTasks(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if end := c.look(task.ID); string(end.Result) == "" || end.History[len(end.History)-1].Change != "task_expired" {
		t.Errorf("the end is not said: %s", end.Result)
	}
	for _, kind := range []approval.ChangeKind{approval.ChangeComment, approval.ChangeAssign, approval.ChangeEscalate} {
		if _, err := c.db.ChangeTask(t.Context(), c.change(c.bia, task, kind)); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s after the end: %v", kind, err)
		}
	}
}

// A task that cannot be raised is named, and holds up none of the others.
func TestEscalationGoesOn(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	var ids []uuid.UUID
	for range 3 {
		ids = append(ids, c.must(mv(stock.AjusteNegativo, "1", "ISR4331", "SP-A", "")).Task.ID)
	}
	c.exec(`UPDATE sga.tasks SET due_at = created_at`)
	c.exec(`UPDATE sga.tasks SET steps = '"not a list"' WHERE task_id = $1`, ids[0])
	n, err := c.db.EscalateTasks(t.Context(), 10)
	if n != 2 || err == nil || !strings.Contains(err.Error(), ids[0].String()) {
		t.Errorf("raised %d: %v", n, err)
	}
	for _, id := range ids[1:] {
		if got := c.look(id); got.Escalation != 1 {
			t.Errorf("level %d", got.Escalation)
		}
	}
}

// The program's own roles may add to what was said and done, and change none of it (T-02).
func TestTaskLogsAreAppendOnly(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	for table, column := range map[string]string{"task_comments": "body", "task_history": "change", "autonomy_history": "reason", "autonomy_outcomes": "outcome",
		"agent_movements": "operation"} {
		for _, statement := range []string{"UPDATE sga." + table + " SET " + column + " = ''", "DELETE FROM sga." + table, "TRUNCATE sga." + table} {
			if _, err := c.owner.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
}
