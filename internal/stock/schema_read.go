package stock

import "context"

// Schema describes the tables that readers may see, for programs that map outside data to them.
type Schema struct {
	Tables      []TableInfo
	Enums       []EnumInfo
	ForeignKeys []ForeignKey
}

// TableInfo is a table with its columns in order.
type TableInfo struct {
	Name    string
	Columns []ColumnInfo
}

// ColumnInfo is a column as information_schema describes it.
type ColumnInfo struct {
	Name       string
	DataType   string
	MaxLength  int // 0: none
	Nullable   bool
	Default    string // an expression; empty for none
	TypeName   string // of pg_type, which names the enum
	Position   int
	PrimaryKey bool
	Generated  bool // an identity or computed column, which nobody writes
}

// Required reports whether a new row must say a value.
func (c ColumnInfo) Required() bool { return !c.Nullable && c.Default == "" && !c.Generated }

// EnumInfo is an enumeration with its values in their order.
type EnumInfo struct {
	Name   string
	Values []string
}

// ForeignKey says that columns of a table name a row of another.
type ForeignKey struct {
	Name       string
	Table      string
	Columns    []string
	References string
	RefColumns []string
}

// SchemaReader describes the database.
type SchemaReader interface {
	// Schema describes every table of the schema sga that readers may select, with the enumerations.
	Schema(ctx context.Context) (*Schema, error)
}
