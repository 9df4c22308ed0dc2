package stock

import "context"

// BalanceGrouping says what a row of the balance report sums up.
type BalanceGrouping string

// Groupings of the balance report.
const (
	ByProjectLocation BalanceGrouping = "PROJECT_LOCATION"
	ByProject         BalanceGrouping = "PROJECT"
	ByLocation        BalanceGrouping = "LOCATION"
	ByCategory        BalanceGrouping = "CATEGORY"
	ByPart            BalanceGrouping = "PART_NUMBER"
)

// BalanceGroupings lists them, the usual one first.
func BalanceGroupings() []BalanceGrouping {
	return []BalanceGrouping{ByProjectLocation, ByProject, ByLocation, ByCategory, ByPart}
}

// BalanceReportFilter chooses the balances that are summed up. Zero fields choose everything; a place
// includes the places below it.
type BalanceReportFilter struct {
	BalanceFilter
	Category string // folded equality
	Group    BalanceGrouping
	Moment   Moment
	Values   bool // also what the stock is worth
}

// BalanceSum is stock added up. Units of different parts do not add up to much: Unit says whether they are alike.
type BalanceSum struct {
	Total    Quantity
	Reserved Quantity
	Value    *Quantity // BRL: totals at today's unit cost of the part; nil when not asked for
	NoCost   Quantity  // of Total: of parts without a unit cost, which Value leaves out
}

// Available is what may be promised of the sum.
func (s BalanceSum) Available() Quantity {
	return Balance{Total: s.Total, Reserved: s.Reserved}.Available()
}

// BalanceReportRow is one group. Keys by which it is not grouped are zero.
type BalanceReportRow struct {
	Project  ProjectKey
	Location LocationKey
	Category string
	Part     PartKey
	Unit     string // of every part that moved in the group; empty when they differ
	BalanceSum
}

// BalanceReport is a page of groups, in the order of registration of their projects, places and parts
// (of categories: by name).
type BalanceReport struct {
	Rows  []BalanceReportRow
	Total int64 // groups of all pages, when the first one was read
	Sum   BalanceSum
	Next  string
}

// ReportReader reads the reports that people look at and take along.
type ReportReader interface {
	// BalanceReport sums up balances of any moment.
	BalanceReport(ctx context.Context, scope Scope, filter BalanceReportFilter, page Page) (*BalanceReport, error)
	// ReturnReport lists the serialised items that have to come back, those that wait longest first.
	ReturnReport(ctx context.Context, scope Scope, filter ReturnFilter, page Page) (*ReturnReport, error)
	// DivergenceReport lists divergences with their adjustments, and adjustments without one, newest first.
	DivergenceReport(ctx context.Context, scope Scope, filter DivergenceReportFilter, page Page) (*DivergenceReport, error)
	// TimelineReport tells what happened to an item, a part, a place or a project, newest first.
	TimelineReport(ctx context.Context, scope Scope, filter TimelineFilter, page Page) (*TimelineReport, error)
}
