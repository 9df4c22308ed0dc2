package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// schemaName is the one schema that is described; every other answers as if it did not exist.
const schemaName = "sga"

type schemaMetadataIn struct{}

// columnOut describes a column in the words of information_schema.
type columnOut struct {
	Name         string  `json:"name"`
	DataType     string  `json:"data_type"`
	MaxLength    *int    `json:"character_maximum_length"`
	IsNullable   bool    `json:"is_nullable"`
	Default      *string `json:"column_default"`
	UDTName      string  `json:"udt_name"`
	Position     int     `json:"ordinal_position"`
	IsPrimaryKey bool    `json:"is_primary_key"`
}

type tableOut struct {
	Columns []columnOut `json:"columns"`
}

type foreignKeyOut struct {
	ConstraintName string   `json:"constraint_name"`
	TableName      string   `json:"table_name"`
	Columns        []string `json:"columns"`
	ForeignTable   string   `json:"foreign_table"`
	ForeignColumns []string `json:"foreign_columns"`
}

type schemaMetadataOut struct {
	Tables          map[string]tableOut `json:"tables"`
	Enums           map[string][]string `json:"enums"`
	ForeignKeys     []foreignKeyOut     `json:"foreign_keys"`
	RequiredColumns map[string][]string `json:"required_columns"`
	TableList       []string            `json:"table_list"`
	Timestamp       Time                `json:"timestamp"`
}

func (d *Deps) getSchemaMetadata() *Operation {
	return define(spec{name: "sga_get_schema_metadata", text: textGetSchemaMetadata(), risk: Read, roles: everyone()},
		func(ctx context.Context, _ *Call, _ *schemaMetadataIn) (*schemaMetadataOut, error) {
			s, err := d.Store.Schema(ctx)
			if err != nil {
				return nil, err
			}
			out := &schemaMetadataOut{Tables: map[string]tableOut{}, Enums: map[string][]string{}, RequiredColumns: map[string][]string{},
				ForeignKeys: make([]foreignKeyOut, len(s.ForeignKeys)), TableList: make([]string, len(s.Tables)), Timestamp: Time{d.Now()}}
			for i, t := range s.Tables {
				out.TableList[i] = t.Name
				out.Tables[t.Name] = tableOut{columnsOut(t.Columns)}
				required := []string{}
				for _, c := range t.Columns {
					if c.Required() {
						required = append(required, c.Name)
					}
				}
				out.RequiredColumns[t.Name] = required
			}
			for _, e := range s.Enums {
				out.Enums[e.Name] = e.Values
			}
			for i, k := range s.ForeignKeys {
				out.ForeignKeys[i] = foreignKeyOut{k.Name, k.Table, k.Columns, k.References, k.RefColumns}
			}
			return out, nil
		})
}

func columnsOut(columns []stock.ColumnInfo) []columnOut {
	out := make([]columnOut, len(columns))
	for i, c := range columns {
		out[i] = columnOut{Name: c.Name, DataType: c.DataType, IsNullable: c.Nullable, UDTName: c.TypeName, Position: c.Position, IsPrimaryKey: c.PrimaryKey}
		if c.MaxLength > 0 {
			out[i].MaxLength = &c.MaxLength
		}
		if c.Default != "" {
			out[i].Default = &c.Default
		}
	}
	return out
}

type tableColumnsIn struct {
	TableName  string `json:"table_name" req:"1" max:"63" doc:"Nome da tabela | Table name"`
	SchemaName string `json:"schema_name,omitzero" max:"63" doc:"Esquema (só sga) | Schema (only sga)"`
}

type tableColumnsOut struct {
	Columns    []columnOut `json:"columns"`
	TableName  string      `json:"table_name"`
	SchemaName string      `json:"schema_name"`
}

func (d *Deps) getTableColumns() *Operation {
	return define(spec{name: "sga_get_table_columns", text: textGetTableColumns(), risk: Read, roles: everyone()},
		func(ctx context.Context, _ *Call, in *tableColumnsIn) (*tableColumnsOut, error) {
			if in.SchemaName != "" && in.SchemaName != schemaName {
				return nil, fault.NotFound.With("Esquema não encontrado.", "Schema not found.").On("schema_name")
			}
			s, err := d.Store.Schema(ctx)
			if err != nil {
				return nil, err
			}
			for _, t := range s.Tables {
				if t.Name == in.TableName {
					return &tableColumnsOut{columnsOut(t.Columns), t.Name, schemaName}, nil
				}
			}
			return nil, fault.NotFound.With("Tabela não encontrada.", "Table not found.").On("table_name")
		})
}

type enumValuesIn struct {
	EnumName string `json:"enum_name" req:"1" max:"63" doc:"Nome da enumeração | Enumeration name"`
}

type enumValuesOut struct {
	EnumName string   `json:"enum_name"`
	Values   []string `json:"values"`
}

func (d *Deps) getEnumValues() *Operation {
	return define(spec{name: "sga_get_enum_values", text: textGetEnumValues(), risk: Read, roles: everyone()},
		func(ctx context.Context, _ *Call, in *enumValuesIn) (*enumValuesOut, error) {
			s, err := d.Store.Schema(ctx)
			if err != nil {
				return nil, err
			}
			for _, e := range s.Enums {
				if e.Name == in.EnumName {
					return &enumValuesOut{e.Name, e.Values}, nil
				}
			}
			return nil, fault.NotFound.With("Enumeração não encontrada.", "Enumeration not found.").On("enum_name")
		})
}
