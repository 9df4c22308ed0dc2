package postgres

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// Each statement finds the first row that breaks a promise, and finds nothing in a sound ledger.
const (
	// sqlVerifyTimelines gives each asset with its events, in order; both tables are read along their keys.
	sqlVerifyTimelines = `SELECT a.asset_key, a.asset_id, a.version, a.status::text, a.location_key, a.condition::text, a.project_key, a.reservation_id, a.is_active,
			coalesce(e.version, 0), coalesce(e.sequence, 0), e.recorded_at, coalesce(e.from_status::text, ''), coalesce(e.to_status::text, ''),
			coalesce(e.from_location_key, 0), coalesce(e.to_location_key, 0), coalesce(e.from_condition::text, ''), coalesce(e.to_condition::text, ''),
			coalesce(e.from_project_key, 0), coalesce(e.to_project_key, 0), e.from_reservation_id, e.to_reservation_id, coalesce(e.is_active, false)
		FROM sga.assets a LEFT JOIN sga.asset_events e ON e.asset_key = a.asset_key ORDER BY a.asset_key, e.version`

	sqlVerifyOrphans = `SELECT e.sequence, e.recorded_at, e.asset_key::text FROM sga.asset_events e
		WHERE NOT EXISTS (SELECT FROM sga.assets a WHERE a.asset_key = e.asset_key) ORDER BY 1 LIMIT 20`

	sqlVerifySerials = `SELECT NULL::bigint, NULL::timestamptz, p.part_number || ' @ ' || l.location_code || ' / ' || j.project_code || ': '
			|| trim_scale(x.units) || ' <> ' || x.serials
		FROM (SELECT part_number_key, location_key, project_key, sum(units) AS units, sum(serials) AS serials FROM (
				SELECT b.part_number_key, b.location_key, b.project_key, b.quantity_total AS units, 0 AS serials FROM sga.balances b
					JOIN sga.part_numbers p ON p.part_number_key = b.part_number_key AND p.is_serialized
				UNION ALL
				SELECT a.part_number_key, a.location_key, a.project_key, 0, 1 FROM sga.assets a WHERE a.location_key <> 1) u
			GROUP BY part_number_key, location_key, project_key HAVING sum(units) <> sum(serials)) x
		JOIN sga.part_numbers p USING (part_number_key) JOIN sga.locations l USING (location_key) JOIN sga.projects j USING (project_key)
		ORDER BY 3 LIMIT 20`

	sqlVerifyIDs = `SELECT coalesce(m.sequence, i.sequence), m.recorded_at, coalesce(m.movement_id, i.movement_id)::text
		FROM sga.movements m FULL JOIN sga.movement_ids i ON i.sequence = m.sequence AND i.movement_id = m.movement_id
		WHERE m.sequence IS NULL OR i.sequence IS NULL ORDER BY 1 LIMIT 20`

	sqlVerifyReversals = `SELECT m.sequence, m.recorded_at, m.movement_id::text
		FROM sga.movements m LEFT JOIN sga.movement_reversals r ON r.movement_id = m.movement_id AND r.reversal_of = m.reversal_of
		LEFT JOIN sga.movement_ids i ON i.movement_id = m.reversal_of LEFT JOIN sga.movements o ON o.sequence = i.sequence
		WHERE m.reversal_of IS NOT NULL AND (r.movement_id IS NULL OR o.quantity IS DISTINCT FROM -m.quantity OR o.movement_on <> m.movement_on
			OR o.part_number_key <> m.part_number_key OR o.source_location_key <> m.source_location_key
			OR o.destination_location_key <> m.destination_location_key OR o.sequence > m.sequence)
		ORDER BY 1 LIMIT 20`

	// Every movement is an event with a position, or waits for one in the outbox, and not both.
	sqlVerifyOutbox = `SELECT m.sequence, m.recorded_at, m.movement_id::text FROM sga.movements m
		LEFT JOIN sga.event_log l ON l.sequence = m.sequence LEFT JOIN sga.outbox o ON o.sequence = m.sequence
		WHERE (l.sequence IS NULL) = (o.sequence IS NULL) ORDER BY 1 LIMIT 20`

	// What was executed is what was approved: the task was approved, by the one that the movement names and
	// not by who proposed it, and the movements that carry it are those of its steps, to the quantity.
	sqlVerifyTasks = `SELECT m.sequence, m.recorded_at, m.task_id::text FROM sga.movements m LEFT JOIN sga.tasks t ON t.task_id = m.task_id
		WHERE m.task_id IS NOT NULL AND (t.task_id IS NULL OR t.status NOT IN ('APPROVED', 'COMPLETED') OR t.decided_by IS DISTINCT FROM m.approved_by
			OR t.proposed_by <> m.actor_id OR t.decided_at IS DISTINCT FROM m.approved_at
			OR NOT EXISTS (SELECT FROM jsonb_array_elements(t.steps) s
				WHERE s->'move'->>'movement_id' = m.movement_id::text AND s->'move'->>'movement_type' = m.movement_type::text
						AND (s->'move'->>'quantity')::numeric = m.quantity
					OR s->'reversal'->>'movement_id' = m.movement_id::text AND s->'reversal'->>'reversal_of' = m.reversal_of::text))
		ORDER BY 1 LIMIT 20`

	sqlVerifyTasksDone = `SELECT NULL::bigint, t.decided_at, t.task_id::text FROM sga.tasks t CROSS JOIN LATERAL jsonb_array_elements(t.steps) s
		WHERE t.status IN ('APPROVED', 'COMPLETED') AND coalesce(s->'move', s->'reversal') IS NOT NULL AND NOT EXISTS (
			SELECT FROM sga.movement_ids i JOIN sga.movements m USING (sequence)
			WHERE i.movement_id = (coalesce(s->'move', s->'reversal')->>'movement_id')::uuid AND m.task_id = t.task_id)
		ORDER BY 2 LIMIT 20`

	// Evidence is what its sealed event says: of documents of before, whose events name no content, nothing is known.
	sqlVerifyDocuments = `SELECT l.sequence, l.known_at, l.entity_id::text || ' (' || concat_ws(', ',
			CASE WHEN d.status IS DISTINCT FROM 'AVAILABLE' THEN 'status' END,
			CASE WHEN l.payload ? 'sha256' AND d.sha256 IS DISTINCT FROM l.payload->>'sha256' THEN 'sha256' END,
			CASE WHEN d.size IS DISTINCT FROM (l.payload->>'size')::bigint THEN 'size' END,
			CASE WHEN d.bucket IS DISTINCT FROM l.payload->>'bucket' THEN 'bucket' END,
			CASE WHEN d.object_key IS DISTINCT FROM l.payload->>'object_key' THEN 'key' END) || ')'
		FROM sga.event_log l LEFT JOIN sga.documents d ON d.document_id = l.entity_id
		WHERE l.kind IN ('document_added', 'document_changed') AND l.payload ? 'object_key'
			AND (d.status IS DISTINCT FROM 'AVAILABLE' OR l.payload ? 'sha256' AND d.sha256 IS DISTINCT FROM l.payload->>'sha256'
				OR d.size IS DISTINCT FROM (l.payload->>'size')::bigint OR d.bucket IS DISTINCT FROM l.payload->>'bucket'
				OR d.object_key IS DISTINCT FROM l.payload->>'object_key')
		ORDER BY 1 LIMIT 20`

	// Whoever approves is not who proposed. One approval is the decision itself; several are votes of as many persons for the
	// effect that was executed, the last of them the decider's.
	sqlVerifyVotes = `SELECT NULL::bigint, t.decided_at, t.task_id::text FROM sga.tasks t
		WHERE t.status = 'APPROVED' AND (t.decided_by IS NULL OR t.decided_by = t.proposed_by OR t.approvals_needed > 1 AND (
			SELECT count(DISTINCT v.person_id) FILTER (WHERE v.person_id <> t.proposed_by) < t.approvals_needed
				OR count(*) FILTER (WHERE v.person_id = t.proposed_by) > 0 OR count(*) FILTER (WHERE v.person_id = t.decided_by) = 0
			FROM sga.task_votes v WHERE v.task_id = t.task_id AND v.voided_at IS NULL AND v.fingerprint = t.fingerprint))
		ORDER BY 2 LIMIT 20`

	// The sealed events say how many were needed, and that each vote but the last was cast.
	sqlVerifyQuorum = `SELECT l.sequence, l.known_at, l.entity_id::text FROM sga.event_log l LEFT JOIN sga.tasks t ON t.task_id = l.entity_id
		LEFT JOIN (SELECT entity_id, count(*) AS votes FROM sga.event_log WHERE kind = 'task_voted' GROUP BY 1) e ON e.entity_id = l.entity_id
		WHERE l.kind = 'task_approved' AND l.payload ? 'approvals_needed' AND (t.status IS DISTINCT FROM 'APPROVED'
			OR t.approvals_needed IS DISTINCT FROM (l.payload->>'approvals_needed')::int
			OR (l.payload->>'approvals')::int < (l.payload->>'approvals_needed')::int
			OR coalesce(e.votes, 0) < (l.payload->>'approvals_needed')::int - 1)
		ORDER BY 1 LIMIT 20`

	sqlVerifyCounts = `SELECT count(*) FROM sga.tasks WHERE status = 'APPROVED'`
)

// life is where an asset stands: what one event must hand to the next.
type life struct {
	version     int64
	status      string
	location    int32
	condition   string
	project     int32
	reservation pgtype.UUID
	active      bool
}

// timelines names what the sums have found: it follows every asset through its events without a gap or an overlap (I3, I5) to where the
// table of assets says that it is. One asset is held at a time.
func (v *verifier) timelines(ctx context.Context) error {
	rows, err := v.tx.Query(ctx, sqlVerifyTimelines)
	if err != nil {
		return err
	}
	defer rows.Close()
	var key int64
	var id uuid.UUID
	var was, table life
	end := func() {
		if key != 0 && was != table {
			v.find(stock.Finding{Invariant: "I3"}, "O item %s não está como a sua história o deixou.", "Asset %s is not as its history left it.", id)
		}
	}
	for rows.Next() && !v.full() {
		var next, sequence int64
		var asset uuid.UUID
		var now, from, to life
		var at *time.Time
		if err := rows.Scan(&next, &asset, &now.version, &now.status, &now.location, &now.condition, &now.project, &now.reservation, &now.active,
			&to.version, &sequence, &at, &from.status, &to.status, &from.location, &to.location, &from.condition, &to.condition,
			&from.project, &to.project, &from.reservation, &to.reservation, &to.active); err != nil {
			return err
		}
		if next != key {
			end()
			key, id, was, table = next, asset, life{}, now
		}
		if from.version, from.active = to.version-1, was.active; from != was {
			v.find(stock.Finding{Invariant: "I3", Sequence: sequence, RecordedAt: timeOf(at)}, "A história do item %s se quebra na versão %d.",
				"The history of asset %s breaks at version %d.", id, to.version)
		}
		was = to
	}
	end()
	return rows.Err()
}

// links checks what ties the tables together.
func (v *verifier) links(ctx context.Context) error {
	for _, c := range []struct{ invariant, statement, pt, en string }{
		{"I3", sqlVerifyOrphans, "Há história sem item: %s.", "There is a history without an asset: %s."},
		{"I3", sqlVerifySerials, "Unidades e números de série não batem: %s.", "Units and serial numbers do not agree: %s."},
		{"I6", sqlVerifyReversals, "O estorno %s não espelha o original.", "Reversal %s does not mirror its original."},
		{"I8", sqlVerifyTasks, "O que foi executado não é o que foi aprovado na tarefa %s.", "What was executed is not what was approved in task %s."},
		{"I8", sqlVerifyTasksDone, "A tarefa aprovada %s não foi executada por inteiro.", "Approved task %s was not executed in full."},
		{"I8", sqlVerifyVotes, "A tarefa %s foi aprovada sem os votos de que precisava.", "Task %s was approved without the votes that it needed."},
		{"I8", sqlVerifyQuorum, "A aprovação da tarefa %s não é a que os eventos selados dizem.", "The approval of task %s is not what the sealed events say."},
		{"I5", sqlVerifyDocuments, "O documento %s não é o que o evento selado diz.", "Document %s is not what its sealed event says."},
	} {
		if err := v.firstOf(ctx, c.invariant, c.statement, c.pt, c.en); err != nil {
			return err
		}
	}
	return v.tx.QueryRow(ctx, sqlVerifyCounts).Scan(&v.out.Tasks)
}
