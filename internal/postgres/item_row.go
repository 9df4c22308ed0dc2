package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/faiston/nexo/internal/item"
)

// itemRow scans itemColumnNames.
func itemRow(t *item.Table) pgx.RowToFunc[item.Item] {
	return func(row pgx.CollectableRow) (item.Item, error) {
		var r scannedItem
		err := row.Scan(r.targets()...)
		return r.item(t), err
	}
}

// scannedItem is a row as it comes.
type scannedItem struct {
	it      item.Item
	expires pgtype.Int8
	index   [2 * maxItemIndexes]pgtype.Text
}

func (r *scannedItem) targets(before ...any) []any {
	out := append(before, &r.it.Partition, &r.it.Sort, &r.it.Version, &r.expires, &r.it.Body)
	for i := range r.index {
		out = append(out, &r.index[i])
	}
	return out
}

func (r *scannedItem) item(t *item.Table) item.Item {
	if r.expires.Valid {
		r.it.ExpiresAt = time.Unix(r.expires.Int64, 0).UTC()
	}
	for i, x := range t.Indexes {
		if !r.index[2*i].Valid {
			continue
		}
		if r.it.Index == nil {
			r.it.Index = make(map[string]item.Key, len(t.Indexes))
		}
		r.it.Index[x.Name] = item.Key{Partition: r.index[2*i].String, Sort: r.index[2*i+1].String}
	}
	return r.it
}

// expiresOf is the column expires_at: null is never.
func expiresOf(it *item.Item) pgtype.Int8 {
	if it.ExpiresAt.IsZero() {
		return pgtype.Int8{}
	}
	return pgtype.Int8{Int64: it.ExpiresAt.Unix(), Valid: true}
}

// itemColumns are items turned into arrays.
type itemColumns struct {
	partition, sort, body []string
	version               []int64
	expires               pgtype.FlatArray[pgtype.Int8]
	index                 [2 * maxItemIndexes]pgtype.FlatArray[pgtype.Text]
}

// upsertArgs are the arguments of sqlItemUpsert. An index that the table does not have stays empty: unnest
// fills with nulls.
func upsertArgs(t *item.Table, items []*item.Item, kind item.ConditionKind, now int64) []any {
	n := len(items)
	c := itemColumns{partition: make([]string, n), sort: make([]string, n), body: make([]string, n), version: make([]int64, n),
		expires: make(pgtype.FlatArray[pgtype.Int8], n)}
	for i, it := range items {
		c.partition[i], c.sort[i], c.body[i], c.version[i], c.expires[i] = it.Partition, it.Sort, string(it.Body), it.Version, expiresOf(it)
	}
	for x, index := range t.Indexes {
		c.index[2*x], c.index[2*x+1] = indexColumns(index.Name, items)
	}
	args := []any{t.ID, c.partition, c.sort, c.version, c.expires, c.body}
	for _, column := range c.index {
		if column == nil {
			column = pgtype.FlatArray[pgtype.Text]{}
		}
		args = append(args, column)
	}
	return append(args, int32(kind), now)
}

// indexColumns are the keys of one index; where no item is in it, they stay empty.
func indexColumns(name string, items []*item.Item) (partition, sort pgtype.FlatArray[pgtype.Text]) {
	for i, it := range items {
		k, ok := it.Index[name]
		if !ok {
			continue
		}
		if partition == nil {
			partition, sort = make(pgtype.FlatArray[pgtype.Text], len(items)), make(pgtype.FlatArray[pgtype.Text], len(items))
		}
		partition[i], sort[i] = pgtype.Text{String: k.Partition, Valid: true}, pgtype.Text{String: k.Sort, Valid: true}
	}
	return partition, sort
}

// updateArgs are the arguments of sqlItemUpdate.
func (s *Items) updateArgs(t *item.Table, w *item.Write) []any {
	args := []any{t.ID, w.Item.Partition, w.Item.Sort, w.Item.Version, expiresOf(&w.Item), string(w.Item.Body)}
	for x := range maxItemIndexes {
		var k item.Key
		in := false
		if x < len(t.Indexes) {
			k, in = w.Item.Index[t.Indexes[x].Name]
		}
		args = append(args, pgtype.Text{String: k.Partition, Valid: in}, pgtype.Text{String: k.Sort, Valid: in})
	}
	return append(args, pgtype.Int8{Int64: w.If.Version, Valid: w.If.Kind == item.IfVersion}, s.clock())
}
