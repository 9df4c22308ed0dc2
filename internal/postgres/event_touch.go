package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	sqlTouchedByMovements = `SELECT sequence, project_key, source_location_key, destination_location_key, movement_type::text, part_number_key, quantity
		FROM sga.movements WHERE sequence = ANY($1)`

	sqlTouchedByStates = `SELECT e.sequence, e.to_project_key, coalesce(e.from_location_key, e.to_location_key), e.to_location_key, e.to_status::text,
		a.part_number_key, a.serial_number
		FROM unnest($1::uuid[], $2::bigint[]) AS k(asset_id, sequence)
		JOIN sga.assets a ON a.asset_id = k.asset_id
		JOIN sga.asset_events e ON e.asset_key = a.asset_key AND e.sequence = k.sequence`
)

// Touched says what movements and changes of assets concern, by sequence: their project and the two
// places, of which whoever sees one may know of the event. Other kinds of events are left out: they
// carry their codes themselves.
func (db *DB) Touched(ctx context.Context, events []stock.LogEvent) (map[int64]stock.Touched, error) {
	var movements, states []int64
	var assets []uuid.UUID
	for _, e := range events {
		switch e.Kind {
		case "movement":
			movements = append(movements, e.Sequence)
		case "asset_state":
			states, assets = append(states, e.Sequence), append(assets, e.EntityID)
		}
	}
	out := make(map[int64]stock.Touched, len(events))
	b := &pgx.Batch{}
	cat := db.catalog.Load()
	if movements != nil {
		b.Queue(sqlTouchedByMovements, movements).Query(func(rows pgx.Rows) error {
			var q stock.Quantity
			return readTouched(rows, cat, out, &q, func(t *stock.Touched, word string) { t.MovementType, t.Quantity = word, q.Trim(0).String() })
		})
	}
	if states != nil {
		b.Queue(sqlTouchedByStates, assets, states).Query(func(rows pgx.Rows) error {
			var serial string
			return readTouched(rows, cat, out, &serial, func(t *stock.Touched, word string) { t.Status, t.Serial = word, serial })
		})
	}
	if b.Len() == 0 {
		return out, nil
	}
	if err := db.reader.SendBatch(ctx, b).Close(); err != nil {
		return nil, translate(fmt.Errorf("touched: %w", err))
	}
	return out, nil
}

// readTouched reads rows of either statement; last is the column in which they differ.
func readTouched(rows pgx.Rows, cat *catalog, into map[int64]stock.Touched, last any, own func(t *stock.Touched, word string)) error {
	var sequence int64
	var project stock.ProjectKey
	var from, to stock.LocationKey
	var part stock.PartKey
	var word string
	_, err := pgx.ForEachRow(rows, []any{&sequence, &project, &from, &to, &word, &part, last}, func() error {
		var t stock.Touched
		if p, ok := cat.ProjectByKey(project); ok {
			t.Project = p.Code
		}
		for _, k := range []stock.LocationKey{from, to} {
			if l, ok := cat.LocationByKey(k); ok && l.Key != stock.OutsideKey && l.Key != stock.TransitKey {
				t.Locations = appendNew(t.Locations, l.Code)
			}
		}
		if p, ok := cat.PartByKey(part); ok {
			t.PartNumber = p.Number
		}
		own(&t, word)
		into[sequence] = t
		return nil
	})
	return err
}
