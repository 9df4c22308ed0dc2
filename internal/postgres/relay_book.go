package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	sqlTakeLease = `INSERT INTO sga.relay_leases AS l (lease, holder, term, expires_at) VALUES ($1, $2, 1, clock_timestamp() + $3::interval)
		ON CONFLICT (lease) DO UPDATE SET holder = excluded.holder, term = l.term + 1, expires_at = excluded.expires_at
		WHERE l.expires_at <= clock_timestamp() RETURNING term`

	// A term that ran out while nobody took over goes on.
	sqlRenewLease = `UPDATE sga.relay_leases SET expires_at = clock_timestamp() + $3::interval WHERE lease = $1 AND term = $2`

	sqlEndLease = `UPDATE sga.relay_leases SET expires_at = clock_timestamp() WHERE lease = $1 AND term = $2`

	// A cursor under a younger term stays there: whoever claims it has been replaced and does not know it yet.
	sqlClaimCursors = `INSERT INTO sga.relay_cursors AS c (consumer, source, position, term)
		SELECT x.consumer, x.source, x.position, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS x (consumer, source, position) ORDER BY x.consumer
		ON CONFLICT (consumer) DO UPDATE SET term = excluded.term, source = excluded.source WHERE c.term < excluded.term`

	cursorColumns = `consumer, source, position, known_at, delivered, failures, attempts, first_failed_at,
		next_at IS NOT NULL AND next_at > clock_timestamp(), next_at, error_code, error_message, error_message_en, updated_at`

	sqlCursors = `SELECT ` + cursorColumns + ` FROM sga.relay_cursors WHERE term = $1 ORDER BY consumer`

	sqlCursor = `SELECT ` + cursorColumns + ` FROM sga.relay_cursors WHERE consumer = $1 AND term = $2`

	sqlMoveCursor = `UPDATE sga.relay_cursors SET position = $4, known_at = coalesce($5, known_at), delivered = delivered + $6, attempts = 0,
		first_failed_at = NULL, next_at = NULL, error_code = '', error_message = '', error_message_en = '', updated_at = clock_timestamp()
		WHERE consumer = $1 AND term = $2 AND position = $3`

	sqlPostponeCursor = `UPDATE sga.relay_cursors SET position = $4, known_at = coalesce($5, known_at), delivered = delivered + $6,
		failures = failures + 1, attempts = CASE WHEN $4 > $3 THEN 1 ELSE attempts + 1 END,
		first_failed_at = CASE WHEN $4 > $3 OR first_failed_at IS NULL THEN clock_timestamp() ELSE first_failed_at END,
		next_at = clock_timestamp() + $7::interval, error_code = $8, error_message = $9, error_message_en = $10, updated_at = clock_timestamp()
		WHERE consumer = $1 AND term = $2 AND position = $3`

	sqlForgetCursors = `DELETE FROM sga.relay_cursors WHERE consumer = ANY($1::text[]) AND term = $2`

	// An event that is given up again, after its consumer was set back, opens its letter again.
	sqlBury = `WITH moved AS (UPDATE sga.relay_cursors SET position = $4, known_at = coalesce($5, known_at), delivered = delivered + $6,
			failures = failures + 1, attempts = 0, first_failed_at = NULL, next_at = NULL, error_code = '', error_message = '', error_message_en = '',
			updated_at = clock_timestamp()
			WHERE consumer = $1 AND term = $2 AND position = $3 RETURNING consumer)
		INSERT INTO sga.dead_letters AS d (dead_letter_id, consumer, position, sequence, kind, entity_id, error_code, error_message, error_message_en,
			attempts, first_failed_at, last_failed_at)
		SELECT $7, moved.consumer, $4, $8, $9, $10, $11, $12, $13, $14, $15, $16 FROM moved
		ON CONFLICT (consumer, position) DO UPDATE SET error_code = excluded.error_code, error_message = excluded.error_message,
			error_message_en = excluded.error_message_en, attempts = d.attempts + excluded.attempts, last_failed_at = excluded.last_failed_at,
			status = 'OPEN', closed_by = NULL, closed_at = NULL, reason = ''`
)

// TakeLease makes holder the leader of a group where nobody leads, and gives the term; 0 when somebody does.
func (r *Relay) TakeLease(ctx context.Context, lease, holder string, life time.Duration) (int64, error) {
	var term int64
	err := r.writer.QueryRow(ctx, sqlTakeLease, lease, holder, life).Scan(&term)
	if isNoRows(err) {
		return 0, nil
	}
	return term, relayFault("lease", err)
}

// RenewLease prolongs a term; false when another one has begun.
func (r *Relay) RenewLease(ctx context.Context, lease string, term int64, life time.Duration) (bool, error) {
	tag, err := r.writer.Exec(ctx, sqlRenewLease, lease, term, life)
	return tag.RowsAffected() == 1, relayFault("renew lease", err)
}

// EndLease lets the next leader begin at once.
func (r *Relay) EndLease(ctx context.Context, lease string, term int64) error {
	_, err := r.writer.Exec(ctx, sqlEndLease, lease, term)
	return relayFault("end lease", err)
}

// ClaimCursors puts cursors under a term, those that are missing too.
func (r *Relay) ClaimCursors(ctx context.Context, term int64, starts []stock.CursorStart) error {
	consumers, sources, positions := make([]string, len(starts)), make([]string, len(starts)), make([]int64, len(starts))
	for i, s := range starts {
		consumers[i], sources[i], positions[i] = s.Consumer, s.Source, s.Position
	}
	_, err := r.writer.Exec(ctx, sqlClaimCursors, consumers, sources, positions, term)
	return relayFault("claim cursors", err)
}

// Cursors gives all cursors under a term. They are read where they are written, not from a copy that lags.
func (r *Relay) Cursors(ctx context.Context, term int64) ([]stock.Cursor, error) {
	rows, err := r.writer.Query(ctx, sqlCursors, term)
	if err != nil {
		return nil, relayFault("cursors", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (stock.Cursor, error) { return readCursor(row) })
	return out, relayFault("cursors", err)
}

// Cursor gives one cursor; nil when it is not under the term.
func (r *Relay) Cursor(ctx context.Context, consumer string, term int64) (*stock.Cursor, error) {
	c, err := readCursor(r.writer.QueryRow(ctx, sqlCursor, consumer, term))
	if isNoRows(err) {
		return nil, nil
	}
	return &c, relayFault("cursor", err)
}

func readCursor(row pgx.Row, more ...any) (c stock.Cursor, err error) {
	var known, first, next pgtype.Timestamptz
	into := []any{&c.Consumer, &c.Source, &c.Position, &known, &c.Delivered, &c.Failures, &c.Attempts, &first, &c.Waits, &next,
		&c.Error.Code, &c.Error.Message, &c.Error.MessageEN, &c.UpdatedAt}
	err = row.Scan(append(into, more...)...)
	c.KnownAt, c.FirstFailedAt, c.NextAt = known.Time, first.Time, next.Time
	return c, err
}

// MoveCursor does one step of a consumer; false when its term is over or its cursor stands elsewhere.
func (r *Relay) MoveCursor(ctx context.Context, m stock.CursorMove) (bool, error) {
	args := []any{m.Consumer, m.Term, m.From, m.To, timeOrNull(m.KnownAt), m.Delivered}
	statement := sqlMoveCursor
	switch {
	case m.Failed != nil:
		statement, args = sqlPostponeCursor, append(args, m.Wait, m.Failed.Code, m.Failed.Message, m.Failed.MessageEN)
	case m.Dead != nil:
		d := m.Dead
		statement, args = sqlBury, append(args, d.ID, d.Sequence, d.Kind, d.EntityID, d.Error.Code, d.Error.Message, d.Error.MessageEN,
			d.Attempts, d.FirstFailedAt, d.LastFailedAt)
	}
	tag, err := r.writer.Exec(ctx, statement, args...)
	return tag.RowsAffected() == 1, relayFault("move cursor", err)
}

// ForgetCursors removes the cursors of consumers that are done, those under another term excepted.
func (r *Relay) ForgetCursors(ctx context.Context, term int64, consumers []string) error {
	_, err := r.writer.Exec(ctx, sqlForgetCursors, consumers, term)
	return relayFault("forget cursors", err)
}

func relayFault(doing string, err error) error {
	if err == nil {
		return nil
	}
	return translate(fmt.Errorf("relay: %s: %w", doing, err))
}
