package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

const (
	// documentColumns is what readDocument reads. Links count as versions: they change what a document is about.
	documentColumns = `d.document_id, d.kind, d.file_name, d.declared_type, d.content_type, d.size, d.sha256, d.bucket, d.object_key,
		coalesce(d.upload_handle, ''), coalesce(d.meant_type, ''), d.meant_id, d.status, d.reason, d.reason_en, d.person_id, d.created_by, d.created_at,
		d.inspected_at, d.version + (SELECT count(*) FROM sga.document_links v WHERE v.document_id = d.document_id)`

	// targetInSight asks of what k names whether it may be seen: $1 and $2 keys of projects and places, $3 and $4 their codes, null for all.
	targetInSight = `CASE k.target_type
		WHEN 'MOVEMENT' THEN EXISTS (SELECT FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence WHERE i.movement_id = k.target_id
			AND ($1::int[] IS NULL OR m.project_key = ANY($1))
			AND ($2::int[] IS NULL OR m.source_location_key = ANY($2) OR m.destination_location_key = ANY($2)))
		WHEN 'TASK' THEN EXISTS (SELECT FROM sga.tasks t WHERE t.task_id = k.target_id
			AND ($3::text[] IS NULL OR t.project_codes <@ $3) AND ($4::text[] IS NULL OR t.location_codes <@ $4))
		WHEN 'COUNT' THEN EXISTS (SELECT FROM sga.counts c WHERE c.count_id = k.target_id
			AND ($1::int[] IS NULL OR c.project_key IS NULL OR c.project_key = ANY($1)) AND ($2::int[] IS NULL OR c.location_key = ANY($2)))
		WHEN 'ASSET' THEN EXISTS (SELECT FROM sga.assets a WHERE a.asset_id = k.target_id
			AND ($1::int[] IS NULL OR a.project_key = ANY($1)) AND ($2::int[] IS NULL OR a.location_key = ANY($2)))
		WHEN 'RESERVATION' THEN EXISTS (SELECT FROM sga.reservations r WHERE r.reservation_id = k.target_id
			AND ($1::int[] IS NULL OR r.project_key = ANY($1)) AND ($2::int[] IS NULL OR r.location_key = ANY($2)))
		END`

	// documentInSight: $5 the caller, $6 whether he sees invoices, $7 whether he sees what is attached to nothing.
	documentInSight = `(d.kind NOT IN ('NF_XML', 'NF_PDF') OR $6::bool) AND (d.person_id IS NULL OR d.person_id = $5 OR d.created_by = $5 OR $7::bool)
		AND CASE WHEN d.person_id = $5::uuid THEN true
			WHEN EXISTS (SELECT FROM sga.document_links k WHERE k.document_id = d.document_id)
			THEN EXISTS (SELECT FROM sga.document_links k WHERE k.document_id = d.document_id AND ` + targetInSight + `)
			ELSE d.created_by = $5::uuid OR $7::bool OR d.kind = 'MANUAL' AND d.status = 'AVAILABLE' END`

	sqlRecordedDocument = `SELECT ` + documentColumns + ` FROM sga.documents d WHERE d.document_id = $1`

	sqlDocument = `SELECT ` + documentColumns + ` FROM sga.documents d WHERE d.document_id = $8 AND ` + documentInSight

	// A document shows only those of its links that the caller may see.
	sqlDocumentLinks = `SELECT k.document_id, k.target_type, k.target_id, k.attached_by, k.attached_at FROM sga.document_links k
		WHERE k.document_id = ANY($5::uuid[]) AND ` + targetInSight + ` ORDER BY k.document_id, k.attached_at, k.target_id`

	sqlDocuments = `SELECT ` + documentColumns + ` FROM sga.documents d
		WHERE ($8::uuid IS NULL OR d.document_id < $8) AND ($9::text = '' OR d.kind = $9) AND ($10::text = '' OR d.status = $10)
			AND ($11::text = '' OR EXISTS (SELECT FROM sga.document_links l WHERE l.document_id = d.document_id AND l.target_type = $11 AND l.target_id = $12))
			AND ($13::date IS NULL OR (d.created_at AT TIME ZONE 'America/Sao_Paulo')::date >= $13)
			AND ($14::date IS NULL OR (d.created_at AT TIME ZONE 'America/Sao_Paulo')::date <= $14)
			AND ` + documentInSight + `
		ORDER BY d.document_id DESC LIMIT $15`

	// Most ids that prove nothing name nothing at all: that is asked first, because the question of sight is a long one.
	sqlKnownDocuments = `SELECT document_id FROM sga.documents WHERE document_id = ANY($1::uuid[]) AND status = 'AVAILABLE'`

	sqlUsableDocuments = `SELECT d.document_id FROM sga.documents d WHERE d.document_id = ANY($8::uuid[]) AND d.status = 'AVAILABLE'
		AND (d.created_by = $5::uuid OR ` + documentInSight + `)`

	// What a thing concerns: keys of its projects and places, or codes where it keeps those.
	sqlTarget = `SELECT x.* FROM (SELECT $5::text AS target_type, $6::uuid AS target_id) k CROSS JOIN LATERAL (
			SELECT ARRAY[m.project_key], ARRAY[m.source_location_key, m.destination_location_key], '{}'::text[], '{}'::text[]
				FROM sga.movement_ids i JOIN sga.movements m ON m.sequence = i.sequence WHERE k.target_type = 'MOVEMENT' AND i.movement_id = k.target_id
			UNION ALL SELECT '{}', '{}', t.project_codes, t.location_codes FROM sga.tasks t WHERE k.target_type = 'TASK' AND t.task_id = k.target_id
			UNION ALL SELECT ARRAY[coalesce(c.project_key, 0)], ARRAY[c.location_key], '{}', '{}' FROM sga.counts c
				WHERE k.target_type = 'COUNT' AND c.count_id = k.target_id
			UNION ALL SELECT ARRAY[a.project_key], ARRAY[a.location_key], '{}', '{}' FROM sga.assets a
				WHERE k.target_type = 'ASSET' AND a.asset_id = k.target_id
			UNION ALL SELECT ARRAY[r.project_key], ARRAY[r.location_key], '{}', '{}' FROM sga.reservations r
				WHERE k.target_type = 'RESERVATION' AND r.reservation_id = k.target_id) x
		WHERE ` + targetInSight

	sqlStaleUploads = `SELECT ` + documentColumns + ` FROM sga.documents d WHERE d.status IN ('UPLOADING', 'QUARANTINED') AND d.created_at < $1
		ORDER BY d.created_at LIMIT $2`
)

// documentSight gives $1 to $4 of the statements.
func (c *catalog) documentSight(s stock.Scope) []any {
	var projects, places []string
	if !s.AllProjects {
		projects = []string{}
		for _, k := range s.Projects {
			if p, ok := c.ProjectByKey(k); ok {
				projects = append(projects, p.Code)
			}
		}
	}
	if !s.AllLocations {
		places = []string{stock.OutsideCode, stock.TransitCode} // everybody's
		for _, k := range s.Locations {
			if l, ok := c.LocationByKey(k); ok {
				places = append(places, l.Code)
			}
		}
	}
	see := c.sightOf(s, 0, 0)
	return []any{see.projects, see.locations, projects, places}
}

func (c *catalog) documentArgs(s document.Sight, more ...any) []any {
	return append(append(c.documentSight(s.Scope), optionalID(s.Person), s.Fiscal, s.Admin), more...)
}

// Document implements document.Store.
func (db *DB) Document(ctx context.Context, s document.Sight, id uuid.UUID) (*document.Document, error) {
	rows, err := db.reader.Query(ctx, sqlDocument, db.catalog.Load().documentArgs(s, id)...)
	if err != nil {
		return nil, translate(fmt.Errorf("document: %w", err))
	}
	d, err := pgx.CollectExactlyOneRow(rows, readDocument)
	if isNoRows(err) {
		return nil, document.NotFound("document_id")
	}
	if err != nil {
		return nil, translate(fmt.Errorf("document: %w", err))
	}
	return d, db.linksOf(ctx, s, []*document.Document{d})
}

// RecordedDocument implements document.Store.
func (db *DB) RecordedDocument(ctx context.Context, id uuid.UUID) (*document.Document, error) {
	rows, err := db.writer.Query(ctx, sqlRecordedDocument, id)
	if err != nil {
		return nil, translate(fmt.Errorf("recorded document: %w", err))
	}
	d, err := pgx.CollectExactlyOneRow(rows, readDocument)
	if isNoRows(err) {
		return nil, document.NotFound("document_id")
	}
	return d, translate(err)
}

// linksOf fills in the links that the caller may see.
func (db *DB) linksOf(ctx context.Context, s document.Sight, list []*document.Document) error {
	if len(list) == 0 {
		return nil
	}
	ids, byID := make([]uuid.UUID, len(list)), map[uuid.UUID]*document.Document{}
	for i, d := range list {
		ids[i], byID[d.ID] = d.ID, d
	}
	rows, err := db.reader.Query(ctx, sqlDocumentLinks, append(db.catalog.Load().documentSight(s.Scope), ids)...)
	if err != nil {
		return translate(fmt.Errorf("links of documents: %w", err))
	}
	var of uuid.UUID
	var l document.Link
	_, err = pgx.ForEachRow(rows, []any{&of, &l.Kind, &l.ID, &l.By, &l.At}, func() error {
		byID[of].Links = append(byID[of].Links, l)
		return nil
	})
	return translate(err)
}

// Documents implements document.Store.
func (db *DB) Documents(ctx context.Context, s document.Sight, f document.Filter, page stock.Page) (*document.Page, error) {
	cat := db.catalog.Load()
	bound := []any{f, cat.documentSight(s.Scope), s.Person, s.Fiscal, s.Admin}
	before, err := afterID("documents", bound, page)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlDocuments, append([]any{planEachTime}, cat.documentArgs(s, before, string(f.Kind), string(f.Status), string(f.Target.Kind),
		optionalID(f.Target.ID), optionalDate(f.From), optionalDate(f.To), page.Size()+1)...)...)
	if err != nil {
		return nil, translate(fmt.Errorf("documents: %w", err))
	}
	found, err := pgx.CollectRows(rows, readDocument)
	if err != nil {
		return nil, translate(fmt.Errorf("documents: %w", err))
	}
	found, next, err := cutByID("documents", bound, page, found, func(d *document.Document) uuid.UUID { return d.ID })
	if err != nil {
		return nil, err
	}
	if err := db.linksOf(ctx, s, found); err != nil {
		return nil, err
	}
	out := &document.Page{Next: next, Rows: make([]document.Document, len(found))}
	for i, d := range found {
		out.Rows[i] = *d
	}
	return out, nil
}

// UsableDocuments implements document.Store.
func (db *DB) UsableDocuments(ctx context.Context, s document.Sight, ids []uuid.UUID) ([]uuid.UUID, error) {
	rows, err := db.reader.Query(ctx, sqlKnownDocuments, ids)
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	}
	if err != nil || len(ids) == 0 {
		return nil, translate(err)
	}
	rows, err = db.reader.Query(ctx, sqlUsableDocuments, db.catalog.Load().documentArgs(s, ids)...)
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	}
	return ids, translate(err)
}

// SeesTarget implements document.Store.
func (db *DB) SeesTarget(ctx context.Context, s document.Sight, t document.Target) (projects, locations []string, err error) {
	cat := db.catalog.Load()
	rows, err := db.reader.Query(ctx, sqlTarget, append(cat.documentSight(s.Scope), string(t.Kind), t.ID)...)
	if err != nil {
		return nil, nil, translate(fmt.Errorf("target: %w", err))
	}
	type concerns struct {
		projectKeys, placeKeys []int32
		projects, places       []string
	}
	c, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (c concerns, err error) {
		return c, row.Scan(&c.projectKeys, &c.placeKeys, &c.projects, &c.places)
	})
	if isNoRows(err) {
		return nil, nil, fault.NotFound.With("O que o documento comprova não foi encontrado.", "What the document proves was not found.").On("target_id")
	}
	if err != nil {
		return nil, nil, translate(fmt.Errorf("target: %w", err))
	}
	for _, k := range c.projectKeys {
		if p, ok := cat.ProjectByKey(stock.ProjectKey(k)); ok {
			c.projects = appendNew(c.projects, p.Code)
		}
	}
	for _, k := range c.placeKeys {
		if l, ok := cat.LocationByKey(stock.LocationKey(k)); ok && l.Key != stock.OutsideKey && l.Key != stock.TransitKey {
			c.places = appendNew(c.places, l.Code)
		}
	}
	return c.projects, c.places, nil
}

// StaleUploads implements document.Store.
func (db *DB) StaleUploads(ctx context.Context, before time.Time, limit int) ([]document.Document, error) {
	rows, err := db.reader.Query(ctx, sqlStaleUploads, before, limit)
	if err != nil {
		return nil, translate(fmt.Errorf("stale uploads: %w", err))
	}
	found, err := pgx.CollectRows(rows, readDocument)
	if err != nil {
		return nil, translate(fmt.Errorf("stale uploads: %w", err))
	}
	out := make([]document.Document, len(found))
	for i, d := range found {
		out[i] = *d
	}
	return out, nil
}

// readDocument reads documentColumns.
func readDocument(row pgx.CollectableRow) (*document.Document, error) {
	d := &document.Document{}
	var meant, person pgtype.UUID
	var inspected *time.Time
	err := row.Scan(&d.ID, &d.Kind, &d.Name, &d.DeclaredType, &d.Type, &d.Size, &d.SHA256, &d.Bucket, &d.Key, &d.Handle, &d.Meant.Kind, &meant,
		&d.Status, &d.Reason, &d.ReasonEN, &person, &d.CreatedBy, &d.CreatedAt, &inspected, &d.Version)
	d.Meant.ID, d.Person, d.InspectedAt = meant.Bytes, person.Bytes, timeOf(inspected)
	return d, err
}
