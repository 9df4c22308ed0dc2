package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.CountReader = (*DB)(nil)

const (
	countColumns = `c.count_id, c.count_name, c.count_type, c.status, c.location_key, coalesce(c.project_key, 0), c.is_blind, c.opened_by, c.opened_at,
		c.closed_by, c.closed_at,
		(SELECT count(DISTINCT (r.part_number_key, r.project_key, r.condition)) FROM sga.count_results r WHERE r.count_id = c.count_id
			AND ($1::int[] IS NULL OR r.project_key = ANY($1))),
		(SELECT count(*) FROM sga.divergences d WHERE d.count_id = c.count_id AND ($1::int[] IS NULL OR d.project_key = ANY($1)))`

	// countInSight: a count of every project is seen by whoever sees the place.
	countInSight = `($1::int[] IS NULL OR c.project_key IS NULL OR c.project_key = ANY($1)) AND ($2::int[] IS NULL OR c.location_key = ANY($2))`

	sqlCounts = `SELECT ` + countColumns + ` FROM sga.counts c
		WHERE ` + countInSight + ` AND ($3::uuid IS NULL OR c.count_id < $3) AND ($4::text = '' OR c.status = $4) AND ($5::text = '' OR c.count_type = $5)
			AND ($6::date IS NULL OR (c.opened_at AT TIME ZONE 'America/Sao_Paulo')::date >= $6)
			AND ($7::date IS NULL OR (c.opened_at AT TIME ZONE 'America/Sao_Paulo')::date <= $7)
		ORDER BY c.count_id DESC LIMIT $8`

	sqlCount = `SELECT ` + countColumns + ` FROM sga.counts c WHERE ` + countInSight + ` AND c.count_id = $3`

	// sqlCountItems: $3 count, $4 place, $5 project or 0, $6 whether what the ledger has now is shown, $7 whether the count has closed.
	// Of a closed count what agreed was expected as it was counted, and what differed left a divergence.
	sqlCountItems = `WITH counted AS (
			SELECT DISTINCT ON (part_number_key, project_key, condition) part_number_key, project_key, condition, counted_quantity, serial_keys,
				round, counted_by, counted_at, notes
			FROM sga.count_results WHERE count_id = $3 ORDER BY part_number_key, project_key, condition, round DESC),
		expected AS (
			SELECT part_number_key, project_key, condition, quantity_total FROM sga.balances
			WHERE $6::bool AND location_key = $4 AND ($5::int = 0 OR project_key = $5) AND quantity_total > 0)
		SELECT part_number_key, project_key, condition::text,
			CASE WHEN $6::bool THEN coalesce(e.quantity_total, 0) WHEN $7::bool THEN coalesce(d.expected_quantity, c.counted_quantity) END,
			c.counted_quantity, coalesce(c.round, 0), c.counted_by, c.counted_at, coalesce(c.serial_keys, '{}'),
			coalesce(d.serials_missing, '{}'), coalesce(d.serials_unexpected, '{}'), coalesce(c.notes, '')
		FROM counted c FULL JOIN expected e USING (part_number_key, project_key, condition)
		LEFT JOIN (SELECT part_number_key, project_key, condition, expected_quantity, serials_missing, serials_unexpected
			FROM sga.divergences WHERE count_id = $3) d USING (part_number_key, project_key, condition)
		WHERE ($1::int[] IS NULL OR project_key = ANY($1)) AND ($2::int[] IS NULL OR $4 = ANY($2))
			AND (part_number_key, project_key, condition) > ($8::int, $9::int, $10::text::sga.condition)
		ORDER BY part_number_key, project_key, condition LIMIT $11`
)

// Counts implements stock.CountReader.
func (db *DB) Counts(ctx context.Context, scope stock.Scope, f stock.CountFilter, page stock.Page) (*stock.CountPage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	before, err := afterID("counts", bound, page)
	if err != nil || see.empty() {
		return &stock.CountPage{}, err
	}
	rows, err := db.reader.Query(ctx, sqlCounts, planEachTime, see.projects, see.locations, before, string(f.Status), f.Type,
		optionalDate(f.From), optionalDate(f.To), page.Size()+1)
	if err != nil {
		return nil, translate(fmt.Errorf("counts: %w", err))
	}
	out := &stock.CountPage{}
	if out.Rows, err = pgx.CollectRows(rows, readCount); err != nil {
		return nil, translate(fmt.Errorf("counts: %w", err))
	}
	out.Rows, out.Next, err = cutByID("counts", bound, page, out.Rows, func(r stock.CountRow) uuid.UUID { return r.ID })
	if err != nil {
		return nil, err
	}
	keys := make([]stock.Key, len(out.Rows))
	for i, r := range out.Rows {
		keys[i] = stock.Key{Location: r.Location, Project: r.Project}
	}
	return out, db.catchUp(ctx, keys...)
}

func readCount(row pgx.CollectableRow) (c stock.CountRow, err error) {
	var closedBy pgtype.UUID
	var closedAt *time.Time
	err = row.Scan(&c.ID, &c.Name, &c.Type, &c.Status, &c.Location, &c.Project, &c.Blind, &c.OpenedBy, &c.OpenedAt, &closedBy, &closedAt,
		&c.Counted, &c.Divergences)
	c.ClosedBy, c.ClosedAt = closedBy.Bytes, timeOf(closedAt)
	return c, err
}

// Count implements stock.CountReader.
func (db *DB) Count(ctx context.Context, scope stock.Scope, id uuid.UUID, page stock.Page) (*stock.CountItemPage, error) {
	see := db.catalog.Load().sightOf(scope, 0, 0)
	bound := []any{id, see.projects, see.locations}
	values, err := decodeCursor("count", bound, page.Cursor, 3)
	if err != nil {
		return nil, err
	}
	rows, err := db.reader.Query(ctx, sqlCount, see.projects, see.locations, id)
	if err != nil {
		return nil, translate(fmt.Errorf("count: %w", err))
	}
	found, err := pgx.CollectRows(rows, readCount)
	if err != nil {
		return nil, translate(fmt.Errorf("count: %w", err))
	}
	if len(found) == 0 {
		return nil, fault.NotFound.With("Contagem não encontrada.", "Count not found.").On("count_id")
	}
	out := &stock.CountItemPage{Count: found[0]}
	if out.Rows, err = db.countItems(ctx, found[0], see, values, page.Size()+1); err != nil {
		return nil, err
	}
	keys := []stock.Key{{Location: out.Count.Location, Project: out.Count.Project}}
	for _, r := range out.Rows {
		keys = append(keys, stock.Key{Part: r.Part, Project: r.Project})
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		last := out.Rows[n-1]
		if out.Next, err = encodeCursor("count", bound, cursorInt(last.Part), cursorInt(last.Project), string(last.Condition)); err != nil {
			return nil, err
		}
	}
	return out, db.catchUp(ctx, keys...)
}

func (db *DB) countItems(ctx context.Context, c stock.CountRow, see sight, values cursorValues, limit int) ([]stock.CountItem, error) {
	after := cursorValues{"0", "0", string(stock.New)}
	if values != nil {
		after = values
	}
	part, err := after.integer(0)
	if err != nil {
		return nil, err
	}
	project, err := after.integer(1)
	if err != nil {
		return nil, err
	}
	live := c.Status == stock.CountOpened && !c.Blind
	rows, err := db.reader.Query(ctx, sqlCountItems, planEachTime, see.projects, see.locations, c.ID, c.Location, c.Project, live,
		c.Status == stock.CountClosed, part, project, after[2], limit)
	if err != nil {
		return nil, translate(fmt.Errorf("count items: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i stock.CountItem, err error) {
		var expected, counted nullQuantity
		var by pgtype.UUID
		var at *time.Time
		err = row.Scan(&i.Part, &i.Project, &i.Condition, &expected, &counted, &i.Round, &by, &at, &i.Serials, &i.Missing, &i.Unexpected, &i.Notes)
		i.Expected, i.Counted, i.CountedBy, i.CountedAt = optional(expected), optional(counted), by.Bytes, timeOf(at)
		return i, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("count items: %w", err))
	}
	return out, nil
}
