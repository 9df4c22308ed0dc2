package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.ReportReader = (*DB)(nil)

// A timeline is merged of three streams, each in the order of an index of its own: movements, changes of
// state without a movement, and tasks. The cursor holds a place in each of them.
const (
	sqlAssetMovements = `SELECT sequence FROM sga.asset_events WHERE asset_key = $1 AND movement_id IS NOT NULL ORDER BY version DESC LIMIT $2`

	// sqlStateChanges: $1 the asset, $2 the part, $3 the projects, $4 the places, $5 and $6 the days, $7 what was known, $8 to $10 the place
	// in the list, $11 the size of the page.
	sqlStateChanges = `SELECT e.event_on, e.recorded_at, e.sequence, e.asset_key, a.asset_id, a.serial_number, a.part_number_key, coalesce(e.from_status::text, ''),
			e.to_status::text, coalesce(e.from_location_key, e.to_location_key), e.to_location_key, e.to_project_key, e.to_condition::text, e.reason,
			e.actor_id::text
		FROM sga.asset_events e JOIN sga.assets a ON a.asset_key = e.asset_key
		WHERE e.movement_id IS NULL AND ($1::bigint = 0 OR e.asset_key = $1) AND ($2::int = 0 OR a.part_number_key = $2)
			AND ($3::int[] IS NULL OR e.to_project_key = ANY($3) OR e.from_project_key = ANY($3))
			AND ($4::int[] IS NULL OR e.to_location_key = ANY($4) OR e.from_location_key = ANY($4))
			AND ($5::date IS NULL OR e.event_on >= $5) AND ($6::date IS NULL OR e.event_on <= $6)
			AND ($7::timestamptz IS NULL OR EXISTS (SELECT FROM sga.event_log l WHERE l.sequence = e.sequence AND l.known_at <= $7))
			AND (e.event_on, e.sequence, e.asset_key) < ($8::date, $9::bigint, $10::bigint)
		ORDER BY e.event_on DESC, e.sequence DESC, e.asset_key DESC LIMIT $11`

	// sqlTimelineTasks: $1 and $2 the codes in sight, $3 and $4 those of which the task must touch one, $5 the part's spellings, $6 the
	// serial's key, $7 and $8 the days, $9 the instant after which nothing was known, $10 and $11 the place in the list.
	sqlTimelineTasks = `SELECT t.created_at, t.task_id, t.task_type::text, CASE WHEN t.decided_at > $9::timestamptz THEN 'PENDING' ELSE t.status::text END,
			t.summary, t.summary_en, t.proposed_by::text
		FROM sga.tasks t
		WHERE ($1::text[] IS NULL OR t.project_codes <@ $1) AND ($2::text[] IS NULL OR t.location_codes <@ $2)
			AND ($3::text[] IS NULL OR t.project_codes && $3) AND ($4::text[] IS NULL OR t.location_codes && $4)
			AND ($5::text[] IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(t.steps) s
				WHERE upper(coalesce(s->'move'->>'part_number', s->'state_change'->>'part_number', s->'asset'->>'part_number', s->'part_number'->>'part_number'))
					= ANY($5)))
			AND ($6::text = '' OR EXISTS (SELECT FROM jsonb_array_elements(t.steps) s
				CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(s->'move'->'serial_numbers',
					jsonb_build_array(coalesce(s->'state_change'->>'serial_number', s->'asset'->>'serial_number', '')))) n
				WHERE regexp_replace(upper(n), '\s', '', 'g') = $6))
			AND ($7::date IS NULL OR t.created_at >= $7::date::timestamp AT TIME ZONE 'America/Sao_Paulo')
			AND ($8::date IS NULL OR t.created_at < ($8::date + 1)::timestamp AT TIME ZONE 'America/Sao_Paulo')
			AND t.created_at <= $9 AND t.created_at <= $10::timestamptz AND (t.created_at < $10 OR t.task_id > $11::uuid)
		ORDER BY t.created_at DESC, t.task_id LIMIT $12`
)

// timelinePlace is where each stream of a timeline stands.
type timelinePlace struct {
	movement movementPlace
	state    movementPlace
	asset    int64 // of the state
	task     pgtype.Timestamptz
	taskID   uuid.UUID
}

// timelineEnd is before the first page.
func timelineEnd() timelinePlace {
	end := movementPlace{pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}, math.MaxInt64}
	return timelinePlace{movement: end, state: end, asset: math.MaxInt64, task: pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}}
}

// placed is an entry with the place of its stream behind it.
type placed struct {
	stock.TimelineEntry
	sequence int64
	asset    int64
}

// timelineQuery is one page of a timeline.
type timelineQuery struct {
	filter stock.TimelineFilter
	asset  *keyedAsset // nil: no single item
	scope  stock.Scope
	see    sight
	from   timelinePlace
	limit  int
}

// TimelineReport implements stock.ReportReader.
func (db *DB) TimelineReport(ctx context.Context, scope stock.Scope, f stock.TimelineFilter, page stock.Page) (*stock.TimelineReport, error) {
	if err := (stock.MovementFilter{From: f.From, To: f.To}).Check(); err != nil {
		return nil, err
	}
	q := timelineQuery{filter: f, scope: scope, see: db.catalog.Load().sightOf(scope, f.Project, f.Location), limit: page.Size() + 1}
	bound := []any{f, q.see.projects, q.see.locations}
	var err error
	if q.from, err = timelineFrom(bound, page.Cursor); err != nil {
		return nil, err
	}
	if f.Asset != (stock.AssetName{}) {
		if q.asset, err = db.asset(ctx, scope, f.Asset); err != nil {
			return nil, err
		}
	}
	if q.see.empty() {
		return &stock.TimelineReport{}, nil
	}
	var streams [3][]placed
	for i, read := range []func(context.Context, timelineQuery) ([]placed, error){db.timelineMovements, db.timelineStates, db.timelineTasks} {
		if f.Kind != "" && f.Kind != stock.EntryKinds()[i] {
			continue
		}
		if streams[i], err = read(ctx, q); err != nil {
			return nil, translate(fmt.Errorf("timeline report: %w", err))
		}
	}
	out := &stock.TimelineReport{}
	merged := mergeTimeline(streams, q.limit)
	if n := page.Size(); len(merged) > n {
		merged = merged[:n]
		if out.Next, err = q.from.behind(merged).cursor(bound); err != nil {
			return nil, err
		}
	}
	keys := make([]stock.Key, 0, 2*len(merged))
	for _, e := range merged {
		out.Rows = append(out.Rows, e.TimelineEntry)
		keys = append(keys, stock.Key{Part: e.Part, Location: e.Source, Project: e.Project}, stock.Key{Location: e.Destination})
	}
	return out, db.catchUp(ctx, keys...)
}

// mergeTimeline takes the newest entry of the streams until the page is full. Each stream keeps its order.
func mergeTimeline(streams [3][]placed, limit int) []placed {
	var out []placed
	for len(out) < limit {
		newest := -1
		for i := range streams {
			if len(streams[i]) > 0 && (newest < 0 || streams[newest][0].olderThan(&streams[i][0])) {
				newest = i
			}
		}
		if newest < 0 {
			break
		}
		out = append(out, streams[newest][0])
		streams[newest] = streams[newest][1:]
	}
	return out
}

func (e *placed) olderThan(o *placed) bool {
	if e.On != o.On {
		return e.On.Before(o.On)
	}
	return e.At.Before(o.At)
}

// behind moves the place of each stream behind its last entry of the page.
func (p timelinePlace) behind(page []placed) timelinePlace {
	for i := range page {
		e := &page[i]
		switch e.Kind {
		case stock.EntryMovement:
			p.movement = movementPlace{optionalDate(e.On), e.sequence}
		case stock.EntryStateChange:
			p.state, p.asset = movementPlace{optionalDate(e.On), e.sequence}, e.asset
		case stock.EntryTask:
			p.task, p.taskID = pgtype.Timestamptz{Time: e.At, Valid: true}, e.TaskID
		}
	}
	return p
}

func (p timelinePlace) cursor(bound any) (string, error) {
	place := func(m movementPlace) []string {
		if m.on.InfinityModifier != pgtype.Finite {
			return []string{"", ""}
		}
		return []string{dateOf(m.on).String(), cursorInt(m.sequence)}
	}
	task := ""
	if p.task.InfinityModifier == pgtype.Finite {
		task = cursorTime(p.task.Time)
	}
	return encodeCursor("timeline_report", bound, slices.Concat(place(p.movement), place(p.state), []string{cursorInt(p.asset), task, p.taskID.String()})...)
}

func timelineFrom(bound any, cursor string) (timelinePlace, error) {
	p := timelineEnd()
	v, err := decodeCursor("timeline_report", bound, cursor, 7)
	if err != nil || v == nil {
		return p, err
	}
	for i, to := range []*movementPlace{&p.movement, &p.state} {
		if v[2*i] == "" {
			continue
		}
		if *to, err = placeOf(v[2*i : 2*i+2]); err != nil {
			return p, err
		}
	}
	if p.asset, err = v.integer(4); err != nil {
		return p, err
	}
	if v[5] != "" {
		var at time.Time
		if at, err = v.time(5); err != nil {
			return p, err
		}
		p.task = pgtype.Timestamptz{Time: at, Valid: true}
	}
	p.taskID, err = v.id(6)
	return p, err
}

func (db *DB) timelineMovements(ctx context.Context, q timelineQuery) ([]placed, error) {
	f := stock.MovementFilter{From: q.filter.From, To: q.filter.To, KnownAt: q.filter.KnownAt, Project: q.filter.Project, Location: q.filter.Location,
		Part: q.filter.Part}
	var sequences []int64
	if q.asset != nil {
		rows, err := db.reader.Query(ctx, sqlAssetMovements, q.asset.key, maxSerialEvents)
		if err != nil {
			return nil, err
		}
		if sequences, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(sequences) == 0 {
			return nil, err
		}
	}
	rows, err := db.movementRows(ctx, movementQuery{f, q.see, q.from.movement, sequences, q.limit})
	out := make([]placed, len(rows))
	for i := range rows {
		m := &rows[i]
		out[i] = placed{sequence: m.Sequence, TimelineEntry: stock.TimelineEntry{Kind: stock.EntryMovement, On: m.MovementOn, At: m.RecordedAt, Type: string(m.Type),
			Part: m.Part, Quantity: m.Quantity, Source: m.Source, Destination: m.Destination, Project: m.Project, Condition: m.Condition,
			Ticket: m.Papers.Ticket, NFNumber: m.Papers.NFNumber, Text: m.Papers.Reason, TextEN: m.Papers.Reason, By: m.Actor, MovementID: m.ID, TaskID: m.TaskID}}
		if q.asset != nil {
			out[i].AssetID, out[i].Serial = q.asset.ID, q.asset.Serial
		}
	}
	return out, err
}

func (db *DB) timelineStates(ctx context.Context, q timelineQuery) ([]placed, error) {
	var asset int64
	if q.asset != nil {
		asset = q.asset.key
	}
	f, p := &q.filter, &q.from
	known := pgtype.Timestamptz{Time: f.KnownAt, Valid: !f.KnownAt.IsZero()}
	rows, err := db.reader.Query(ctx, sqlStateChanges, planEachTime, asset, f.Part, q.see.projects, q.see.locations, optionalDate(f.From), optionalDate(f.To),
		known, p.state.on, p.state.sequence, p.asset, q.limit)
	if err != nil {
		return nil, err
	}
	return db.namePlaced(ctx, rows, func(row pgx.CollectableRow) (e placed, err error) {
		var on pgtype.Date
		e.Kind = stock.EntryStateChange
		err = row.Scan(&on, &e.At, &e.sequence, &e.asset, &e.AssetID, &e.Serial, &e.Part, &e.FromStatus, &e.Status, &e.Source, &e.Destination,
			&e.Project, &e.Condition, &e.Text, &e.By)
		e.On, e.Type, e.TextEN = dateOf(on), e.Status, e.Text
		return e, err
	})
}

func (db *DB) timelineTasks(ctx context.Context, q timelineQuery) ([]placed, error) {
	cat, f := db.catalog.Load(), &q.filter
	everywhere := cat.sightOf(q.scope, 0, 0)
	mine, wanted := cat.codesOf(everywhere), sight{}
	if f.Project != 0 {
		wanted.projects = q.see.projects
	}
	if f.Location != 0 {
		wanted.locations = q.see.locations
	}
	touched := cat.codesOf(wanted)
	if mine.places != nil { // the road and the outside are everybody's
		mine.places = append(mine.places, stock.OutsideCode, stock.TransitCode)
	}
	part, serial := f.Part, ""
	if q.asset != nil {
		part, serial = q.asset.Part, stock.SerialKey(q.asset.Serial)
	}
	end := endOf(stock.Moment{KnownAt: f.KnownAt})
	rows, err := db.reader.Query(ctx, sqlTimelineTasks, planEachTime, mine.projects, mine.places, touched.projects, touched.places, cat.spellings(part), serial,
		optionalDate(f.From), optionalDate(f.To), end, q.from.task, q.from.taskID, q.limit)
	if err != nil {
		return nil, err
	}
	return db.namePlaced(ctx, rows, func(row pgx.CollectableRow) (e placed, err error) {
		e.Kind, e.Part = stock.EntryTask, part
		err = row.Scan(&e.At, &e.TaskID, &e.Type, &e.Status, &e.Text, &e.TextEN, &e.By)
		e.On, e.Serial = stock.DateOf(e.At.In(time.FixedZone("America/Sao_Paulo", -3*60*60))), serial
		if q.asset != nil {
			e.AssetID, e.Serial = q.asset.ID, q.asset.Serial
		}
		return e, err
	})
}

// namePlaced reads entries of which By is an id.
func (db *DB) namePlaced(ctx context.Context, rows pgx.Rows, read pgx.RowToFunc[placed]) ([]placed, error) {
	out, err := pgx.CollectRows(rows, read)
	if err != nil {
		return nil, err
	}
	by := make([]*string, len(out))
	for i := range out {
		by[i] = &out[i].By
	}
	return out, db.showNames(ctx, by...)
}

// sightCodes is a sight in codes, as tasks keep it.
type sightCodes struct{ projects, places []string }

func (c *catalog) codesOf(s sight) (out sightCodes) {
	if s.projects != nil {
		out.projects = []string{}
	}
	for _, k := range s.projects {
		if p, ok := c.ProjectByKey(stock.ProjectKey(k)); ok {
			out.projects = append(out.projects, p.Code)
		}
	}
	if s.locations != nil {
		out.places = []string{}
	}
	for _, k := range s.locations {
		if l, ok := c.LocationByKey(stock.LocationKey(k)); ok {
			out.places = append(out.places, l.Code)
		}
	}
	return out
}

// spellings are the ways in which proposals write a part number, in capitals; nil for any part.
func (c *catalog) spellings(k stock.PartKey) []string {
	p, ok := c.partByKey[k]
	if !ok {
		return nil
	}
	return []string{strings.ToUpper(p.Number), stock.Fold(p.Number)}
}
