package stock

import "context"

// LocationFilter chooses places. Zero fields choose every active one; every word of Text must stand,
// folded, in the code, the name or the city. Below is a place whose tree is wanted.
type LocationFilter struct {
	Text     string
	Type     LocationType
	Below    LocationKey
	City     string // folded equality
	Inactive bool
}

// LocationPage is a page of places, by code.
type LocationPage struct {
	Rows  []*Location
	Total int
	Next  string
}

// LocationReader lists places. A parent outside the scope is not shown as one.
type LocationReader interface {
	// Locations lists the places of the scope.
	Locations(ctx context.Context, scope Scope, filter LocationFilter, page Page) (*LocationPage, error)
}
