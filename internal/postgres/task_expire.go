package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// expireBatch bounds one round of expiry, so that it never holds rows for longer than a moment.
const expireBatch = 500

// What somebody decides at this moment is skipped: it ends another way, or is due again in the next round.
const sqlExpireTasks = `WITH due AS (SELECT task_id FROM sga.tasks WHERE status IN ('PENDING', 'IN_PROGRESS') AND expires_at <= clock_timestamp()
		ORDER BY task_id LIMIT $1 FOR UPDATE SKIP LOCKED),
	ended AS (UPDATE sga.tasks t SET status = 'EXPIRED', decided_at = clock_timestamp(),
		result = jsonb_build_object('outcome', 'expired', 'expires_at', t.expires_at) FROM due WHERE t.task_id = due.task_id
		RETURNING t.task_id, t.task_type, t.status, t.priority, t.summary, t.project_codes, t.location_codes, t.rule, t.decided_at),
	told AS (INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload)
		SELECT nextval('sga.event_sequence'), 'task_expired', task_id, decided_at, jsonb_build_object('task_id', task_id, 'task_type', task_type,
			'task_status', status, 'priority', priority, 'summary', summary, 'projects', to_jsonb(project_codes), 'locations', to_jsonb(location_codes))
		FROM ended RETURNING entity_id, sequence),
	kept AS (INSERT INTO sga.task_history (sequence, task_id, change, actor_id, actor_kind, changed_at, detail)
		SELECT told.sequence, told.entity_id, 'task_expired', $2, 'system', ended.decided_at, '{}' FROM told JOIN ended ON ended.task_id = told.entity_id)
	SELECT ended.task_id, told.sequence, ended.rule, ended.decided_at FROM ended JOIN told ON told.entity_id = ended.task_id`

// ExpireTasks ends the proposals whose time is over: silence is "no". Each end has its event and its audit
// row in the same transaction. It returns how many.
func (db *DB) ExpireTasks(ctx context.Context) (int, error) {
	ended := 0
	for {
		n, err := db.expireSome(ctx)
		ended += n
		if err != nil || n < expireBatch {
			return ended, translate(err)
		}
	}
}

func (db *DB) expireSome(ctx context.Context) (int, error) {
	n := 0
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlExpireTasks, expireBatch, identity.TheSystem().PersonID)
		if err != nil {
			return fmt.Errorf("expire tasks: %w", err)
		}
		var audit auditColumns
		var id uuid.UUID
		var f auditFacts
		var at time.Time
		if _, err := pgx.ForEachRow(rows, []any{&id, &f.sequence, &f.rule, &at}, func() error {
			audit.add(at, identity.TheSystem(), approval.CallRecord{Door: "system", Operation: "sga_expire_task"},
				auditFacts{result: "expired", rule: f.rule, sequence: f.sequence, entity: id})
			n++
			return nil
		}); err != nil || n == 0 {
			return err
		}
		b := &pgx.Batch{}
		audit.queue(b)
		return tx.SendBatch(ctx, b).Close()
	})
	if err == nil && n > 0 {
		db.PokePositions()
	}
	return n, err
}
