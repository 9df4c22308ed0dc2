package postgres

import (
	"maps"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Writing. Each table takes all rows of the group in one statement; COMMIT travels with them, so a
// group costs two round trips. The unique tables come last before it: a key or a movement that another
// process has just used makes the whole group fail and be tried one by one, before anything is kept.
const (
	sqlInsertMovements = `INSERT INTO sga.movements (sequence, movement_id, movement_type, movement_on, recorded_at, part_number_key, project_key,
		source_location_key, destination_location_key, source_condition, condition, quantity, released, delivery_location_key, reservation_id,
		reversal_of, source_version, destination_version, actor_id, actor_kind, on_behalf_of, operation, rule, review, task_id, approved_by,
		approved_at, nf_number, nf_date, nf_key, ticket, reference_document, reason, reason_code, confidence, evidence_ids, count_id,
		autonomy_level)
		SELECT a, b, c::sga.movement_type, d, e, f, g, h, i, j::sga.condition, k::sga.condition, l::numeric, m::numeric, n, o,
		p, q, r, s, t::sga.actor_kind, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah::sga.reason_code, ai::numeric, aj::uuid[], ak, al::sga.autonomy_level
		FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::date[], $5::timestamptz[], $6::int[], $7::int[], $8::int[], $9::int[],
		$10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::uuid[], $16::uuid[], $17::bigint[], $18::bigint[], $19::uuid[],
		$20::text[], $21::text[], $22::text[], $23::text[], $24::bool[], $25::uuid[], $26::uuid[], $27::timestamptz[], $28::text[], $29::date[],
		$30::text[], $31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::text[], $37::uuid[], $38::text[])
		AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, ab, ac, ad, ae, af, ag, ah, ai, aj, ak, al)`

	sqlInsertMovementIDs = `INSERT INTO sga.movement_ids (movement_id, sequence) SELECT * FROM unnest($1::uuid[], $2::bigint[])`

	sqlInsertReversals = `INSERT INTO sga.movement_reversals (reversal_of, movement_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`

	sqlUpdateBalances = `UPDATE sga.balances b SET quantity_total = k.t::numeric, quantity_reserved = k.r::numeric, version = k.v,
		last_movement_at = $8
		FROM unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS k(p, l, j, c, t, r, v)
		WHERE b.part_number_key = k.p AND b.location_key = k.l AND b.project_key = k.j AND b.condition = k.c::sga.condition`

	sqlInsertAssets = `INSERT INTO sga.assets (asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status,
		condition, ownership, reservation_id, last_movement_id, last_movement_at, version, is_active, nf_number, nf_date, ticket)
		SELECT a, b, c, d, e, f, g::sga.asset_status, h::sga.condition, i::sga.ownership, j, k, $17, l, m, n, o, p
		FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[], $9::text[], $10::uuid[],
		$11::uuid[], $12::bigint[], $13::bool[], $14::text[], $15::date[], $16::text[]) AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)`

	sqlUpdateAssets = `UPDATE sga.assets t SET project_key = e, location_key = f, status = g::sga.asset_status, condition = h::sga.condition,
		reservation_id = j, last_movement_id = k, last_movement_at = CASE WHEN t.last_movement_id IS DISTINCT FROM k THEN $14 ELSE t.last_movement_at END,
		version = l, is_active = m, updated_at = $14,
		nf_number = CASE WHEN n <> '' THEN n ELSE t.nf_number END, nf_date = coalesce(o, t.nf_date), ticket = CASE WHEN p <> '' THEN p ELSE t.ticket END
		FROM unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::bigint[], $10::bool[],
		$11::text[], $12::date[], $13::text[]) AS x(b, d, e, f, g, h, j, k, l, m, n, o, p)
		WHERE t.part_number_key = b AND t.serial_key = d`

	sqlInsertAssetEvents = `INSERT INTO sga.asset_events (asset_key, version, sequence, movement_id, recorded_at, event_on, from_status, to_status,
		from_location_key, to_location_key, from_condition, to_condition, from_project_key, to_project_key, from_reservation_id,
		to_reservation_id, is_active, actor_id, reason)
		SELECT a.asset_key, x.c, x.d, x.e, x.f, x.g, x.h::sga.asset_status, x.i::sga.asset_status, x.j, x.k, x.l::sga.condition, x.m::sga.condition,
		x.n, x.o, x.p, x.q, x.r, x.s, x.t
		FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::uuid[], $6::timestamptz[], $7::date[], $8::text[], $9::text[],
		$10::int[], $11::int[], $12::text[], $13::text[], $14::int[], $15::int[], $16::uuid[], $17::uuid[], $18::bool[], $19::uuid[], $20::text[])
		AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)
		JOIN sga.assets a ON a.part_number_key = x.a AND a.serial_key = x.b`

	sqlOpenReservation = `INSERT INTO sga.reservations (reservation_id, part_number_key, location_key, project_key, condition, quantity, serial_keys,
		ticket, reserved_by, reserved_at, expires_at, movement_id)
		VALUES ($1, $2, $3, $4, $5::text::sga.condition, $6::text::numeric, $7, $8, $9, $10, $11, $12)`

	sqlEndReservation = `UPDATE sga.reservations SET status = $2::text::sga.reservation_status, ended_at = $3, ended_movement_id = $4
		WHERE reservation_id = $1 AND status = 'ACTIVE'`

	sqlInsertOutbox = `INSERT INTO sga.outbox (sequence, kind, entity_id, recorded_at, payload)
		SELECT a, b, c, d, e::jsonb FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[]) AS x(a, b, c, d, e)`

	sqlInsertAnswers = `INSERT INTO sga.idempotency_keys (subject, operation, key, arguments_hash, answer, task_id)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::uuid[])`

	sqlCommit = `COMMIT`
)

func (s *session) write() *pgx.Batch {
	b := &pgx.Batch{}
	e := &s.effects
	s.writeMovements(b)
	s.writeBalances(b)
	s.writeAssets(b)
	for _, f := range e.assetFacts {
		b.Queue(sqlUpdateAssetFacts, assetFactsArgs(f.key, f.facts)...)
	}
	for _, r := range e.reservations {
		if r.Status == stock.ReservationActive {
			b.Queue(sqlOpenReservation, r.ID, r.Key.Part, r.Key.Location, r.Key.Project, string(r.Key.Condition), quantityText(r.Quantity),
				nonNil(r.Serials), r.Ticket, r.by, r.at, r.ExpiresAt, r.movement)
		} else {
			b.Queue(sqlEndReservation, r.ID, string(r.Status), r.at, r.movement)
		}
	}
	for _, t := range e.tasks {
		queueTask(b, t)
	}
	e.task.queue(b, s.state.Now) // votes before the decision that they allow: a trigger counts them
	for _, t := range e.decided {
		queueDecision(b, t)
	}
	s.writeWork(b)
	s.writeEvidence(b)
	if len(e.outbox.sequences) > 0 {
		b.Queue(sqlInsertOutbox, e.outbox.sequences, e.outbox.kinds, e.outbox.entities, e.outbox.at, e.outbox.payloads)
	}
	e.audit.queue(b)
	if a := &e.answers; len(a.keys) > 0 {
		a.sort()
		b.Queue(sqlInsertAnswers, a.subjects, a.operations, a.keys, a.hashes, a.answers, a.tasks)
	}
	b.Queue(sqlCommit)
	return b
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (s *session) writeMovements(b *pgx.Batch) {
	c := &s.effects.movements
	if len(c.sequence) == 0 {
		return
	}
	b.Queue(sqlInsertMovements, c.sequence, c.id, c.kind, c.on, c.at, c.part, c.project, c.source, c.destination, c.sourceCondition, c.condition,
		c.quantity, c.released, c.delivery, c.reservation, c.reversal, c.sourceVersion, c.destVersion, c.actor, c.actorKind, c.onBehalf,
		c.operation, c.rule, c.review, c.task, c.approvedBy, c.approvedAt, c.nfNumber, c.nfDate, c.nfKey, c.ticket, c.reference, c.reason,
		c.reasonCode, c.confidence, c.evidences, c.count, c.level)
	b.Queue(sqlInsertMovementIDs, c.id, c.sequence)
	var of, by []pgtype.UUID
	for i, r := range c.reversal {
		if r.Valid {
			of, by = append(of, r), append(by, c.id[i])
		}
	}
	if len(of) > 0 {
		b.Queue(sqlInsertReversals, of, by)
	}
}

// writeBalances stores the balances that the group's movements left behind, in key order.
func (s *session) writeBalances(b *pgx.Batch) {
	touched := s.effects.movements.keys()
	if len(touched) == 0 {
		return
	}
	var keys keyColumns
	var totals, reserved []string
	var versions []int64
	for _, k := range touched {
		bal := s.state.Balances[k]
		keys.add(k)
		totals, reserved = append(totals, quantityText(bal.Total)), append(reserved, quantityText(bal.Reserved))
		versions = append(versions, bal.Version)
	}
	b.Queue(sqlUpdateBalances, keys.parts, keys.locations, keys.projects, keys.conditions, totals, reserved, versions, s.state.Now)
}

// keys lists the balances that the movements touch, sorted and without repeats.
func (c *movementColumns) keys() []stock.Key {
	set := map[stock.Key]bool{}
	for i := range c.sequence {
		part, project := stock.PartKey(c.part[i]), stock.ProjectKey(c.project[i])
		if l := stock.LocationKey(c.source[i]); l != stock.OutsideKey {
			set[stock.Key{Part: part, Location: l, Project: project, Condition: stock.Condition(c.sourceCondition[i])}] = true
		}
		if l := stock.LocationKey(c.destination[i]); l != stock.OutsideKey {
			set[stock.Key{Part: part, Location: l, Project: project, Condition: stock.Condition(c.condition[i])}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), stock.Key.Compare)
}

// assetColumns is rows of sga.assets as a group leaves them.
type assetColumns struct {
	id                                        []pgtype.UUID
	part, project, location                   []int32
	serial, key, status, condition, ownership []string
	reservation, last                         []pgtype.UUID
	version                                   []int64
	active                                    []bool
	nf, ticket                                []string
	nfDate                                    []pgtype.Date
}

func (c *assetColumns) add(k stock.AssetKey, a stock.Asset, p stock.Papers) {
	c.id, c.part, c.serial, c.key = append(c.id, optionalID(a.ID)), append(c.part, int32(k.Part)), append(c.serial, a.Serial), append(c.key, k.Serial)
	c.project, c.location = append(c.project, int32(a.Project)), append(c.location, int32(a.Location))
	c.status, c.condition, c.ownership = append(c.status, string(a.Status)), append(c.condition, string(a.Condition)), append(c.ownership, string(a.Ownership))
	c.reservation, c.last = append(c.reservation, optionalID(a.Reserved)), append(c.last, optionalID(a.LastMove))
	c.version, c.active = append(c.version, a.Version), append(c.active, a.Active)
	c.nf, c.nfDate, c.ticket = append(c.nf, p.NFNumber), append(c.nfDate, optionalDate(p.NFDate)), append(c.ticket, p.Ticket)
}

func (s *session) writeAssets(b *pgx.Batch) {
	ev := &s.effects.assetEvents
	if len(ev.sequence) == 0 {
		return
	}
	created := map[stock.AssetKey]bool{}
	changed := map[stock.AssetKey]bool{}
	for i, k := range ev.touched {
		changed[k] = true
		created[k] = created[k] || ev.created[i]
	}
	var insert, update assetColumns
	for _, k := range slices.SortedFunc(maps.Keys(changed), stock.AssetKey.Compare) {
		a := s.state.Assets[k]
		papers := s.state.Recorded[a.LastMove].Movement.Papers
		if created[k] {
			insert.add(k, a, papers)
		} else {
			update.add(k, a, papers)
		}
	}
	if c := &insert; len(c.id) > 0 {
		b.Queue(sqlInsertAssets, c.id, c.part, c.serial, c.key, c.project, c.location, c.status, c.condition, c.ownership, c.reservation,
			c.last, c.version, c.active, c.nf, c.nfDate, c.ticket, s.state.Now)
	}
	if c := &update; len(c.id) > 0 {
		b.Queue(sqlUpdateAssets, c.part, c.key, c.project, c.location, c.status, c.condition, c.reservation, c.last, c.version, c.active,
			c.nf, c.nfDate, c.ticket, s.state.Now)
	}
	b.Queue(sqlInsertAssetEvents, ev.part, ev.serial, ev.version, ev.sequence, ev.movement, ev.at, ev.on, ev.fromStatus, ev.toStatus,
		ev.fromLocation, ev.toLocation, ev.fromCondition, ev.toCondition, ev.fromProject, ev.toProject, ev.fromReservation, ev.toReservation,
		ev.active, ev.actor, ev.reason)
}

// sort puts keys into the order in which every process inserts them, so that two never wait for each other.
func (c *answerColumns) sort() {
	order := make([]int, len(c.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return slices.Compare([]string{c.subjects[a], c.operations[a], c.keys[a]}, []string{c.subjects[b], c.operations[b], c.keys[b]})
	})
	permute(order, c.subjects)
	permute(order, c.operations)
	permute(order, c.keys)
	permute(order, c.answers)
	permute(order, c.hashes)
	permute(order, c.tasks)
}

func permute[T any](order []int, list []T) {
	old := slices.Clone(list)
	for i, from := range order {
		list[i] = old[from]
	}
}

// timeOrNull is for optional instants.
func timeOrNull(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
}
