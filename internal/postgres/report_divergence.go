package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Divergences with the adjustment that settled them, and adjustments of nothing that was found. $1 to $3
// are the moment, $4 the places, $5 the projects, $6 the condition, $7 the parts, $8 kind, $9 type, $10
// status, $11 reason, $12 and $13 the days, $14 the instant at which the report ends, $15 whether values
// are wanted. The status of a divergence is not kept through time: one whose adjustment was decided after
// the moment was open then. Adjustments of divergences were made for the day on which they were found.
const (
	differences = withCut + `,
		rows AS (
			SELECT 'DIVERGENCE' AS kind, d.divergence_id AS id, d.divergence_type AS type,
				CASE WHEN d.status IN ('RESOLVED', 'CLOSED') AND t.decided_at > $14::timestamptz THEN 'OPEN' ELSE d.status END AS status,
				(d.created_at AT TIME ZONE 'America/Sao_Paulo')::date AS on_day, d.created_at AS at, d.part_number_key, d.location_key, d.project_key, d.condition,
				d.expected_quantity AS expected, d.actual_quantity AS actual, d.variance, m.adjusted, m.movement_id, d.task_id,
				CASE WHEN t.decided_at > $14::timestamptz THEN 'PENDING' ELSE coalesce(t.status::text, '') END AS task_status, d.count_id,
				coalesce(m.reason_code::text, CASE WHEN d.divergence_type = 'COUNT' THEN 'DIVERGENCIA_INVENTARIO' ELSE '' END) AS reason, d.created_by AS actor_id
			FROM sga.divergences d LEFT JOIN sga.tasks t ON t.task_id = d.task_id
			LEFT JOIN LATERAL (
				SELECT m.movement_id, m.reason_code, CASE m.movement_type WHEN 'AJUSTE_NEGATIVO' THEN -m.quantity ELSE m.quantity END AS adjusted
				FROM sga.movements m
				WHERE m.part_number_key = d.part_number_key AND m.movement_on = (d.created_at AT TIME ZONE 'America/Sao_Paulo')::date AND m.task_id = d.task_id
					AND m.project_key = d.project_key AND m.movement_type IN ('AJUSTE_POSITIVO', 'AJUSTE_NEGATIVO') AND ` + isKnown + `
					AND d.location_key IN (m.source_location_key, m.destination_location_key)
					AND d.condition = CASE m.movement_type WHEN 'AJUSTE_NEGATIVO' THEN m.source_condition ELSE m.condition END
				LIMIT 1) m ON d.task_id IS NOT NULL AND t.status IN ('APPROVED', 'COMPLETED')
			WHERE $8::text <> 'ADJUSTMENT' AND d.created_at <= $14::timestamptz
				AND ($12::date IS NULL OR d.created_at >= $12::date::timestamp AT TIME ZONE 'America/Sao_Paulo')
				AND ($13::date IS NULL OR d.created_at < ($13::date + 1)::timestamp AT TIME ZONE 'America/Sao_Paulo')
				AND ($4::int[] IS NULL OR d.location_key = ANY($4)) AND ($5::int[] IS NULL OR d.project_key = ANY($5))
				AND ($6::sga.condition IS NULL OR d.condition = $6) AND ($7::int[] IS NULL OR d.part_number_key = ANY($7))
			UNION ALL
			SELECT 'ADJUSTMENT', m.movement_id, m.movement_type::text, CASE WHEN m.reversal_of IS NULL THEN 'POSTED' ELSE 'REVERSAL' END,
				m.movement_on, m.recorded_at, m.part_number_key, s.location_key, m.project_key, s.condition,
				NULL, NULL, s.adjusted, s.adjusted, m.movement_id, m.task_id, coalesce(t.status::text, ''), m.count_id, coalesce(m.reason_code::text, ''), m.actor_id
			FROM sga.movements m
			CROSS JOIN LATERAL (SELECT
				CASE m.movement_type WHEN 'AJUSTE_NEGATIVO' THEN m.source_location_key ELSE m.destination_location_key END AS location_key,
				CASE m.movement_type WHEN 'AJUSTE_NEGATIVO' THEN m.source_condition ELSE m.condition END AS condition,
				CASE m.movement_type WHEN 'AJUSTE_NEGATIVO' THEN -m.quantity ELSE m.quantity END AS adjusted) s
			LEFT JOIN sga.tasks t ON t.task_id = m.task_id
			WHERE $8::text <> 'DIVERGENCE' AND m.movement_type IN ('AJUSTE_POSITIVO', 'AJUSTE_NEGATIVO') AND ` + known + `
				AND ($12::date IS NULL OR m.movement_on >= $12) AND ($13::date IS NULL OR m.movement_on <= $13)
				AND ($4::int[] IS NULL OR s.location_key = ANY($4)) AND ($5::int[] IS NULL OR m.project_key = ANY($5))
				AND ($6::sga.condition IS NULL OR s.condition = $6) AND ($7::int[] IS NULL OR m.part_number_key = ANY($7))
				AND NOT EXISTS (SELECT FROM sga.divergences d WHERE d.task_id = m.task_id)),
		chosen AS (
			SELECT r.*, CASE WHEN $15::bool THEN round(r.variance * p.unit_cost, 2) END AS value, p.unit_cost IS NULL AS no_cost
			FROM rows r JOIN sga.part_numbers p ON p.part_number_key = r.part_number_key
			WHERE ($9::text = '' OR r.type = $9) AND ($10::text = '' OR r.status = $10) AND ($11::text = '' OR r.reason = $11))`

	// A page of rows; $16 to $18 are the place in the list, $19 the size of the page.
	sqlDivergenceReport = `WITH ` + differences + `
		SELECT c.kind, c.id, c.type, c.status, c.on_day, c.at, c.part_number_key, c.location_key, c.project_key, c.condition::text, c.expected, c.actual,
			c.variance, c.adjusted, c.movement_id, c.task_id, c.task_status, c.count_id, c.reason, c.value, coalesce(c.actor_id::text, '')
		FROM (SELECT * FROM chosen WHERE (on_day, at, id) < ($16::date, $17::timestamptz, $18::uuid) ORDER BY on_day DESC, at DESC, id DESC LIMIT $19) c
		ORDER BY c.on_day DESC, c.at DESC, c.id DESC`

	// The heaps of which every total is made up.
	sqlDivergenceHeaps = `WITH ` + differences + `
		SELECT date_trunc('month', c.on_day)::date, c.reason, count(*),
			count(*) FILTER (WHERE c.kind = 'DIVERGENCE' AND c.status IN ('OPEN', 'INVESTIGATING')), count(*) FILTER (WHERE c.movement_id IS NOT NULL),
			coalesce(sum(c.variance) FILTER (WHERE c.variance > 0), 0), coalesce(-sum(c.variance) FILTER (WHERE c.variance < 0), 0),
			coalesce(sum(c.value) FILTER (WHERE c.value > 0), 0), coalesce(-sum(c.value) FILTER (WHERE c.value < 0), 0), count(*) FILTER (WHERE c.no_cost)
		FROM chosen c GROUP BY 1, 2 ORDER BY 1, 2`
)

// DivergenceReport implements stock.ReportReader.
func (db *DB) DivergenceReport(ctx context.Context, scope stock.Scope, f stock.DivergenceReportFilter, page stock.Page) (*stock.DivergenceReport, error) {
	if err := (stock.MovementFilter{From: f.From, To: f.To}).Check(); err != nil {
		return nil, err
	}
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("divergence_report", bound, page.Cursor, 4)
	if err != nil {
		return nil, err
	}
	out := &stock.DivergenceReport{}
	before, err := divergencePlace(values, out)
	if err != nil || see.empty() {
		return &stock.DivergenceReport{Sum: &stock.DivergenceSum{}}, err
	}
	asOf, knownAt, notice := momentArgs(f.Moment)
	args := []any{planEachTime, asOf, knownAt, notice, see.locations, see.projects, conditionArg(f.Condition), db.partsWithin(f.Part, f.Category),
		f.Kind, f.Type, f.Status, string(f.Reason), optionalDate(f.From), optionalDate(f.To), endOf(f.Moment), f.Values}
	err = db.forReport(ctx, func(tx pgx.Tx) error {
		if values == nil {
			if err := divergenceHeaps(ctx, tx, out, args, f.Values); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlDivergenceReport, append(slices.Clip(args), before.on, before.at, before.id, page.Size()+1)...)
		if err != nil {
			return err
		}
		out.Rows, err = pgx.CollectRows(rows, readDifference)
		return err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("divergence report: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		last := out.Rows[n-1]
		if out.Next, err = encodeCursor("divergence_report", bound, last.On.String(), cursorTime(last.At), last.ID.String(), cursorInt(out.Total)); err != nil {
			return nil, err
		}
	}
	keys, by := make([]stock.Key, len(out.Rows)), make([]*string, len(out.Rows))
	for i, r := range out.Rows {
		keys[i], by[i] = r.Key, &out.Rows[i].By
	}
	if err := db.showNames(ctx, by...); err != nil {
		return nil, err
	}
	return out, db.catchUp(ctx, keys...)
}

// dayTimeID is a place in a list by day, instant and id.
type dayTimeID struct {
	on pgtype.Date
	at pgtype.Timestamptz
	id uuid.UUID
}

// divergencePlace reads where the page starts, and how many rows the report had.
func divergencePlace(v cursorValues, out *stock.DivergenceReport) (dayTimeID, error) {
	before := dayTimeID{on: pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}, at: pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}}
	if v == nil {
		return before, nil
	}
	on, err := stock.ParseDate(v[0], "cursor")
	if err != nil {
		return before, badCursor()
	}
	at, err := v.time(1)
	if err != nil {
		return before, err
	}
	if before.id, err = v.id(2); err != nil {
		return before, err
	}
	before.on, before.at = optionalDate(on), pgtype.Timestamptz{Time: at, Valid: true}
	out.Total, err = v.integer(3)
	return before, err
}

func readDifference(row pgx.CollectableRow) (d stock.DivergenceReportRow, err error) {
	var on pgtype.Date
	var expected, actual, adjusted, value nullQuantity
	var movement, task, count pgtype.UUID
	err = row.Scan(&d.Kind, &d.ID, &d.Type, &d.Status, &on, &d.At, &d.Part, &d.Location, &d.Project, &d.Condition, &expected, &actual,
		&d.Variance, &adjusted, &movement, &task, &d.TaskStatus, &count, &d.Reason, &value, &d.By)
	d.On, d.Expected, d.Actual, d.Adjusted, d.Value = dateOf(on), optional(expected), optional(actual), optional(adjusted), optional(value)
	d.MovementID, d.TaskID, d.CountID = movement.Bytes, task.Bytes, count.Bytes
	return d, err
}

// divergenceHeaps fills the totals.
func divergenceHeaps(ctx context.Context, tx pgx.Tx, out *stock.DivergenceReport, args []any, values bool) error {
	rows, err := tx.Query(ctx, sqlDivergenceHeaps, args...)
	if err != nil {
		return err
	}
	heaps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h stock.DivergenceSum, err error) {
		var month time.Time
		var gain, loss stock.Quantity
		err = row.Scan(&month, &h.Reason, &h.Rows, &h.Open, &h.Adjusted, &h.Found, &h.Missing, &gain, &loss, &h.NoCost)
		h.Month = stock.DateOf(month)
		if values {
			h.Gain, h.Loss = &gain, &loss
		}
		return h, err
	})
	if err != nil {
		return err
	}
	if out.Sum, err = stock.AddDivergences(heaps); err != nil {
		return err
	}
	out.Total = out.Sum.Rows
	if values && out.Sum.Gain == nil {
		out.Sum.Gain, out.Sum.Loss = &stock.Quantity{}, &stock.Quantity{}
	}
	if out.ByMonth, err = stock.DivergencesByMonth(heaps); err != nil {
		return err
	}
	out.ByReason, err = stock.DivergencesByReason(heaps)
	return err
}
