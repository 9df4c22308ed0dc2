package stock

import "context"

// StockLevel says how a balance stands against the minimum of its part.
type StockLevel string

// Stock levels: nothing available, available up to the minimum, more than the minimum (the earlier
// schema's stock_status).
const (
	OutOfStock StockLevel = "OUT_OF_STOCK"
	LowStock   StockLevel = "LOW_STOCK"
	Sufficient StockLevel = "IN_STOCK"
)

// StockLevels lists them, the most urgent first.
func StockLevels() []StockLevel { return []StockLevel{OutOfStock, LowStock, Sufficient} }

// LevelOf compares what is available with the minimum.
func LevelOf(available, minimum Quantity) StockLevel {
	switch {
	case !available.IsPos():
		return OutOfStock
	case available.Cmp(minimum) <= 0:
		return LowStock
	}
	return Sufficient
}

// InventoryFilter chooses balances of the present. Zero fields choose everything; a place includes the
// places below it. With a Status, rows count only the serialised assets in that state; Level then does
// not apply.
type InventoryFilter struct {
	BalanceFilter
	Level  StockLevel
	Status AssetStatus
}

// InventoryPage is a page of balances in the order of Key, that is of registration: a stable order that
// no edit of a code changes. Empty balances are listed too.
type InventoryPage struct {
	Rows   []BalanceRow
	Assets []AssetRow // with a Status: the assets of Rows, at most as many as the page may have rows
	Total  int64      // rows of the whole list when its first page was read
	More   bool       // assets were left out of Assets
	Next   string     // cursor of the next page; empty after the last
}

// InventoryReader lists what is in stock.
type InventoryReader interface {
	// Inventory gives a page; the first offset rows after the cursor are passed over.
	Inventory(ctx context.Context, scope Scope, filter InventoryFilter, page Page, offset int) (*InventoryPage, error)
}
