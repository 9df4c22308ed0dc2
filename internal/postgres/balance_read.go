package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.BalanceReader = (*DB)(nil)

const (
	sqlPartBalances = `SELECT location_key, project_key, condition, quantity_total, quantity_reserved, last_movement_at, last_count_at
		FROM sga.balances WHERE part_number_key = $1 AND quantity_total > 0
		ORDER BY location_key, project_key, condition`

	sqlPartBalancesWithin = `SELECT location_key, project_key, condition, quantity_total, quantity_reserved, last_movement_at, last_count_at
		FROM sga.balances WHERE part_number_key = $1 AND quantity_total > 0
			AND ($2::int[] IS NULL OR location_key = ANY($2)) AND ($3::int[] IS NULL OR project_key = ANY($3))
			AND ($4::sga.condition IS NULL OR condition = $4)
		ORDER BY location_key, project_key, condition`

	// Balance rows are never deleted, so every part that ever lay somewhere has one there.
	sqlStockedParts = `SELECT DISTINCT part_number_key FROM sga.balances
		WHERE part_number_key > $1 AND ($2::int[] IS NULL OR location_key = ANY($2))
			AND ($3::int[] IS NULL OR project_key = ANY($3)) AND ($4::sga.condition IS NULL OR condition = $4)
		ORDER BY part_number_key LIMIT $5`

	// sqlStockAt adds up movements of one kind between the same ends before it looks at the ends: on a part
	// of 60,000 movements that takes 27 ms where one step takes 62.
	sqlStockAt = `WITH ` + withCut + `,
		flow AS (
			SELECT m.part_number_key, m.project_key, m.source_location_key, m.destination_location_key, m.source_condition, m.condition,
				m.movement_type, sum(m.quantity) AS quantity, sum(m.released) AS released
			FROM sga.movements m
			WHERE m.part_number_key = ANY($4::int[]) AND ` + isKnown + ` AND ($6::int[] IS NULL OR m.project_key = ANY($6))
			GROUP BY m.part_number_key, m.project_key, m.source_location_key, m.destination_location_key, m.source_condition, m.condition,
				m.movement_type)
		SELECT m.part_number_key, leg.location_key, m.project_key, leg.condition, sum(leg.total), sum(leg.reserved)
		FROM flow m ` + joinLegs + `
		WHERE leg.location_key <> 1 AND ($5::int[] IS NULL OR leg.location_key = ANY($5))
			AND ($7::sga.condition IS NULL OR leg.condition = $7)
		GROUP BY m.part_number_key, leg.location_key, m.project_key, leg.condition
		HAVING sum(leg.total) <> 0 OR sum(leg.reserved) <> 0
		ORDER BY m.part_number_key, leg.location_key, m.project_key, leg.condition`
)

// PartBalances implements stock.BalanceReader.
func (db *DB) PartBalances(ctx context.Context, scope stock.Scope, f stock.BalanceFilter) ([]stock.BalanceRow, error) {
	s := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	var rows pgx.Rows
	var err error
	if s.all() && f.Condition == "" { // the usual question, with the leanest plan
		rows, err = db.reader.Query(ctx, sqlPartBalances, int32(f.Part))
	} else {
		rows, err = db.reader.Query(ctx, sqlPartBalancesWithin, planEachTime, int32(f.Part), s.locations, s.projects, conditionArg(f.Condition))
	}
	if err != nil {
		return nil, translate(fmt.Errorf("balances of a part: %w", err))
	}
	defer rows.Close()
	var out []stock.BalanceRow
	var moved, counted pgtype.Timestamptz
	for rows.Next() {
		r := stock.BalanceRow{Key: stock.Key{Part: f.Part}}
		if err := rows.Scan((*int32)(&r.Location), (*int32)(&r.Project), (*string)(&r.Condition), &r.Total, &r.Reserved, &moved, &counted); err != nil {
			return nil, translate(fmt.Errorf("balances of a part: %w", err))
		}
		r.LastMovementAt, r.LastCountAt = moved.Time, counted.Time
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, translate(fmt.Errorf("balances of a part: %w", err))
	}
	return out, nil
}

// StockAt implements stock.BalanceReader. One part is one range of movements_part, whatever the moment.
func (db *DB) StockAt(ctx context.Context, scope stock.Scope, f stock.StockAtFilter, page stock.Page) (*stock.StockPage, error) {
	s := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	if f.Part != 0 {
		rows, err := db.stockAt(ctx, []int32{int32(f.Part)}, f, s)
		return &stock.StockPage{Rows: rows}, err
	}
	after, err := decodeCursor("stock_at", f, page.Cursor, 1)
	if err != nil {
		return nil, err
	}
	var last int64
	if after != nil {
		if last, err = after.integer(0); err != nil {
			return nil, err
		}
	}
	size := page.Size()
	rows, err := db.reader.Query(ctx, sqlStockedParts, planEachTime, int32(last), s.locations, s.projects, conditionArg(f.Condition), size+1)
	if err != nil {
		return nil, translate(fmt.Errorf("stocked parts: %w", err))
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, translate(fmt.Errorf("stocked parts: %w", err))
	}
	out := &stock.StockPage{}
	if len(parts) > size {
		parts = parts[:size]
		if out.Next, err = encodeCursor("stock_at", f, cursorInt(parts[size-1])); err != nil {
			return nil, err
		}
	}
	if out.Rows, err = db.stockAt(ctx, parts, f, s); err != nil {
		return nil, err
	}
	return out, nil
}

func (db *DB) stockAt(ctx context.Context, parts []int32, f stock.StockAtFilter, s sight) ([]stock.BalanceRow, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	asOf, knownAt, notice := momentArgs(f.Moment)
	rows, err := db.reader.Query(ctx, sqlStockAt, planEachTime, asOf, knownAt, notice, parts, s.locations, s.projects, conditionArg(f.Condition))
	if err != nil {
		return nil, translate(fmt.Errorf("stock at: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r stock.BalanceRow, err error) {
		err = row.Scan((*int32)(&r.Part), (*int32)(&r.Location), (*int32)(&r.Project), (*string)(&r.Condition), &r.Total, &r.Reserved)
		return r, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("stock at: %w", err))
	}
	return slices.Clip(out), nil
}

// conditionArg is NULL for no condition.
func conditionArg(c stock.Condition) *string {
	if c == "" {
		return nil
	}
	return (*string)(&c)
}
