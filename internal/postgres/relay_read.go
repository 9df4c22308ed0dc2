package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.DeliveryReader = (*DB)(nil)

const (
	// What waits: positions have no gaps, the numbers of the audit have few. Its last number may not be settled yet.
	sqlDeliveries = `SELECT ` + cursorColumns + `,
			greatest(CASE source WHEN 'events' THEN (SELECT coalesce(max(position), 0) FROM sga.event_log)
				WHEN 'audit' THEN (SELECT coalesce(max(audit_id), 0) FROM sga.audit_log) ELSE c.position END - c.position, 0),
			clock_timestamp() - CASE source WHEN 'events' THEN (SELECT l.known_at FROM sga.event_log l WHERE l.position > c.position ORDER BY l.position LIMIT 1)
				WHEN 'audit' THEN (SELECT a.recorded_at FROM sga.audit_log a WHERE a.audit_id > c.position ORDER BY a.audit_id LIMIT 1) END,
			(SELECT count(*) FROM sga.dead_letters d WHERE d.consumer = c.consumer AND d.status = 'OPEN')
		FROM sga.relay_cursors c ORDER BY consumer`

	deadLetterColumns = `dead_letter_id, consumer, position, sequence, kind, entity_id, error_code, error_message, error_message_en, attempts,
		first_failed_at, last_failed_at, status, closed_by, closed_at, reason`

	sqlDeadLetters = `SELECT ` + deadLetterColumns + ` FROM sga.dead_letters
		WHERE ($1::uuid IS NULL OR dead_letter_id < $1) AND ($2::text = '' OR consumer = $2) AND ($3::text = '' OR status = $3)
		ORDER BY dead_letter_id DESC LIMIT $4`

	sqlDeadLetter = `SELECT ` + deadLetterColumns + ` FROM sga.dead_letters WHERE dead_letter_id = $1`

	sqlCloseDeadLetter = `UPDATE sga.dead_letters SET status = $2, closed_by = $3, closed_at = clock_timestamp(), reason = $4
		WHERE dead_letter_id = $1 AND status = 'OPEN' RETURNING closed_at`

	sqlRefailDeadLetter = `UPDATE sga.dead_letters SET attempts = attempts + 1, last_failed_at = clock_timestamp(), error_code = $2,
		error_message = $3, error_message_en = $4 WHERE dead_letter_id = $1 AND status = 'OPEN'`
)

// Deliveries implements stock.DeliveryReader.
func (db *DB) Deliveries(ctx context.Context) ([]stock.Delivery, error) {
	rows, err := db.reader.Query(ctx, sqlDeliveries)
	if err != nil {
		return nil, relayFault("deliveries", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d stock.Delivery, err error) {
		var age pgtype.Interval
		d.Cursor, err = readCursor(row, &d.Behind, &age, &d.DeadLetters)
		if d.Behind > 0 {
			d.Age = max(time.Duration(age.Microseconds)*time.Microsecond+time.Duration(age.Days)*24*time.Hour, 0)
		}
		return d, err
	})
	return out, relayFault("deliveries", err)
}

// DeadLetters implements stock.DeliveryReader.
func (db *DB) DeadLetters(ctx context.Context, f stock.DeadLetterFilter, page stock.Page) (*stock.DeadLetterPage, error) {
	before, err := afterID("dead_letters", f, page)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlDeadLetters, before, f.Consumer, string(f.Status), page.Size()+1)
	if err != nil {
		return nil, relayFault("dead letters", err)
	}
	out := &stock.DeadLetterPage{}
	if out.Rows, err = pgx.CollectRows(rows, readDeadLetter); err != nil {
		return nil, relayFault("dead letters", err)
	}
	out.Rows, out.Next, err = cutByID("dead_letters", f, page, out.Rows, func(d stock.DeadLetter) uuid.UUID { return d.ID })
	return out, err
}

// DeadLetter implements stock.DeliveryReader.
func (db *DB) DeadLetter(ctx context.Context, id uuid.UUID) (*stock.DeadLetter, error) {
	rows, err := db.reader.Query(ctx, sqlDeadLetter, id)
	if err != nil {
		return nil, relayFault("dead letter", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, readDeadLetter)
	if isNoRows(err) {
		return nil, fault.NotFound.With("Entrega não encontrada.", "Dead letter not found.").On("dead_letter_id")
	}
	return &d, relayFault("dead letter", err)
}

func readDeadLetter(row pgx.CollectableRow) (d stock.DeadLetter, err error) {
	var by pgtype.UUID
	var at pgtype.Timestamptz
	err = row.Scan(&d.ID, &d.Consumer, &d.Position, &d.Sequence, &d.Kind, &d.EntityID, &d.Error.Code, &d.Error.Message, &d.Error.MessageEN,
		&d.Attempts, &d.FirstFailedAt, &d.LastFailedAt, &d.Status, &by, &at, &d.Reason)
	d.ClosedBy, d.ClosedAt = by.Bytes, at.Time
	return d, err
}

// CloseDeadLetter ends an open dead letter, with the audit row of the call that did, in one transaction.
// One that is closed already is a conflict.
func (db *DB) CloseDeadLetter(ctx context.Context, c stock.DeadLetter, actor *identity.Actor, call approval.CallRecord) error {
	return translate(pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		var at time.Time
		err := tx.QueryRow(ctx, sqlCloseDeadLetter, c.ID, string(c.Status), actor.PersonID, c.Reason).Scan(&at)
		if isNoRows(err) {
			return fault.Conflict.With("A entrega já foi encerrada.", "The dead letter has already been closed.").On("dead_letter_id").Final()
		}
		if err != nil {
			return fmt.Errorf("close dead letter: %w", err)
		}
		var audit auditColumns
		audit.add(at, actor, call, auditFacts{result: call.Result, sequence: c.Sequence, entity: c.ID})
		b := &pgx.Batch{}
		audit.queue(b)
		return tx.SendBatch(ctx, b).Close()
	}))
}

// RefailDeadLetter notes that sending it again did not help.
func (db *DB) RefailDeadLetter(ctx context.Context, id uuid.UUID, e stock.DeliveryError) error {
	_, err := db.writer.Exec(ctx, sqlRefailDeadLetter, id, e.Code, e.Message, e.MessageEN)
	return relayFault("dead letter", err)
}
