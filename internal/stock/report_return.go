package stock

import "github.com/google/uuid"

// OverdueDays is after how many days an item that must come back is overdue, when nobody says (PRD,
// reverse logistics: alert at five days).
const OverdueDays = 5

// ReturnFilter chooses items that have to come back. Zero fields choose everything; a place includes the
// places below it.
type ReturnFilter struct {
	Part     PartKey
	Location LocationKey
	Project  ProjectKey
	Category string // folded equality
	Status   AssetStatus
	MinDays  int // only those that have waited at least so long
	Overdue  int // days after which one is overdue; 0: OverdueDays
	Moment   Moment
}

// ReturnStatuses are the states of what has to come back: what waits for the journey or is on it, and
// what lies at a customer, at a technician or outside though its part must return.
func ReturnStatuses() []AssetStatus { return []AssetStatus{AwaitingReverse, InReverse, InUse, Bad} }

// ReturnRow is one item that has to come back.
type ReturnRow struct {
	AssetID   uuid.UUID
	Serial    string
	Part      PartKey
	Location  LocationKey
	Project   ProjectKey
	Status    AssetStatus
	Condition Condition
	Ticket    string // of the last movement
	Since     Date   // business day on which it came into this state at this place
	Days      int    // from Since to the day of the report
	By        string // who brought it there, as people know them
	Value     *Quantity
}

// ReturnSum counts all pages.
type ReturnSum struct {
	Total    int64
	Overdue  int64
	Awaiting int64 // AWAITING_REVERSE
	Coming   int64 // IN_REVERSE
	Out      int64 // out there, with nobody having asked for it back
	Value    *Quantity
}

// ReturnReport is a page of items, those that wait longest first.
type ReturnReport struct {
	Rows []ReturnRow
	Sum  ReturnSum // as it was when the first page was read
	Next string
}
