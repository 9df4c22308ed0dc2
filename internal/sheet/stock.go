package sheet

import (
	"iter"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/reconcile"
)

// Stock is a table read as a list of stock: columns by name, in Portuguese, English or Spanish.
type Stock struct {
	table                                       *Table
	part, material, location, project, quantity int
	Skipped                                     int // rows passed over because they name no part: totals, page numbers, notes
}

// NewStock finds the columns. A table without a part number or material, or without a quantity, is refused.
func NewStock(t *Table) (*Stock, error) {
	s := &Stock{table: t,
		part: t.Column("part_number", "part number", "partnumber", "pn", "part no", "part", "numero da peca", "numero de parte",
			"codigo", "codigo do produto", "codigo do item", "product code", "item", "sku"),
		material: t.Column("material_sap", "sap material", "codigo sap", "cod sap", "sap code", "material"),
		location: t.Column("location", "location_code", "location code", "location_id", "localizacao", "codigo do local", "local",
			"deposito", "almoxarifado", "bin location", "ubicacion", "almacen"),
		project:  t.Column("project", "project_code", "project code", "project_id", "projeto", "codigo do projeto", "proyecto"),
		quantity: t.Column("quantity", "sap_quantity", "qty", "quantidade", "qtde", "qtd", "saldo", "saldo atual", "cantidad", "estoque", "physical qoh"),
	}
	if s.part < 0 && s.material < 0 {
		return nil, missing("part_number")
	}
	if s.quantity < 0 {
		return nil, missing("quantity")
	}
	return s, nil
}

func missing(column string) error {
	return fault.InvalidArgument.With("A planilha não tem a coluna %s. Dê à coluna esse nome na linha de cabeçalho.",
		"The sheet has no column %s. Give the column that name in the header row.", column).On(column)
}

// Columns says which parts of the key the table has.
func (s *Stock) Columns() reconcile.Columns {
	return reconcile.Columns{Location: s.location >= 0, Project: s.project >= 0}
}

// HasMaterial says whether the table joins part numbers to the materials of SAP.
func (s *Stock) HasMaterial() bool { return s.part >= 0 && s.material >= 0 }

// Codes reads the join of materials to part numbers from the table, in a pass of its own.
func (s *Stock) Codes() (*reconcile.Codes, error) {
	codes := reconcile.NewCodes()
	for _, err := range s.table.Rows() {
		if err == nil {
			err = codes.Add(string(s.table.Text(s.material)), string(s.table.Text(s.part)))
		}
		if err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// List is the table as one side of a reconciliation. An empty quantity is 0 only where the row names a part;
// a row that names none is counted in Skipped.
func (s *Stock) List() reconcile.List {
	return reconcile.List{Columns: s.Columns(), Rows: s.rows()}
}

func (s *Stock) rows() iter.Seq2[reconcile.Row, error] {
	return func(yield func(reconcile.Row, error) bool) {
		s.Skipped = 0
		for _, err := range s.table.Rows() {
			if err != nil {
				yield(reconcile.Row{}, err)
				return
			}
			row := reconcile.Row{Part: s.table.Text(s.part), Material: s.table.Text(s.material),
				Location: s.table.Text(s.location), Project: s.table.Text(s.project)}
			if len(row.Part) == 0 && len(row.Material) == 0 || isTotal(row.Part) || len(row.Part) == 0 && isTotal(row.Material) {
				s.Skipped++
				continue
			}
			if row.Quantity, _, err = s.table.Decimal(s.quantity); err != nil {
				yield(reconcile.Row{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// isTotal says whether the cell where a part number should be labels a sum.
func isTotal(cell []byte) bool {
	if len(cell) == 0 || cell[0] != 'T' && cell[0] != 't' && cell[0] != 'S' && cell[0] != 's' {
		return false
	}
	name, _, _ := strings.Cut(Fold(string(cell[:min(len(cell), 40)])), " ")
	return name == "total" || name == "totais" || name == "subtotal" || name == "totales" || name == "soma"
}
