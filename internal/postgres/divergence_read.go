package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.DivergenceReader = (*DB)(nil)

const sqlDivergences = `SELECT divergence_id, divergence_type, status, part_number_key, location_key, project_key, condition::text,
		expected_quantity, actual_quantity, variance, serials_missing, serials_unexpected, count_id, reconciliation_id, task_id, created_by, created_at
	FROM sga.divergences
	WHERE ($1::uuid IS NULL OR divergence_id < $1) AND ($2::int = 0 OR part_number_key = $2)
		AND ($3::int[] IS NULL OR location_key = ANY($3)) AND ($4::int[] IS NULL OR project_key = ANY($4))
		AND ($5::sga.condition IS NULL OR condition = $5) AND ($6::text = '' OR divergence_type = $6) AND ($7::text = '' OR status = $7)
		AND ($8::uuid IS NULL OR count_id = $8)
	ORDER BY divergence_id DESC LIMIT $9`

// Divergences implements stock.DivergenceReader.
func (db *DB) Divergences(ctx context.Context, scope stock.Scope, f stock.DivergenceFilter, page stock.Page) (*stock.DivergencePage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	before, err := afterID("divergences", bound, page)
	if err != nil || see.empty() {
		return &stock.DivergencePage{}, err
	}
	count := pgtype.UUID{Bytes: f.CountID, Valid: f.CountID != uuid.Nil}
	rows, err := db.reader.Query(ctx, sqlDivergences, planEachTime, before, f.Part, see.locations, see.projects, conditionArg(f.Condition),
		f.Type, f.Status, count, page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("divergences: %w", err))
	}
	out := &stock.DivergencePage{}
	out.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d stock.DivergenceRow, err error) {
		var count, reconciliation, task pgtype.UUID
		err = row.Scan(&d.ID, &d.Type, &d.Status, &d.Part, &d.Location, &d.Project, &d.Condition, &d.Expected, &d.Actual, &d.Variance,
			&d.Missing, &d.Unexpected, &count, &reconciliation, &task, &d.CreatedBy, &d.CreatedAt)
		d.CountID, d.ReconciliationID, d.TaskID = count.Bytes, reconciliation.Bytes, task.Bytes
		return d, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("divergences: %w", err))
	}
	out.Rows, out.Next, err = cutByID("divergences", bound, page, out.Rows, func(d stock.DivergenceRow) uuid.UUID { return d.ID })
	if err != nil {
		return nil, err
	}
	keys := make([]stock.Key, len(out.Rows))
	for i, r := range out.Rows {
		keys[i] = r.Key
	}
	return out, db.catchUp(ctx, keys...)
}
