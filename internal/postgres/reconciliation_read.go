package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/big"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ reconcile.Store = (*DB)(nil)

const (
	// sqlOurStock leaves the conditions of a key apart: the comparison adds rows up anyway, without a sort.
	sqlOurStock = `SELECT part_number_key, location_key, project_key, quantity_total FROM sga.balances
		WHERE quantity_total > 0 AND location_key <> 2 AND ($1::int[] IS NULL OR location_key = ANY($1)) AND ($2::int[] IS NULL OR project_key = ANY($2))`

	sqlInsertReconciliation = `INSERT INTO sga.reconciliations (reconciliation_id, source_name, compared_by, project_codes, location_codes, theirs_rows,
			matched, different, only_theirs, only_ours, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp()) RETURNING created_at`

	reconciliationColumns = `reconciliation_id, source_name, compared_by, project_codes, location_codes, theirs_rows, matched, different, only_theirs,
		only_ours, created_by, created_at`

	// reconciliationInSight: its maker saw no more of our side than the reader does. NULL is everything.
	reconciliationInSight = `($1::text[] IS NULL OR project_codes <@ $1) AND ($2::text[] IS NULL OR location_codes <@ $2)`

	sqlReconciliations = `SELECT ` + reconciliationColumns + ` FROM sga.reconciliations
		WHERE ` + reconciliationInSight + ` AND ($3::uuid IS NULL OR reconciliation_id < $3) ORDER BY reconciliation_id DESC LIMIT $4`

	sqlReconciliation = `SELECT ` + reconciliationColumns + ` FROM sga.reconciliations WHERE ` + reconciliationInSight + ` AND reconciliation_id = $3`

	sqlReconciliationRows = `SELECT row_number, outcome, part_number, location, project, theirs, ours FROM sga.reconciliation_rows
		WHERE reconciliation_id = $1 AND row_number > $2 AND ($3::text[] IS NULL OR outcome = ANY($3)) ORDER BY row_number LIMIT $4`
)

// OurStock implements reconcile.Store. Rows are decoded as they arrive; nothing is kept.
func (db *DB) OurStock(ctx context.Context, scope stock.Scope) reconcile.List {
	return reconcile.List{Columns: reconcile.Columns{Location: true, Project: true}, Rows: func(yield func(reconcile.Row, error) bool) {
		if err := db.ourStock(ctx, scope, func(r reconcile.Row) bool { return yield(r, nil) }); err != nil {
			yield(reconcile.Row{}, translate(fmt.Errorf("our stock: %w", err)))
		}
	}}
}

func (db *DB) ourStock(ctx context.Context, scope stock.Scope, yield func(reconcile.Row) bool) error {
	if err := db.refreshCatalog(ctx); err != nil { // rows of a part that another process has just made need its code
		return err
	}
	cat := db.catalog.Load()
	see := cat.sightOf(scope, 0, 0)
	rows, err := db.reader.Query(ctx, sqlOurStock, planEachTime, see.locations, see.projects)
	if err != nil {
		return err
	}
	defer rows.Close()
	codes := newCodeBytes(cat)
	for rows.Next() {
		v := rows.RawValues() // in binary: three int4 and a numeric
		q, err := parseNumeric(v[3])
		if err != nil {
			return err
		}
		if !yield(reconcile.Row{Part: codes.parts[int32(binary.BigEndian.Uint32(v[0]))], Location: codes.locations[int32(binary.BigEndian.Uint32(v[1]))],
			Project: codes.projects[int32(binary.BigEndian.Uint32(v[2]))], Quantity: q}) {
			return nil
		}
	}
	return rows.Err()
}

// codeBytes are the codes of the catalogue as bytes, made once and not for each row.
type codeBytes struct{ parts, locations, projects map[int32][]byte }

func newCodeBytes(c *catalog) codeBytes {
	b := codeBytes{make(map[int32][]byte, len(c.partByKey)), make(map[int32][]byte, len(c.locationByKey)), make(map[int32][]byte, len(c.projectByKey))}
	for k, p := range c.partByKey {
		b.parts[int32(k)] = []byte(p.Number)
	}
	for k, l := range c.locationByKey {
		b.locations[int32(k)] = []byte(l.Code)
	}
	for k, p := range c.projectByKey {
		b.projects[int32(k)] = []byte(p.Code)
	}
	return b
}

// Materials implements reconcile.Store.
func (db *DB) Materials(context.Context) (*reconcile.Codes, error) {
	out := reconcile.NewCodes()
	for _, p := range db.searchTerms().parts { // in the order of numbers, so that the first of two claims is always the same
		if p.part.SAPMaterial == "" {
			continue
		}
		if err := out.Add(p.part.SAPMaterial, p.part.Number); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SaveReconciliation implements reconcile.Store. The rows go in by COPY as they are made.
func (db *DB) SaveReconciliation(ctx context.Context, h *reconcile.Saved, rows iter.Seq[reconcile.Difference]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	err := pgx.BeginFunc(ctx, db.writer, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, sqlInsertReconciliation, h.ID, h.Source, h.By, areaCodes(h.Projects), areaCodes(h.Locations), h.TheirRows, h.Summary.Matched,
			h.Summary.Different, h.Summary.OnlyTheirs, h.Summary.OnlyOurs, h.CreatedBy).Scan(&h.CreatedAt)
		if err != nil {
			return err
		}
		n := int64(0)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"sga", "reconciliation_rows"},
			[]string{"reconciliation_id", "row_number", "outcome", "part_number", "location", "project", "theirs", "ours"},
			pgx.CopyFromFunc(func() ([]any, error) {
				d, ok := next()
				if !ok {
					return nil, nil
				}
				n++
				return []any{h.ID, n, d.Kind.String(), d.Part, d.Location, d.Project, amountArg(d.Theirs), amountArg(d.Ours)}, nil
			}))
		return err
	})
	if err != nil {
		return translate(fmt.Errorf("save reconciliation: %w", err))
	}
	return nil
}

func amountArg(a reconcile.Amount) pgtype.Numeric {
	if !a.Present {
		return pgtype.Numeric{}
	}
	n := new(big.Int).SetUint64(a.Value.Coef())
	if a.Value.IsNeg() {
		n.Neg(n)
	}
	return pgtype.Numeric{Int: n, Exp: int32(-a.Value.Scale()), Valid: true}
}

// areaCodes is NULL for everywhere.
func areaCodes(a identity.Area) []string {
	if a.All {
		return nil
	}
	return sortedCodes(a)
}

// Reconciliations implements reconcile.Store.
func (db *DB) Reconciliations(ctx context.Context, see reconcile.Sight, page stock.Page) (*reconcile.SavedPage, error) {
	before, err := afterID("reconciliations", nil, page)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlReconciliations, planEachTime, areaCodes(see.Projects), areaCodes(see.Locations), before, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("reconciliations: %w", err))
	}
	out := &reconcile.SavedPage{}
	if out.Rows, err = pgx.CollectRows(rows, readSaved); err != nil {
		return nil, translate(fmt.Errorf("reconciliations: %w", err))
	}
	out.Rows, out.Next, err = cutByID("reconciliations", nil, page, out.Rows, func(s reconcile.Saved) uuid.UUID { return s.ID })
	return out, err
}

func readSaved(row pgx.CollectableRow) (s reconcile.Saved, err error) {
	var projects, locations []string
	sum := &s.Summary
	err = row.Scan(&s.ID, &s.Source, &s.By, &projects, &locations, &s.TheirRows, &sum.Matched, &sum.Different, &sum.OnlyTheirs, &sum.OnlyOurs,
		&s.CreatedBy, &s.CreatedAt)
	s.Projects, s.Locations = areaOf(projects), areaOf(locations)
	return s, err
}

func areaOf(list []string) identity.Area {
	if list == nil {
		return identity.Everywhere()
	}
	return identity.Only(list...)
}

// Reconciliation implements reconcile.Store.
func (db *DB) Reconciliation(ctx context.Context, see reconcile.Sight, id uuid.UUID, kinds []reconcile.Kind, page stock.Page) (*reconcile.RowPage, error) {
	bound := []any{id, kinds}
	values, err := decodeCursor("reconciliation", bound, page.Cursor, 1)
	if err != nil {
		return nil, err
	}
	after := int64(0)
	if values != nil {
		if after, err = values.integer(0); err != nil {
			return nil, err
		}
	}
	rows, err := db.reader.Query(ctx, sqlReconciliation, areaCodes(see.Projects), areaCodes(see.Locations), id)
	if err != nil {
		return nil, translate(fmt.Errorf("reconciliation: %w", err))
	}
	found, err := pgx.CollectRows(rows, readSaved)
	if err != nil {
		return nil, translate(fmt.Errorf("reconciliation: %w", err))
	}
	if len(found) == 0 {
		return nil, fault.NotFound.With("Conciliação não encontrada.", "Reconciliation not found.").On("reconciliation_id")
	}
	out := &reconcile.RowPage{Saved: found[0]}
	numbers, err := db.reconciliationRows(ctx, out, kinds, after, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("reconciliation: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		out.Next, err = encodeCursor("reconciliation", bound, cursorInt(numbers[n-1]))
	}
	return out, err
}

func (db *DB) reconciliationRows(ctx context.Context, out *reconcile.RowPage, kinds []reconcile.Kind, after int64, limit int) (numbers []int64, err error) {
	var outcomes []string
	for _, k := range kinds {
		outcomes = append(outcomes, k.String())
	}
	rows, err := db.reader.Query(ctx, sqlReconciliationRows, planEachTime, out.Saved.ID, after, outcomes, limit)
	if err != nil {
		return nil, err
	}
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d reconcile.Difference, err error) {
		var n int64
		var outcome string
		var theirs, ours nullQuantity
		if err = row.Scan(&n, &outcome, &d.Part, &d.Location, &d.Project, &theirs, &ours); err != nil {
			return d, err
		}
		numbers = append(numbers, n)
		d.Kind = kindOf(outcome)
		d.Theirs = reconcile.Amount{Value: theirs.Decimal, Present: theirs.Valid}
		d.Ours = reconcile.Amount{Value: ours.Decimal, Present: ours.Valid}
		d.Difference, err = ours.Decimal.Sub(theirs.Decimal)
		return d, err
	})
	return numbers, err
}

func kindOf(outcome string) reconcile.Kind {
	for _, k := range []reconcile.Kind{reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs} {
		if k.String() == outcome {
			return k
		}
	}
	return reconcile.OnlyOurs
}
