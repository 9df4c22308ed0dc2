package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Locking. All of it travels in one message to the server: BEGIN, what was answered before, the zero
// rows of balances that do not exist yet, then the rows themselves in the fixed order balances,
// assets, reservations, each sorted; sequence numbers are drawn last, under the locks, so that the
// order of sequence never contradicts the order in which a stream changed.
const (
	sqlBegin = `BEGIN`

	// The wait for a lock is bounded here and not in the session, which a pooler between would be pinned by.
	sqlPatience = `SELECT set_config('lock_timeout', $1, true)`

	sqlMoment = `SELECT version, clock_timestamp(), (clock_timestamp() AT TIME ZONE 'America/Sao_Paulo')::date,
		set_config('lock_timeout', $1, true) FROM sga.catalog_version`

	sqlAnswers = `SELECT k.ord, i.arguments_hash, i.answer, i.task_id, t.status::text
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k(subject, operation, key, ord)
		JOIN sga.idempotency_keys i ON i.subject = k.subject AND i.operation = k.operation AND i.key = k.key
		LEFT JOIN sga.tasks t ON t.task_id = i.task_id`

	sqlZeroBalances = `INSERT INTO sga.balances (part_number_key, location_key, project_key, condition)
		SELECT p, l, j, c::sga.condition FROM unnest($1::int[], $2::int[], $3::int[], $4::text[]) AS k(p, l, j, c)
		ON CONFLICT DO NOTHING`

	sqlLockBalances = `SELECT b.part_number_key, b.location_key, b.project_key, b.condition::text, b.quantity_total, b.quantity_reserved, b.version
		FROM unnest($1::int[], $2::int[], $3::int[]) AS k(p, l, j)
		JOIN sga.balances b ON b.part_number_key = k.p AND b.location_key = k.l AND b.project_key = k.j
		ORDER BY b.part_number_key, b.location_key, b.project_key, b.condition
		FOR NO KEY UPDATE OF b`

	sqlLockAssets = `SELECT a.part_number_key, a.serial_key, a.asset_id, a.serial_number, a.project_key, a.location_key, a.status::text,
		a.condition::text, a.ownership::text, a.reservation_id, a.last_movement_id, a.version, a.is_active
		FROM unnest($1::int[], $2::text[]) AS k(p, s)
		JOIN sga.assets a ON a.part_number_key = k.p AND a.serial_key = k.s
		ORDER BY a.part_number_key, a.serial_key COLLATE "C"
		FOR NO KEY UPDATE OF a`

	// Beside the assets that the group names, those that its reservations hold and that its reversals give back: a
	// release or a reversal changes them without naming them.
	sqlLockAllAssets = `SELECT a.part_number_key, a.serial_key, a.asset_id, a.serial_number, a.project_key, a.location_key, a.status::text,
		a.condition::text, a.ownership::text, a.reservation_id, a.last_movement_id, a.version, a.is_active
		FROM (SELECT p, s FROM unnest($1::int[], $2::text[]) AS k(p, s)
			UNION SELECT r.part_number_key, unnest(r.serial_keys) FROM sga.reservations r WHERE r.reservation_id = ANY($3)
			UNION SELECT g.part_number_key, g.serial_key FROM sga.asset_events e JOIN sga.assets g ON g.asset_key = e.asset_key
				WHERE e.movement_id = ANY($4)) AS k(p, s)
		JOIN sga.assets a ON a.part_number_key = k.p AND a.serial_key = k.s
		ORDER BY a.part_number_key, a.serial_key COLLATE "C"
		FOR NO KEY UPDATE OF a`

	sqlLockReservations = `SELECT reservation_id, part_number_key, location_key, project_key, condition::text, quantity, serial_keys,
		status::text, ticket, expires_at
		FROM sga.reservations WHERE reservation_id = ANY($1) ORDER BY reservation_id FOR NO KEY UPDATE`

	sqlDrawSequences = `SELECT nextval('sga.event_sequence') FROM generate_series(1, $1::int)`
)

// session is one transaction of a group under way.
type session struct {
	desk      *desk
	conn      *pgx.Conn
	group     []*pending
	catalog   *catalog
	state     *stock.State
	version   int64 // of the catalogue, as the transaction sees it
	replays   map[*pending]*approval.Outcome
	mismatch  map[*pending]bool
	sequences []int64
	needed    []stock.Key // rows that deciding turned out to need
	effects   effects
	deciders  map[uuid.UUID]*identity.Actor // persons of a decision as their profiles say now
	commented int                           // comments that the task has
	agentWork map[uuid.UUID]approval.Work   // of movements to take back that were an agent's
	short     bool                          // of sequence numbers
	begun     bool                          // a decision has begun the transaction by locking its task
}

func (s *session) lock(n stock.Needs) *pgx.Batch {
	b := &pgx.Batch{}
	if !s.begun {
		b.Queue(sqlBegin)
	}
	b.Queue(sqlMoment, s.patience()).QueryRow(func(row pgx.Row) error {
		var now time.Time
		var today pgtype.Date
		var wait string
		if err := row.Scan(&s.version, &now, &today, &wait); err != nil {
			return err
		}
		s.state = stock.NewState(now, dateOf(today))
		return nil
	})
	s.lockAnswers(b)
	s.lockBalances(b, n.Keys)
	s.lockAssets(b, n)
	if len(n.Reservations) > 0 {
		b.Queue(sqlLockReservations, n.Reservations).Query(s.readReservations)
	}
	s.lockRecorded(b, n.Movements)
	s.readAgentWork(b, n.Movements)
	if p := s.group[0]; p.task != nil {
		s.readDeciders(b, p)
	}
	b.Queue(sqlDrawSequences, s.events()).Query(func(rows pgx.Rows) error {
		var err error
		s.sequences, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	return b
}

// patience is how long the transaction waits for any one lock, as PostgreSQL takes it.
func (s *session) patience() string {
	if s.group[0].hurried {
		return hurriedPatience
	}
	return lockPatience
}

// events is the most events that the group can make: one a step, one a request for its task, one more for the votes
// of a decision, and one for every level of autonomy that a reversal or a rejection lowers.
func (s *session) events() int {
	n := 0
	for _, p := range s.group {
		n++
		if p.plan != nil {
			n += len(p.plan.commands) + len(p.plan.needs.Movements)
		}
		if p.task != nil {
			n += 1 + len(p.task.ProposedAs.Work)
		}
	}
	return n
}

func (s *session) lockAnswers(b *pgx.Batch) {
	var subjects, operations, keys []string
	var of []*pending
	for _, p := range s.group {
		if subject, operation, key := p.idempotency(); key != "" {
			subjects, operations, keys, of = append(subjects, subject), append(operations, operation), append(keys, key), append(of, p)
		}
	}
	s.replays, s.mismatch = map[*pending]*approval.Outcome{}, map[*pending]bool{}
	if len(of) == 0 {
		return
	}
	b.Queue(sqlAnswers, subjects, operations, keys).Query(func(rows pgx.Rows) error {
		var ord int
		var hash []byte
		var answer string
		var taskID pgtype.UUID
		var status *string
		_, err := pgx.ForEachRow(rows, []any{&ord, &hash, &answer, &taskID, &status}, func() error {
			p := of[ord-1]
			if string(hash) != string(p.hash()) {
				s.mismatch[p] = true
				return nil
			}
			s.replays[p] = replayed(answer, taskID, status)
			return nil
		})
		return err
	})
}

// answered gives the first answer to a request that can no longer be planned, or says why it cannot.
func (db *DB) answered(ctx context.Context, p *pending) (*approval.Outcome, error) {
	subject, operation, key := p.idempotency()
	if key == "" {
		return nil, p.err
	}
	var ord int
	var hash []byte
	var answer string
	var taskID pgtype.UUID
	var status *string
	err := db.writer.QueryRow(ctx, sqlAnswers, []string{subject}, []string{operation}, []string{key}).Scan(&ord, &hash, &answer, &taskID, &status)
	switch {
	case isNoRows(err):
		return nil, p.err
	case err != nil:
		return nil, translate(err)
	case string(hash) != string(p.hash()):
		return nil, idempotencyMismatch()
	}
	return replayed(answer, taskID, status), nil
}

// replayed gives the first answer again, with the task's present status.
func replayed(answer string, taskID pgtype.UUID, status *string) *approval.Outcome {
	out := &approval.Outcome{Replay: true, Answer: []byte(answer)}
	if taskID.Valid && status != nil {
		out.Task = &approval.Task{ID: taskID.Bytes, Status: approval.TaskStatus(*status)}
	}
	return out
}

func (s *session) lockBalances(b *pgx.Batch, keys []stock.Key) {
	if len(keys) == 0 {
		return
	}
	var zero keyColumns
	for _, k := range keys {
		if !s.desk.known.has(k) {
			zero.add(k)
		}
	}
	if len(zero.parts) > 0 {
		b.Queue(sqlZeroBalances, zero.parts, zero.locations, zero.projects, zero.conditions)
	}
	var places keyColumns
	for _, k := range keys {
		if p := k.Place(); len(places.parts) == 0 || places.last() != p {
			places.add(k)
		}
	}
	b.Queue(sqlLockBalances, places.parts, places.locations, places.projects).Query(func(rows pgx.Rows) error {
		for i := range places.parts {
			s.state.Locked[places.at(i)] = true
		}
		var k stock.Key
		var bal stock.Balance
		_, err := pgx.ForEachRow(rows, []any{&k.Part, &k.Location, &k.Project, &k.Condition, &bal.Total, &bal.Reserved, &bal.Version}, func() error {
			bal.Total, bal.Reserved = bal.Total.Trim(0), bal.Reserved.Trim(0)
			s.state.Balances[k] = bal
			return nil
		})
		return err
	})
}

// keyColumns is a list of keys as the columns that unnest takes.
type keyColumns struct {
	parts, locations, projects []int32
	conditions                 []string
}

func (c *keyColumns) add(k stock.Key) {
	c.parts = append(c.parts, int32(k.Part))
	c.locations = append(c.locations, int32(k.Location))
	c.projects = append(c.projects, int32(k.Project))
	c.conditions = append(c.conditions, string(k.Condition))
}

func (c *keyColumns) at(i int) stock.Place {
	return stock.Place{Part: stock.PartKey(c.parts[i]), Location: stock.LocationKey(c.locations[i]), Project: stock.ProjectKey(c.projects[i])}
}

func (c *keyColumns) last() stock.Place { return c.at(len(c.parts) - 1) }

func (s *session) lockAssets(b *pgx.Batch, n stock.Needs) {
	parts, serials := make([]int32, len(n.Assets)), make([]string, len(n.Assets))
	for i, k := range n.Assets {
		parts[i], serials[i] = int32(k.Part), k.Serial
	}
	var query *pgx.QueuedQuery
	switch {
	case len(n.Reservations)+len(n.Movements) > 0:
		query = b.Queue(sqlLockAllAssets, parts, serials, n.Reservations, n.Movements)
	case len(n.Assets) > 0:
		query = b.Queue(sqlLockAssets, parts, serials)
	default:
		return
	}
	query.Query(func(rows pgx.Rows) error {
		var k stock.AssetKey
		var a stock.Asset
		var reservation, last pgtype.UUID
		_, err := pgx.ForEachRow(rows, []any{&k.Part, &k.Serial, &a.ID, &a.Serial, &a.Project, &a.Location, &a.Status, &a.Condition,
			&a.Ownership, &reservation, &last, &a.Version, &a.Active}, func() error {
			row := a
			row.Part, row.Reserved, row.LastMove = k.Part, reservation.Bytes, last.Bytes
			s.state.Assets[k] = row
			return nil
		})
		return err
	})
}

func (s *session) readReservations(rows pgx.Rows) error {
	var r stock.Reservation
	_, err := pgx.ForEachRow(rows, []any{&r.ID, &r.Key.Part, &r.Key.Location, &r.Key.Project, &r.Key.Condition, &r.Quantity, &r.Serials,
		&r.Status, &r.Ticket, &r.ExpiresAt}, func() error {
		row := r
		row.Quantity = row.Quantity.Trim(0)
		s.state.Reservations[r.ID] = row
		r.Serials = nil
		return nil
	})
	return err
}

// idempotency names the key of a request or decision; key is empty for none.
func (p *pending) idempotency() (subject, operation, key string) {
	if p.decision != nil {
		return p.decision.Actor.Subject, p.decision.Operation, p.decision.Key
	}
	return p.request.Actor.Subject, p.request.Operation, p.request.Key
}

func (p *pending) hash() []byte {
	if p.decision != nil {
		return p.decision.Hash[:]
	}
	return p.request.Hash[:]
}

func idempotencyMismatch() error {
	return fault.IdempotencyMismatch.With("Essa idempotency_key já foi usada com outros argumentos.",
		"This idempotency_key was already used with other arguments.").On("idempotency_key")
}

// quantityText is how a quantity goes into an array of text that the server casts to numeric.
func quantityText(q decimal.Decimal) string { return q.String() }

// id makes an optional UUID of a UUID whose zero value is none.
func optionalID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: id != uuid.Nil} }

func optionalDate(d stock.Date) pgtype.Date {
	return pgtype.Date{Time: d.Time(), Valid: !d.IsZero()}
}

func itoa(i int) string { return fmt.Sprint(i) }
