package postgres

import (
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// What a reversal must see of the movement that it takes back. The movement itself cannot change;
// whether it was reversed is decided by the unique row of movement_reversals.
const (
	sqlRecordedMovements = `SELECT m.sequence, m.movement_id, m.movement_type::text, m.movement_on, m.part_number_key, m.project_key,
		m.source_location_key, m.destination_location_key, m.source_condition::text, m.condition::text, m.quantity, m.released,
		coalesce(m.delivery_location_key, 0), m.reservation_id, m.reversal_of, m.reason_code::text, r.movement_id IS NOT NULL
		FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence
		LEFT JOIN sga.movement_reversals r ON r.reversal_of = m.movement_id
		WHERE i.movement_id = ANY($1)`

	sqlRecordedAssets = `SELECT e.movement_id, a.part_number_key, a.serial_key, a.serial_number, a.asset_id, a.ownership::text, e.version,
		e.from_status::text, e.to_status::text, e.from_location_key, e.to_location_key, e.from_condition::text, e.to_condition::text,
		e.from_project_key, e.to_project_key, e.from_reservation_id,
		coalesce((SELECT b.is_active FROM sga.asset_events b WHERE b.asset_key = e.asset_key AND b.version = e.version - 1), true)
		FROM sga.asset_events e JOIN sga.assets a ON a.asset_key = e.asset_key
		WHERE e.movement_id = ANY($1) ORDER BY e.asset_key, e.version`
)

func (s *session) lockRecorded(b *pgx.Batch, ids []uuid.UUID) {
	if len(ids) == 0 {
		return
	}
	b.Queue(sqlRecordedMovements, ids).Query(func(rows pgx.Rows) error { return readRecorded(rows, s.state.Recorded) })
	b.Queue(sqlRecordedAssets, ids).Query(func(rows pgx.Rows) error { return readRecordedAssets(rows, s.state.Recorded) })
}

func readRecorded(rows pgx.Rows, into map[uuid.UUID]stock.Recorded) error {
	defer rows.Close()
	for rows.Next() {
		var r stock.Recorded
		m := &r.Movement
		var on pgtype.Date
		var reservation, reversal pgtype.UUID
		var reason *string
		if err := rows.Scan(&m.Sequence, &m.ID, &m.Type, &on, &m.Part, &m.Project, &m.Source, &m.Destination, &m.SourceCondition, &m.Condition,
			&m.Quantity, &m.Released, &m.Delivery, &reservation, &reversal, &reason, &r.Reversed); err != nil {
			return err
		}
		m.MovementOn, m.Reservation, m.ReversalOf = dateOf(on), reservation.Bytes, reversal.Bytes
		m.Quantity, m.Released = m.Quantity.Trim(0), m.Released.Trim(0)
		if reason != nil {
			m.Papers.ReasonCode = stock.ReasonCode(*reason)
		}
		into[m.ID] = r
	}
	return rows.Err()
}

func readRecordedAssets(rows pgx.Rows, into map[uuid.UUID]stock.Recorded) error {
	defer rows.Close()
	for rows.Next() {
		var movement uuid.UUID
		var e stock.AssetEvent
		var fromStatus, fromCondition *string
		var fromLocation, fromProject *int32
		var fromReservation pgtype.UUID
		var wasActive bool
		if err := rows.Scan(&movement, &e.Key.Part, &e.Key.Serial, &e.SerialText, &e.After.ID, &e.After.Ownership, &e.After.Version,
			&fromStatus, &e.After.Status, &fromLocation, &e.After.Location, &fromCondition, &e.After.Condition,
			&fromProject, &e.After.Project, &fromReservation, &wasActive); err != nil {
			return err
		}
		if fromStatus != nil {
			e.Before = &stock.Asset{ID: e.After.ID, Part: e.Key.Part, Serial: e.SerialText, Status: stock.AssetStatus(*fromStatus),
				Location: stock.LocationKey(*fromLocation), Condition: stock.Condition(*fromCondition),
				Project: stock.ProjectKey(*fromProject), Reserved: fromReservation.Bytes, Active: wasActive}
		}
		r := into[movement]
		r.Assets = append(r.Assets, e)
		into[movement] = r
	}
	return rows.Err()
}
