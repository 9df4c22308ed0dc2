package stock

import (
	"context"
	"time"
)

// BalanceFilter chooses balances. Zero fields choose everything; a place includes the places below it.
type BalanceFilter struct {
	Part      PartKey
	Location  LocationKey
	Project   ProjectKey
	Condition Condition
}

// BalanceRow is what lies, or lay, at one key.
type BalanceRow struct {
	Key
	Total          Quantity
	Reserved       Quantity
	LastMovementAt time.Time // zero: never, or a row of the past
	LastCountAt    time.Time
}

// Available is what may be promised.
func (r BalanceRow) Available() Quantity {
	return Balance{Total: r.Total, Reserved: r.Reserved}.Available()
}

// StockAtFilter chooses balances of the past. Without a Part the answer is paged, by part.
type StockAtFilter struct {
	BalanceFilter
	Moment Moment
}

// StockPage is a page of balances, of whole parts: the rows of one part never lie on two pages.
type StockPage struct {
	Rows []BalanceRow
	Next string // cursor of the next page; empty after the last
}

// BalanceReader answers what lies where. Keys that hold nothing are left out.
type BalanceReader interface {
	// PartBalances gives the present balances of filter.Part, in key order.
	PartBalances(ctx context.Context, scope Scope, filter BalanceFilter) ([]BalanceRow, error)
	// StockAt gives balances by the two clocks, from the log, in key order.
	StockAt(ctx context.Context, scope Scope, filter StockAtFilter, page Page) (*StockPage, error)
}
