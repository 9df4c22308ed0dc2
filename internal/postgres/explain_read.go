package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.Explainer = (*DB)(nil)

// sqlExplain sums along the same range of movements_part that answers the balance, so that page, opening
// figure and balance come from one snapshot. $9 and $10 are the place in the list.
const sqlExplain = `WITH ` + withCut + `,
	lines AS (
		SELECT m.movement_on, m.sequence, sum(leg.total) AS total, sum(leg.reserved) AS reserved
		FROM sga.movements m ` + joinLegs + `
		WHERE m.part_number_key = $4 AND ` + isKnown + ` AND leg.location_key <> 1
			AND ($5::int[] IS NULL OR leg.location_key = ANY($5)) AND ($6::int[] IS NULL OR m.project_key = ANY($6))
			AND ($7::sga.condition IS NULL OR leg.condition = $7)
		GROUP BY m.movement_on, m.sequence
		HAVING sum(leg.total) <> 0 OR sum(leg.reserved) <> 0),
	running AS (
		SELECT l.movement_on, l.sequence, l.total, l.reserved, sum(l.total) OVER w AS total_after, sum(l.reserved) OVER w AS reserved_after,
			sum(l.total) OVER () AS total_sum, sum(l.reserved) OVER () AS reserved_sum, count(*) OVER () AS movements
		FROM lines l WINDOW w AS (ORDER BY l.movement_on, l.sequence)),
	page AS (
		SELECT * FROM running WHERE (movement_on, sequence) > ($9::date, $10::bigint) ORDER BY movement_on, sequence LIMIT $8)
	SELECT ` + movementRowColumns + `, r.total, r.reserved, r.total_after, r.reserved_after, r.total_sum, r.reserved_sum, r.movements
	FROM page r JOIN sga.movements m ON m.sequence = r.sequence
	ORDER BY m.movement_on, m.sequence`

// ExplainBalance implements stock.Explainer.
func (db *DB) ExplainBalance(ctx context.Context, scope stock.Scope, f stock.StockAtFilter, page stock.Page) (*stock.Explanation, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("explain_balance", bound, page.Cursor, 2)
	if err != nil || see.empty() {
		return &stock.Explanation{}, err
	}
	after := movementPlace{on: pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}}
	if values != nil {
		if after, err = placeOf(values); err != nil {
			return nil, err
		}
	}
	out, err := db.explain(ctx, f, see, after, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("explain balance: %w", err))
	}
	if len(out.Rows) > page.Size() {
		out.Rows = out.Rows[:page.Size()]
		last := out.Rows[len(out.Rows)-1]
		if out.Next, err = encodeCursor("explain_balance", bound, last.MovementOn.String(), cursorInt(last.Sequence)); err != nil {
			return nil, err
		}
	}
	moves, named := make([]stock.MovementRow, len(out.Rows)), make([]*stock.MovementRow, len(out.Rows))
	for i := range out.Rows {
		moves[i], named[i] = out.Rows[i].MovementRow, &out.Rows[i].MovementRow
	}
	if err := db.nameMovements(ctx, named...); err != nil {
		return nil, err
	}
	return out, db.catchUpMovements(ctx, moves)
}

func (db *DB) explain(ctx context.Context, f stock.StockAtFilter, see sight, after movementPlace, limit int) (*stock.Explanation, error) {
	asOf, knownAt, notice := momentArgs(f.Moment)
	rows, err := db.reader.Query(ctx, sqlExplain, planEachTime, asOf, knownAt, notice, f.Part, see.locations, see.projects,
		conditionArg(f.Condition), limit, after.on, after.sequence)
	if err != nil {
		return nil, err
	}
	out := &stock.Explanation{}
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e stock.ExplainedMovement, err error) {
		e.MovementRow, err = readMovement(row, &e.TotalChange, &e.ReservedChange, &e.Total, &e.Reserved,
			&out.Balance.Total, &out.Balance.Reserved, &out.Movements)
		return e, err
	})
	if err != nil || len(out.Rows) == 0 {
		return out, err
	}
	first := out.Rows[0]
	if out.Opening.Total, err = first.Total.Sub(first.TotalChange); err != nil {
		return nil, err
	}
	out.Opening.Reserved, err = first.Reserved.Sub(first.ReservedChange)
	return out, err
}
