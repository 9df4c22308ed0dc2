package app

import (
	"io"

	"github.com/govalues/decimal"

	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/rest"
	"github.com/faiston/nexo/internal/sheet"
)

// table writes the cells of a door with the writers of package sheet.
type table struct{ w sheet.Writer }

// newSheet starts a table for people: CSV in the dialect of the language, or XLSX.
func newSheet(w io.Writer, kind rest.SheetKind, name string, english bool) (rest.Sheet, error) {
	if kind == rest.XLSX {
		x, err := sheet.NewXLSXWriter(w, name)
		return table{x}, err
	}
	return table{sheet.NewCSVWriter(w, sheet.CSVOptions{English: english, BOM: true})}, nil
}

// Row writes one row.
func (t table) Row(cells []rest.Cell) error {
	row := make([]sheet.Value, len(cells))
	for i, c := range cells {
		row[i] = SheetValue(c)
	}
	return t.w.Write(row...)
}

// SheetValue is a cell of a list for the writers of sheets. A number that is none becomes a text: nothing is lost.
func SheetValue(c ops.Cell) sheet.Value {
	if d, err := decimal.Parse(c.Text); err == nil && c.Number {
		return sheet.NumberValue(d)
	}
	return sheet.TextValue(c.Text)
}

// Close finishes the table.
func (t table) Close() error { return t.w.Close() }
