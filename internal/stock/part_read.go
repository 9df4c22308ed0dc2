package stock

import "context"

// PartFilter chooses part numbers. Zero fields choose every active one; every word of Text must stand,
// folded, in the number, the description or a code.
type PartFilter struct {
	Text         string
	Category     string // folded equality
	Manufacturer string
	Serialized   *bool
	Inactive     bool // also those that are no longer used
}

// PartPage is a page of the catalogue, by part number.
type PartPage struct {
	Rows  []*Part
	Total int // of all pages
	Next  string
}

// PartReader lists the catalogue. Part numbers belong to no project and no place: everybody sees them.
type PartReader interface {
	// Parts lists part numbers by number.
	Parts(ctx context.Context, filter PartFilter, page Page) (*PartPage, error)
}

// Shortage is a part whose available stock is at or below its reorder point, or below its minimum.
type Shortage struct {
	Part      PartKey
	Location  LocationKey // 0: over all places that were asked for
	Project   ProjectKey  // 0: over all projects that were asked for
	Total     Quantity
	Available Quantity
	Threshold Quantity  // the greater of minimum and reorder point, as they are today
	Value     *Quantity // BRL: what is missing at today's unit cost; nil when not asked for or without a cost
}

// ShortageFilter chooses shortages. PerLocation and PerProject judge each place or project alone, against the
// same levels, where the part has ever lain; otherwise the sum of all that is asked for counts.
type ShortageFilter struct {
	Part        PartKey
	Location    LocationKey
	Project     ProjectKey
	Category    string
	PerLocation bool
	PerProject  bool
	Moment      Moment
	Values      bool
}

// ShortagePage is a page of shortages, the most critical first: by the share of the threshold that is there.
type ShortagePage struct {
	Rows  []Shortage
	Total int64
	Empty int64     // of Total: with nothing available
	Value *Quantity // BRL, of all pages; nil when not asked for
	Next  string
}

// ShortageReader says what runs out.
type ShortageReader interface {
	// LowStock lists active parts that have a threshold and are, or were, at or below it.
	LowStock(ctx context.Context, scope Scope, filter ShortageFilter, page Page) (*ShortagePage, error)
}
