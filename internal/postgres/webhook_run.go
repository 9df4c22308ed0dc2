package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/webhook"
)

var _ webhook.Runner = (*DB)(nil)

const (
	sqlActiveWebhooks = `SELECT w.webhook_id, w.from_position, (SELECT count(*) FROM sga.dead_letters d
			WHERE d.consumer = 'webhook:' || w.webhook_id AND d.status = 'OPEN' AND d.last_failed_at > w.healthy_at)
		FROM sga.webhooks w WHERE w.is_active ORDER BY w.webhook_id`

	sqlInsertAttempts = `INSERT INTO sga.webhook_attempts (webhook_id, sent_at, message_id, kind, position, status, took_ms, error)
		SELECT $1, a, b, c, d, e, f, g FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::text[])
			WITH ORDINALITY AS x(a, b, c, d, e, f, g, n)
		WHERE EXISTS (SELECT FROM sga.webhooks w WHERE w.webhook_id = $1) ORDER BY n`

	sqlForgetAttempts = `DELETE FROM sga.webhook_attempts WHERE webhook_id = $1 AND attempt_id <= (SELECT attempt_id FROM sga.webhook_attempts
		WHERE webhook_id = $1 ORDER BY attempt_id DESC OFFSET $2 LIMIT 1)`

	sqlHealthyWebhook = `UPDATE sga.webhooks SET healthy_at = $2 WHERE webhook_id = $1 AND healthy_at < $2`

	sqlPauseWebhook = `UPDATE sga.webhooks SET is_active = false, paused_at = clock_timestamp(), pause_reason = $2, updated_at = clock_timestamp()
		WHERE webhook_id = $1 AND is_active RETURNING paused_at`
)

// ActiveWebhooks implements webhook.Runner.
func (db *DB) ActiveWebhooks(ctx context.Context) ([]webhook.Active, error) {
	rows, err := db.writer.Query(ctx, sqlActiveWebhooks)
	if err != nil {
		return nil, webhookFault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[webhook.Active])
	return out, webhookFault(err)
}

// RecordAttempts implements webhook.Runner.
func (db *DB) RecordAttempts(ctx context.Context, id uuid.UUID, list []webhook.Attempt) error {
	if len(list) == 0 {
		return nil
	}
	return webhookFault(pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error { return recordAttempts(ctx, tx, id, list) }))
}

func recordAttempts(ctx context.Context, tx pgx.Tx, id uuid.UUID, list []webhook.Attempt) error {
	list = list[max(0, len(list)-webhook.Kept):]
	n := len(list)
	at, ids, kinds, positions := make([]time.Time, n), make([]string, n), make([]string, n), make([]int64, n)
	status, took, words := make([]int32, n), make([]int32, n), make([]string, n)
	var healthy time.Time
	for i, a := range list {
		at[i], ids[i], kinds[i], positions[i], status[i] = a.At, a.MessageID, a.Kind, a.Position, int32(a.Status)
		took[i], words[i] = int32(a.Took.Milliseconds()), a.Error
		if a.OK() && a.Position > 0 {
			healthy = a.At
		}
	}
	b := &pgx.Batch{}
	b.Queue(sqlInsertAttempts, id, at, ids, kinds, positions, status, took, words)
	b.Queue(sqlForgetAttempts, id, webhook.Kept)
	if !healthy.IsZero() {
		b.Queue(sqlHealthyWebhook, id, healthy)
	}
	return tx.SendBatch(ctx, b).Close()
}

// PauseWebhook implements webhook.Runner. The program's own acts are audited like a person's.
func (db *DB) PauseWebhook(ctx context.Context, id uuid.UUID, why webhook.Reason) error {
	return webhookFault(pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		var at time.Time
		err := tx.QueryRow(ctx, sqlPauseWebhook, id, string(why)).Scan(&at)
		if isNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		var audit auditColumns
		audit.add(at, identity.TheSystem(), approval.CallRecord{Door: "system", Operation: "sga_update_webhook", Result: "ok",
			Arguments: []byte(`{"webhook_id":"` + id.String() + `","is_active":false,"pause_reason":"` + string(why) + `"}`)},
			auditFacts{result: "ok", entity: id})
		b := &pgx.Batch{}
		audit.queue(b)
		return tx.SendBatch(ctx, b).Close()
	}))
}

// Below adds to an area of places those that lie below them now.
func (db *DB) Below(a identity.Area) identity.Area {
	if a.All {
		return a
	}
	return identity.Area{Codes: db.catalog.Load().withBelow(sortedCodes(a))}
}
