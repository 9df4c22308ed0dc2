package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.ShortageReader = (*DB)(nil)

// The share of the threshold that is there orders the list; it is rounded so that a cursor can carry it.
// A part that never lay anywhere is short too, but not at any one place nor for any one project. $10 and
// $11 say whether places and projects are judged alone, $12 whether values are wanted, $13 to $16 are the
// key after which the page starts, $17 its size. Only parts with a threshold are read ($7): they are few,
// and summing up every balance took most of the time.
const (
	sqlPartsWithThreshold = `SELECT part_number_key FROM sga.part_numbers
		WHERE is_active AND greatest(min_stock_level, coalesce(reorder_point, 0)) > 0 AND ($1::int[] IS NULL OR part_number_key = ANY($1))`

	shortLines = `,
		wanted AS (
			SELECT part_number_key, greatest(min_stock_level, coalesce(reorder_point, 0)) AS threshold, unit_cost
			FROM sga.part_numbers WHERE part_number_key = ANY($7::int[])),
		there AS (
			SELECT l.part_number_key, CASE WHEN $10::bool THEN l.location_key ELSE 0 END AS location_key,
				CASE WHEN $11::bool THEN l.project_key ELSE 0 END AS project_key, sum(l.total) AS total, sum(l.total) - sum(l.reserved) AS available
			FROM lines l WHERE l.location_key <> 2
			GROUP BY 1, 2, 3),
		short AS (
			SELECT w.part_number_key, coalesce(t.location_key, 0) AS location_key, coalesce(t.project_key, 0) AS project_key, coalesce(t.total, 0) AS total,
				coalesce(t.available, 0) AS available, w.threshold, round(coalesce(t.available, 0) / w.threshold, 6) AS share,
				CASE WHEN $12::bool THEN round((w.threshold - coalesce(t.available, 0)) * w.unit_cost, 2) END AS value
			FROM wanted w LEFT JOIN there t ON t.part_number_key = w.part_number_key
			WHERE coalesce(t.available, 0) <= w.threshold AND (NOT ($10::bool OR $11::bool) OR t.part_number_key IS NOT NULL)),
		whole AS (
			SELECT count(*) AS n, count(*) FILTER (WHERE available <= 0) AS nothing, CASE WHEN $12::bool THEN coalesce(sum(value), 0) END AS value FROM short)
		SELECT n.n, n.nothing, n.value, s.part_number_key, s.location_key, s.project_key, s.total, s.available, s.threshold, s.share, s.value
		FROM whole n CROSS JOIN short s
		WHERE (s.share, s.part_number_key, s.location_key, s.project_key) > ($13::numeric, $14::int, $15::int, $16::int)
		ORDER BY s.share, s.part_number_key, s.location_key, s.project_key LIMIT $17`

	sqlLowStock          = `WITH ` + linesNow + shortLines
	sqlLowStockFromStart = `WITH ` + linesFromStart + shortLines
	sqlLowStockFromEnd   = `WITH ` + linesFromEnd + shortLines
)

// LowStock implements stock.ShortageReader. Goods on the road fill no shelf and do not count.
func (db *DB) LowStock(ctx context.Context, scope stock.Scope, f stock.ShortageFilter, page stock.Page) (*stock.ShortagePage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("low_stock", bound, page.Cursor, 4)
	if err != nil || see.empty() {
		return &stock.ShortagePage{}, err
	}
	after := cursorValues{"-1", "0", "0", "0"}
	if values != nil {
		after = values
	}
	share, err := after.quantity(0)
	if err != nil {
		return nil, err
	}
	var keys [3]int64
	for i := range keys {
		if keys[i], err = after.integer(i + 1); err != nil {
			return nil, err
		}
	}
	statement, args, err := db.shortLines(ctx, f, see)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, statement, append(args, f.PerLocation, f.PerProject, f.Values, share, keys[0], keys[1], keys[2], page.Size()+1)...)
	if err != nil {
		return nil, translate(fmt.Errorf("low stock: %w", err))
	}
	out, shares, err := readShortages(rows)
	if err != nil {
		return nil, translate(fmt.Errorf("low stock: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		last := out.Rows[n-1]
		out.Next, err = encodeCursor("low_stock", bound, shares[n-1].String(), cursorInt(last.Part), cursorInt(last.Location), cursorInt(last.Project))
	}
	return out, err
}

// shortLines chooses the statement and its first arguments.
func (db *DB) shortLines(ctx context.Context, f stock.ShortageFilter, see sight) (string, []any, error) {
	rows, err := db.reader.Query(ctx, sqlPartsWithThreshold, planEachTime, db.partsWithin(f.Part, f.Category))
	if err != nil {
		return "", nil, translate(fmt.Errorf("parts with a threshold: %w", err))
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return "", nil, translate(fmt.Errorf("parts with a threshold: %w", err))
	}
	taken, err := db.wayTo(ctx, f.Moment)
	if err != nil {
		return "", nil, err
	}
	args := lineArgs{moment: f.Moment, see: see, parts: numbers(parts)}.list()
	switch {
	case taken == present:
		return sqlLowStock, args, nil
	case taken == fromStart || f.PerLocation || f.PerProject: // the other way sees places where the part first lay later
		return sqlLowStockFromStart, args, nil
	}
	return sqlLowStockFromEnd, args, nil
}

// readShortages gives each row's share of its threshold beside it.
func readShortages(rows pgx.Rows) (*stock.ShortagePage, []stock.Quantity, error) {
	out := &stock.ShortagePage{}
	var shares []stock.Quantity
	var err error
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s stock.Shortage, err error) {
		var share stock.Quantity
		var sum, value nullQuantity
		err = row.Scan(&out.Total, &out.Empty, &sum, &s.Part, &s.Location, &s.Project, &s.Total, &s.Available, &s.Threshold, &share, &value)
		out.Value, s.Value = optional(sum), optional(value)
		shares = append(shares, share)
		return s, err
	})
	return out, shares, err
}

// partsOf lists the parts of a category; nil for any.
func (db *DB) partsOf(category string) []int32 {
	if category == "" {
		return nil
	}
	out := []int32{}
	for k, p := range db.catalog.Load().partByKey {
		if same(category, p.Category) {
			out = append(out, int32(k))
		}
	}
	return out
}
