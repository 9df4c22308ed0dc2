package simtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// invariant is a question whose every row is something broken, told in one text.
type invariant struct {
	id  string
	sql string
}

// sqlDeltas is Movement.Deltas in SQL: what each movement does to each balance.
const sqlDeltas = `WITH deltas AS (
	SELECT sequence, part_number_key p, source_location_key l, project_key j, source_condition c, source_version v,
		CASE WHEN movement_type IN ('RESERVA', 'LIBERACAO') THEN 0 ELSE -quantity END total,
		CASE movement_type WHEN 'RESERVA' THEN quantity WHEN 'LIBERACAO' THEN -quantity ELSE -released END reserved
	FROM sga.movements WHERE source_location_key <> 1
	UNION ALL
	SELECT sequence, part_number_key, destination_location_key, project_key, condition, destination_version, quantity, 0
	FROM sga.movements WHERE destination_location_key <> 1 AND movement_type NOT IN ('RESERVA', 'LIBERACAO')) `

func invariants() []invariant {
	return []invariant{
		{"I1/I9 balances are the sums of the log", sqlDeltas + `SELECT format('%s/%s/%s/%s: balance %s(%s) v%s, log %s(%s) v%s',
				coalesce(b.part_number_key, d.p), coalesce(b.location_key, d.l), coalesce(b.project_key, d.j), coalesce(b.condition, d.c),
				b.quantity_total, b.quantity_reserved, b.version, d.total, d.reserved, d.n)
			FROM (SELECT p, l, j, c, sum(total) total, sum(reserved) reserved, count(*) n FROM deltas GROUP BY p, l, j, c) d
			FULL JOIN sga.balances b ON b.part_number_key = d.p AND b.location_key = d.l AND b.project_key = d.j AND b.condition = d.c
			WHERE (coalesce(b.quantity_total, -1), coalesce(b.quantity_reserved, -1), coalesce(b.version, -1))
				<> (coalesce(d.total, 0), coalesce(d.reserved, 0), coalesce(d.n, 0))`},
		{"I2 nothing is below zero, nothing promised twice", `SELECT format('%s/%s: %s(%s)', part_number_key, location_key, quantity_total, quantity_reserved)
			FROM sga.balances WHERE quantity_total < 0 OR quantity_reserved < 0 OR quantity_reserved > quantity_total`},
		{"I2 what is reserved is what active reservations promise", `SELECT format('%s/%s: reserved %s, promised %s', b.part_number_key, b.location_key, b.quantity_reserved, r.q)
			FROM sga.balances b LEFT JOIN (SELECT part_number_key, location_key, project_key, condition, sum(quantity) q FROM sga.reservations
				WHERE status = 'ACTIVE' GROUP BY 1, 2, 3, 4) r USING (part_number_key, location_key, project_key, condition)
			WHERE b.quantity_reserved <> coalesce(r.q, 0)`},
		{"I3 a serial is counted where it lies", `SELECT format('%s/%s/%s/%s: balance %s, assets %s', p, l, j, c, b.q, a.n) FROM
			(SELECT part_number_key p, location_key l, project_key j, condition c, quantity_total q FROM sga.balances JOIN sga.part_numbers USING (part_number_key)
				WHERE is_serialized AND quantity_total <> 0) b
			FULL JOIN (SELECT part_number_key p, location_key l, project_key j, condition c, count(*) n FROM sga.assets WHERE location_key <> 1 GROUP BY 1, 2, 3, 4) a
			USING (p, l, j, c) WHERE coalesce(b.q, 0) <> coalesce(a.n, 0)`},
		{"I3 an asset is what its timeline ends with", `SELECT format('%s: %s at %s v%s, timeline %s at %s v%s', a.serial_key, a.status, a.location_key, a.version,
				e.to_status, e.to_location_key, e.version)
			FROM sga.assets a LEFT JOIN (SELECT DISTINCT ON (asset_key) * FROM sga.asset_events ORDER BY asset_key, version DESC) e USING (asset_key)
			WHERE (a.version, a.status, a.location_key, a.project_key, a.condition, a.is_active) IS DISTINCT FROM
				(e.version, e.to_status, e.to_location_key, e.to_project_key, e.to_condition, e.is_active)
				OR a.reservation_id IS DISTINCT FROM e.to_reservation_id`},
		{"I3/I5 timelines have no gap", `SELECT format('asset %s v%s', asset_key, version) FROM (SELECT e.*, lag(version) OVER w pv, lag(to_status) OVER w ps,
				lag(to_location_key) OVER w pl, lag(to_condition) OVER w pc, lag(sequence) OVER w sq FROM sga.asset_events e WINDOW w AS (PARTITION BY asset_key ORDER BY version)) e
			WHERE version <> coalesce(pv, 0) + 1 OR sequence <= coalesce(sq, 0) OR (ps, pl, pc) IS DISTINCT FROM (from_status, from_location_key, from_condition)`},
		{"I3 who is held is held by an active reservation", `SELECT format('%s held by %s', a.serial_key, a.reservation_id) FROM sga.assets a
			LEFT JOIN sga.reservations r USING (reservation_id) WHERE a.reservation_id IS NOT NULL AND r.status IS DISTINCT FROM 'ACTIVE'`},
		{"I4 what is inside came from outside", `SELECT format('%s/%s: inside %s, net of outside %s', p, j, b.q, m.q) FROM
			(SELECT part_number_key p, project_key j, sum(quantity_total) q FROM sga.balances GROUP BY 1, 2) b
			FULL JOIN (SELECT part_number_key p, project_key j, sum(CASE WHEN source_location_key = 1 THEN quantity ELSE 0 END
				- CASE WHEN destination_location_key = 1 THEN quantity ELSE 0 END) q FROM sga.movements GROUP BY 1, 2) m USING (p, j)
			WHERE coalesce(b.q, 0) <> coalesce(m.q, 0)`},
		{"I5 versions of balances follow each other in the order of sequence", sqlDeltas + `SELECT format('%s/%s/%s/%s v%s at %s', p, l, j, c, v, sequence)
			FROM (SELECT *, row_number() OVER (PARTITION BY p, l, j, c ORDER BY sequence) n FROM deltas) d WHERE v <> n`},
		{"I6 one effect an id", `SELECT format('movement %s', coalesce(m.movement_id, i.movement_id)) FROM sga.movements m FULL JOIN sga.movement_ids i
			USING (movement_id) WHERE m.sequence IS DISTINCT FROM i.sequence`},
		{"I6 a movement is reversed once", `SELECT format('reversal %s', coalesce(m.movement_id, r.movement_id)) FROM
			(SELECT * FROM sga.movements WHERE reversal_of IS NOT NULL) m FULL JOIN sga.movement_reversals r USING (reversal_of)
			WHERE m.movement_id IS DISTINCT FROM r.movement_id`},
		{"I7 every effect names who and by which rule", `SELECT format('movement %s', sequence) FROM sga.movements
			WHERE rule = '' OR operation = '' OR approved_by = actor_id OR movement_type IN ('AJUSTE_POSITIVO', 'AJUSTE_NEGATIVO') AND approved_by IS NULL`},
		{"I11 no audit row without its effect", `SELECT format('audit row %s of event %s', a.audit_id, a.sequence) FROM sga.audit_log a
			WHERE a.sequence IS NOT NULL AND NOT EXISTS (SELECT FROM sga.outbox o WHERE o.sequence = a.sequence)
			AND NOT EXISTS (SELECT FROM sga.event_log o WHERE o.sequence = a.sequence)`},
		{"I12 every movement is delivered once", `SELECT format('movement %s', m.sequence) FROM sga.movements m
			WHERE (SELECT count(*) FROM sga.outbox o WHERE o.sequence = m.sequence) + (SELECT count(*) FROM sga.event_log o WHERE o.sequence = m.sequence) <> 1`},
	}
}

// mostBroken is how many examples of one broken invariant are told.
const mostBroken = 5

// Broken checks I1 to I7, I9, I11 and I12 in one snapshot and says what is broken; empty when all hold.
func Broken(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	var out []string
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, i := range invariants() {
			rows, err := tx.Query(ctx, i.sql)
			if err != nil {
				return fmt.Errorf("%s: %w", i.id, err)
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return fmt.Errorf("%s: %w", i.id, err)
			}
			if n := len(found); n > mostBroken {
				found = append(found[:mostBroken], fmt.Sprintf("and %d more", n-mostBroken))
			}
			for _, f := range found {
				out = append(out, i.id+": "+f)
			}
		}
		return nil
	})
	return out, err
}
