package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// catalog is an immutable picture of projects, places and part numbers. Every write compares its
// version with the database's inside its own transaction, so a stale picture is never acted on.
type catalog struct {
	version       int64
	projects      map[string]*stock.Project
	locations     map[string]*stock.Location
	parts         map[string]*stock.Part
	projectByKey  map[stock.ProjectKey]*stock.Project
	locationByKey map[stock.LocationKey]*stock.Location
	partByKey     map[stock.PartKey]*stock.Part
	policy        *approval.Policy
	levels        map[approval.Work]approval.Level
}

var _ stock.Catalog = (*catalog)(nil)

func newCatalog() *catalog {
	return &catalog{
		projects: map[string]*stock.Project{}, locations: map[string]*stock.Location{}, parts: map[string]*stock.Part{},
		projectByKey: map[stock.ProjectKey]*stock.Project{}, locationByKey: map[stock.LocationKey]*stock.Location{},
		partByKey: map[stock.PartKey]*stock.Part{},
	}
}

func (c *catalog) clone() *catalog {
	return &catalog{
		version: c.version, projects: maps.Clone(c.projects), locations: maps.Clone(c.locations), parts: maps.Clone(c.parts),
		projectByKey: maps.Clone(c.projectByKey), locationByKey: maps.Clone(c.locationByKey), partByKey: maps.Clone(c.partByKey),
	}
}

// Project implements stock.Catalog.
func (c *catalog) Project(code string) (*stock.Project, bool) {
	p, ok := c.projects[code]
	return p, ok
}

// Location implements stock.Catalog.
func (c *catalog) Location(code string) (*stock.Location, bool) {
	l, ok := c.locations[code]
	return l, ok
}

// Part implements stock.Catalog.
func (c *catalog) Part(number string) (*stock.Part, bool) { p, ok := c.parts[number]; return p, ok }

// ProjectByKey implements stock.Catalog.
func (c *catalog) ProjectByKey(k stock.ProjectKey) (*stock.Project, bool) {
	p, ok := c.projectByKey[k]
	return p, ok
}

// LocationByKey implements stock.Catalog.
func (c *catalog) LocationByKey(k stock.LocationKey) (*stock.Location, bool) {
	l, ok := c.locationByKey[k]
	return l, ok
}

// PartByKey implements stock.Catalog.
func (c *catalog) PartByKey(k stock.PartKey) (*stock.Part, bool) {
	p, ok := c.partByKey[k]
	return p, ok
}

// Catalog gives the present picture of projects, places and part numbers.
func (db *DB) Catalog() stock.Catalog { return db.catalog.Load() }

const (
	sqlCatalogVersion = `SELECT version FROM sga.catalog_version`

	sqlCatalogProjects = `SELECT project_key, project_id, project_code, project_name, client_name, contract_number,
		start_date, end_date, is_active FROM sga.projects WHERE catalog_version > $1`

	sqlCatalogLocations = `SELECT location_key, location_id, location_code, location_name, location_type::text,
		coalesce(parent_location_key, 0), city, state, address, policies, is_active FROM sga.locations WHERE catalog_version > $1`

	sqlSettings = `SELECT closed_through FROM sga.settings`

	sqlPolicies = `SELECT rule, movement_types, operations, actor_kinds, reason_codes, project_codes, location_codes, restricted, closed_period,
		master_data, by_admin, has_evidence, has_ticket, min_value, min_quantity, max_confidence, min_confidence, action, task_type::text,
		priority::text, reason, reason_en, approvals FROM sga.policies ORDER BY rank`

	sqlCatalogParts = `SELECT part_number_key, part_number_id, part_number, part_number_folded, description, category, manufacturer, model,
		unit_of_measure, ncm, is_serialized, is_fractional, mandatory_return, min_stock_level, max_stock_level, reorder_point, unit_cost,
		supplier_codes, sap_material, is_active FROM sga.part_numbers WHERE catalog_version > $1`
)

// refreshCatalog reads what changed since the picture in memory was made.
func (db *DB) refreshCatalog(ctx context.Context) error {
	old := db.catalog.Load()
	next := old.clone()
	tx, err := db.reader.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return translate(fmt.Errorf("catalogue: %w", err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // read only
	if err := tx.QueryRow(ctx, sqlCatalogVersion).Scan(&next.version); err != nil {
		return translate(fmt.Errorf("catalogue: %w", err))
	}
	for _, load := range []func(context.Context, pgx.Tx, int64) error{next.loadProjects, next.loadLocations, next.loadParts, next.loadPolicy, next.loadLevels} {
		if err := load(ctx, tx, old.version); err != nil {
			return translate(fmt.Errorf("catalogue: %w", err))
		}
	}
	for { // two refreshes may race; the newer picture wins
		have := db.catalog.Load()
		if have.version >= next.version || db.catalog.CompareAndSwap(have, next) {
			return nil
		}
	}
}

// loadPolicy reads the whole policy: it is a page, and its order is part of it.
func (c *catalog) loadPolicy(ctx context.Context, tx pgx.Tx, _ int64) error {
	policy := &approval.Policy{}
	var closed pgtype.Date
	if err := tx.QueryRow(ctx, sqlSettings).Scan(&closed); err != nil {
		return err
	}
	policy.ClosedThrough = dateOf(closed)
	rows, err := tx.Query(ctx, sqlPolicies)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r approval.Rule
		var task *string
		var value, quantity, below, least decimal.NullDecimal
		if err := rows.Scan(&r.Name, &r.MovementTypes, &r.Operations, &r.ActorKinds, &r.ReasonCodes, &r.Projects, &r.Locations, &r.Restricted,
			&r.ClosedPeriod, &r.MasterData, &r.ByAdmin, &r.HasEvidence, &r.HasTicket, &value, &quantity, &below, &least, &r.Action, &task,
			&r.Priority, &r.Reason, &r.ReasonEN, &r.Approvals); err != nil {
			return err
		}
		if task != nil {
			r.TaskType = approval.TaskType(*task)
		}
		r.MinValue, r.MinQuantity, r.MaxConfidence, r.MinConfidence = optional(value), optional(quantity), optional(below), optional(least)
		policy.Rules = append(policy.Rules, r)
	}
	c.policy = policy
	return rows.Err()
}

func (c *catalog) loadProjects(ctx context.Context, tx pgx.Tx, since int64) error {
	rows, err := tx.Query(ctx, sqlCatalogProjects, since)
	if err != nil {
		return err
	}
	var p stock.Project
	var starts, ends pgtype.Date
	_, err = pgx.ForEachRow(rows, []any{&p.Key, &p.ID, &p.Code, &p.Name, &p.Client, &p.Contract, &starts, &ends, &p.Active}, func() error {
		row := p
		row.StartsOn, row.EndsOn = dateOf(starts), dateOf(ends)
		c.projects[stock.Fold(row.Code)], c.projectByKey[row.Key] = &row, &row
		return nil
	})
	return err
}

func (c *catalog) loadLocations(ctx context.Context, tx pgx.Tx, since int64) error {
	rows, err := tx.Query(ctx, sqlCatalogLocations, since)
	if err != nil {
		return err
	}
	var l stock.Location
	var policies []byte
	_, err = pgx.ForEachRow(rows, []any{&l.Key, &l.ID, &l.Code, &l.Name, &l.Type, &l.Parent, &l.City, &l.State, &l.Address, &policies, &l.Active}, func() error {
		row := l
		row.Policies = stock.Policies{}
		if err := json.Unmarshal(policies, &row.Policies); err != nil {
			return fmt.Errorf("policies of %s: %w", row.Code, err)
		}
		c.locations[stock.Fold(row.Code)], c.locationByKey[row.Key] = &row, &row
		return nil
	})
	return err
}

func (c *catalog) loadParts(ctx context.Context, tx pgx.Tx, since int64) error {
	rows, err := tx.Query(ctx, sqlCatalogParts, since)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p stock.Part
		var folded string
		var maximum, reorder, cost decimal.NullDecimal
		if err := rows.Scan(&p.Key, &p.ID, &p.Number, &folded, &p.Description, &p.Category, &p.Manufacturer, &p.Model, &p.Unit, &p.NCM,
			&p.Serialized, &p.Fractional, &p.MandatoryReturn, &p.Minimum, &maximum, &reorder, &cost,
			&p.SupplierCodes, &p.SAPMaterial, &p.Active); err != nil {
			return err
		}
		p.Maximum, p.ReorderPoint, p.UnitCost = optional(maximum), optional(reorder), optional(cost)
		c.parts[folded], c.partByKey[p.Key] = &p, &p
	}
	return rows.Err()
}

func optional(n decimal.NullDecimal) *stock.Quantity {
	if !n.Valid {
		return nil
	}
	return &n.Decimal
}

func dateOf(d pgtype.Date) stock.Date {
	if !d.Valid {
		return stock.Date{}
	}
	return stock.DateOf(d.Time)
}
