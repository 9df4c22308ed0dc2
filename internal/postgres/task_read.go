package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	sqlTask = `SELECT t.task_id, t.task_type::text, t.status::text, t.priority::text, t.operation, t.summary, t.summary_en, t.rule, t.reason, t.reason_en,
		t.steps, t.effect, t.fingerprint, t.value, t.confidence, t.evidence_ids, t.project_codes, t.location_codes, t.reference_id, t.proposed_by,
		t.proposed_as, t.assignee_id, t.created_at, t.expires_at, t.decided_at, t.decided_by, t.comment, t.result
		FROM sga.tasks t WHERE t.task_id = $1`

	// Urgent first, then the one that waits longest; the id makes the order unique.
	sqlTasks = `SELECT t.task_id, t.task_type::text, t.status::text, t.priority::text, t.operation, t.summary, t.summary_en, t.rule, t.reason, t.reason_en,
		t.steps, t.effect, t.fingerprint, t.value, t.confidence, t.evidence_ids, t.project_codes, t.location_codes, t.reference_id, t.proposed_by,
		t.proposed_as, t.assignee_id, t.created_at, t.expires_at, t.decided_at, t.decided_by, t.comment, t.result
		FROM sga.tasks t
		WHERE CASE WHEN $1::text = '' THEN t.status IN ('PENDING', 'IN_PROGRESS') ELSE t.status = nullif($1, '')::sga.task_status END
		AND ($2::text = '' OR t.task_type = nullif($2, '')::sga.task_type) AND ($3::text = '' OR t.priority = nullif($3, '')::sga.priority)
		AND ($4::uuid IS NULL OR t.assignee_id = $4) AND ($5::uuid IS NULL OR t.proposed_by = $5)
		AND ($6::text[] IS NULL OR t.project_codes <@ $6) AND ($7::text[] IS NULL OR t.location_codes <@ $7)
		AND ($8::text IS NULL OR (t.priority, t.created_at, t.task_id) <> ($8::text::sga.priority, $9, $10)
			AND (t.priority < $8::text::sga.priority OR t.priority = $8::text::sga.priority AND (t.created_at, t.task_id) > ($9, $10)))
		ORDER BY t.priority DESC, t.created_at, t.task_id LIMIT $11`
)

// Task finds a task by id; not_found when there is none.
func (db *DB) Task(ctx context.Context, id uuid.UUID) (*approval.Task, error) {
	rows, err := db.reader.Query(ctx, sqlTask, id)
	if err != nil {
		return nil, translate(err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, readTask)
	if isNoRows(err) {
		return nil, fault.NotFound.With("Tarefa não encontrada.", "Task not found.").On("task_id")
	}
	return t, translate(err)
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
		projects, places, priority, created, last, f.Limit+1)
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
	var reference, assignee, decidedBy pgtype.UUID
	var decidedAt pgtype.Timestamptz
	if err := row.Scan(&t.ID, &t.Type, &t.Status, &t.Priority, &t.Operation, &t.Summary, &t.SummaryEN, &t.Rule, &t.Reason, &t.ReasonEN,
		&steps, &effect, &t.Fingerprint, &value, &confidence, &t.Evidence, &t.Projects, &t.Locations, &reference, &t.ProposedBy,
		&as, &assignee, &t.CreatedAt, &t.ExpiresAt, &decidedAt, &decidedBy, &t.Comment, &t.Result); err != nil {
		return nil, err
	}
	t.Value, t.Confidence = optional(value), optional(confidence)
	t.Reference, t.Assignee, t.DecidedBy, t.DecidedAt = reference.Bytes, assignee.Bytes, decidedBy.Bytes, decidedAt.Time
	return t, errors.Join(json.Unmarshal(steps, &t.Steps), json.Unmarshal(effect, &t.Effect), json.Unmarshal(as, &t.ProposedAs))
}
