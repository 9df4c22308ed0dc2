package stock

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// MovementRow is a movement of the log with who made it and why it was let pass.
type MovementRow struct {
	Movement
	Review     bool
	ActorID    uuid.UUID
	ActorKind  string // person, agent, service or system
	Actor      string // as people know them; empty when the person was erased
	OnBehalfOf string
	Autonomy   string // A, B, C or empty
	Operation  string
	Rule       string
	TaskID     uuid.UUID // zero: no approval was needed
	ApprovedBy uuid.UUID
	Approver   string
	ApprovedAt time.Time
	ReversedBy uuid.UUID // the movement that took this one back; zero for none. Only of single movements
}

// MovementAsset is an asset that a movement moved, as it left it.
type MovementAsset struct {
	ID         uuid.UUID
	Serial     string
	FromStatus AssetStatus // empty: the movement created the asset
	ToStatus   AssetStatus
}

// MovementFilter chooses movements. Zero fields choose everything; a place, which may be the source or
// the destination, includes the places below it. From and To are business days, both included.
type MovementFilter struct {
	From     Date
	To       Date
	KnownAt  time.Time // only what had been recorded by then
	Type     MovementType
	Project  ProjectKey
	Location LocationKey
	Part     PartKey
	Ticket   string
	Serial   string // SerialKey form
	Review   bool   // only those marked for review
}

// Check refuses a period that ends before it starts.
func (f MovementFilter) Check() error {
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		return fault.InvalidArgument.With("A data final é anterior à inicial.", "The end date is before the start date.").On("end_date")
	}
	return nil
}

// MovementPage is a page of movements, newest first: by business day, then by sequence.
type MovementPage struct {
	Rows []MovementRow
	Next string // cursor of the next page; empty after the last
}

// MovementReader reads the log. A movement is shown to whoever sees its project and one of its ends.
type MovementReader interface {
	// Movements lists movements, newest first.
	Movements(ctx context.Context, scope Scope, filter MovementFilter, page Page) (*MovementPage, error)
	// Movement finds one by its id, with the assets that it moved.
	Movement(ctx context.Context, scope Scope, id uuid.UUID) (*MovementRow, []MovementAsset, error)
}
