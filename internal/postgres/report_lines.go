package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Reports over all stock begin with "lines", which add up to what lies, or lay, at each key. $1 to $3 are the moment as in
// withCut, $4 the places, $5 the projects, $6 the condition, $7 the parts, and $8 and $9 the first and the
// last part (0: no limit). There are three ways to the same rows: the balances themselves for the present;
// the balances less what has been moved since, for a moment that is nearer to the end of the log; and the
// sum of the log for one that is nearer to its beginning. No way reads more than half of the log, and the
// balances equal the log at every instant (I1), since both are written in one transaction.
// Nothing is added up before the report does: its groups are few, and the keys would not fit into memory.
const (
	lineBalances = `($4::int[] IS NULL OR b.location_key = ANY($4)) AND ($5::int[] IS NULL OR b.project_key = ANY($5))
		AND ($6::sga.condition IS NULL OR b.condition = $6) AND ($7::int[] IS NULL OR b.part_number_key = ANY($7))
		AND ($8::int = 0 OR b.part_number_key >= $8) AND ($9::int = 0 OR b.part_number_key <= $9)`

	lineColumns = `SELECT b.part_number_key, b.location_key, b.project_key, b.quantity_total AS total, b.quantity_reserved AS reserved FROM sga.balances b`

	// The moment of the present is infinite on both clocks.
	linesNow = `lines AS (
		` + lineColumns + ` WHERE $1::date = 'infinity' AND $2::timestamptz = 'infinity' AND $3::interval IS NOT NULL AND ` + lineBalances + `)`

	ofParts = `($5::int[] IS NULL OR m.project_key = ANY($5)) AND ($7::int[] IS NULL OR m.part_number_key = ANY($7))
		AND ($8::int = 0 OR m.part_number_key >= $8) AND ($9::int = 0 OR m.part_number_key <= $9)`

	// The two ends of a movement, as in stock.Movement.Deltas: what it takes from its source and brings to its
	// destination. Reading the log once for each end is faster than unfolding each row.
	atSource = `m.source_location_key <> 1 AND ($4::int[] IS NULL OR m.source_location_key = ANY($4))
		AND ($6::sga.condition IS NULL OR m.source_condition = $6) AND ` + ofParts
	atDestination = `m.movement_type NOT IN ('RESERVA', 'LIBERACAO') AND m.destination_location_key <> 1
		AND ($4::int[] IS NULL OR m.destination_location_key = ANY($4)) AND ($6::sga.condition IS NULL OR m.condition = $6) AND ` + ofParts

	did = `SELECT m.part_number_key, m.source_location_key AS location_key, m.project_key,
			CASE WHEN m.movement_type IN ('RESERVA', 'LIBERACAO') THEN 0 ELSE -m.quantity END AS total,
			CASE m.movement_type WHEN 'RESERVA' THEN m.quantity WHEN 'LIBERACAO' THEN -m.quantity ELSE -m.released END AS reserved
		FROM sga.movements m WHERE ` + atSource + ` AND `
	brought = `SELECT m.part_number_key, m.destination_location_key, m.project_key, m.quantity, 0 FROM sga.movements m WHERE ` + atDestination + ` AND `
	undid   = `SELECT m.part_number_key, m.source_location_key AS location_key, m.project_key,
			CASE WHEN m.movement_type IN ('RESERVA', 'LIBERACAO') THEN 0 ELSE m.quantity END AS total,
			CASE m.movement_type WHEN 'RESERVA' THEN -m.quantity WHEN 'LIBERACAO' THEN m.quantity ELSE m.released END AS reserved
		FROM sga.movements m WHERE ` + atSource + ` AND `
	tookBack = `SELECT m.part_number_key, m.destination_location_key, m.project_key, -m.quantity, 0 FROM sga.movements m WHERE ` + atDestination + ` AND `

	// known is isKnown for statements that read much of the log. The planner takes the unknown for a third of
	// it, and would compare each row with each of them; a join hashes the few that there are.
	known = `m.movement_on <= $1::date AND m.sequence <= (SELECT b.high FROM bound b)
		AND NOT EXISTS (SELECT FROM unknown u WHERE u.sequence = m.sequence)`

	linesFromStart = withCut + `, lines AS (` + did + known + ` UNION ALL ` + brought + known + `)`

	// What the moment did not know comes in three heaps without overlap, each with an index: later business
	// days; earlier days that were recorded after it; and the few that were late (see withCut).
	isLaterDay = `m.movement_on > $1::date`
	isLaterLog = `m.movement_on <= $1::date AND m.sequence > (SELECT b.high FROM bound b)`
	wasLate    = `m.movement_on <= $1::date AND m.sequence <= (SELECT b.high FROM bound b) AND m.sequence IN (SELECT u.sequence FROM unknown u)`

	linesFromEnd = withCut + `, lines AS (` + lineColumns + ` WHERE ` + lineBalances + `
		UNION ALL ` + undid + isLaterDay + ` UNION ALL ` + tookBack + isLaterDay + `
		UNION ALL ` + undid + isLaterLog + ` UNION ALL ` + tookBack + isLaterLog + `
		UNION ALL ` + undid + wasLate + ` UNION ALL ` + tookBack + wasLate + `)`

	// sqlLogSpan is where the moment lies between the beginning and the end of the log, by days and by time
	// of recording: the smaller share counts. Each is the first or last entry of an index.
	sqlLogSpan = `SELECT least(
		CASE WHEN $1::date = 'infinity' THEN 1.0 ELSE ($1::date - d.first)::float8 / greatest(d.last - d.first, 1) END,
		CASE WHEN $2::timestamptz = 'infinity' THEN 1.0
			ELSE extract(epoch FROM $2::timestamptz - k.first)::float8 / greatest(extract(epoch FROM k.last - k.first)::float8, 1) END)
		FROM (SELECT coalesce(min(movement_on), '2000-01-01') AS first, coalesce(max(movement_on), '2000-01-01') AS last FROM sga.movements) d,
			(SELECT coalesce(min(known_at), '2000-01-01') AS first, coalesce(max(known_at), '2000-01-01') AS last FROM sga.event_log) k`
)

// way is one of the three ways to the lines of a report.
type way int

const (
	present way = iota
	fromEnd
	fromStart
)

// wayTo chooses the way that reads less of the log.
func (db *DB) wayTo(ctx context.Context, m stock.Moment) (way, error) {
	if m.IsNow() {
		return present, nil
	}
	asOf, knownAt, _ := momentArgs(m)
	var share float64
	if err := db.reader.QueryRow(ctx, sqlLogSpan, asOf, knownAt).Scan(&share); err != nil {
		return present, translate(fmt.Errorf("span of the log: %w", err))
	}
	if share >= 0.5 {
		return fromEnd, nil
	}
	return fromStart, nil
}

// lineArgs are $1 to $9 of every report over lines.
type lineArgs struct {
	moment      stock.Moment
	see         sight
	condition   stock.Condition
	parts       []int32
	first, last int32
}

func (a lineArgs) list(more ...any) []any {
	asOf, knownAt, notice := momentArgs(a.moment)
	out := []any{planEachTime, asOf, knownAt, notice, a.see.locations, a.see.projects, conditionArg(a.condition), a.parts, a.first, a.last}
	return append(out, more...)
}

// partsWithin is one part, the parts of a category, both, or nil for all.
func (db *DB) partsWithin(part stock.PartKey, category string) []int32 {
	list := db.partsOf(category)
	if part != 0 {
		list = narrow(list, []int32{int32(part)})
	}
	return list
}

// endOf is the instant at which a report ends that has rows with a time of recording only: the end of
// the business day, or the moment whose knowledge is used. Neither is infinite.
func endOf(m stock.Moment) pgtype.Timestamptz {
	end := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	if !m.AsOf.IsZero() {
		end = pgtype.Timestamptz{Time: endOfDay(m.AsOf), Valid: true}
	}
	if !m.KnownAt.IsZero() && (m.AsOf.IsZero() || m.KnownAt.Before(end.Time)) {
		end = pgtype.Timestamptz{Time: m.KnownAt, Valid: true}
	}
	return end
}

// endOfDay is the last microsecond of a business day, which is three hours behind UTC (Decreto 9.772/2019).
func endOfDay(d stock.Date) time.Time {
	return d.AddDays(1).Time().Add(3*time.Hour - time.Microsecond)
}

// reportTimeout is what one statement of a report gets: it reads up to half of the log, and people wait for it.
// The slowest call may take as long (config.DrainTime speaks of it); other reads have ten seconds.
const reportTimeout = 30 * time.Second

const sqlReportTimeout = `SELECT set_config('statement_timeout', $1::text, true)`

// forReport runs reads that may take long and must agree with each other.
func (db *DB) forReport(ctx context.Context, read func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, db.reader, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlReportTimeout, strconv.FormatInt(reportTimeout.Milliseconds(), 10)); err != nil {
			return err
		}
		return read(tx)
	})
}
