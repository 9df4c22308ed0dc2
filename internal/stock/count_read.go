package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// CountStatus is where a count stands.
type CountStatus string

// A count is open until it is closed or cancelled.
const (
	CountOpened    CountStatus = "OPEN"
	CountClosed    CountStatus = "CLOSED"
	CountCancelled CountStatus = "CANCELLED"
)

// CountStatuses lists them.
func CountStatuses() []CountStatus { return []CountStatus{CountOpened, CountClosed, CountCancelled} }

// CountRow is a count of a place.
type CountRow struct {
	ID          uuid.UUID
	Name        string
	Type        string // FULL, CYCLIC or SPOT
	Status      CountStatus
	Location    LocationKey
	Project     ProjectKey // 0: every project at the place
	Blind       bool       // what is expected stays hidden until the count closes
	OpenedBy    uuid.UUID
	OpenedAt    time.Time
	ClosedBy    uuid.UUID
	ClosedAt    time.Time
	Counted     int64 // things counted, each once however often it was recounted
	Divergences int64
}

// CountItem is one thing of a count: what was counted in the last round beside what was expected.
// While the count is open and not blind, that is what the ledger has now; after it has closed, what the
// ledger had then.
type CountItem struct {
	Part       PartKey
	Project    ProjectKey
	Condition  Condition
	Expected   *Quantity // nil: hidden, or cancelled before it was compared
	Counted    *Quantity // nil: nobody has counted it yet
	Round      int
	CountedBy  uuid.UUID
	CountedAt  time.Time
	Serials    []string
	Missing    []string // serials that were expected and not found
	Unexpected []string // serials that were found and not expected
	Notes      string
}

// CountFilter chooses counts. Zero fields choose everything; a place includes the places below it. From
// and To are days of opening, both included.
type CountFilter struct {
	Status   CountStatus
	Type     string
	Location LocationKey
	Project  ProjectKey
	From     Date
	To       Date
}

// CountPage is a page of counts, the newest first.
type CountPage struct {
	Rows []CountRow
	Next string
}

// CountItemPage is a page of the things of one count, in the order of Key.
type CountItemPage struct {
	Count CountRow
	Rows  []CountItem
	Next  string
}

// CountReader reads counts. A count of every project shows each caller the things of their own projects.
type CountReader interface {
	// Counts lists counts.
	Counts(ctx context.Context, scope Scope, filter CountFilter, page Page) (*CountPage, error)
	// Count gives one count with its things; fault.NotFound when there is none in the scope.
	Count(ctx context.Context, scope Scope, id uuid.UUID, page Page) (*CountItemPage, error)
}

// DivergenceRow is a difference that a person should look at.
type DivergenceRow struct {
	Key
	ID               uuid.UUID
	Type             string // COUNT, RECONCILIATION or SYSTEM
	Status           string // OPEN, INVESTIGATING, RESOLVED or CLOSED
	Expected         Quantity
	Actual           Quantity
	Variance         Quantity // actual − expected
	Missing          []string
	Unexpected       []string
	CountID          uuid.UUID
	ReconciliationID uuid.UUID
	TaskID           uuid.UUID // the adjustment proposed for it
	CreatedBy        uuid.UUID
	CreatedAt        time.Time
}

// DivergenceFilter chooses divergences. Zero fields choose everything; a place includes the places below it.
type DivergenceFilter struct {
	BalanceFilter
	Type    string
	Status  string
	CountID uuid.UUID
}

// DivergencePage is a page of divergences, the newest first.
type DivergencePage struct {
	Rows []DivergenceRow
	Next string
}

// DivergenceReader lists divergences.
type DivergenceReader interface {
	// Divergences lists divergences.
	Divergences(ctx context.Context, scope Scope, filter DivergenceFilter, page Page) (*DivergencePage, error)
}
