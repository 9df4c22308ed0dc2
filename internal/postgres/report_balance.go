package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
)

// sumLines groups the lines and cuts a page out of the groups. $10 to $13 say by what is grouped, $14
// whether values are wanted, $15 to $18 the key after which the page starts, $19 its size.
const (
	sumLines = `,
		grouped AS (
			SELECT CASE WHEN $10::bool THEN l.project_key ELSE 0 END AS project_key, CASE WHEN $11::bool THEN l.location_key ELSE 0 END AS location_key,
				CASE WHEN $12::bool THEN p.category ELSE '' END COLLATE "C" AS category, CASE WHEN $13::bool THEN l.part_number_key ELSE 0 END AS part_key,
				sum(l.total) AS total, sum(l.reserved) AS reserved, min(p.unit_of_measure COLLATE "C") AS first_unit, max(p.unit_of_measure COLLATE "C") AS last_unit,
				CASE WHEN $14::bool THEN round(coalesce(sum(l.total * p.unit_cost), 0), 2) END AS value,
				coalesce(sum(l.total) FILTER (WHERE p.unit_cost IS NULL), 0) AS no_cost
			FROM lines l JOIN sga.part_numbers p ON p.part_number_key = l.part_number_key
			GROUP BY 1, 2, 3, 4
			HAVING sum(l.total) <> 0 OR sum(l.reserved) <> 0),
		whole AS (
			SELECT count(*) AS n, coalesce(sum(total), 0) AS total, coalesce(sum(reserved), 0) AS reserved, sum(value) AS value, coalesce(sum(no_cost), 0) AS no_cost
			FROM grouped)
		SELECT w.n, w.total, w.reserved, w.value, w.no_cost, g.project_key, g.location_key, g.category, g.part_key,
			CASE WHEN g.first_unit = g.last_unit THEN g.first_unit ELSE '' END, g.total, g.reserved, g.value, g.no_cost
		FROM whole w LEFT JOIN LATERAL (
			SELECT * FROM grouped x
			WHERE (x.project_key, x.location_key, x.category, x.part_key) > ($15::int, $16::int, $17::text COLLATE "C", $18::int)
			ORDER BY x.project_key, x.location_key, x.category, x.part_key LIMIT $19) g ON true
		ORDER BY g.project_key, g.location_key, g.category, g.part_key`

	sqlBalanceReport          = `WITH ` + linesNow + sumLines
	sqlBalanceReportFromStart = `WITH ` + linesFromStart + sumLines
	sqlBalanceReportFromEnd   = `WITH ` + linesFromEnd + sumLines
)

// BalanceReport implements stock.ReportReader.
func (db *DB) BalanceReport(ctx context.Context, scope stock.Scope, f stock.BalanceReportFilter, page stock.Page) (*stock.BalanceReport, error) {
	taken, err := db.wayTo(ctx, f.Moment)
	if err != nil {
		return nil, err
	}
	return db.balanceReport(ctx, db.catalog.Load().sightOf(scope, f.Project, f.Location), f, page, taken)
}

func (db *DB) balanceReport(ctx context.Context, see sight, f stock.BalanceReportFilter, page stock.Page, taken way) (*stock.BalanceReport, error) {
	bound := []any{f, see.projects, see.locations}
	out, after, err := balancePlace(bound, page)
	if err != nil || see.empty() {
		return &stock.BalanceReport{}, err
	}
	args := lineArgs{moment: f.Moment, see: see, condition: f.Condition, parts: db.partsWithin(f.Part, f.Category)}
	first := page.Cursor == ""
	if f.Group == stock.ByPart && !first && args.parts == nil { // what lies before and behind the page need not be added up again
		if args.first, args.last, err = db.partsFrom(ctx, f, see, after.Part, page.Size()); err != nil {
			return nil, err
		}
	}
	group := []any{f.Group == stock.ByProject || f.Group == stock.ByProjectLocation, f.Group == stock.ByLocation || f.Group == stock.ByProjectLocation,
		f.Group == stock.ByCategory, f.Group == stock.ByPart, f.Values}
	key := []any{after.Project, after.Location, after.Category, after.Part, page.Size() + 1}
	err = db.forReport(ctx, func(tx pgx.Tx) error { return balanceGroups(ctx, tx, out, taken, args.list(append(group, key...)...)) })
	if err != nil {
		return nil, translate(fmt.Errorf("balance report: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		out.Next, err = nextBalance(bound, out)
	} else if args.last != 0 && args.last != lastPart {
		out.Next, err = encodeCursor("balance_report", bound, append([]string{"0", "0", "", cursorInt(args.last)}, sumValues(out)...)...)
	}
	if err != nil {
		return nil, err
	}
	keys := make([]stock.Key, len(out.Rows))
	for i, r := range out.Rows {
		keys[i] = stock.Key{Part: r.Part, Location: r.Location, Project: r.Project}
	}
	return out, db.catchUp(ctx, keys...)
}

// balanceGroups reads the groups into out, and the totals unless a cursor has brought them.
func balanceGroups(ctx context.Context, tx pgx.Tx, out *stock.BalanceReport, taken way, args []any) error {
	statement := map[way]string{present: sqlBalanceReport, fromEnd: sqlBalanceReportFromEnd, fromStart: sqlBalanceReportFromStart}[taken]
	rows, err := tx.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	first := out.Total < 0
	for rows.Next() {
		var n int64
		var sum stock.BalanceSum
		var sumValue, value, total, reserved, noCost nullQuantity
		var project, place, part *int32
		var category, unit *string
		if err := rows.Scan(&n, &sum.Total, &sum.Reserved, &sumValue, &sum.NoCost, &project, &place, &category, &part, &unit, &total, &reserved,
			&value, &noCost); err != nil {
			return err
		}
		if first {
			sum.Value = optional(sumValue)
			out.Total, out.Sum = n, sum
		}
		if project == nil { // a report without rows still has its totals
			continue
		}
		out.Rows = append(out.Rows, stock.BalanceReportRow{Project: stock.ProjectKey(*project), Location: stock.LocationKey(*place), Category: *category,
			Part: stock.PartKey(*part), Unit: *unit, BalanceSum: stock.BalanceSum{Total: total.Decimal, Reserved: reserved.Decimal,
				Value: optional(value), NoCost: noCost.Decimal}})
	}
	return rows.Err()
}

// lastPart is above every part: the page after this one does not exist.
const lastPart = 1<<31 - 1

// partsFrom gives the range of parts in which a page behind a part lies. Not every part in it need hold
// something at the moment, so the page may be shorter than asked, and even empty, with another behind it.
func (db *DB) partsFrom(ctx context.Context, f stock.BalanceReportFilter, see sight, after stock.PartKey, size int) (first, last int32, err error) {
	rows, err := db.reader.Query(ctx, sqlStockedParts, planEachTime, int32(after), see.locations, see.projects, conditionArg(f.Condition), size)
	if err != nil {
		return 0, 0, translate(fmt.Errorf("stocked parts: %w", err))
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return 0, 0, translate(fmt.Errorf("stocked parts: %w", err))
	}
	if len(parts) < size {
		return int32(after) + 1, lastPart, nil
	}
	return int32(after) + 1, parts[len(parts)-1], nil
}

// balancePlace reads where the page starts, and the totals that its report had; a total below zero is not known yet.
func balancePlace(bound any, page stock.Page) (*stock.BalanceReport, stock.BalanceReportRow, error) {
	out, after := &stock.BalanceReport{Total: -1}, stock.BalanceReportRow{Project: -1}
	v, err := decodeCursor("balance_report", bound, page.Cursor, 9)
	if err != nil || v == nil {
		return out, after, err
	}
	var n [4]int64
	for i, at := range []int{0, 1, 3, 4} {
		if n[i], err = v.integer(at); err != nil {
			return nil, after, err
		}
	}
	after = stock.BalanceReportRow{Project: stock.ProjectKey(n[0]), Location: stock.LocationKey(n[1]), Category: v[2], Part: stock.PartKey(n[2])}
	out.Total = max(n[3], 0)
	for i, to := range []*stock.Quantity{&out.Sum.Total, &out.Sum.Reserved, &out.Sum.NoCost} {
		if *to, err = v.quantity(5 + i); err != nil {
			return nil, after, err
		}
	}
	if v[8] != "" {
		value, err := v.quantity(8)
		if err != nil {
			return nil, after, err
		}
		out.Sum.Value = &value
	}
	return out, after, nil
}

func nextBalance(bound any, out *stock.BalanceReport) (string, error) {
	last := out.Rows[len(out.Rows)-1]
	key := []string{cursorInt(last.Project), cursorInt(last.Location), last.Category, cursorInt(last.Part)}
	return encodeCursor("balance_report", bound, append(key, sumValues(out)...)...)
}

// sumValues carries the totals of the first page along, since they cost as much as the page.
func sumValues(out *stock.BalanceReport) []string {
	value := ""
	if out.Sum.Value != nil {
		value = out.Sum.Value.String()
	}
	return []string{cursorInt(out.Total), out.Sum.Total.String(), out.Sum.Reserved.String(), out.Sum.NoCost.String(), value}
}

// quantity reads an exact number of a cursor.
func (v cursorValues) quantity(i int) (stock.Quantity, error) {
	d, err := decimal.Parse(v[i])
	if err != nil {
		return d, badCursor()
	}
	return d, nil
}
