package sap

import (
	"bytes"
	"iter"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/govalues/decimal"
)

// StockRow is one line of MB52. Its slices are valid until the next row.
type StockRow struct {
	Number   int    // in the file
	Material []byte // without the zeros that SAP pads digits with
	Plant    []byte // centro
	Storage  []byte // depósito; empty for stock of the plant itself
	Batch    []byte
	// Quantity is free + quality inspection + blocked, in the base unit. Stock in transit, returns and restricted
	// stock are left out: they lie in no storage location of ours.
	Quantity decimal.Decimal
}

// Stock is an MB52 list.
type Stock struct {
	table                         Table
	material, plant, storage, lot int
	amounts                       []int    // the columns that add up to the quantity
	Hidden                        []string // quantity columns that the user's layout does not show: they count as 0
	Totals                        int      // rows without material passed over by the last reading: SAP's subtotals
}

// NewStock finds the columns of MB52; any other report is refused by name, with advice.
func NewStock(t Table) (*Stock, error) {
	if r, _ := Recognise(t); r != MB52 {
		return nil, refusal(r)
	}
	s := &Stock{table: t, material: t.Column(material()...), plant: t.Column(plant()...), storage: t.Column(storage()...),
		lot: t.Column(batch()...), amounts: []int{t.Column(free()...)}}
	if s.storage < 0 {
		return nil, fault.InvalidArgument.With("A MB52 está sem a coluna Depósito. Inclua-a no layout e exporte de novo.",
			"The MB52 lacks the storage location. Add it to the layout and export again.").On("file")
	}
	for _, names := range [][]string{quality(), blocked()} {
		if c := t.Column(names...); c >= 0 {
			s.amounts = append(s.amounts, c)
		} else {
			s.Hidden = append(s.Hidden, names[0])
		}
	}
	return s, nil
}

// Rows streams the lines.
func (s *Stock) Rows() iter.Seq2[StockRow, error] {
	return func(yield func(StockRow, error) bool) {
		s.Totals = 0
		for n, err := range s.table.Rows() {
			row := StockRow{Number: n}
			if err == nil {
				row.Material = reconcile.Material(s.table.Text(s.material))
				if len(row.Material) == 0 || row.Material[0] == '*' {
					s.Totals++
					continue
				}
				row.Plant, row.Storage, row.Batch = s.table.Text(s.plant), s.table.Text(s.storage), s.table.Text(s.lot)
				row.Quantity, err = s.quantity()
			}
			if err != nil {
				yield(StockRow{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (s *Stock) quantity() (decimal.Decimal, error) {
	var sum decimal.Decimal
	for _, column := range s.amounts {
		d, ok, err := s.table.Decimal(column)
		if err != nil {
			return sum, err
		}
		if !ok {
			continue
		}
		if sum, err = sum.AddExact(d, max(sum.Scale(), d.Scale())); err != nil {
			return sum, fault.InvalidArgument.With("Uma quantidade não cabe em 19 algarismos.", "A quantity has more than 19 digits.").On("file").Because(err)
		}
	}
	return sum, nil
}

// List is the stock as their side of a reconciliation: material as the code, CENTRO-DEPOSITO as the location
// (contract), no project, lots summed by the comparison.
func (s *Stock) List() reconcile.List {
	return reconcile.List{Columns: reconcile.Columns{Location: true}, Rows: func(yield func(reconcile.Row, error) bool) {
		var location []byte
		for row, err := range s.Rows() {
			if err != nil {
				yield(reconcile.Row{}, err)
				return
			}
			location = AppendLocation(location[:0], row.Plant, row.Storage)
			if !yield(reconcile.Row{Material: row.Material, Location: location, Quantity: row.Quantity}, nil) {
				return
			}
		}
	}}
}

// AppendLocation appends the location code of a plant and a storage location: CENTRO-DEPOSITO, or CENTRO for
// stock that lies in none. SAP's storage locations have four places; 1 is a 0001 that a spreadsheet took for a
// number.
func AppendLocation(dst, plant, storage []byte) []byte {
	dst = append(dst, plant...)
	if len(storage) == 0 {
		return dst
	}
	dst = append(dst, '-')
	if len(storage) < 4 && len(bytes.Trim(storage, "0123456789")) == 0 {
		dst = append(dst, "0000"[:4-len(storage)]...)
	}
	return append(dst, storage...)
}
