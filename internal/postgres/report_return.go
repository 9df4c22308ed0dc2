package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// The items that have to come back, and what came of them. $1 to $3 are the moment, $4 the places, $5 the
// projects, $6 the places that are out of the house, $7 the parts, $8 the state, $9 the least age in days,
// $10 the days after which one is overdue; $11 and $12 are the place in the list, $13 the size of the page.
const (
	mustReturn = `(x.status IN ('AWAITING_REVERSE', 'IN_REVERSE')
		OR p.mandatory_return AND x.status IN ('IN_USE', 'BAD') AND x.location_key = ANY($6::int[]))`

	inReturnFilter = `($4::int[] IS NULL OR x.location_key = ANY($4)) AND ($5::int[] IS NULL OR x.project_key = ANY($5))
		AND ($7::int[] IS NULL OR x.part_number_key = ANY($7)) AND ($8::sga.asset_status IS NULL OR x.status = $8)`

	// Two heaps without overlap, so that each is read by its own index: the states that only pass, and the
	// items of parts that must return.
	outNow = `cut AS (SELECT 1 WHERE $1::date = 'infinity' AND $2::timestamptz = 'infinity' AND $3::interval IS NOT NULL),
		outside AS (
			SELECT x.asset_key, x.asset_id, x.serial_number, x.part_number_key, x.location_key, x.project_key, x.status, x.condition, x.ticket, x.version,
				coalesce(x.current_value, x.acquisition_cost, p.unit_cost) AS value, x.created_at
			FROM sga.assets x JOIN sga.part_numbers p ON p.part_number_key = x.part_number_key
			WHERE x.status IN ('AWAITING_REVERSE', 'IN_REVERSE') AND x.is_active AND ` + inReturnFilter + `
			UNION ALL
			SELECT x.asset_key, x.asset_id, x.serial_number, x.part_number_key, x.location_key, x.project_key, x.status, x.condition, x.ticket, x.version,
				coalesce(x.current_value, x.acquisition_cost, p.unit_cost), x.created_at
			FROM sga.assets x JOIN sga.part_numbers p ON p.part_number_key = x.part_number_key
			WHERE p.mandatory_return AND x.status IN ('IN_USE', 'BAD') AND x.location_key = ANY($6::int[]) AND x.is_active AND ` + inReturnFilter + `)`

	// As it was then: the last thing that had happened to each item.
	outThen = withCut + `,
		latest AS (
			SELECT DISTINCT ON (e.asset_key) e.asset_key, e.to_location_key AS location_key, e.to_project_key AS project_key, e.to_status AS status,
				e.to_condition AS condition, e.is_active, e.version
			FROM sga.asset_events e
			WHERE e.event_on <= $1::date AND e.sequence <= (SELECT b.high FROM bound b) AND NOT EXISTS (SELECT FROM unknown u WHERE u.sequence = e.sequence)
			ORDER BY e.asset_key DESC, e.version DESC),
		outside AS (
			SELECT x.asset_key, x.asset_id, x.serial_number, x.part_number_key, x.location_key, x.project_key, x.status, x.condition, ''::text AS ticket, x.version,
				coalesce(x.current_value, x.acquisition_cost, p.unit_cost) AS value, x.created_at
			FROM (SELECT l.*, a.asset_id, a.serial_number, a.part_number_key, a.current_value, a.acquisition_cost, a.created_at
				FROM latest l JOIN sga.assets a ON a.asset_key = l.asset_key WHERE l.is_active) x
			JOIN sga.part_numbers p ON p.part_number_key = x.part_number_key
			WHERE ` + mustReturn + ` AND ` + inReturnFilter + `)`

	// The age of an item counts from the event that brought it into this state or to this place. What is
	// known of events later than the moment is left out by the version that the item had then.
	agedReturns = `,
		aged AS (
			SELECT o.*, coalesce(e.event_on, (o.created_at AT TIME ZONE 'America/Sao_Paulo')::date) AS since, e.sequence, e.actor_id,
				CASE WHEN $1::date = 'infinity' THEN (statement_timestamp() AT TIME ZONE 'America/Sao_Paulo')::date ELSE $1::date END AS today
			FROM outside o LEFT JOIN LATERAL (
				SELECT e.event_on, e.sequence, e.actor_id FROM sga.asset_events e
				WHERE e.asset_key = o.asset_key AND e.version <= o.version
					AND (e.from_status IS DISTINCT FROM e.to_status OR e.from_location_key IS DISTINCT FROM e.to_location_key)
				ORDER BY e.version DESC LIMIT 1) e ON true),
		late AS (SELECT a.*, greatest(a.today - a.since, 0) AS days FROM aged a WHERE greatest(a.today - a.since, 0) >= $9::int),
		whole AS (
			SELECT count(*) AS n, count(*) FILTER (WHERE days > $10::int) AS overdue, count(*) FILTER (WHERE status = 'AWAITING_REVERSE') AS awaiting,
				count(*) FILTER (WHERE status = 'IN_REVERSE') AS coming, count(*) FILTER (WHERE status IN ('IN_USE', 'BAD')) AS still_out,
				round(sum(value), 2) AS value
			FROM late)
		SELECT w.n, w.overdue, w.awaiting, w.coming, w.still_out, w.value, r.asset_key, r.asset_id, r.serial_number, r.part_number_key, r.location_key,
			r.project_key, r.status::text, r.condition::text, coalesce(nullif(r.ticket, ''), m.ticket, ''), r.since, r.days, coalesce(r.actor_id::text, ''), r.value
		FROM whole w LEFT JOIN LATERAL (
			SELECT * FROM late l WHERE (l.since, l.asset_key) > ($11::date, $12::bigint) ORDER BY l.since, l.asset_key LIMIT $13) r ON true
		LEFT JOIN sga.movements m ON m.sequence = r.sequence
		ORDER BY r.since, r.asset_key`

	sqlReturnReport     = `WITH ` + outNow + agedReturns
	sqlReturnReportThen = `WITH ` + outThen + agedReturns
)

// ReturnReport implements stock.ReportReader.
func (db *DB) ReturnReport(ctx context.Context, scope stock.Scope, f stock.ReturnFilter, page stock.Page) (*stock.ReturnReport, error) {
	cat := db.catalog.Load()
	see := cat.sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("return_report", bound, page.Cursor, 2)
	if err != nil || see.empty() {
		return &stock.ReturnReport{}, err
	}
	after := movementPlace{on: pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}}
	if values != nil {
		if after, err = placeOf(values); err != nil {
			return nil, err
		}
	}
	asOf, knownAt, notice := momentArgs(f.Moment)
	statement := sqlReturnReport
	if !f.Moment.IsNow() {
		statement = sqlReturnReportThen
	}
	overdue := f.Overdue
	if overdue == 0 {
		overdue = stock.OverdueDays
	}
	out := &stock.ReturnReport{}
	var inner []int64
	err = db.forReport(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, statement, planEachTime, asOf, knownAt, notice, see.locations, see.projects, cat.placesOut(),
			db.partsWithin(f.Part, f.Category), wordArg(f.Status), f.MinDays, overdue, after.on, after.sequence, page.Size()+1)
		if err != nil {
			return err
		}
		inner, err = readReturns(rows, out)
		return err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("return report: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		if out.Next, err = encodeCursor("return_report", bound, out.Rows[n-1].Since.String(), cursorInt(inner[n-1])); err != nil {
			return nil, err
		}
	}
	names, by := make([]stock.Key, len(out.Rows)), make([]*string, len(out.Rows))
	for i, r := range out.Rows {
		names[i], by[i] = stock.Key{Part: r.Part, Location: r.Location, Project: r.Project}, &out.Rows[i].By
	}
	if err := db.showNames(ctx, by...); err != nil {
		return nil, err
	}
	return out, db.catchUp(ctx, names...)
}

// readReturns fills the report and gives the inner keys of its rows, which order them.
func readReturns(rows pgx.Rows, out *stock.ReturnReport) (keys []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var sum, value nullQuantity
		var key *int64
		var id pgtype.UUID
		var since pgtype.Date
		var part, at, owner, days *int32
		var serial, status, condition, ticket, by *string
		s := &out.Sum
		if err := rows.Scan(&s.Total, &s.Overdue, &s.Awaiting, &s.Coming, &s.Out, &sum, &key, &id, &serial, &part, &at, &owner, &status, &condition,
			&ticket, &since, &days, &by, &value); err != nil {
			return nil, err
		}
		s.Value = optional(sum)
		if key == nil { // a report without rows still has its totals
			continue
		}
		keys = append(keys, *key)
		out.Rows = append(out.Rows, stock.ReturnRow{AssetID: id.Bytes, Serial: *serial, Part: stock.PartKey(*part), Location: stock.LocationKey(*at),
			Project: stock.ProjectKey(*owner), Status: stock.AssetStatus(*status), Condition: stock.Condition(*condition), Ticket: *ticket,
			Since: dateOf(since), Days: int(*days), By: *by, Value: optional(value)})
	}
	return keys, rows.Err()
}

// placesOut lists the places where what must return is not at home.
func (c *catalog) placesOut() []int32 {
	out := []int32{}
	for k, l := range c.locationByKey {
		if l.Type == stock.Customer || l.Type == stock.TechnicianPlace || l.Type == stock.External {
			out = append(out, int32(k))
		}
	}
	return out
}
