package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Edits of master data. Each takes the next version of the catalogue, which serialises them and tells
// every writer that its picture is old. An update leaves a column alone where its parameter is null.
const (
	sqlNextCatalogVersion = `UPDATE sga.catalog_version SET version = version + 1 RETURNING version`

	sqlInsertProject = `INSERT INTO sga.projects (project_id, project_code, project_name, client_name, contract_number, start_date, end_date,
		is_active, catalog_version) VALUES ($1, $2, $3, coalesce($4::text, ''), coalesce($5::text, ''), $6::date, $7::date, coalesce($8::bool, true), $9)`

	sqlUpdateProject = `UPDATE sga.projects SET project_name = coalesce($2::text, project_name), client_name = coalesce($3::text, client_name),
		contract_number = coalesce($4::text, contract_number), start_date = coalesce($5::date, start_date), end_date = coalesce($6::date, end_date),
		is_active = coalesce($7::bool, is_active), catalog_version = $8, updated_at = clock_timestamp()
		WHERE project_code = $1 RETURNING project_id`

	sqlInsertLocation = `INSERT INTO sga.locations (location_id, location_code, location_name, location_type, parent_location_key, city, state,
		address, policies, is_active, catalog_version)
		VALUES ($1, $2, $3, $4::text::sga.location_type, $5::int, coalesce($6::text, ''), coalesce($7::text, ''), coalesce($8::text, ''),
		coalesce($9::text::jsonb, '{}'), coalesce($10::bool, true), $11)`

	sqlUpdateLocation = `UPDATE sga.locations SET location_name = coalesce($2::text, location_name), parent_location_key = coalesce($3::int, parent_location_key),
		city = coalesce($4::text, city), state = coalesce($5::text, state), address = coalesce($6::text, address),
		policies = coalesce($7::text::jsonb, policies), is_active = coalesce($8::bool, is_active), catalog_version = $9, updated_at = clock_timestamp()
		WHERE location_code = $1 RETURNING location_id`

	sqlInsertPart = `INSERT INTO sga.part_numbers (part_number_id, part_number, part_number_folded, description, category, manufacturer, model,
		unit_of_measure, ncm, is_serialized, is_fractional, mandatory_return, min_stock_level, max_stock_level, reorder_point, unit_cost,
		supplier_codes, sap_material, is_active, search_text, catalog_version)
		VALUES ($1, $2, $3, $4, coalesce($5::text, ''), coalesce($6::text, ''), coalesce($7::text, ''), coalesce($8::text, 'UN'), coalesce($9::text, ''),
		$10, $11, coalesce($12::bool, false), coalesce($13::text::numeric, 0), $14::text::numeric, $15::text::numeric, $16::text::numeric,
		coalesce($17::text[], '{}'), coalesce($18::text, ''), coalesce($19::bool, true), $20, $21)`

	sqlUpdatePart = `UPDATE sga.part_numbers SET description = coalesce($2::text, description), category = coalesce($3::text, category),
		manufacturer = coalesce($4::text, manufacturer), model = coalesce($5::text, model), unit_of_measure = coalesce($6::text, unit_of_measure),
		ncm = coalesce($7::text, ncm), mandatory_return = coalesce($8::bool, mandatory_return),
		min_stock_level = coalesce($9::text::numeric, min_stock_level), max_stock_level = coalesce($10::text::numeric, max_stock_level),
		reorder_point = coalesce($11::text::numeric, reorder_point), unit_cost = coalesce($12::text::numeric, unit_cost),
		supplier_codes = coalesce($13::text[], supplier_codes), sap_material = coalesce($14::text, sap_material),
		is_active = coalesce($15::bool, is_active), search_text = $16, catalog_version = $17, updated_at = clock_timestamp()
		WHERE part_number_folded = $1 RETURNING part_number_id`

	sqlUpdateAssetFacts = `UPDATE sga.assets SET ownership = coalesce($3::text::sga.ownership, ownership), purchase_date = coalesce($4::date, purchase_date),
		warranty_end_date = coalesce($5::date, warranty_end_date), acquisition_cost = coalesce($6::text::numeric, acquisition_cost),
		current_value = coalesce($7::text::numeric, current_value), tag = coalesce($8::text, tag), facts_version = facts_version + 1, updated_at = clock_timestamp()
		WHERE part_number_key = $1 AND serial_key = $2 RETURNING asset_id, project_key, location_key`
)

// checkEdit refuses an edit that cannot succeed, before it is executed or stored as a proposal.
func checkEdit(cat *catalog, s *approval.Step) error {
	switch {
	case s.Project != nil:
		_, exists := cat.Project(stock.Fold(s.Project.Code))
		return checkExists(s.Project.Create, exists, "project_code", s.Project.Code)
	case s.Location != nil:
		at, exists := cat.Location(stock.Fold(s.Location.Code))
		if err := checkExists(s.Location.Create, exists, "location_code", s.Location.Code); err != nil {
			return err
		}
		return checkParent(cat, s.Location, at)
	case s.Part != nil:
		_, exists := cat.Part(stock.Fold(s.Part.Number))
		return checkExists(s.Part.Create, exists, "part_number", s.Part.Number)
	case s.Asset != nil:
		_, err := stock.FindPart(cat, s.Asset.PartNumber, "part_number")
		return err
	}
	return nil
}

func checkExists(create, exists bool, field, code string) error {
	switch {
	case create && exists:
		return fault.AlreadyExists.With("%q já existe.", "%q already exists.", code).On(field)
	case !create && !exists:
		return fault.NotFound.With("%q não encontrado.", "%q not found.", code).On(field)
	}
	return nil
}

// checkParent keeps the places a tree.
func checkParent(cat *catalog, e *approval.LocationEdit, self *stock.Location) error {
	if self != nil && (self.Key == stock.OutsideKey || self.Key == stock.TransitKey) {
		return fault.Conflict.With("O local %s é reservado do sistema.", "Location %s is reserved by the system.", self.Code).On("location_code").Final()
	}
	if e.Parent == nil || *e.Parent == "" {
		return nil
	}
	at, err := stock.FindLocation(cat, *e.Parent, "parent_location_id")
	if err != nil {
		return err
	}
	for at != nil {
		if self != nil && at.Key == self.Key {
			return fault.InvalidArgument.With("Um local não pode ficar dentro de si mesmo.", "A location cannot lie inside itself.").On("parent_location_id")
		}
		at = cat.locationByKey[at.Parent]
	}
	return nil
}

// editMasterData executes the edits of what was posted. A refusal is the request's, not the group's.
func (s *session) editMasterData(ctx context.Context) error {
	for _, p := range s.group {
		if p.err != nil || p.outcome == nil || p.outcome.Replay || len(p.outcome.Posted) == 0 || !p.plan.edits {
			continue
		}
		steps := p.steps()
		for i := range steps {
			if p.plan.commands[i] != nil {
				continue
			}
			id, err := s.edit(ctx, p, &steps[i])
			if err != nil {
				return inStep(editFault(err), i, len(steps))
			}
			p.outcome.Posted[i].EntityID = id
		}
		if p.task != nil {
			p.task.Result = resultOf(p.outcome)
		}
	}
	return nil
}

func (p *pending) steps() []approval.Step {
	if p.task != nil {
		return p.task.Steps
	}
	return p.request.Steps
}

func (s *session) edit(ctx context.Context, p *pending, step *approval.Step) (uuid.UUID, error) {
	switch {
	case step.Asset != nil:
		return s.editAsset(ctx, step.Asset)
	case step.CountOpen != nil:
		return s.openCount(ctx, p, step.CountOpen)
	case step.CountSubmit != nil:
		return s.submitCount(ctx, p, step.CountSubmit)
	case step.CountClose != nil:
		return s.closeCount(ctx, p, step.CountClose)
	}
	var version int64
	if err := s.conn.QueryRow(ctx, sqlNextCatalogVersion).Scan(&version); err != nil {
		return uuid.Nil, err
	}
	s.effects.catalogChanged = true
	var id uuid.UUID
	var err error
	var kind string
	switch {
	case step.Project != nil:
		kind = "project"
		id, err = s.editProject(ctx, step.Project, version)
	case step.Location != nil:
		kind = "location"
		id, err = s.editLocation(ctx, step.Location, version)
	case step.Part != nil:
		kind = "part_number"
		id, err = s.editPart(ctx, step.Part, version)
	case step.Autonomy != nil:
		id, err = s.setLevel(ctx, p, step.Autonomy)
		s.effects.outbox.add(s.nextSequence(), "autonomy_changed", id, s.state.Now, levelPayload(step.Autonomy.Work, "set"))
		return id, err
	}
	s.effects.outbox.add(s.nextSequence(), kind, id, s.state.Now, []byte(marshal(step)))
	return id, err
}

func (s *session) editProject(ctx context.Context, e *approval.ProjectEdit, version int64) (uuid.UUID, error) {
	if !e.Create {
		var id uuid.UUID
		err := s.conn.QueryRow(ctx, sqlUpdateProject, stock.Fold(e.Code), e.Name, e.Client, e.Contract, dateOrNull(e.StartsOn), dateOrNull(e.EndsOn),
			e.Active, version).Scan(&id)
		return id, err
	}
	_, err := s.conn.Exec(ctx, sqlInsertProject, e.ID, stock.Fold(e.Code), e.Name, e.Client, e.Contract, dateOrNull(e.StartsOn), dateOrNull(e.EndsOn),
		e.Active, version)
	return e.ID, err
}

func (s *session) editLocation(ctx context.Context, e *approval.LocationEdit, version int64) (uuid.UUID, error) {
	var parent pgtype.Int4
	if e.Parent != nil {
		if at, ok := s.catalog.Location(stock.Fold(*e.Parent)); ok {
			parent = pgtype.Int4{Int32: int32(at.Key), Valid: true}
		}
	}
	var policies *string
	if e.Policies != nil {
		text := marshal(e.Policies)
		policies = &text
	}
	if !e.Create {
		var id uuid.UUID
		err := s.conn.QueryRow(ctx, sqlUpdateLocation, stock.Fold(e.Code), e.Name, parent, e.City, e.State, e.Address, policies, e.Active, version).Scan(&id)
		return id, err
	}
	_, err := s.conn.Exec(ctx, sqlInsertLocation, e.ID, stock.Fold(e.Code), e.Name, string(e.Type), parent, e.City, e.State, e.Address, policies, e.Active, version)
	return e.ID, err
}

func (s *session) editPart(ctx context.Context, e *approval.PartEdit, version int64) (uuid.UUID, error) {
	if !e.Create {
		old, _ := s.catalog.Part(stock.Fold(e.Number))
		var id uuid.UUID
		err := s.conn.QueryRow(ctx, sqlUpdatePart, stock.Fold(e.Number), e.Description, e.Category, e.Manufacturer, e.Model, e.Unit, e.NCM,
			e.MandatoryReturn, numericText(e.Minimum), numericText(e.Maximum), numericText(e.ReorderPoint), numericText(e.UnitCost),
			e.SupplierCodes, e.SAPMaterial, e.Active, searchText(e, old), version).Scan(&id)
		return id, err
	}
	_, err := s.conn.Exec(ctx, sqlInsertPart, e.ID, strings.TrimSpace(e.Number), stock.Fold(e.Number), e.Description, e.Category, e.Manufacturer, e.Model,
		e.Unit, e.NCM, e.Serialized, e.Fractional, e.MandatoryReturn, numericText(e.Minimum), numericText(e.Maximum), numericText(e.ReorderPoint),
		numericText(e.UnitCost), e.SupplierCodes, e.SAPMaterial, e.Active, searchText(e, &stock.Part{}), version)
	return e.ID, err
}

// searchText is what the one box finds a part by: all its words, folded.
func searchText(e *approval.PartEdit, old *stock.Part) string {
	pick := func(p *string, was string) string {
		if p != nil {
			return *p
		}
		return was
	}
	codes := old.SupplierCodes
	if e.SupplierCodes != nil {
		codes = e.SupplierCodes
	}
	words := []string{e.Number, pick(e.Description, old.Description), pick(e.Category, old.Category), pick(e.Manufacturer, old.Manufacturer),
		pick(e.Model, old.Model), pick(e.SAPMaterial, old.SAPMaterial), strings.Join(codes, " ")}
	return stock.Fold(strings.Join(words, " "))
}

func (s *session) editAsset(ctx context.Context, e *approval.AssetEdit) (uuid.UUID, error) {
	part, err := stock.FindPart(s.catalog, e.PartNumber, "part_number")
	if err != nil {
		return uuid.Nil, err
	}
	var id uuid.UUID
	var project stock.ProjectKey
	var at stock.LocationKey
	key := stock.AssetKey{Part: part.Key, Serial: stock.SerialKey(e.Serial)}
	if err := s.conn.QueryRow(ctx, sqlUpdateAssetFacts, assetFactsArgs(key, &e.AssetFacts)...).Scan(&id, &project, &at); err != nil {
		return uuid.Nil, err
	}
	return id, s.tell(ctx, "asset_changed", id, s.newsOf(project, at).with("part_number", part.Number).with("serial_number", key.Serial))
}

func assetFactsArgs(k stock.AssetKey, f *stock.AssetFacts) []any {
	owner := pgtype.Text{String: string(f.Ownership), Valid: f.Ownership != ""}
	return []any{k.Part, k.Serial, owner, dateOrNull(f.PurchaseDate), dateOrNull(f.WarrantyEnd), numericText(f.AcquisitionCost),
		numericText(f.CurrentValue), f.Tag}
}

func dateOrNull(d *stock.Date) pgtype.Date {
	if d == nil {
		return pgtype.Date{}
	}
	return optionalDate(*d)
}

// editFault says in the vocabulary of the program what a constraint refused.
func editFault(err error) error {
	var pg *pgconn.PgError
	switch {
	case isNoRows(err):
		return fault.NotFound.With("Registro não encontrado.", "Record not found.")
	case errors.As(err, &pg) && pg.Code == "23505":
		return fault.AlreadyExists.With("Já existe um registro com esse código.", "A record with this code already exists.").Because(err)
	case errors.As(err, &pg) && (pg.Code == "23514" || pg.Code == "23502" || pg.Code == "22001" || pg.Code == "22003"):
		return fault.InvalidArgument.With("Um dos valores não é aceito.", "One of the values is not accepted.").Because(err)
	case errors.As(err, &pg):
		return fmt.Errorf("edit: %w", err)
	}
	return err
}
