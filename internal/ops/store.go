package ops

import "github.com/faiston/nexo/internal/stock"

// Store is all that operations read; package postgres satisfies it. Each noun adds its own small
// reader interface here.
type Store interface {
	Auditor
	// Catalog gives the present picture of projects, places and part numbers.
	Catalog() stock.Catalog
	ReservationReader
	RecordedReader
	AssetKeyReader
	stock.BalanceReader
	stock.InventoryReader
	stock.AssetReader
	stock.AssetFinder
	stock.MovementReader
	stock.SchemaReader
	CountReader
	TaskReader
}
