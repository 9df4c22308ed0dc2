package postgres

import (
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5/pgtype"
)

// noticePeriod is how long after the fact an event may still count as known from the moment it was
// recorded: the time from recording to commit to position. An answer for a moment older than this, and
// the few milliseconds of the leader's commit, never changes again. AssignPositions and withCut use it.
const noticePeriod = 500 * time.Millisecond

// The cut of a question about the past: $1 is the business date, $2 the moment whose knowledge is used,
// both infinite when not given, and $3 is noticePeriod. Up to the last event in order that lies at or
// before the cut every sequence is known, but for the late ones that came after it and those without a
// position. For a moment that is hardly over, events without a position count from when they were recorded.
const (
	withCut = `cut AS MATERIALIZED (
		SELECT coalesce((SELECT l.position FROM sga.event_log l WHERE l.known_at <= $2::timestamptz
				ORDER BY l.known_at DESC, l.position DESC LIMIT 1), 0) AS position,
			$2::timestamptz > statement_timestamp() - $3::interval AS recent),
	bound AS MATERIALIZED (
		SELECT c.position, c.recent, CASE WHEN c.recent THEN 9223372036854775807 ELSE coalesce((SELECT l.sequence FROM sga.event_log l
			WHERE l.position <= c.position AND NOT l.is_late ORDER BY l.position DESC LIMIT 1), 0) END AS high
		FROM cut c),
	unknown AS MATERIALIZED (
		SELECT l.sequence FROM bound b JOIN sga.event_log l ON l.position > b.position
			WHERE l.is_late AND l.sequence < b.high AND NOT b.recent
		UNION ALL
		SELECT l.sequence FROM bound b JOIN sga.event_log l ON l.position > b.position WHERE b.recent
		UNION ALL
		SELECT o.sequence FROM bound b CROSS JOIN sga.outbox o WHERE NOT (b.recent AND o.recorded_at <= $2::timestamptz))`

	// isKnown holds for a movement m on both clocks.
	isKnown = `m.movement_on <= $1::date AND m.sequence <= (SELECT b.high FROM bound b)
		AND m.sequence NOT IN (SELECT u.sequence FROM unknown u)`

	// joinLegs is stock.Movement.Deltas in SQL: what a movement m, or the sum of several of one kind between
	// the same ends, does to the balance at each end.
	joinLegs = `CROSS JOIN LATERAL (VALUES
		(m.source_location_key, m.source_condition,
			CASE WHEN m.movement_type IN ('RESERVA', 'LIBERACAO') THEN 0 ELSE -m.quantity END,
			CASE m.movement_type WHEN 'RESERVA' THEN m.quantity WHEN 'LIBERACAO' THEN -m.quantity ELSE -m.released END),
		(CASE WHEN m.movement_type IN ('RESERVA', 'LIBERACAO') THEN NULL ELSE m.destination_location_key END, m.condition, m.quantity, 0)
		) AS leg(location_key, condition, total, reserved)`
)

// momentArgs gives $1 to $3 of withCut.
func momentArgs(m stock.Moment) (asOf pgtype.Date, knownAt pgtype.Timestamptz, notice time.Duration) {
	asOf = pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}
	if !m.AsOf.IsZero() {
		asOf = pgtype.Date{Time: m.AsOf.Time(), Valid: true}
	}
	knownAt = pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	if !m.KnownAt.IsZero() {
		knownAt = pgtype.Timestamptz{Time: m.KnownAt, Valid: true}
	}
	return asOf, knownAt, noticePeriod
}
