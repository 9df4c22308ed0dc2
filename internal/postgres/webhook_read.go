package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/faiston/nexo/internal/stock"
	"github.com/faiston/nexo/internal/webhook"
)

const (
	attemptColumns = `sent_at, message_id, kind, position, status, took_ms, error`

	// How its deliveries go; nothing of a webhook that the relay has not seen yet.
	webhookState = `, c.position, c.known_at, coalesce(c.delivered, 0), coalesce(c.failures, 0), coalesce(c.attempts, 0), c.first_failed_at, c.next_at,
			coalesce(c.error_code, ''), coalesce(c.error_message, ''), coalesce(c.error_message_en, ''),
			greatest((SELECT coalesce(max(position), 0) FROM sga.event_log) - coalesce(c.position, w.from_position), 0),
			coalesce(extract(epoch FROM clock_timestamp() - (SELECT e.known_at FROM sga.event_log e WHERE e.position > coalesce(c.position, w.from_position)
				ORDER BY e.position LIMIT 1)), 0)::float8,
			(SELECT count(*) FROM sga.dead_letters d WHERE d.consumer = 'webhook:' || w.webhook_id AND d.status = 'OPEN'),
			a.sent_at, coalesce(a.message_id, ''), coalesce(a.kind, ''), coalesce(a.position, 0), coalesce(a.status, 0), coalesce(a.took_ms, 0), coalesce(a.error, '')
		FROM sga.webhooks w LEFT JOIN sga.relay_cursors c ON c.consumer = 'webhook:' || w.webhook_id
		LEFT JOIN LATERAL (SELECT ` + attemptColumns + ` FROM sga.webhook_attempts x WHERE x.webhook_id = w.webhook_id ORDER BY x.attempt_id DESC LIMIT 1) a ON true`

	sqlWebhookStates = `SELECT ` + webhookColumns + webhookState + `
		WHERE ($1::uuid IS NULL OR w.webhook_id < $1) AND ($2::boolean IS NULL OR w.is_active = $2)
			AND ($3 OR NOT w.all_projects AND w.project_codes <@ $4::text[]) AND ($5 OR NOT w.all_locations AND w.location_codes <@ $6::text[])
		ORDER BY w.webhook_id DESC LIMIT $7`

	sqlWebhookState = `SELECT ` + webhookColumns + webhookState + ` WHERE w.webhook_id = $1`

	sqlWebhookAttempts = `SELECT ` + attemptColumns + ` FROM sga.webhook_attempts WHERE webhook_id = $1 ORDER BY attempt_id DESC LIMIT $2`
)

// WebhookStates implements webhook.Store.
func (db *DB) WebhookStates(ctx context.Context, f webhook.Filter, page stock.Page) (*webhook.Page, error) {
	before, err := afterID("webhooks", f.Active, page)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlWebhookStates, before, f.Active, f.Projects.All, sortedCodes(f.Projects), f.Locations.All,
		sortedCodes(f.Locations), page.Size()+1)
	if err != nil {
		return nil, webhookFault(err)
	}
	out := &webhook.Page{}
	if out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (webhook.State, error) { return readWebhookState(row) }); err != nil {
		return nil, webhookFault(err)
	}
	out.Rows, out.Next, err = cutByID("webhooks", f.Active, page, out.Rows, func(s webhook.State) uuid.UUID { return s.ID })
	return out, err
}

// WebhookState implements webhook.Store.
func (db *DB) WebhookState(ctx context.Context, id uuid.UUID) (*webhook.State, error) {
	s, err := readWebhookState(db.reader.QueryRow(ctx, sqlWebhookState, id))
	if err != nil {
		return nil, webhookFault(err)
	}
	return &s, nil
}

func readWebhookState(row pgx.Row) (s webhook.State, err error) {
	var position pgtype.Int8
	var known, first, next, sent pgtype.Timestamptz
	var age float64
	var took int64
	last := &webhook.Attempt{}
	d := &s.Delivery
	w, err := readWebhook(row, false, &position, &known, &d.Delivered, &d.Failures, &d.Attempts, &first, &next, &d.Error.Code, &d.Error.Message,
		&d.Error.MessageEN, &d.Behind, &age, &d.DeadLetters, &sent, &last.MessageID, &last.Kind, &last.Position, &last.Status, &took, &last.Error)
	if err != nil {
		return s, err
	}
	s.Webhook = *w
	d.Consumer, d.Position, d.KnownAt, d.FirstFailedAt, d.NextAt = w.Consumer(), w.From, known.Time, first.Time, next.Time
	if position.Valid {
		d.Position = position.Int64
	}
	if d.Behind > 0 {
		d.Age = max(time.Duration(age*float64(time.Second)), 0)
	}
	if sent.Valid {
		last.WebhookID, last.At, last.Took = w.ID, sent.Time, time.Duration(took)*time.Millisecond
		s.Last = last
	}
	return s, nil
}

// WebhookAttempts implements webhook.Store.
func (db *DB) WebhookAttempts(ctx context.Context, id uuid.UUID) ([]webhook.Attempt, error) {
	rows, err := db.reader.Query(ctx, sqlWebhookAttempts, id, webhook.Kept)
	if err != nil {
		return nil, webhookFault(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a webhook.Attempt, err error) {
		var took int64
		err = row.Scan(&a.At, &a.MessageID, &a.Kind, &a.Position, &a.Status, &took, &a.Error)
		a.WebhookID, a.Took = id, time.Duration(took)*time.Millisecond
		return a, err
	})
	return out, webhookFault(err)
}
