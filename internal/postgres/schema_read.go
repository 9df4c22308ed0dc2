package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.SchemaReader = (*DB)(nil)

// Only tables that the reader may select are described; what it may not see does not exist.
const (
	sqlSchemaColumns = `SELECT c.relname, a.attname, format_type(a.atttypid, NULL), coalesce(information_schema._pg_char_max_length(a.atttypid, a.atttypmod), 0),
		NOT a.attnotnull, coalesce(pg_get_expr(d.adbin, d.adrelid), ''), t.typname, a.attnum::int,
		coalesce(a.attnum = ANY(k.conkey), false), a.attidentity <> '' OR a.attgenerated <> ''
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
		WHERE c.relnamespace = 'sga'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')
		ORDER BY c.relname, a.attnum`

	sqlSchemaEnums = `SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
		FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
		WHERE t.typnamespace = 'sga'::regnamespace GROUP BY t.typname ORDER BY t.typname`

	sqlSchemaKeys = `SELECT k.conname, c.relname, r.relname,
		(SELECT array_agg(a.attname::text ORDER BY n.i) FROM unnest(k.conkey) WITH ORDINALITY n (num, i)
			JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.num),
		(SELECT array_agg(a.attname::text ORDER BY n.i) FROM unnest(k.confkey) WITH ORDINALITY n (num, i)
			JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.num)
		FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
		WHERE k.contype = 'f' AND c.relnamespace = 'sga'::regnamespace AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(r.oid, 'SELECT')
		ORDER BY c.relname, k.conname`
)

// schemaAge is how long a description of the tables is kept: only a migration changes it, and agents ask
// for it before most imports.
const schemaAge = 30 * time.Second

// keptSchema is shared by all callers and never changed.
type keptSchema struct {
	schema *stock.Schema
	until  time.Time
}

// Schema implements stock.SchemaReader. What it returns must not be changed.
func (db *DB) Schema(ctx context.Context) (*stock.Schema, error) {
	if k := db.schema.Load(); k != nil && db.people.now().Before(k.until) {
		return k.schema, nil
	}
	s, err := db.readSchema(ctx)
	if err == nil {
		db.schema.Store(&keptSchema{s, db.people.now().Add(schemaAge)})
	}
	return s, err
}

func (db *DB) readSchema(ctx context.Context) (*stock.Schema, error) {
	s := &stock.Schema{}
	b := &pgx.Batch{}
	b.Queue(sqlSchemaColumns).Query(func(rows pgx.Rows) error { return readTables(rows, s) })
	b.Queue(sqlSchemaEnums).Query(func(rows pgx.Rows) (err error) {
		s.Enums, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e stock.EnumInfo, err error) {
			return e, row.Scan(&e.Name, &e.Values)
		})
		return err
	})
	b.Queue(sqlSchemaKeys).Query(func(rows pgx.Rows) (err error) {
		s.ForeignKeys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k stock.ForeignKey, err error) {
			return k, row.Scan(&k.Name, &k.Table, &k.References, &k.Columns, &k.RefColumns)
		})
		return err
	})
	if err := db.reader.SendBatch(ctx, b).Close(); err != nil {
		return nil, translate(fmt.Errorf("schema: %w", err))
	}
	return s, nil
}

func readTables(rows pgx.Rows, s *stock.Schema) error {
	defer rows.Close()
	for rows.Next() {
		var table string
		var c stock.ColumnInfo
		if err := rows.Scan(&table, &c.Name, &c.DataType, &c.MaxLength, &c.Nullable, &c.Default, &c.TypeName, &c.Position, &c.PrimaryKey, &c.Generated); err != nil {
			return err
		}
		if n := len(s.Tables); n == 0 || s.Tables[n-1].Name != table {
			s.Tables = append(s.Tables, stock.TableInfo{Name: table})
		}
		last := &s.Tables[len(s.Tables)-1]
		last.Columns = append(last.Columns, c)
	}
	return rows.Err()
}
