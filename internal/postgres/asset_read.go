package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.AssetReader = (*DB)(nil)

// assetRowColumns is what readAsset reads.
const assetRowColumns = `a.asset_key, a.asset_id, a.part_number_key, a.serial_number, a.project_key, a.location_key, a.status::text, a.condition::text,
	a.ownership::text, a.reservation_id, a.version, a.last_movement_id, a.is_active, a.updated_at, a.last_movement_at, a.created_at,
	a.ticket, a.tag, a.purchase_date, a.warranty_end_date, a.acquisition_cost, a.current_value, a.nf_number, a.nf_date`

// maxNamesakes is how many assets with one serial are told apart: parts that share a serial are rare.
const maxNamesakes = 20

const (
	sqlAssetByID      = `SELECT ` + assetRowColumns + ` FROM sga.assets a WHERE a.asset_id = $1`
	sqlAssetsBySerial = `SELECT ` + assetRowColumns + ` FROM sga.assets a WHERE a.serial_key = $1 AND ($2::int = 0 OR a.part_number_key = $2)
		ORDER BY a.asset_key LIMIT $3`

	assetConditions = `($1::int = 0 OR a.part_number_key = $1) AND ($2::int = 0 OR a.location_key = $2)
		AND ($3::int[] IS NULL OR a.location_key = ANY($3)) AND ($4::int = 0 OR a.project_key = $4)
		AND ($5::int[] IS NULL OR a.project_key = ANY($5)) AND ($6::sga.condition IS NULL OR a.condition = $6)
		AND ($7::sga.asset_status IS NULL OR a.status = $7) AND ($8::sga.ownership IS NULL OR a.ownership = $8)
		AND ($9::bool OR a.is_active)`

	sqlAssets = `SELECT ` + assetRowColumns + `
		FROM sga.assets a WHERE a.asset_key > $10::bigint AND ` + assetConditions + ` ORDER BY a.asset_key LIMIT $11`

	eventConditions = `e.asset_key = $1 AND ($2::int[] IS NULL OR e.to_project_key = ANY($2) OR e.from_project_key = ANY($2))
		AND ($3::int[] IS NULL OR e.to_location_key = ANY($3) OR e.from_location_key = ANY($3))`

	sqlTimeline = `SELECT e.version, e.recorded_at, e.event_on, coalesce(e.from_status::text, ''), e.to_status::text, coalesce(e.from_location_key, 0),
		e.to_location_key, e.to_project_key, e.to_condition::text, e.reason, e.actor_id::text,
		e.movement_id, coalesce(m.movement_type::text, ''), m.quantity, coalesce(m.source_location_key, 0), coalesce(m.destination_location_key, 0),
		coalesce(m.nf_number, ''), coalesce(m.ticket, ''),
		CASE WHEN $6::bool THEN (SELECT count(*) FROM sga.asset_events e WHERE ` + eventConditions + `) ELSE 0 END
		FROM sga.asset_events e
		LEFT JOIN sga.movements m ON m.sequence = e.sequence AND e.movement_id IS NOT NULL
		WHERE e.version < $4 AND ` + eventConditions + ` ORDER BY e.version DESC LIMIT $5`
)

// nullQuantity is a numeric column that may be NULL.
type nullQuantity = decimal.NullDecimal

// keyedAsset is an asset with its inner key, which no caller sees.
type keyedAsset struct {
	stock.AssetRow
	key int64
}

// readAsset reads assetRowColumns.
func readAsset(row pgx.CollectableRow) (keyedAsset, error) {
	var a keyedAsset
	err := a.scan(row)
	return a, err
}

// scan reads assetRowColumns, then extra columns.
func (a *keyedAsset) scan(row pgx.CollectableRow, extra ...any) error {
	var reserved, moved pgtype.UUID
	var movedAt *time.Time
	var bought, warranty, invoiced pgtype.Date
	var cost, value nullQuantity
	to := []any{&a.key, &a.ID, &a.Part, &a.Serial, &a.Project, &a.Location, &a.Status, &a.Condition, &a.Ownership, &reserved, &a.Version, &moved,
		&a.Active, &a.UpdatedAt, &movedAt, &a.CreatedAt, &a.Ticket, &a.Tag, &bought, &warranty, &cost, &value, &a.NFNumber, &invoiced}
	if err := row.Scan(append(to, extra...)...); err != nil {
		return err
	}
	a.Reserved, a.LastMove, a.LastMovementAt = reserved.Bytes, moved.Bytes, timeOf(movedAt)
	a.PurchaseDate, a.WarrantyEnd, a.NFDate = dateOf(bought), dateOf(warranty), dateOf(invoiced)
	a.AcquisitionCost, a.CurrentValue = optional(cost), optional(value)
	return nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Asset implements stock.AssetReader.
func (db *DB) Asset(ctx context.Context, scope stock.Scope, name stock.AssetName) (*stock.AssetRow, error) {
	a, err := db.asset(ctx, scope, name)
	if err != nil {
		return nil, err
	}
	return &a.AssetRow, nil
}

func (db *DB) asset(ctx context.Context, scope stock.Scope, name stock.AssetName) (*keyedAsset, error) {
	statement, args := sqlAssetsBySerial, []any{stock.SerialKey(name.Serial), name.Part, maxNamesakes}
	if name.ID != uuid.Nil {
		statement, args = sqlAssetByID, []any{name.ID}
	}
	rows, err := db.reader.Query(ctx, statement, args...)
	if err != nil {
		return nil, translate(fmt.Errorf("asset: %w", err))
	}
	found, err := pgx.CollectRows(rows, readAsset)
	if err != nil {
		return nil, translate(fmt.Errorf("asset: %w", err))
	}
	see := db.catalog.Load().sightOf(scope, 0, 0)
	visible := found[:0]
	for _, a := range found {
		if see.sees(a.Project, a.Location) {
			visible = append(visible, a)
		}
	}
	switch len(visible) {
	case 0:
		return nil, fault.NotFound.With("Ativo não encontrado.", "Asset not found.").On("identifier")
	case 1:
		return &visible[0], db.catchUp(ctx, keyOf(visible[0].Asset))
	}
	return nil, db.namesakes(ctx, visible)
}

// namesakes asks which of several parts with the same serial is meant.
func (db *DB) namesakes(ctx context.Context, assets []keyedAsset) error {
	var parts []string
	for _, a := range assets {
		if err := db.catchUp(ctx, keyOf(a.Asset)); err != nil {
			return err
		}
		if p, ok := db.catalog.Load().PartByKey(a.Part); ok {
			parts = append(parts, p.Number)
		}
	}
	return fault.InvalidArgument.With("Mais de um part number tem esse número de série: informe qual.",
		"More than one part number has this serial number: say which.").On("part_number").Detail("candidates", parts)
}

func keyOf(a stock.Asset) stock.Key {
	return stock.Key{Part: a.Part, Location: a.Location, Project: a.Project, Condition: a.Condition}
}

// wordArg is a word of an enumeration, as a parameter that the planner can compare with what indexes
// hold; NULL for none.
func wordArg[T ~string](word T) *string {
	if word == "" {
		return nil
	}
	s := string(word)
	return &s
}

// Assets implements stock.AssetReader.
func (db *DB) Assets(ctx context.Context, scope stock.Scope, f stock.AssetFilter, page stock.Page) (*stock.AssetPage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("assets", bound, page.Cursor, 1)
	if err != nil || see.empty() {
		return &stock.AssetPage{}, err
	}
	var after int64
	if values != nil {
		if after, err = values.integer(0); err != nil {
			return nil, err
		}
	}
	place, places := oneOrMany(see.locations)
	project, projects := oneOrMany(see.projects)
	rows, err := db.reader.Query(ctx, sqlAssets, planEachTime, f.Part, place, places, project, projects, conditionArg(f.Condition),
		wordArg(f.Status), wordArg(f.Ownership), f.Inactive, after, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("assets: %w", err))
	}
	found, err := pgx.CollectRows(rows, readAsset)
	if err != nil {
		return nil, translate(fmt.Errorf("assets: %w", err))
	}
	out := &stock.AssetPage{}
	if len(found) > page.Size() {
		found = found[:page.Size()]
		if out.Next, err = encodeCursor("assets", bound, cursorInt(found[len(found)-1].key)); err != nil {
			return nil, err
		}
	}
	keys := make([]stock.Key, len(found))
	for i, a := range found {
		out.Rows = append(out.Rows, a.AssetRow)
		keys[i] = keyOf(a.Asset)
	}
	return out, db.catchUp(ctx, keys...)
}

// Timeline implements stock.AssetReader.
func (db *DB) Timeline(ctx context.Context, scope stock.Scope, name stock.AssetName, page stock.Page) (*stock.Timeline, error) {
	a, err := db.asset(ctx, scope, name)
	if err != nil {
		return nil, err
	}
	see := db.catalog.Load().sightOf(scope, 0, 0)
	bound := []any{a.ID, see.projects, see.locations}
	values, err := decodeCursor("timeline", bound, page.Cursor, 2)
	if err != nil {
		return nil, err
	}
	out := &stock.Timeline{Asset: a.AssetRow}
	before, first := int64(math.MaxInt64), values == nil
	if !first {
		if before, err = values.integer(0); err != nil {
			return nil, err
		}
		if out.Total, err = values.integer(1); err != nil {
			return nil, err
		}
	}
	rows, err := db.reader.Query(ctx, sqlTimeline, a.key, see.projects, see.locations, before, page.Size()+1, first)
	if err != nil {
		return nil, translate(fmt.Errorf("timeline: %w", err))
	}
	out.Events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e stock.TimelineEvent, err error) {
		var total int64
		if err = scanEvent(row, &e, &total); first {
			out.Total = total
		}
		return e, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("timeline: %w", err))
	}
	if len(out.Events) > page.Size() {
		out.Events = out.Events[:page.Size()]
		if out.Next, err = encodeCursor("timeline", bound, cursorInt(out.Events[len(out.Events)-1].Version), cursorInt(out.Total)); err != nil {
			return nil, err
		}
	}
	actors := make([]*string, len(out.Events))
	for i := range out.Events {
		actors[i] = &out.Events[i].Actor
	}
	return out, db.showNames(ctx, actors...)
}

// scanEvent reads a row of sqlTimeline.
func scanEvent(row pgx.CollectableRow, e *stock.TimelineEvent, total *int64) error {
	var on pgtype.Date
	var id pgtype.UUID
	var m stock.MovementRow
	var quantity nullQuantity
	if err := row.Scan(&e.Version, &e.RecordedAt, &on, &e.FromStatus, &e.ToStatus, &e.From, &e.To, &e.Project, &e.Condition, &e.Reason, &e.Actor,
		&id, &m.Type, &quantity, &m.Source, &m.Destination, &m.Papers.NFNumber, &m.Papers.Ticket, total); err != nil {
		return err
	}
	e.On = dateOf(on)
	if id.Valid {
		m.ID, m.MovementOn, m.RecordedAt, m.Project, m.Quantity = id.Bytes, e.On, e.RecordedAt, e.Project, quantity.Decimal
		e.Movement = &m
	}
	return nil
}
