package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	sqlInsertTask = `INSERT INTO sga.tasks (task_id, task_type, status, priority, operation, summary, summary_en, rule, reason, reason_en, steps, effect,
		fingerprint, value, confidence, evidence_ids, project_codes, location_codes, reference_id, proposed_by, proposed_as, created_at, expires_at,
		approvals_needed, value_unknown, due_at)
		VALUES ($1, $2::text::sga.task_type, 'PENDING', $3::text::sga.priority, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11::text::jsonb, $12,
		$13::text::numeric, $14::text::numeric, $15, $16, $17, $18, $19, $20::text::jsonb, $21, $22, $23, $24, $25)`

	sqlLockTask = `SELECT ` + taskColumns + ` FROM sga.tasks t WHERE t.task_id = $1 FOR UPDATE OF t`

	sqlDecideTask = `UPDATE sga.tasks SET status = $2::text::sga.task_status, decided_at = $3, decided_by = $4, comment = $5, result = $6::text::jsonb,
		fingerprint = $7, effect = $8::text::jsonb, rule = $9, approvals_needed = $10 WHERE task_id = $1`
)

// sqlResolveDivergences closes the differences of a count whose adjustment was approved, each with its event.
const sqlResolveDivergences = `WITH resolved AS (UPDATE sga.divergences SET status = 'RESOLVED' WHERE task_id = $1 AND status IN ('OPEN', 'INVESTIGATING')
		RETURNING divergence_id, divergence_type, status, location_key, project_key)
	INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload)
	SELECT nextval('sga.event_sequence'), 'divergence_changed', r.divergence_id, clock_timestamp(),
		jsonb_build_object('divergence_id', r.divergence_id, 'divergence_type', r.divergence_type, 'divergence_status', r.status,
			'projects', jsonb_build_array(p.project_code), 'locations', jsonb_build_array(l.location_code))
	FROM resolved r JOIN sga.projects p ON p.project_key = r.project_key JOIN sga.locations l ON l.location_key = r.location_key`

// Approve implements approval.Desk.
func (db *DB) Approve(ctx context.Context, d *approval.Decision) (*approval.Outcome, error) {
	return db.desk.pass(ctx, &pending{decision: d, approve: true, done: make(chan struct{})})
}

// Reject implements approval.Desk.
func (db *DB) Reject(ctx context.Context, d *approval.Decision) (*approval.Outcome, error) {
	return db.desk.pass(ctx, &pending{decision: d, done: make(chan struct{})})
}

// openTask begins the transaction of a decision by locking its task, and plans the stored steps.
func (s *session) openTask(ctx context.Context, p *pending) error {
	s.begun = true
	p.plan, p.planErr, p.task, p.refused, p.err = nil, nil, nil, nil, nil // another try may find another world
	b := &pgx.Batch{}
	b.Queue(sqlBegin)
	b.Queue(sqlPatience, s.patience())
	var t *approval.Task
	b.Queue(sqlLockTask, p.decision.TaskID).Query(func(rows pgx.Rows) (err error) {
		t, err = pgx.CollectExactlyOneRow(rows, readTask)
		return err
	})
	err := s.conn.SendBatch(ctx, b).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		p.err = fault.NotFound.With("Tarefa não encontrada.", "Task not found.").On("task_id")
		return nil
	}
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	p.task = t
	if p.change != nil {
		p.plan = &plan{catalog: s.catalog}
		return nil
	}
	proposer := &identity.Actor{PersonID: t.ProposedBy, Kind: identity.Kind(t.ProposedAs.Kind), Client: t.ProposedAs.Client}
	if t.ProposedAs.Admin {
		proposer.Roles = []identity.Role{identity.Admin}
	}
	if p.plan, err = planSteps(s.catalog, t.Steps, t.Operation, proposer); err != nil {
		p.planErr, p.plan = err, &plan{catalog: s.catalog}
	}
	p.plan.stored = true
	return nil
}

// decideTask checks that this person may decide and that the task is still what was shown, and then
// executes or ends it.
func (s *session) decideTask(p *pending) error {
	if p.change != nil {
		return s.changeTask(p)
	}
	t, d := p.task, p.decision
	if err := s.mayDecide(t, d.Actor); err != nil {
		return err
	}
	p.outcome = &approval.Outcome{At: s.state.Now, Task: t}
	if !p.approve {
		s.decidedBy(t, d)
		t.Status = approval.Rejected
		s.closeTask(p, "rejected")
		return nil
	}
	if d.Fingerprint != t.Fingerprint {
		return worldChanged(t, "fingerprint")
	}
	if t.Voted(d.Actor.PersonID) {
		return fault.Conflict.With("Você já aprovou esta tarefa; falta outra pessoa.", "You have already approved this task; another person is missing.").
			On("task_id").Final().Detail("approvals", t.Approvals+1).Detail("approvals_needed", t.Needed)
	}
	return s.execute(p, t)
}

func (s *session) decidedBy(t *approval.Task, d *approval.Decision) {
	t.DecidedAt, t.DecidedBy, t.Comment = s.state.Now, d.Actor.PersonID, d.Comment
}

// execute decides the stored steps again under lock. The outcome must be what was shown, or the task
// stays open with a fresh preview.
func (s *session) execute(p *pending, t *approval.Task) error {
	mark := s.state.Mark()
	err := p.planErr
	var done *decided
	if err == nil {
		done, err = s.try(p.plan, t.Steps)
	}
	if err != nil {
		return worldChanged(t, string(fault.CodeOf(err))).Detail("cause", fault.Of(err).Wire())
	}
	if now := fingerprint(t.Steps, done); now != t.Fingerprint {
		s.state.Rollback(mark)
		s.renew(p, done, now)
		return nil
	}
	t.Needed, t.Effect = max(t.Needed, done.approvals), effectsOf(s.catalog, done.changes) // the figures may be fresher than those shown
	s.vote(p)
	if t.Approvals < t.Needed {
		s.state.Rollback(mark)
		p.outcome.Waits, p.outcome.Status, p.outcome.Rule = true, approval.StatusWaiting, done.rule
		return nil
	}
	s.decidedBy(t, p.decision)
	by := actorStamp{id: t.ProposedBy, kind: t.ProposedAs.Kind, onBehalf: t.ProposedAs.OnBehalf, operation: t.Operation, rule: done.rule.Name,
		task: t.ID, approvedBy: p.decision.Actor.PersonID, approvedAt: s.state.Now}
	t.Status = approval.Approved
	p.outcome.Status = approval.StatusPosted
	s.post(p, t.Steps, done, by)
	t.Result = resultOf(p.outcome)
	s.closeTask(p, "approved")
	return nil
}

func worldChanged(t *approval.Task, why string) *fault.Error {
	return fault.Conflict.With("O estoque mudou desde a prévia: reveja a tarefa e decida de novo.",
		"The stock has changed since the preview: look at the task again and decide anew.").On("fingerprint").
		Detail("fingerprint", t.Fingerprint).Detail("changed", why)
}

// closeTask records the end of a task with its outbox row; the audit row of an approval was written
// with its effect.
func (s *session) closeTask(p *pending, how string) {
	t := p.task
	s.effects.decided = append(s.effects.decided, t)
	seq := s.nextSequence()
	s.effects.outbox.add(seq, "task_"+how, t.ID, s.state.Now, taskPayload(t))
	s.remember(p, seq, "task_"+how, map[string]any{"fingerprint": t.Fingerprint, "comment": t.Comment})
	if how == "rejected" {
		s.effects.auditOf(p, s.state.Now, auditFacts{result: how, rule: t.Rule, entity: t.ID})
	}
	s.judgeWork(p)
}

// propose stores a request as a task. Its dates are fixed now, so that what is executed is what was shown.
func (s *session) propose(p *pending, d *decided) error {
	r := p.request
	for i := range r.Steps {
		if m := r.Steps[i].Move; m != nil && m.MovementOn.IsZero() {
			m.MovementOn = s.state.Today
		}
	}
	t := s.newTask(r, d)
	p.outcome = &approval.Outcome{Status: approval.StatusWaiting, Rule: d.rule, Task: t, At: s.state.Now}
	s.effects.tasks = append(s.effects.tasks, t)
	seq := s.nextSequence()
	s.effects.outbox.add(seq, "task_created", t.ID, s.state.Now, taskPayload(t))
	s.effects.auditOf(p, s.state.Now, auditFacts{result: string(approval.StatusWaiting), rule: d.rule.Name, sequence: seq, entity: t.ID,
		changes: d.changes, catalog: s.catalog})
	return nil
}

// review opens a task for a person to look at what was posted. It proposes nothing: it is closed by looking.
func (s *session) review(p *pending, d *decided) {
	t := s.newTask(p.request, d)
	t.Steps, t.Needed = nil, 1
	t.Fingerprint = fingerprint(nil, &decided{rule: approval.Rule{Name: "none"}}) // approving it executes nothing
	if posted := p.outcome.Posted; len(posted) > 0 && posted[0].Movement != nil {
		t.Reference = posted[0].Movement.ID
	}
	p.outcome.Task = t
	s.effects.tasks = append(s.effects.tasks, t)
	s.effects.outbox.add(s.nextSequence(), "task_created", t.ID, s.state.Now, taskPayload(t))
}

func (s *session) newTask(r *approval.Request, d *decided) *approval.Task {
	a := r.Actor
	t := &approval.Task{
		ID: s.desk.db.newID(), Type: d.rule.TaskType, Status: approval.Pending, Priority: d.rule.Priority, Operation: r.Operation,
		Rule: d.rule.Name, Reason: d.rule.Reason, ReasonEN: d.rule.ReasonEN, Steps: r.Steps, Effect: effectsOf(s.catalog, d.changes),
		Fingerprint: fingerprint(r.Steps, d), ProposedBy: a.PersonID, CreatedAt: s.state.Now, ExpiresAt: s.state.Now.Add(approval.Lifetime),
		ProposedAs: approval.Proposer{Kind: string(a.Kind), Client: a.Client, OnBehalf: a.OnBehalf, Admin: a.Is(identity.Admin),
			Work: d.kinds()},
		Needed: max(1, d.approvals), DueAt: s.state.Now.Add(approval.DueIn(d.rule.Priority)),
	}
	describeTask(t, s.catalog, d)
	for i := range t.Steps {
		s.describeEdit(t, &t.Steps[i])
	}
	return t
}

func queueTask(b *pgx.Batch, t *approval.Task) {
	b.Queue(sqlInsertTask, t.ID, string(t.Type), string(t.Priority), t.Operation, t.Summary, t.SummaryEN, t.Rule, t.Reason, t.ReasonEN,
		marshal(nonNilSlice(t.Steps)), marshal(nonNilSlice(t.Effect)), t.Fingerprint, numericText(t.Value), numericText(t.Confidence), nonNilSlice(t.Evidence),
		nonNil(t.Projects), nonNil(t.Locations), optionalID(t.Reference), t.ProposedBy, marshal(t.ProposedAs), t.CreatedAt, t.ExpiresAt, t.Needed,
		t.ValueUnknown, t.DueAt)
}

func queueDecision(b *pgx.Batch, t *approval.Task) {
	b.Queue(sqlDecideTask, t.ID, string(t.Status), timeOrNull(t.DecidedAt), optionalID(t.DecidedBy), t.Comment, textOrNull(t.Result), t.Fingerprint,
		marshal(nonNilSlice(t.Effect)), t.Rule, t.Needed)
	if t.Status == approval.Approved {
		b.Queue(sqlResolveDivergences, t.ID)
	}
}

// marshal renders rows of our own making, which cannot fail.
func marshal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(raw)
}

func nonNilSlice[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func numericText(q *stock.Quantity) pgtype.Text {
	if q == nil {
		return pgtype.Text{}
	}
	return pgtype.Text{String: q.String(), Valid: true}
}
