package postgres

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

// Facts as the tables outside show them (stock.Facts): one statement a kind, all in one round trip. The columns
// stand in the order of the fields; instants are text of a fixed width in UTC, numbers text without spare zeros.
const (
	utcText = `, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

	sqlFactMovements = `SELECT m.sequence, m.movement_id::text, m.movement_type::text, m.movement_on::text, to_char(m.recorded_at AT TIME ZONE 'UTC'` + utcText + `,
			p.part_number, j.project_code, s.location_code, d.location_code, m.source_condition::text, m.condition::text, trim_scale(m.quantity)::text,
			CASE WHEN m.released = 0 THEN '' ELSE trim_scale(m.released)::text END, coalesce(v.location_code, ''), coalesce(m.reservation_id::text, ''),
			coalesce(m.reversal_of::text, ''), m.actor_id::text, m.actor_kind::text, m.operation, m.rule, m.review, coalesce(m.task_id::text, ''),
			coalesce(m.approved_by::text, ''), m.nf_number, m.ticket, m.reference_document, coalesce(m.reason_code::text, ''), coalesce(m.count_id::text, ''),
			m.evidence_ids::text[], coalesce((SELECT array_agg(a.asset_id::text ORDER BY a.asset_key) FROM sga.asset_events e
				JOIN sga.assets a ON a.asset_key = e.asset_key WHERE e.movement_id = m.movement_id), '{}')
		FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence
		JOIN sga.part_numbers p ON p.part_number_key = m.part_number_key JOIN sga.projects j ON j.project_key = m.project_key
		JOIN sga.locations s ON s.location_key = m.source_location_key JOIN sga.locations d ON d.location_key = m.destination_location_key
		LEFT JOIN sga.locations v ON v.location_key = m.delivery_location_key
		WHERE i.movement_id = ANY($1)`

	sqlFactTimeline = `SELECT a.asset_id::text, e.version, e.sequence, p.part_number, a.serial_number, coalesce(e.movement_id::text, ''),
			to_char(e.recorded_at AT TIME ZONE 'UTC'` + utcText + `, e.event_on::text, coalesce(e.from_status::text, ''), e.to_status::text,
			coalesce(f.location_code, ''), t.location_code, coalesce(e.from_condition::text, ''), e.to_condition::text, coalesce(g.project_code, ''),
			h.project_code, e.is_active, e.actor_id::text
		FROM (SELECT * FROM sga.asset_events WHERE movement_id = ANY($1)
			UNION ALL SELECT x.* FROM unnest($2::uuid[], $3::bigint[]) AS k (asset_id, sequence) JOIN sga.assets y ON y.asset_id = k.asset_id
				JOIN sga.asset_events x ON x.asset_key = y.asset_key AND x.sequence = k.sequence) e
		JOIN sga.assets a ON a.asset_key = e.asset_key JOIN sga.part_numbers p ON p.part_number_key = a.part_number_key
		JOIN sga.locations t ON t.location_key = e.to_location_key JOIN sga.projects h ON h.project_key = e.to_project_key
		LEFT JOIN sga.locations f ON f.location_key = e.from_location_key LEFT JOIN sga.projects g ON g.project_key = e.from_project_key`

	// A row of version 0 was made for a write that was refused.
	sqlFactBalances = `WITH m AS (SELECT m.part_number_key, m.project_key, m.source_location_key, m.destination_location_key, m.source_condition, m.condition
			FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence WHERE i.movement_id = ANY($1)),
		k AS (SELECT part_number_key, source_location_key AS location_key, project_key, source_condition AS condition FROM m
			UNION SELECT part_number_key, destination_location_key, project_key, condition FROM m)
		SELECT b.version, p.part_number, l.location_code, j.project_code, b.condition::text, trim_scale(b.quantity_total)::text,
			trim_scale(b.quantity_reserved)::text, trim_scale(b.quantity_total - b.quantity_reserved)::text,
			coalesce(to_char(b.last_movement_at AT TIME ZONE 'UTC'` + utcText + `, '')
		FROM k JOIN sga.balances b USING (part_number_key, location_key, project_key, condition)
		JOIN sga.part_numbers p ON p.part_number_key = b.part_number_key JOIN sga.projects j ON j.project_key = b.project_key
		JOIN sga.locations l ON l.location_key = b.location_key WHERE b.version > 0`

	sqlFactAssets = `SELECT a.version + a.facts_version, a.asset_id::text, p.part_number, a.serial_number, a.serial_key, j.project_code, l.location_code,
			a.status::text, a.condition::text, a.ownership::text, coalesce(a.reservation_id::text, ''), coalesce(a.last_movement_id::text, ''),
			coalesce(to_char(a.last_movement_at AT TIME ZONE 'UTC'` + utcText + `, ''), a.is_active, coalesce(a.purchase_date::text, ''),
			coalesce(a.warranty_end_date::text, ''), a.nf_number, a.ticket, a.tag, to_char(a.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM (SELECT asset_key FROM sga.asset_events WHERE movement_id = ANY($1) UNION SELECT asset_key FROM sga.assets WHERE asset_id = ANY($2)) k
		JOIN sga.assets a ON a.asset_key = k.asset_key JOIN sga.part_numbers p ON p.part_number_key = a.part_number_key
		JOIN sga.projects j ON j.project_key = a.project_key JOIN sga.locations l ON l.location_key = a.location_key`

	sqlFactReservations = `SELECT CASE WHEN r.status = 'ACTIVE' THEN 1 ELSE 2 END::bigint, r.reservation_id::text, p.part_number, l.location_code, j.project_code,
			r.condition::text, trim_scale(r.quantity)::text, r.serial_keys, r.status::text, r.ticket, r.reserved_by::text,
			to_char(r.reserved_at AT TIME ZONE 'UTC'` + utcText + `, to_char(r.expires_at AT TIME ZONE 'UTC'` + utcText + `,
			coalesce(to_char(r.ended_at AT TIME ZONE 'UTC'` + utcText + `, ''), r.movement_id::text, coalesce(r.ended_movement_id::text, '')
		FROM (SELECT m.reservation_id FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence
				WHERE i.movement_id = ANY($1) AND m.reservation_id IS NOT NULL GROUP BY 1) k
		JOIN sga.reservations r ON r.reservation_id = k.reservation_id JOIN sga.part_numbers p ON p.part_number_key = r.part_number_key
		JOIN sga.projects j ON j.project_key = r.project_key JOIN sga.locations l ON l.location_key = r.location_key`

	// Votes leave their task's row alone and are counted beside it.
	sqlFactTasks = `SELECT t.version + w.votes + w.void, t.task_id::text, t.task_type::text, t.status::text, t.priority::text, t.operation, t.summary, t.summary_en, t.rule,
			t.reason, t.reason_en, t.fingerprint, coalesce(trim_scale(t.value)::text, ''), coalesce(trim_scale(t.confidence)::text, ''),
			t.evidence_ids::text[], t.project_codes, t.location_codes,
			CASE WHEN t.reference_id IS NULL THEN '' WHEN EXISTS (SELECT FROM sga.movement_ids i WHERE i.movement_id = t.reference_id) THEN 'MOVEMENT'
				WHEN EXISTS (SELECT FROM sga.counts c WHERE c.count_id = t.reference_id) THEN 'COUNT'
				WHEN EXISTS (SELECT FROM sga.divergences v WHERE v.divergence_id = t.reference_id) THEN 'DIVERGENCE'
				WHEN EXISTS (SELECT FROM sga.tasks o WHERE o.task_id = t.reference_id) THEN 'TASK' ELSE 'OTHER' END,
			coalesce(t.reference_id::text, ''), t.proposed_by::text, coalesce(t.proposed_as->>'kind', ''), coalesce(t.assignee_id::text, ''),
			to_char(t.created_at AT TIME ZONE 'UTC'` + utcText + `, to_char(t.expires_at AT TIME ZONE 'UTC'` + utcText + `,
			coalesce(to_char(t.due_at AT TIME ZONE 'UTC'` + utcText + `, ''), t.escalation::bigint, t.approvals_needed::bigint, w.votes - w.void,
			CASE WHEN t.status IN ('PENDING', 'IN_PROGRESS') THEN '' ELSE coalesce(to_char(t.decided_at AT TIME ZONE 'UTC'` + utcText + `, '') END,
			coalesce(t.decided_by::text, '')
		FROM sga.tasks t CROSS JOIN LATERAL (SELECT count(*) AS votes, count(voided_at) AS void FROM sga.task_votes v WHERE v.task_id = t.task_id) w
		WHERE t.task_id = ANY($1)`

	sqlFactTaskChildren = `SELECT c.kind, c.id, t.task_id::text, c.author, c.author_kind, c.body, c.evidence, c.document_type,
			to_char(c.made_at AT TIME ZONE 'UTC'` + utcText + `,
			CASE WHEN t.status IN ('PENDING', 'IN_PROGRESS') THEN '' ELSE coalesce(to_char(t.decided_at AT TIME ZONE 'UTC'` + utcText + `, '') END
		FROM (SELECT 'COMMENT' AS kind, comment_id::text AS id, task_id, author_id::text AS author, author_kind::text, body, evidence_ids::text[] AS evidence,
				'' AS document_type, commented_at AS made_at FROM sga.task_comments WHERE task_id = ANY($1)
			UNION ALL SELECT 'ATTACHMENT', k.document_id::text, k.target_id, k.attached_by::text, '', '', '{}', d.kind, k.attached_at
				FROM (SELECT * FROM sga.document_links WHERE target_type = 'TASK' AND target_id = ANY($1)
					UNION SELECT * FROM sga.document_links WHERE target_type = 'TASK' AND document_id = ANY($2)) k
				JOIN sga.documents d ON d.document_id = k.document_id) c
		JOIN sga.tasks t ON t.task_id = c.task_id`

	// Links are only ever added and leave their document's row alone: they are counted beside it.
	sqlFactDocuments = `SELECT d.version + k.links, d.document_id::text, d.kind, d.status, d.content_type, d.size, d.sha256, k.list, coalesce(d.person_id::text, ''),
			d.created_by::text, to_char(d.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM sga.documents d CROSS JOIN LATERAL (SELECT count(*) AS links, coalesce(array_agg(l.target_type || '#' || l.target_id ORDER BY l.attached_at, l.target_id),
			'{}') AS list FROM sga.document_links l WHERE l.document_id = d.document_id) k
		WHERE d.document_id = ANY($1)`

	sqlFactDivergences = `SELECT v.version, v.divergence_id::text, v.divergence_type, v.status, p.part_number, l.location_code, j.project_code, v.condition::text,
			trim_scale(v.expected_quantity)::text, trim_scale(v.actual_quantity)::text, trim_scale(v.variance)::text, v.serials_missing, v.serials_unexpected,
			coalesce(v.count_id::text, ''), coalesce(v.task_id::text, ''), v.created_by::text, to_char(v.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM sga.divergences v JOIN sga.part_numbers p ON p.part_number_key = v.part_number_key JOIN sga.projects j ON j.project_key = v.project_key
		JOIN sga.locations l ON l.location_key = v.location_key WHERE v.divergence_id = ANY($1)`

	// What an installation begins with has version 1 and no event; every edit takes a higher one.
	sqlFactParts = `SELECT p.catalog_version, p.part_number_id::text, p.part_number, p.description, p.category, p.manufacturer, p.model, p.unit_of_measure, p.ncm,
			p.is_serialized, p.is_fractional, trim_scale(p.min_stock_level)::text, p.sap_material, p.is_active, to_char(p.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM sga.part_numbers p WHERE p.part_number_id = ANY($1) OR $2 AND p.catalog_version = 1`

	sqlFactLocations = `SELECT l.catalog_version, l.location_id::text, l.location_code, CASE WHEN l.location_type = 'TECHNICIAN' THEN '' ELSE l.location_name END,
			l.location_type::text, coalesce(o.location_code, ''), l.city, l.state, l.is_active, to_char(l.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM sga.locations l LEFT JOIN sga.locations o ON o.location_key = l.parent_location_key
		WHERE l.location_id = ANY($1) OR $2 AND l.catalog_version = 1`

	sqlFactProjects = `SELECT j.catalog_version, j.project_id::text, j.project_code, j.project_name, j.client_name, j.is_active,
			to_char(j.created_at AT TIME ZONE 'UTC'` + utcText + `
		FROM sga.projects j WHERE j.project_id = ANY($1) OR $2 AND j.catalog_version = 1`
)

// Facts reads what events touch: what was made as it was made, everything else as it is now.
func (r *Relay) Facts(ctx context.Context, k stock.FactKeys) (*stock.Facts, error) {
	out, b := &stock.Facts{}, &pgx.Batch{}
	if len(k.Movements) > 0 {
		readFacts(b, &out.Movements, sqlFactMovements, k.Movements)
		readFacts(b, &out.Balances, sqlFactBalances, k.Movements)
		readFacts(b, &out.Reservations, sqlFactReservations, k.Movements)
	}
	if len(k.Movements)+len(k.States) > 0 {
		readFacts(b, &out.Timeline, sqlFactTimeline, k.Movements, k.States, k.StatesAt)
	}
	if len(k.Movements)+len(k.Assets) > 0 {
		readFacts(b, &out.Assets, sqlFactAssets, k.Movements, k.Assets)
	}
	if len(k.Tasks) > 0 {
		readFacts(b, &out.Tasks, sqlFactTasks, k.Tasks)
	}
	if k.TaskChildren && len(k.Tasks)+len(k.Documents) > 0 {
		readFacts(b, &out.TaskChildren, sqlFactTaskChildren, k.Tasks, k.Documents)
	} else if len(k.Documents) > 0 {
		readFacts(b, &out.Documents, sqlFactDocuments, k.Documents)
	}
	if len(k.Divergences) > 0 {
		readFacts(b, &out.Divergences, sqlFactDivergences, k.Divergences)
	}
	if len(k.Parts) > 0 || k.Founding {
		readFacts(b, &out.Parts, sqlFactParts, k.Parts, k.Founding)
	}
	if len(k.Locations) > 0 || k.Founding {
		readFacts(b, &out.Locations, sqlFactLocations, k.Locations, k.Founding)
	}
	if len(k.Projects) > 0 || k.Founding {
		readFacts(b, &out.Projects, sqlFactProjects, k.Projects, k.Founding)
	}
	if b.Len() == 0 {
		return out, nil
	}
	return out, relayFault("facts", r.reader.SendBatch(ctx, b).Close())
}

func readFacts[T any](b *pgx.Batch, into *[]T, statement string, args ...any) {
	b.Queue(statement, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	})
}
