package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.ShortageReader = (*DB)(nil)

// sqlLowStock judges each part, or each part at each place, against the greater of its two levels. The
// share of the threshold that is there orders the list; it is rounded so that a cursor can carry it.
// A part that never lay anywhere is short too, but not at any one place.
const sqlLowStock = `WITH wanted AS (
		SELECT part_number_key, part_number_folded, greatest(min_stock_level, coalesce(reorder_point, 0)) AS threshold
		FROM sga.part_numbers
		WHERE is_active AND greatest(min_stock_level, coalesce(reorder_point, 0)) > 0
			AND ($4::int[] IS NULL OR part_number_key = ANY($4))),
	there AS (
		SELECT part_number_key, CASE WHEN $3::bool THEN location_key ELSE 0 END AS location_key, sum(quantity_total) AS total,
			sum(quantity_total) - sum(quantity_reserved) AS available
		FROM sga.balances
		WHERE ($1::int[] IS NULL OR location_key = ANY($1)) AND ($2::int[] IS NULL OR project_key = ANY($2)) AND location_key <> 2
			AND ($4::int[] IS NULL OR part_number_key = ANY($4))
		GROUP BY 1, 2),
	short AS (
		SELECT w.part_number_key, coalesce(t.location_key, 0) AS location_key, coalesce(t.total, 0) AS total,
			coalesce(t.available, 0) AS available, w.threshold, round(coalesce(t.available, 0) / w.threshold, 6) AS share
		FROM wanted w LEFT JOIN there t ON t.part_number_key = w.part_number_key
		WHERE coalesce(t.available, 0) <= w.threshold AND (NOT $3::bool OR t.location_key IS NOT NULL))
	SELECT s.part_number_key, s.location_key, s.total, s.available, s.threshold, s.share, n.total
	FROM short s CROSS JOIN (SELECT count(*) AS total FROM short) n
	WHERE (s.share, s.part_number_key, s.location_key) > ($5::numeric, $6::int, $7::int)
	ORDER BY s.share, s.part_number_key, s.location_key LIMIT $8`

// LowStock implements stock.ShortageReader. Goods on the road fill no shelf and do not count.
func (db *DB) LowStock(ctx context.Context, scope stock.Scope, f stock.ShortageFilter, page stock.Page) (*stock.ShortagePage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("low_stock", bound, page.Cursor, 3)
	if err != nil || see.empty() {
		return &stock.ShortagePage{}, err
	}
	after := cursorValues{"-1", "0", "0"}
	if values != nil {
		after = values
	}
	part, err := after.integer(1)
	if err != nil {
		return nil, err
	}
	place, err := after.integer(2)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlLowStock, planEachTime, see.locations, see.projects, f.PerLocation, db.partsOf(f.Category),
		after[0], part, place, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("low stock: %w", err))
	}
	out := &stock.ShortagePage{}
	var share stock.Quantity
	var shares []stock.Quantity
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s stock.Shortage, err error) {
		err = row.Scan(&s.Part, &s.Location, &s.Total, &s.Available, &s.Threshold, &share, &out.Total)
		shares = append(shares, share)
		return s, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("low stock: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		last := out.Rows[n-1]
		out.Next, err = encodeCursor("low_stock", bound, shares[n-1].String(), cursorInt(last.Part), cursorInt(last.Location))
	}
	return out, err
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
