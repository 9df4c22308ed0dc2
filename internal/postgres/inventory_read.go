package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.InventoryReader = (*DB)(nil)

// Conditions that the page and the total share. $1 part, $2 place, $3 places, $4 project, $5 projects,
// $6 condition, $7 level (balances) or state (assets). One place or project has a parameter of its own,
// because an index gives its order for an equality and not for a list.
const (
	balanceConditions = `($1::int = 0 OR b.part_number_key = $1) AND ($2::int = 0 OR b.location_key = $2)
		AND ($3::int[] IS NULL OR b.location_key = ANY($3)) AND ($4::int = 0 OR b.project_key = $4)
		AND ($5::int[] IS NULL OR b.project_key = ANY($5)) AND ($6::sga.condition IS NULL OR b.condition = $6)
		AND ($7::text = '' OR $7 = CASE WHEN b.quantity_total <= b.quantity_reserved THEN 'OUT_OF_STOCK'
			WHEN b.quantity_total - b.quantity_reserved <= (SELECT p.min_stock_level FROM sga.part_numbers p
				WHERE p.part_number_key = b.part_number_key) THEN 'LOW_STOCK' ELSE 'IN_STOCK' END)`

	inStateConditions = `($1::int = 0 OR a.part_number_key = $1) AND ($2::int = 0 OR a.location_key = $2)
		AND ($3::int[] IS NULL OR a.location_key = ANY($3)) AND ($4::int = 0 OR a.project_key = $4)
		AND ($5::int[] IS NULL OR a.project_key = ANY($5)) AND ($6::sga.condition IS NULL OR a.condition = $6)
		AND a.status = $7::sga.asset_status AND a.is_active`
)

// A page and its total are one statement, and so one picture of the data. $8 to $11 are the key after
// which the page starts, $12 its size, $13 the rows to pass over, $14 whether to count.
const (
	sqlInventory = `SELECT t.total, p.part_number_key, p.location_key, p.project_key, p.condition::text, p.quantity_total, p.quantity_reserved,
		p.last_movement_at, p.last_count_at
		FROM (SELECT CASE WHEN $14::bool THEN (SELECT count(*) FROM sga.balances b WHERE ` + balanceConditions + `) ELSE 0 END AS total) t
		LEFT JOIN LATERAL (
			SELECT b.part_number_key, b.location_key, b.project_key, b.condition, b.quantity_total, b.quantity_reserved, b.last_movement_at, b.last_count_at
			FROM sga.balances b
			WHERE (b.part_number_key, b.location_key, b.project_key, b.condition) > ($8::int, $9::int, $10::int, $11::sga.condition) AND ` + balanceConditions + `
			ORDER BY b.part_number_key, b.location_key, b.project_key, b.condition LIMIT $12 OFFSET $13) p ON true
		ORDER BY p.part_number_key, p.location_key, p.project_key, p.condition`

	sqlInventoryInState = `SELECT t.total, p.part_number_key, p.location_key, p.project_key, p.condition::text, p.units, p.reserved,
		p.last_movement_at, NULL::timestamptz
		FROM (SELECT CASE WHEN $14::bool THEN (SELECT count(*) FROM (SELECT DISTINCT a.part_number_key, a.location_key, a.project_key, a.condition
			FROM sga.assets a WHERE ` + inStateConditions + `) d) ELSE 0 END AS total) t
		LEFT JOIN LATERAL (
			SELECT a.part_number_key, a.location_key, a.project_key, a.condition, count(*)::numeric AS units, count(a.reservation_id)::numeric AS reserved,
				max(a.last_movement_at) AS last_movement_at
			FROM sga.assets a
			WHERE a.part_number_key >= $8::int AND (a.part_number_key, a.location_key, a.project_key, a.condition) > ($8, $9::int, $10::int, $11::sga.condition)
				AND ` + inStateConditions + `
			GROUP BY a.part_number_key, a.location_key, a.project_key, a.condition
			ORDER BY a.part_number_key, a.location_key, a.project_key, a.condition LIMIT $12 OFFSET $13) p ON true
		ORDER BY p.part_number_key, p.location_key, p.project_key, p.condition`

	sqlAssetsOfBalances = `SELECT ` + assetRowColumns + `
		FROM unnest($1::int[], $2::int[], $3::int[], $4::sga.condition[]) k (part_number_key, location_key, project_key, condition)
		JOIN sga.assets a ON a.part_number_key = k.part_number_key AND a.location_key = k.location_key AND a.project_key = k.project_key
			AND a.condition = k.condition
		WHERE a.status = $5::sga.asset_status AND a.is_active
		ORDER BY a.part_number_key, a.location_key, a.project_key, a.condition, a.serial_key LIMIT $6`
)

// Inventory implements stock.InventoryReader.
func (db *DB) Inventory(ctx context.Context, scope stock.Scope, f stock.InventoryFilter, page stock.Page, offset int) (*stock.InventoryPage, error) {
	see := db.catalog.Load().sightOf(scope, f.Project, f.Location)
	bound := []any{f, see.projects, see.locations}
	values, err := decodeCursor("inventory", bound, page.Cursor, 5)
	if err != nil {
		return nil, err
	}
	after, total, err := inventoryPlace(values)
	if err != nil || see.empty() {
		return &stock.InventoryPage{}, err
	}
	out := &stock.InventoryPage{Total: total}
	if err := db.inventoryRows(ctx, out, inventoryQuery{f, see, after, page.Size() + 1, offset, values == nil}); err != nil {
		return nil, err
	}
	if len(out.Rows) > page.Size() {
		out.Rows = out.Rows[:page.Size()]
		last := out.Rows[page.Size()-1].Key
		out.Next, err = encodeCursor("inventory", bound, cursorInt(last.Part), cursorInt(last.Location), cursorInt(last.Project),
			string(last.Condition), cursorInt(out.Total))
		if err != nil {
			return nil, err
		}
	}
	if f.Status != "" && len(out.Rows) > 0 {
		if err := db.assetsOf(ctx, out, f.Status, page.Size()); err != nil {
			return nil, err
		}
	}
	keys := make([]stock.Key, len(out.Rows))
	for i := range out.Rows {
		keys[i] = out.Rows[i].Key
	}
	return out, db.catchUp(ctx, keys...)
}

// inventoryPlace reads where the page starts and the total that its list had.
func inventoryPlace(v cursorValues) (stock.Key, int64, error) {
	if v == nil {
		return stock.Key{Condition: stock.New}, 0, nil // before every row: keys begin at 1
	}
	var n [4]int64
	for i, at := range []int{0, 1, 2, 4} {
		var err error
		if n[i], err = v.integer(at); err != nil {
			return stock.Key{}, 0, err
		}
	}
	condition, err := stock.Parse(stock.Conditions(), v[3], "cursor")
	return stock.Key{Part: stock.PartKey(n[0]), Location: stock.LocationKey(n[1]), Project: stock.ProjectKey(n[2]), Condition: condition}, n[3], err
}

type inventoryQuery struct {
	filter stock.InventoryFilter
	see    sight
	after  stock.Key
	limit  int
	offset int
	count  bool
}

func (db *DB) inventoryRows(ctx context.Context, out *stock.InventoryPage, q inventoryQuery) error {
	statement, last := sqlInventory, string(q.filter.Level)
	if q.filter.Status != "" {
		statement, last = sqlInventoryInState, string(q.filter.Status)
	}
	place, places := oneOrMany(q.see.locations)
	project, projects := oneOrMany(q.see.projects)
	rows, err := db.reader.Query(ctx, statement, planEachTime, q.filter.Part, place, places, project, projects, conditionArg(q.filter.Condition), last,
		q.after.Part, q.after.Location, q.after.Project, string(q.after.Condition), q.limit, q.offset, q.count)
	if err != nil {
		return translate(fmt.Errorf("inventory: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var total int64
		var part, at, owner *int32
		var condition *string
		var r stock.BalanceRow
		var units, reserved nullQuantity
		var moved, counted *time.Time
		if err := rows.Scan(&total, &part, &at, &owner, &condition, &units, &reserved, &moved, &counted); err != nil {
			return translate(fmt.Errorf("inventory: %w", err))
		}
		if q.count {
			out.Total = total
		}
		if part == nil { // a list without rows still has its total
			continue
		}
		r.Key = stock.Key{Part: stock.PartKey(*part), Location: stock.LocationKey(*at), Project: stock.ProjectKey(*owner), Condition: stock.Condition(*condition)}
		r.Total, r.Reserved, r.LastMovementAt, r.LastCountAt = units.Decimal, reserved.Decimal, timeOf(moved), timeOf(counted)
		out.Rows = append(out.Rows, r)
	}
	return translate(rows.Err())
}

// assetsOf fills in the assets that the rows of the page count.
func (db *DB) assetsOf(ctx context.Context, out *stock.InventoryPage, status stock.AssetStatus, most int) error {
	n := len(out.Rows)
	parts, places, projects, conditions := make([]int32, n), make([]int32, n), make([]int32, n), make([]string, n)
	for i, r := range out.Rows {
		parts[i], places[i], projects[i], conditions[i] = int32(r.Part), int32(r.Location), int32(r.Project), string(r.Condition)
	}
	rows, err := db.reader.Query(ctx, sqlAssetsOfBalances, planEachTime, parts, places, projects, conditions, string(status), most+1)
	if err != nil {
		return translate(fmt.Errorf("assets of inventory: %w", err))
	}
	found, err := pgx.CollectRows(rows, readAsset)
	if err != nil {
		return translate(fmt.Errorf("assets of inventory: %w", err))
	}
	if len(found) > most {
		found, out.More = found[:most], true
	}
	for _, a := range found {
		out.Assets = append(out.Assets, a.AssetRow)
	}
	return nil
}

// oneOrMany splits a list of keys for statements that treat one key as an equality: (0, nil) is no limit.
func oneOrMany(keys []int32) (one int32, many []int32) {
	if len(keys) == 1 {
		return keys[0], nil
	}
	return 0, keys
}
