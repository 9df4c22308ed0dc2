package postgres

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// What commands look up before they are planned. The rows are read again under lock before anything
// is decided.
const (
	sqlReservation = `SELECT reservation_id, part_number_key, location_key, project_key, condition::text, quantity, serial_keys, status::text, ticket, expires_at
		FROM sga.reservations WHERE reservation_id = $1`

	sqlActiveReservations = `SELECT reservation_id, part_number_key, location_key, project_key, condition::text, quantity, serial_keys, status::text, ticket, expires_at
		FROM sga.reservations WHERE part_number_key = $1 AND location_key = $2 AND status = 'ACTIVE' ORDER BY expires_at, reservation_id LIMIT 100`

	sqlExpiredReservations = `SELECT reservation_id, part_number_key, location_key, project_key, condition::text, quantity, serial_keys, status::text, ticket, expires_at
		FROM sga.reservations WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1`

	sqlAssetBySerial = `SELECT asset_id, part_number_key, serial_number, project_key, location_key, status::text, condition::text, ownership::text,
		reservation_id, last_movement_id, version, is_active FROM sga.assets WHERE part_number_key = $1 AND serial_key = $2`

	sqlCountPlace = `SELECT location_key, coalesce(project_key, 0) FROM sga.counts WHERE count_id = $1`
)

// Reservation finds a reservation by id.
func (db *DB) Reservation(ctx context.Context, id uuid.UUID) (*stock.Reservation, error) {
	list, err := db.reservations(ctx, sqlReservation, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFound.With("Reserva não encontrada.", "Reservation not found.").On("reservation_id")
	}
	return &list[0], nil
}

// ActiveReservations lists the active reservations of a part at a place, the first to expire first; at most 100.
func (db *DB) ActiveReservations(ctx context.Context, part stock.PartKey, at stock.LocationKey) ([]stock.Reservation, error) {
	return db.reservations(ctx, sqlActiveReservations, part, at)
}

// ExpiredReservations lists active reservations whose time is over by the database's clock.
func (db *DB) ExpiredReservations(ctx context.Context, most int) ([]stock.Reservation, error) {
	return db.reservations(ctx, sqlExpiredReservations, most)
}

func (db *DB) reservations(ctx context.Context, sql string, args ...any) ([]stock.Reservation, error) {
	rows, err := db.reader.Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (stock.Reservation, error) {
		var r stock.Reservation
		err := row.Scan(&r.ID, &r.Key.Part, &r.Key.Location, &r.Key.Project, &r.Key.Condition, &r.Quantity, &r.Serials, &r.Status, &r.Ticket, &r.ExpiresAt)
		r.Quantity = r.Quantity.Trim(0)
		return r, err
	})
	return list, translate(err)
}

// Recorded finds a movement with what it did to assets.
func (db *DB) Recorded(ctx context.Context, id uuid.UUID) (*stock.Recorded, error) {
	found := map[uuid.UUID]stock.Recorded{}
	b := &pgx.Batch{}
	ids := []uuid.UUID{id}
	b.Queue(sqlRecordedMovements, ids).Query(func(rows pgx.Rows) error { return readRecorded(rows, found) })
	b.Queue(sqlRecordedAssets, ids).Query(func(rows pgx.Rows) error { return readRecordedAssets(rows, found) })
	if err := db.reader.SendBatch(ctx, b).Close(); err != nil {
		return nil, translate(err)
	}
	r, ok := found[id]
	if !ok {
		return nil, fault.NotFound.With("Movimento não encontrado.", "Movement not found.").On("movement_id")
	}
	return &r, nil
}

// AssetBySerial finds an asset of a part.
func (db *DB) AssetBySerial(ctx context.Context, k stock.AssetKey) (*stock.Asset, error) {
	var a stock.Asset
	var reservation, last pgtype.UUID
	err := db.reader.QueryRow(ctx, sqlAssetBySerial, k.Part, k.Serial).Scan(&a.ID, &a.Part, &a.Serial, &a.Project, &a.Location, &a.Status, &a.Condition,
		&a.Ownership, &reservation, &last, &a.Version, &a.Active)
	if isNoRows(err) {
		return nil, fault.NotFound.With("Número de série não encontrado.", "Serial number not found.").On("serial_number")
	}
	a.Reserved, a.LastMove = reservation.Bytes, last.Bytes
	return &a, translate(err)
}

// CountPlace finds where a count takes place; the project is 0 where it covers all.
func (db *DB) CountPlace(ctx context.Context, id uuid.UUID) (at stock.LocationKey, owner stock.ProjectKey, err error) {
	err = db.reader.QueryRow(ctx, sqlCountPlace, id).Scan(&at, &owner)
	if isNoRows(err) {
		return 0, 0, fault.NotFound.With("Contagem não encontrada.", "Count not found.").On("count_id")
	}
	return at, owner, translate(err)
}
