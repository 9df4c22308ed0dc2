package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.ReservationReader = (*DB)(nil)

// Ids grow with time (UUIDv7), so the primary key is the order from old to new.
const sqlReservations = `SELECT reservation_id, part_number_key, location_key, project_key, condition::text, quantity, serial_keys, status::text, ticket,
		reserved_by, reserved_at, expires_at, ended_at, movement_id, ended_movement_id
	FROM sga.reservations
	WHERE ($1::uuid IS NULL OR reservation_id < $1) AND ($2::int = 0 OR part_number_key = $2)
		AND ($3::int[] IS NULL OR location_key = ANY($3)) AND ($4::int[] IS NULL OR project_key = ANY($4))
		AND ($5::text = '' OR status = $5::sga.reservation_status) AND ($6::text = '' OR upper(ticket) = $6)
		AND ($7::timestamptz IS NULL OR expires_at < $7)
	ORDER BY reservation_id DESC LIMIT $8`

// Reservations implements stock.ReservationReader.
func (db *DB) Reservations(ctx context.Context, scope stock.Scope, f stock.ReservationFilter, page stock.Page) (*stock.ReservationPage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	before, err := afterID("reservations", bound, page)
	if err != nil || see.empty() {
		return &stock.ReservationPage{}, err
	}
	expires := pgtype.Timestamptz{Time: f.Before, Valid: !f.Before.IsZero()}
	rows, err := db.reader.Query(ctx, sqlReservations, planEachTime, before, f.Part, see.locations, see.projects, string(f.Status),
		stock.Fold(f.Ticket), expires, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("reservations: %w", err))
	}
	out := &stock.ReservationPage{}
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r stock.ReservationRow, err error) {
		var ended *time.Time
		var endedBy pgtype.UUID
		k := &r.Key
		err = row.Scan(&r.ID, &k.Part, &k.Location, &k.Project, &k.Condition, &r.Quantity, &r.Serials, &r.Status, &r.Ticket,
			&r.ReservedBy, &r.ReservedAt, &r.ExpiresAt, &ended, &r.MovementID, &endedBy)
		r.EndedAt, r.EndedBy = timeOf(ended), endedBy.Bytes
		return r, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("reservations: %w", err))
	}
	out.Rows, out.Next, err = cutByID("reservations", bound, page, out.Rows, func(r stock.ReservationRow) uuid.UUID { return r.ID })
	if err != nil {
		return nil, err
	}
	keys := make([]stock.Key, len(out.Rows))
	for i, r := range out.Rows {
		keys[i] = r.Key
	}
	return out, db.catchUp(ctx, keys...)
}

// afterID reads the place in a list that is ordered by id, newest first; no cursor is NULL.
func afterID(name string, filter any, page stock.Page) (pgtype.UUID, error) {
	values, err := decodeCursor(name, filter, page.Cursor, 1)
	if err != nil || values == nil {
		return pgtype.UUID{}, err
	}
	id, err := values.id(0)
	return pgtype.UUID{Bytes: id, Valid: err == nil}, err
}

// cutByID drops the row beyond the page, whose presence says that there is a next one.
func cutByID[T any](name string, filter any, page stock.Page, rows []T, id func(T) uuid.UUID) ([]T, string, error) {
	n := page.Size()
	if len(rows) <= n {
		return rows, "", nil
	}
	next, err := encodeCursor(name, filter, id(rows[n-1]).String())
	return rows[:n], next, err
}
