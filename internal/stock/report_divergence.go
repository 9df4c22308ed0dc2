package stock

import (
	"time"

	"github.com/google/uuid"
)

// Kinds of rows of the divergence report.
const (
	KindDivergence = "DIVERGENCE" // found by a count, a comparison or a rule
	KindAdjustment = "ADJUSTMENT" // a movement that adjusts stock, of no divergence
)

// DivergenceReportFilter chooses divergences and adjustments. From and To are days, both included: of a
// divergence the day it was found, of an adjustment its business day.
type DivergenceReportFilter struct {
	BalanceFilter
	Category string // folded equality
	Kind     string // KindDivergence, KindAdjustment or empty for both
	Type     string
	Status   string
	Reason   ReasonCode
	From     Date
	To       Date
	Moment   Moment
	Values   bool
}

// DivergenceReportRow is a divergence with its adjustment, or an adjustment alone.
type DivergenceReportRow struct {
	Key
	Kind       string
	ID         uuid.UUID // of the divergence, or of the movement
	Type       string    // of a divergence; movement type of an adjustment
	Status     string    // of a divergence as of the moment; POSTED or REVERSAL of an adjustment
	On         Date
	At         time.Time
	Expected   *Quantity // nil for adjustments
	Actual     *Quantity
	Variance   Quantity  // what was found too much (+) or too little (−)
	Adjusted   *Quantity // what was posted, with its sign; nil: nothing yet
	MovementID uuid.UUID
	TaskID     uuid.UUID
	TaskStatus string
	CountID    uuid.UUID
	Reason     ReasonCode
	Value      *Quantity // BRL: variance at today's unit cost; nil without one
	By         string
}

// DivergenceSum is one heap of the report's totals.
type DivergenceSum struct {
	Rows     int64
	Open     int64 // divergences that are not resolved
	Found    Quantity
	Missing  Quantity  // positive
	Gain     *Quantity // BRL, nil when not asked for
	Loss     *Quantity // BRL, positive
	NoCost   int64
	Month    Date // first day of it; zero in other heaps
	Reason   ReasonCode
	Adjusted int64 // rows with a movement
}

// DivergenceReport is a page of rows, the newest first. The heaps come with the first page only.
type DivergenceReport struct {
	Rows     []DivergenceReportRow
	Total    int64
	Sum      *DivergenceSum  // of everything; nil on later pages
	ByMonth  []DivergenceSum // oldest first
	ByReason []DivergenceSum
	Next     string
}

// AddDivergences adds heaps up; of none it is a heap of zeros.
func AddDivergences(heaps []DivergenceSum) (*DivergenceSum, error) {
	sum := &DivergenceSum{}
	for i := range heaps {
		if err := sum.add(&heaps[i]); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

// DivergencesByMonth adds up the heaps of each month, in the order in which they come.
func DivergencesByMonth(heaps []DivergenceSum) ([]DivergenceSum, error) {
	return heapBy(heaps, func(h DivergenceSum) DivergenceSum { return DivergenceSum{Month: h.Month} })
}

// DivergencesByReason adds up the heaps of each reason, in the order in which they come.
func DivergencesByReason(heaps []DivergenceSum) ([]DivergenceSum, error) {
	return heapBy(heaps, func(h DivergenceSum) DivergenceSum { return DivergenceSum{Reason: h.Reason} })
}

// heapBy adds up the heaps for which empty gives the same empty heap.
func heapBy(heaps []DivergenceSum, empty func(DivergenceSum) DivergenceSum) ([]DivergenceSum, error) {
	at := map[DivergenceSum]int{}
	var out []DivergenceSum
	for i := range heaps {
		name := empty(heaps[i])
		if _, ok := at[name]; !ok {
			at[name] = len(out)
			out = append(out, name)
		}
		if err := out[at[name]].add(&heaps[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *DivergenceSum) add(h *DivergenceSum) (err error) {
	s.Rows, s.Open, s.Adjusted, s.NoCost = s.Rows+h.Rows, s.Open+h.Open, s.Adjusted+h.Adjusted, s.NoCost+h.NoCost
	if s.Found, err = add(s.Found, h.Found); err != nil {
		return err
	}
	if s.Missing, err = add(s.Missing, h.Missing); err != nil {
		return err
	}
	if s.Gain, err = addValue(s.Gain, h.Gain); err != nil {
		return err
	}
	s.Loss, err = addValue(s.Loss, h.Loss)
	return err
}

// addValue adds amounts of which either may be unknown.
func addValue(a, b *Quantity) (*Quantity, error) {
	if a == nil || b == nil {
		if a == nil {
			a = b
		}
		return a, nil
	}
	sum, err := add(*a, *b)
	return &sum, err
}
