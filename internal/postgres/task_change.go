package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Changes of a task that decide nothing pass the desk like decisions: the task is locked first, and the change, its
// event, its line of history and its audit row are one transaction.
const (
	sqlInsertComment = `INSERT INTO sga.task_comments (comment_id, task_id, author_id, author_kind, on_behalf_of, body, evidence_ids, commented_at)
		VALUES ($1, $2, $3, $4::text::sga.actor_kind, $5, $6, $7, $8)`

	sqlInsertVote = `INSERT INTO sga.task_votes (vote_id, task_id, person_id, fingerprint, comment, voted_at) VALUES ($1, $2, $3, $4, $5, $6)`

	sqlVoidVotes = `UPDATE sga.task_votes SET voided_at = $3 WHERE task_id = $1 AND voided_at IS NULL AND fingerprint <> $2`

	sqlInsertTaskHistory = `INSERT INTO sga.task_history (sequence, task_id, change, actor_id, actor_kind, changed_at, detail)
		VALUES ($1, $2, $3, $4, $5::text::sga.actor_kind, $6, $7::text::jsonb)`

	sqlChangeTask = `UPDATE sga.tasks SET status = $2::text::sga.task_status, priority = $3::text::sga.priority, assignee_id = $4, assigned_by = $5,
		assigned_at = $6, due_at = $7, escalation = $8, escalated_at = $9, decided_at = $10, result = $11::text::jsonb WHERE task_id = $1`

	sqlCountComments = `SELECT count(*) FROM sga.task_comments WHERE task_id = $1`

	sqlOverdueTasks = `SELECT task_id FROM sga.tasks WHERE status IN ('PENDING', 'IN_PROGRESS') AND escalation < $1
		AND coalesce(due_at, created_at + interval '2 days') <= clock_timestamp() AND expires_at > clock_timestamp()
		ORDER BY priority DESC, created_at, task_id LIMIT $2`
)

// taskEffects is what a decision or a change of a task writes beside the task's own row.
type taskEffects struct {
	changed  []*approval.Task
	comments []commentRow
	votes    []voteRow
	renewed  []*approval.Task // whose votes for another effect are void
	history  []historyRow
	work     workEffects
}

type commentRow struct {
	task uuid.UUID
	approval.Comment
}

type voteRow struct {
	task uuid.UUID
	approval.Vote
}

type historyRow struct {
	task uuid.UUID
	approval.History
}

func (e *taskEffects) none() bool {
	return len(e.changed)+len(e.comments)+len(e.votes)+len(e.renewed)+len(e.history) == 0
}

func (e *taskEffects) queue(b *pgx.Batch, at time.Time) {
	for _, t := range e.changed {
		b.Queue(sqlChangeTask, t.ID, string(t.Status), string(t.Priority), optionalID(t.Assignee), optionalID(t.AssignedBy), timeOrNull(t.AssignedAt),
			timeOrNull(t.DueAt), t.Escalation, timeOrNull(t.EscalatedAt), timeOrNull(t.DecidedAt), textOrNull(t.Result))
	}
	for _, c := range e.comments {
		b.Queue(sqlInsertComment, c.ID, c.task, c.Author, string(c.Kind), c.OnBehalf, c.Body, nonNilSlice(c.Evidence), c.At)
	}
	for _, t := range e.renewed {
		b.Queue(sqlVoidVotes, t.ID, t.Fingerprint, at)
	}
	for _, v := range e.votes {
		b.Queue(sqlInsertVote, v.ID, v.task, v.Person, v.Fingerprint, v.Comment, v.At)
	}
	for _, h := range e.history {
		b.Queue(sqlInsertTaskHistory, h.Sequence, h.task, h.Change, h.Actor, string(h.Kind), h.At, string(h.Detail))
	}
}

func textOrNull(raw []byte) *string {
	if raw == nil {
		return nil
	}
	s := string(raw)
	return &s
}

// ChangeTask implements approval.Desk.
func (db *DB) ChangeTask(ctx context.Context, c *approval.TaskChange) (*approval.Outcome, error) {
	return db.desk.pass(ctx, &pending{decision: &c.Decision, change: c, done: make(chan struct{})})
}

// changeTask carries out a change under the lock of its task.
func (s *session) changeTask(p *pending) error {
	t, c := p.task, p.change
	if err := t.MustWait(s.state.Now); err != nil {
		return err
	}
	p.outcome = &approval.Outcome{At: s.state.Now, Task: t}
	switch c.Kind {
	case approval.ChangeComment:
		return s.comment(p)
	case approval.ChangeAssign:
		return s.assign(p)
	case approval.ChangeEscalate:
		return s.escalate(p)
	}
	return fault.Internal.With("Mudança de tarefa desconhecida.", "Unknown change of a task.")
}

func (s *session) comment(p *pending) error {
	t, c := p.task, p.change
	if s.commented >= approval.MaxComments {
		return fault.Conflict.With("A tarefa já tem %d comentários.", "The task already has %d comments.", approval.MaxComments).On("task_id").Final()
	}
	a := c.Actor
	row := approval.Comment{ID: c.CommentID, Author: a.PersonID, Kind: a.Kind, OnBehalf: a.OnBehalf, Body: c.Comment, Evidence: c.Evidence, At: s.state.Now}
	s.effects.task.comments = append(s.effects.task.comments, commentRow{t.ID, row})
	t.Comments = append(t.Comments, row)
	s.announce(p, "task_commented", nil)
	return nil
}

// assign gives a task to a person who may decide it, or to nobody. Taking it oneself is starting on it.
func (s *session) assign(p *pending) error {
	t, c := p.task, p.change
	if err := s.mayAssign(t, c.Actor); err != nil {
		return err
	}
	detail := map[string]any{"from": optionalText(t.Assignee), "to": optionalText(c.Assignee)}
	if c.Assignee != uuid.Nil {
		if err := s.mayBeGiven(t, c); err != nil {
			return err
		}
	}
	t.Assignee, t.AssignedBy, t.AssignedAt = c.Assignee, c.Actor.PersonID, s.state.Now
	if c.Assignee == c.Actor.PersonID && t.Status == approval.Pending {
		t.Status = approval.InProgress
	}
	if !c.DueAt.IsZero() {
		if !c.DueAt.After(s.state.Now) || c.DueAt.After(t.ExpiresAt) {
			return fault.InvalidArgument.With("O prazo precisa estar entre agora e o vencimento da tarefa.", "The due time must lie between now and the expiry of the task.").
				On("due_at").Detail("expires_at", t.ExpiresAt.Format(time.RFC3339))
		}
		detail["due_from"], detail["due_to"] = t.DueAt, c.DueAt
		t.DueAt = c.DueAt
	}
	if c.Comment != "" {
		detail["reason"] = c.Comment
	}
	s.effects.task.changed = append(s.effects.task.changed, t)
	s.announce(p, "task_assigned", detail)
	return nil
}

// mayAssign lets admins and those who may decide the task hand it out.
func (s *session) mayAssign(t *approval.Task, a *identity.Actor) error {
	if a.Kind == identity.Person && a.OnBehalf == "" && a.Is(identity.Admin) {
		return nil
	}
	return t.MayDecide(a, s.state.Now)
}

// mayBeGiven holds the assignee to what the profile says now: active, and able to decide this very task.
func (s *session) mayBeGiven(t *approval.Task, c *approval.TaskChange) error {
	a := s.deciders[c.Assignee]
	if a == nil && c.Assignee == c.Actor.PersonID {
		a = c.Actor // who has no profile row has only what the token gives
	}
	refused := fault.InvalidArgument.With("Essa pessoa não pode decidir esta tarefa.", "That person may not decide this task.").On("assignee_id")
	if a == nil {
		return refused.Detail("cause", "unknown")
	}
	for _, code := range t.Projects {
		if !a.Projects.Has(code) {
			return refused.Detail("cause", "sight")
		}
	}
	for _, code := range t.Locations {
		if !s.seesPlace(a, code) {
			return refused.Detail("cause", "sight")
		}
	}
	if err := t.MayDecide(a, s.state.Now); err != nil {
		return refused.Detail("cause", fault.Of(err).Wire().MessageEN)
	}
	return nil
}

// escalate raises a task one step, with a new time to act.
func (s *session) escalate(p *pending) error {
	t, c := p.task, p.change
	if t.Escalation >= approval.MaxEscalations {
		return fault.Conflict.With("A tarefa já foi escalada %d vezes.", "The task has already been raised %d times.", t.Escalation).On("task_id").Final()
	}
	if c.Actor.Kind == identity.System && s.state.Now.Before(t.DueAt) {
		return fault.Conflict.With("A tarefa não está atrasada.", "The task is not overdue.").On("task_id").Final() // somebody moved its due time meanwhile
	}
	detail := map[string]any{"from": t.Priority, "to": approval.Raised(t.Priority), "level": t.Escalation + 1, "due_from": t.DueAt}
	if c.Comment != "" {
		detail["reason"] = c.Comment
	}
	t.Priority, t.Escalation, t.EscalatedAt = approval.Raised(t.Priority), t.Escalation+1, s.state.Now
	t.DueAt = s.state.Now.Add(approval.DueIn(t.Priority))
	if t.DueAt.After(t.ExpiresAt) {
		t.DueAt = t.ExpiresAt
	}
	detail["due_to"] = t.DueAt
	s.effects.task.changed = append(s.effects.task.changed, t)
	s.announce(p, "task_escalated", detail)
	return nil
}

// announce writes the event of a change, its line of history, and its audit row. What does not do what was asked for
// says so in the audit: an approval that others must follow, and a preview that was renewed.
func (s *session) announce(p *pending, kind string, detail map[string]any) {
	result := "ok"
	switch kind {
	case "task_voted":
		result = "voted"
	case "task_renewed":
		result = "renewed"
	}
	t := p.task
	seq := s.nextSequence()
	s.effects.outbox.add(seq, kind, t.ID, s.state.Now, taskPayload(t))
	if kind != "task_commented" { // the comment itself says it
		s.remember(p, seq, kind, detail)
	}
	s.effects.auditOf(p, s.state.Now, auditFacts{result: result, rule: t.Rule, sequence: seq, entity: t.ID})
}

// remember writes a line of a task's history.
func (s *session) remember(p *pending, seq int64, kind string, detail map[string]any) {
	raw, err := json.Marshal(detail)
	if err != nil { // of our own making
		raw = []byte("{}")
	}
	a := p.decision.Actor
	s.effects.task.history = append(s.effects.task.history, historyRow{p.task.ID, approval.History{Sequence: seq, Change: kind, Actor: a.PersonID,
		Kind: a.Kind, At: s.state.Now, Detail: raw}})
}

func optionalText(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id
}

// EscalateTasks raises the tasks whose due time is over, in the name of the program, each in its own transaction. It
// returns how many it raised. One that somebody else has dealt with meanwhile is none of them; one that cannot be raised
// does not hold up the others, and is in the error.
func (db *DB) EscalateTasks(ctx context.Context, most int) (done int, err error) {
	rows, err := db.reader.Query(ctx, sqlOverdueTasks, approval.MaxEscalations, most)
	if err != nil {
		return 0, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, translate(err)
	}
	var failed []error
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			failed = append(failed, err)
			break
		}
		_, err := db.ChangeTask(ctx, &approval.TaskChange{Kind: approval.ChangeEscalate, Decision: approval.Decision{Actor: identity.TheSystem(), Door: "system",
			Operation: "sga_escalate_task", TaskID: id, Render: func(*approval.Outcome) []byte { return []byte("{}") }}})
		switch {
		case err == nil:
			done++
		case fault.CodeOf(err) != fault.Conflict:
			db.log.Warn("task not raised; the others are", "task_id", id, "error", err)
			failed = append(failed, fmt.Errorf("raise task %s: %w", id, err))
		}
	}
	return done, errors.Join(failed...)
}
