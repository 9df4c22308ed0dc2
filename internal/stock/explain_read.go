package stock

import "context"

// ExplainedMovement is a movement with what it did to the balance that is being explained, and what
// the balance came to after it.
type ExplainedMovement struct {
	MovementRow
	TotalChange    Quantity
	ReservedChange Quantity
	Total          Quantity
	Reserved       Quantity
}

// Explanation is why a balance is what it is: the movements that make it, by business day and then in
// the order of the log. Opening plus the changes of Rows is the last row's figure, and after the last
// page that is Balance.
type Explanation struct {
	Opening   Balance // before the first row of this page; without version
	Balance   Balance // of the moment that was asked for; without version
	Movements int64   // of all pages
	Rows      []ExplainedMovement
	Next      string // cursor of the next page; empty after the last
}

// Explainer answers "why".
type Explainer interface {
	// ExplainBalance gives the movements behind the balance of filter.Part; a place includes the places
	// below it, and moves between them change nothing and are left out.
	ExplainBalance(ctx context.Context, scope Scope, filter StockAtFilter, page Page) (*Explanation, error)
}
