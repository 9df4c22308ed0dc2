package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.MovementReader = (*DB)(nil)

const (
	// movementRowColumns is what readMovement reads.
	movementRowColumns = `m.sequence, m.movement_id, m.movement_type::text, m.movement_on, m.recorded_at, m.part_number_key, m.project_key,
		m.source_location_key, m.destination_location_key, m.source_condition::text, m.condition::text, m.quantity, m.released,
		coalesce(m.delivery_location_key, 0), m.reservation_id, m.reversal_of, m.actor_id, m.actor_kind::text,
		m.on_behalf_of, coalesce(m.autonomy_level::text, ''), m.operation, m.rule, m.review, m.task_id, m.approved_by, m.approved_at,
		m.nf_number, m.nf_date, m.nf_key, m.ticket, m.reference_document, m.reason, coalesce(m.reason_code::text, ''), m.evidence_ids,
		m.confidence, m.count_id`

	// movementConditions: $1 and $2 the days, $3 what was known, $4 type, $5 project, $6 projects, $7 part, $8 ticket, $9 the movements of a
	// serial, $10 for review, $11 and $12 the place in the list.
	movementConditions = `($1::date IS NULL OR m.movement_on >= $1) AND ($2::date IS NULL OR m.movement_on <= $2)
		AND ($3::timestamptz IS NULL OR EXISTS (SELECT FROM sga.event_log l WHERE l.sequence = m.sequence AND l.known_at <= $3))
		AND ($4::sga.movement_type IS NULL OR m.movement_type = $4) AND ($5::int = 0 OR m.project_key = $5)
		AND ($6::int[] IS NULL OR m.project_key = ANY($6)) AND ($7::int = 0 OR m.part_number_key = $7)
		AND ($8::text = '' OR upper(m.ticket) COLLATE "C" = $8 AND m.ticket <> '') AND ($9::bigint[] IS NULL OR m.sequence = ANY($9))
		AND (NOT $10::bool OR m.review) AND (m.movement_on, m.sequence) < ($11::date, $12::bigint)`

	sqlMovements = `SELECT ` + movementRowColumns + ` FROM sga.movements m
		WHERE ` + movementConditions + ` AND ($14::int[] IS NULL OR m.source_location_key = ANY($14) OR m.destination_location_key = ANY($14))
		ORDER BY m.movement_on DESC, m.sequence DESC LIMIT $13`

	// sqlMovementsAt reads the newest of each place by its own index, as source and as destination, and merges them.
	sqlMovementsAt = `SELECT ` + movementRowColumns + ` FROM (
			SELECT DISTINCT e.sequence, e.movement_on FROM unnest($14::int[]) p (location_key) CROSS JOIN LATERAL (
				(SELECT m.sequence, m.movement_on FROM sga.movements m WHERE m.source_location_key = p.location_key AND ` + movementConditions + `
					ORDER BY m.movement_on DESC, m.sequence DESC LIMIT $13)
				UNION ALL
				(SELECT m.sequence, m.movement_on FROM sga.movements m WHERE m.destination_location_key = p.location_key AND ` + movementConditions + `
					ORDER BY m.movement_on DESC, m.sequence DESC LIMIT $13)) e
			ORDER BY e.movement_on DESC, e.sequence DESC LIMIT $13) k
		JOIN sga.movements m ON m.sequence = k.sequence
		ORDER BY m.movement_on DESC, m.sequence DESC`

	sqlMovementsOfSerial = `SELECT e.sequence FROM sga.assets a JOIN sga.asset_events e ON e.asset_key = a.asset_key
		JOIN sga.movements m ON m.sequence = e.sequence
		WHERE a.serial_key = $1 AND e.movement_id IS NOT NULL AND ($2::int[] IS NULL OR m.project_key = ANY($2))
			AND ($3::int[] IS NULL OR m.source_location_key = ANY($3) OR m.destination_location_key = ANY($3))
		ORDER BY e.sequence DESC LIMIT $4`

	sqlMovement = `SELECT ` + movementRowColumns + `, r.movement_id FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence
		LEFT JOIN sga.movement_reversals r ON r.reversal_of = m.movement_id
		WHERE i.movement_id = $1`

	sqlMovementAssets = `SELECT a.asset_id, a.serial_number, coalesce(e.from_status::text, ''), e.to_status::text
		FROM sga.asset_events e JOIN sga.assets a ON a.asset_key = e.asset_key WHERE e.movement_id = $1 ORDER BY a.serial_key LIMIT $2`
)

const (
	// maxPlacesMerged is up to how many places are read one by one and merged; for more it is cheaper to
	// read the log by day and pick.
	maxPlacesMerged = 16
	// maxSerialEvents bounds the history of one serial in a list: nothing is moved ten thousand times.
	maxSerialEvents = 10_000
	// maxMovementAssets bounds the serials of one movement (a request of 4 MiB holds fewer).
	maxMovementAssets = 100_000
)

// Movements implements stock.MovementReader.
func (db *DB) Movements(ctx context.Context, scope stock.Scope, f stock.MovementFilter, page stock.Page) (*stock.MovementPage, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("movements", bound, page.Cursor, 2)
	if err != nil || see.empty() {
		return &stock.MovementPage{}, err
	}
	before := movementPlace{pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}, math.MaxInt64}
	if values != nil {
		if before, err = placeOf(values); err != nil {
			return nil, err
		}
	}
	var sequences []int64
	if f.Serial != "" {
		if sequences, err = db.movementsOfSerial(ctx, f.Serial, see); err != nil {
			return nil, err
		}
	}
	rows, err := db.movementRows(ctx, movementQuery{f, see, before, sequences, page.Size() + 1})
	if err != nil {
		return nil, err
	}
	out := &stock.MovementPage{Rows: rows}
	if len(rows) > page.Size() {
		out.Rows = rows[:page.Size()]
		last := out.Rows[len(out.Rows)-1]
		if out.Next, err = encodeCursor("movements", bound, last.MovementOn.String(), cursorInt(last.Sequence)); err != nil {
			return nil, err
		}
	}
	return out, db.catchUpMovements(ctx, out.Rows)
}

func (db *DB) catchUpMovements(ctx context.Context, rows []stock.MovementRow) error {
	keys := make([]stock.Key, 0, 2*len(rows))
	for i := range rows {
		m := &rows[i]
		keys = append(keys, stock.Key{Part: m.Part, Location: m.Source, Project: m.Project}, stock.Key{Location: m.Destination}, stock.Key{Location: m.Delivery})
	}
	return db.catchUp(ctx, keys...)
}

// movementPlace is a place in a list of movements: everything before it is older.
type movementPlace struct {
	on       pgtype.Date
	sequence int64
}

func placeOf(v cursorValues) (movementPlace, error) {
	on, err := stock.ParseDate(v[0], "cursor")
	if err != nil {
		return movementPlace{}, badCursor()
	}
	sequence, err := v.integer(1)
	return movementPlace{optionalDate(on), sequence}, err
}

type movementQuery struct {
	filter    stock.MovementFilter
	see       sight
	before    movementPlace
	sequences []int64
	limit     int
}

func (db *DB) movementRows(ctx context.Context, q movementQuery) ([]stock.MovementRow, error) {
	f, statement := q.filter, sqlMovements
	if n := len(q.see.locations); n > 0 && n <= maxPlacesMerged && q.sequences == nil {
		statement = sqlMovementsAt
	}
	project, projects := oneOrMany(q.see.projects)
	known := pgtype.Timestamptz{Time: f.KnownAt, Valid: !f.KnownAt.IsZero()}
	rows, err := db.reader.Query(ctx, statement, planEachTime, optionalDate(f.From), optionalDate(f.To), known, wordArg(f.Type), project, projects,
		f.Part, stock.Fold(f.Ticket), q.sequences, f.Review, q.before.on, q.before.sequence, q.limit, q.see.locations)
	if err != nil {
		return nil, translate(fmt.Errorf("movements: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (stock.MovementRow, error) { return readMovement(row) })
	if err != nil {
		return nil, translate(fmt.Errorf("movements: %w", err))
	}
	return out, db.nameMovements(ctx, rowsOf(out)...)
}

// nameMovements says who acted and approved; log rows hold ids only.
func (db *DB) nameMovements(ctx context.Context, rows ...*stock.MovementRow) error {
	fields := make([]*string, 0, 2*len(rows))
	for _, m := range rows {
		m.Actor, m.Approver = m.ActorID.String(), m.ApprovedBy.String()
		fields = append(fields, &m.Actor, &m.Approver)
	}
	return db.showNames(ctx, fields...)
}

func rowsOf(list []stock.MovementRow) []*stock.MovementRow {
	out := make([]*stock.MovementRow, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// movementsOfSerial finds the movements that a serial took part in. A serial without one that the
// caller may see is not found, whether it exists or not.
func (db *DB) movementsOfSerial(ctx context.Context, serial string, see sight) ([]int64, error) {
	rows, err := db.reader.Query(ctx, sqlMovementsOfSerial, serial, see.projects, see.locations, maxSerialEvents)
	if err != nil {
		return nil, translate(fmt.Errorf("movements of serial: %w", err))
	}
	sequences, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, translate(fmt.Errorf("movements of serial: %w", err))
	}
	if len(sequences) == 0 {
		return nil, fault.NotFound.With("Número de série não encontrado.", "Serial number not found.").On("serial_number")
	}
	return sequences, nil
}

// Movement implements stock.MovementReader.
func (db *DB) Movement(ctx context.Context, scope stock.Scope, id uuid.UUID) (*stock.MovementRow, []stock.MovementAsset, error) {
	missing := fault.NotFound.With("Movimento não encontrado.", "Movement not found.").On("movement_id")
	rows, err := db.reader.Query(ctx, sqlMovement, id)
	if err != nil {
		return nil, nil, translate(fmt.Errorf("movement: %w", err))
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (stock.MovementRow, error) {
		var reversed pgtype.UUID
		m, err := readMovement(row, &reversed)
		m.ReversedBy = reversed.Bytes
		return m, err
	})
	if err != nil {
		return nil, nil, translate(fmt.Errorf("movement: %w", err))
	}
	see := db.catalog.Load().sightOf(scope, 0, 0)
	if len(found) == 0 || !see.sees(found[0].Project, found[0].Source) && !see.sees(found[0].Project, found[0].Destination) {
		return nil, nil, missing
	}
	rows, err = db.reader.Query(ctx, sqlMovementAssets, id, maxMovementAssets)
	if err != nil {
		return nil, nil, translate(fmt.Errorf("assets of movement: %w", err))
	}
	assets, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a stock.MovementAsset, err error) {
		return a, row.Scan(&a.ID, &a.Serial, &a.FromStatus, &a.ToStatus)
	})
	if err != nil {
		return nil, nil, translate(fmt.Errorf("assets of movement: %w", err))
	}
	if err := db.nameMovements(ctx, &found[0]); err != nil {
		return nil, nil, err
	}
	return &found[0], assets, db.catchUpMovements(ctx, found)
}

// readMovement reads movementRowColumns, then extra columns.
func readMovement(row pgx.CollectableRow, extra ...any) (stock.MovementRow, error) {
	var m stock.MovementRow
	var on, invoiced pgtype.Date
	var reservation, reversal, task, approver, count pgtype.UUID
	var approvedAt *time.Time
	var confidence nullQuantity
	p := &m.Papers
	to := []any{&m.Sequence, &m.ID, &m.Type, &on, &m.RecordedAt, &m.Part, &m.Project, &m.Source, &m.Destination, &m.SourceCondition, &m.Condition,
		&m.Quantity, &m.Released, &m.Delivery, &reservation, &reversal, &m.ActorID, &m.ActorKind,
		&m.OnBehalfOf, &m.Autonomy, &m.Operation, &m.Rule, &m.Review, &task, &approver, &approvedAt,
		&p.NFNumber, &invoiced, &p.NFKey, &p.Ticket, &p.Reference, &p.Reason, &p.ReasonCode, &p.EvidenceIDs, &confidence, &count}
	if err := row.Scan(append(to, extra...)...); err != nil {
		return m, err
	}
	m.MovementOn, p.NFDate = dateOf(on), dateOf(invoiced)
	m.Reservation, m.ReversalOf, m.TaskID, m.ApprovedBy, p.CountID = reservation.Bytes, reversal.Bytes, task.Bytes, approver.Bytes, count.Bytes
	m.ApprovedAt, p.Confidence = timeOf(approvedAt), optional(confidence)
	return m, nil
}
