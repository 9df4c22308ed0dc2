package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// taskColumns is what every read of a task gives, in the order of readTask. A vote for another effect than the
// present one does not count.
const taskColumns = `t.task_id, t.task_type::text, t.status::text, t.priority::text, t.operation, t.summary, t.summary_en, t.rule, t.reason, t.reason_en,
		t.steps, t.effect, t.fingerprint, t.value, t.confidence, t.evidence_ids, t.project_codes, t.location_codes, t.reference_id, t.proposed_by,
		t.proposed_as, t.assignee_id, t.created_at, t.expires_at, t.decided_at, t.decided_by, t.comment, t.result, t.approvals_needed,
		t.value_unknown, t.assigned_by, t.assigned_at, coalesce(t.due_at, t.created_at + interval '2 days'), t.escalation, t.escalated_at,
		(SELECT count(*) FROM sga.task_votes v WHERE v.task_id = t.task_id AND v.voided_at IS NULL AND v.fingerprint = t.fingerprint)`

const (
	sqlTask = `SELECT ` + taskColumns + ` FROM sga.tasks t WHERE t.task_id = $1`

	// Urgent first, then the one that waits longest; the id makes the order unique.
	sqlTasks = `SELECT ` + taskColumns + `
		FROM sga.tasks t
		WHERE CASE WHEN $1::text = '' THEN t.status IN ('PENDING', 'IN_PROGRESS') ELSE t.status = nullif($1, '')::sga.task_status END
		AND ($2::text = '' OR t.task_type = nullif($2, '')::sga.task_type) AND ($3::text = '' OR t.priority = nullif($3, '')::sga.priority)
		AND ($4::uuid IS NULL OR t.assignee_id = $4) AND ($5::uuid IS NULL OR t.proposed_by = $5)
		AND ($6::text[] IS NULL OR t.project_codes <@ $6) AND ($7::text[] IS NULL OR t.location_codes <@ $7)
		AND ($8::text IS NULL OR (t.priority, t.created_at, t.task_id) <> ($8::text::sga.priority, $9, $10)
			AND (t.priority < $8::text::sga.priority OR t.priority = $8::text::sga.priority AND (t.created_at, t.task_id) > ($9, $10)))
		AND (NOT $12::bool OR coalesce(t.due_at, t.created_at + interval '2 days') <= clock_timestamp())
		ORDER BY t.priority DESC, t.created_at, t.task_id LIMIT $11`

	sqlTaskVotes = `SELECT vote_id, person_id, fingerprint, comment, voted_at, voided_at FROM sga.task_votes WHERE task_id = $1 ORDER BY voted_at, vote_id`

	sqlTaskComments = `SELECT comment_id, author_id, author_kind::text, on_behalf_of, body, evidence_ids, commented_at FROM sga.task_comments
		WHERE task_id = $1 ORDER BY commented_at, comment_id LIMIT $2`

	sqlTaskHistory = `SELECT sequence, change, actor_id, actor_kind::text, changed_at, detail FROM sga.task_history
		WHERE task_id = $1 ORDER BY sequence DESC LIMIT $2`

	// Whoever counted what is adjusted, and the person in whose name an agent asked.
	sqlTaskBarred = `SELECT DISTINCT counted_by, 'counter' FROM sga.count_results WHERE count_id = ANY($1::uuid[])
		UNION ALL SELECT person_id, 'behind' FROM sga.logins WHERE subject = $2 OR username = $2`
)

// maxHistory is how many changes of a task are read, the last ones: no honest task has so many.
const maxHistory = 200

// Task finds a task by id, whole; not_found when there is none.
func (db *DB) Task(ctx context.Context, id uuid.UUID) (*approval.Task, error) {
	var t *approval.Task
	var votes []approval.Vote
	var comments []approval.Comment
	var history []approval.History
	b := &pgx.Batch{}
	b.Queue(sqlTask, id).Query(func(rows pgx.Rows) (err error) {
		t, err = pgx.CollectExactlyOneRow(rows, readTask)
		return err
	})
	b.Queue(sqlTaskVotes, id).Query(func(rows pgx.Rows) (err error) {
		votes, err = pgx.CollectRows(rows, readVote)
		return err
	})
	b.Queue(sqlTaskComments, id, approval.MaxComments).Query(func(rows pgx.Rows) (err error) {
		comments, err = pgx.CollectRows(rows, readComment)
		return err
	})
	b.Queue(sqlTaskHistory, id, maxHistory).Query(func(rows pgx.Rows) (err error) {
		history, err = pgx.CollectRows(rows, readHistory)
		return err
	})
	err := db.reader.SendBatch(ctx, b).Close()
	if isNoRows(err) {
		return nil, fault.NotFound.With("Tarefa não encontrada.", "Task not found.").On("task_id")
	}
	if err != nil {
		return nil, translate(fmt.Errorf("task: %w", err))
	}
	t.Votes, t.Comments, t.History = votes, comments, history
	slices.Reverse(t.History)
	counts := countsOf(t)
	if !t.Open() || len(counts) == 0 && t.ProposedAs.OnBehalf == "" {
		return t, nil
	}
	rows, err := db.writer.Query(ctx, sqlTaskBarred, counts, t.ProposedAs.OnBehalf) // logins are the writer's to read
	if err != nil {
		return nil, translate(err)
	}
	t.Barred, err = pgx.CollectRows(rows, readBarred)
	return t, translate(err)
}

// countsOf lists the counts whose adjustments a task holds.
func countsOf(t *approval.Task) []uuid.UUID {
	out := []uuid.UUID{}
	for _, s := range t.Steps {
		if s.Move != nil && s.Move.Papers.CountID != uuid.Nil && !slices.Contains(out, s.Move.Papers.CountID) {
			out = append(out, s.Move.Papers.CountID)
		}
	}
	return out
}

// Tasks lists the queue, urgent first and then the one that waits longest.
func (db *DB) Tasks(ctx context.Context, f approval.TaskFilter) (tasks []*approval.Task, next string, err error) {
	same := f
	same.Cursor, same.Limit = "", 0
	after, err := decodeCursor("tasks", same, f.Cursor, 3)
	if err != nil {
		return nil, "", err
	}
	var priority pgtype.Text
	var created pgtype.Timestamptz
	var last pgtype.UUID
	if after != nil {
		at, errAt := after.time(1)
		id, errID := after.id(2)
		if errAt != nil || errID != nil {
			return nil, "", badCursor()
		}
		priority, created, last = pgtype.Text{String: after[0], Valid: true}, timeOrNull(at), optionalID(id)
	}
	projects, places := f.Projects, f.Places
	if f.Scope.AllProjects {
		projects = nil
	}
	if f.Scope.AllLocations {
		places = nil
	}
	rows, err := db.reader.Query(ctx, sqlTasks, string(f.Status), string(f.Type), string(f.Priority), optionalID(f.Assignee), optionalID(f.Proposer),
		projects, places, priority, created, last, f.Limit+1, f.Overdue)
	if err != nil {
		return nil, "", translate(err)
	}
	tasks, err = pgx.CollectRows(rows, readTask)
	if err != nil {
		return nil, "", translate(err)
	}
	if len(tasks) > f.Limit {
		tasks = tasks[:f.Limit]
		t := tasks[len(tasks)-1]
		if next, err = encodeCursor("tasks", same, string(t.Priority), cursorTime(t.CreatedAt), t.ID.String()); err != nil {
			return nil, "", err
		}
	}
	return tasks, next, nil
}

func readTask(row pgx.CollectableRow) (*approval.Task, error) {
	t := &approval.Task{}
	var steps, effect, as []byte
	var value, confidence decimal.NullDecimal
	var reference, assignee, decidedBy, assignedBy pgtype.UUID
	var decidedAt, assignedAt, escalatedAt pgtype.Timestamptz
	if err := row.Scan(&t.ID, &t.Type, &t.Status, &t.Priority, &t.Operation, &t.Summary, &t.SummaryEN, &t.Rule, &t.Reason, &t.ReasonEN,
		&steps, &effect, &t.Fingerprint, &value, &confidence, &t.Evidence, &t.Projects, &t.Locations, &reference, &t.ProposedBy,
		&as, &assignee, &t.CreatedAt, &t.ExpiresAt, &decidedAt, &decidedBy, &t.Comment, &t.Result, &t.Needed,
		&t.ValueUnknown, &assignedBy, &assignedAt, &t.DueAt, &t.Escalation, &escalatedAt, &t.Approvals); err != nil {
		return nil, err
	}
	t.Value, t.Confidence = optional(value), optional(confidence)
	t.Reference, t.Assignee, t.DecidedBy, t.DecidedAt = reference.Bytes, assignee.Bytes, decidedBy.Bytes, decidedAt.Time
	t.AssignedBy, t.AssignedAt, t.EscalatedAt = assignedBy.Bytes, assignedAt.Time, escalatedAt.Time
	err := errors.Join(json.Unmarshal(steps, &t.Steps), json.Unmarshal(effect, &t.Effect), json.Unmarshal(as, &t.ProposedAs))
	t.ValueUnknown = t.ValueUnknown || t.Value == nil && t.MovesStock() // as tasks of the version before have it
	return t, err
}

func readVote(row pgx.CollectableRow) (v approval.Vote, err error) {
	var voided pgtype.Timestamptz
	err = row.Scan(&v.ID, &v.Person, &v.Fingerprint, &v.Comment, &v.At, &voided)
	v.VoidedAt = voided.Time
	return v, err
}

func readComment(row pgx.CollectableRow) (c approval.Comment, err error) {
	err = row.Scan(&c.ID, &c.Author, &c.Kind, &c.OnBehalf, &c.Body, &c.Evidence, &c.At)
	return c, err
}

func readHistory(row pgx.CollectableRow) (h approval.History, err error) {
	err = row.Scan(&h.Sequence, &h.Change, &h.Actor, &h.Kind, &h.At, &h.Detail)
	return h, err
}

func readBarred(row pgx.CollectableRow) (b approval.Barred, err error) {
	err = row.Scan(&b.Person, &b.Why)
	return b, err
}
