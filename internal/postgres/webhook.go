package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/webhook"
)

var _ webhook.Store = (*DB)(nil)

const (
	webhookColumns = `w.webhook_id, w.url, w.description, w.event_kinds, w.all_projects, w.project_codes, w.all_locations, w.location_codes,
		w.old_secret_until, w.is_active, w.paused_at, w.pause_reason, w.created_by, w.created_subject, w.created_at, w.updated_at, w.from_position`

	sqlInsertWebhook = `INSERT INTO sga.webhooks (webhook_id, url, description, event_kinds, all_projects, project_codes, all_locations, location_codes,
			secret, created_by, created_subject, created_at, updated_at, healthy_at, from_position)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, (SELECT coalesce(max(position), 0) FROM sga.event_log)
		WHERE (SELECT count(*) FROM sga.webhooks) < $13 RETURNING from_position`

	// What is set again as it was does not begin anew: a second pause keeps its time, a second resumption does nothing.
	sqlUpdateWebhook = `UPDATE sga.webhooks w SET description = coalesce($2, w.description), event_kinds = coalesce($3::text[], w.event_kinds),
		is_active = coalesce($4, w.is_active), paused_at = CASE WHEN coalesce($4, w.is_active) THEN NULL ELSE coalesce(w.paused_at, $5) END,
		pause_reason = CASE WHEN coalesce($4, w.is_active) THEN '' WHEN w.is_active THEN $6 ELSE w.pause_reason END,
		healthy_at = CASE WHEN $4 AND NOT w.is_active THEN $5 ELSE w.healthy_at END,
		old_secret = CASE WHEN $7::bytea IS NULL THEN w.old_secret ELSE w.secret END,
		old_secret_until = CASE WHEN $7::bytea IS NULL THEN w.old_secret_until ELSE $5 + $8::interval END,
		secret = coalesce($7::bytea, w.secret), updated_at = $5
		WHERE w.webhook_id = $1 RETURNING ` + webhookColumns + `, w.secret, w.old_secret`

	sqlDeleteWebhook = `DELETE FROM sga.webhooks WHERE webhook_id = $1`

	sqlForgetCursor = `DELETE FROM sga.relay_cursors WHERE consumer = $1`

	// What failed before is tried at once; the leader looks at the cursor before each step.
	sqlWakeCursor = `UPDATE sga.relay_cursors SET attempts = 0, first_failed_at = NULL, next_at = NULL, updated_at = clock_timestamp() WHERE consumer = $1`

	sqlReplayFrom = `SELECT CASE WHEN $2::timestamptz IS NULL THEN least(greatest($1::bigint, 1), coalesce(max(position), 0) + 1)
		ELSE coalesce((SELECT e.position FROM sga.event_log e WHERE e.known_at >= $2 ORDER BY e.position LIMIT 1), coalesce(max(position), 0) + 1) END
		FROM sga.event_log`

	// A webhook that the relay has not seen yet begins there, one that it has goes there.
	sqlReplayWebhook = `UPDATE sga.webhooks SET from_position = $2, healthy_at = $3, updated_at = $3 WHERE webhook_id = $1`

	sqlReplayCursor = `UPDATE sga.relay_cursors SET position = $2, attempts = 0, first_failed_at = NULL, next_at = NULL, error_code = '',
		error_message = '', error_message_en = '', updated_at = clock_timestamp() WHERE consumer = $1`

	sqlWebhook = `SELECT ` + webhookColumns + `, w.secret, w.old_secret FROM sga.webhooks w WHERE w.webhook_id = $1`
)

// CreateWebhook implements webhook.Store.
func (db *DB) CreateWebhook(ctx context.Context, w *webhook.Webhook, by *webhook.Act) error {
	return db.webhookTx(ctx, w.ID, by, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, sqlInsertWebhook, w.ID, w.URL, w.Description, orEmpty(w.Kinds), w.Projects.All, sortedCodes(w.Projects), w.Locations.All,
			sortedCodes(w.Locations), w.Secret, w.CreatedBy, w.Subject, w.CreatedAt, webhook.MaxWebhooks).Scan(&w.From)
		if isNoRows(err) {
			return fault.Conflict.With("Já existem %d webhooks: apague um antes.", "There are %d webhooks already: delete one first.", webhook.MaxWebhooks).Final()
		}
		return err
	})
}

// UpdateWebhook implements webhook.Store.
func (db *DB) UpdateWebhook(ctx context.Context, c *webhook.Change, by *webhook.Act) (out *webhook.Webhook, err error) {
	var kinds []string
	if c.Kinds != nil {
		kinds = orEmpty(*c.Kinds)
	}
	err = db.webhookTx(ctx, c.ID, by, func(tx pgx.Tx) error {
		var err error
		if out, err = readWebhook(tx.QueryRow(ctx, sqlUpdateWebhook, c.ID, c.Description, kinds, c.Active, by.At, webhook.ByHand, c.Secret, webhook.Overlap), true); err != nil {
			return err
		}
		if c.Active == nil || !*c.Active {
			return nil
		}
		_, err = tx.Exec(ctx, sqlWakeCursor, out.Consumer())
		return err
	})
	return out, err
}

// DeleteWebhook implements webhook.Store. Its dead letters stay: they say what was not delivered.
func (db *DB) DeleteWebhook(ctx context.Context, id uuid.UUID, by *webhook.Act) error {
	return db.webhookTx(ctx, id, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlDeleteWebhook, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlForgetCursor, webhook.ConsumerName(id))
		return err
	})
}

// ReplayWebhook implements webhook.Store.
func (db *DB) ReplayWebhook(ctx context.Context, r *webhook.Replay, by *webhook.Act) (next int64, err error) {
	err = db.webhookTx(ctx, r.ID, by, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, sqlReplayFrom, r.Position, timeOrNull(r.Since)).Scan(&next); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlReplayWebhook, r.ID, next-1, by.At)
		if err == nil && tag.RowsAffected() == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlReplayCursor, webhook.ConsumerName(r.ID), next-1)
		return err
	})
	return next, err
}

// RecordPing implements webhook.Store.
func (db *DB) RecordPing(ctx context.Context, a *webhook.Attempt, by *webhook.Act) error {
	return db.webhookTx(ctx, a.WebhookID, by, func(tx pgx.Tx) error { return recordAttempts(ctx, tx, a.WebhookID, []webhook.Attempt{*a}) })
}

// webhookTx does something to a webhook together with the audit row of the call that asked for it.
func (db *DB) webhookTx(ctx context.Context, id uuid.UUID, by *webhook.Act, do func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		var audit auditColumns
		audit.add(by.At, by.Actor, by.Call, auditFacts{result: by.Call.Result, entity: id})
		b := &pgx.Batch{}
		audit.queue(b)
		return tx.SendBatch(ctx, b).Close()
	})
	return webhookFault(err)
}

func webhookFault(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound.With("Webhook não encontrado.", "Webhook not found.").On("webhook_id")
	}
	if err == nil {
		return nil
	}
	return translate(fmt.Errorf("webhook: %w", err))
}

// Webhook implements webhook.Store, with its sealed secrets.
func (db *DB) Webhook(ctx context.Context, id uuid.UUID) (*webhook.Webhook, error) {
	w, err := readWebhook(db.writer.QueryRow(ctx, sqlWebhook, id), true)
	return w, webhookFault(err)
}

// readWebhook reads webhookColumns, the secrets where they follow, and what else is asked for.
func readWebhook(row pgx.Row, secrets bool, more ...any) (*webhook.Webhook, error) {
	w := &webhook.Webhook{}
	var projects, locations []string
	var until, paused pgtype.Timestamptz
	into := []any{&w.ID, &w.URL, &w.Description, &w.Kinds, &w.Projects.All, &projects, &w.Locations.All, &locations, &until, &w.Active, &paused,
		&w.PauseReason, &w.CreatedBy, &w.Subject, &w.CreatedAt, &w.UpdatedAt, &w.From}
	if secrets {
		into = append(into, &w.Secret, &w.OldSecret)
	}
	if err := row.Scan(append(into, more...)...); err != nil {
		return nil, err
	}
	w.OldUntil, w.PausedAt, w.Projects.Codes, w.Locations.Codes = until.Time, paused.Time, codes(projects), codes(locations)
	return w, nil
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
