package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// AssetRow is an asset with what is known beside the ledger.
type AssetRow struct {
	Asset
	LastMovementAt  time.Time // zero: never moved
	CreatedAt       time.Time
	Ticket          string // the last one that moved it
	Tag             string // RFID or property tag
	PurchaseDate    Date
	WarrantyEnd     Date
	AcquisitionCost *Quantity // BRL
	CurrentValue    *Quantity // BRL
	NFNumber        string
	NFDate          Date
}

// AssetFilter chooses assets. Zero fields choose everything; a place includes the places below it.
type AssetFilter struct {
	Part      PartKey
	Location  LocationKey
	Project   ProjectKey
	Status    AssetStatus
	Condition Condition
	Ownership Ownership
	Inactive  bool // also those that were taken back from the log
}

// AssetPage is a page of assets in the order of registration.
type AssetPage struct {
	Rows []AssetRow
	Next string // cursor of the next page; empty after the last
}

// AssetName names one asset: by ID, or by its serial number and, where several parts have that serial,
// the part.
type AssetName struct {
	ID     uuid.UUID
	Serial string
	Part   PartKey // 0: any
}

// TimelineEvent is one thing that happened to an asset.
type TimelineEvent struct {
	Version    int64 // of the asset after it
	Movement   *MovementRow
	RecordedAt time.Time
	On         Date // business day
	FromStatus AssetStatus
	ToStatus   AssetStatus
	From       LocationKey // 0: the event created the asset
	To         LocationKey
	Project    ProjectKey
	Condition  Condition
	Reason     string
	Actor      string // who did it, as people know them
}

// Timeline is an asset and a page of its events, newest first.
type Timeline struct {
	Asset  AssetRow
	Events []TimelineEvent
	Total  int64 // events that the caller may see, when the first page was read
	Next   string
}

// AssetReader answers where assets are and what happened to them. An asset outside the scope is not
// found, exactly as one that does not exist.
type AssetReader interface {
	// Asset finds one asset; a serial that several parts have is refused with the parts to choose from.
	Asset(ctx context.Context, scope Scope, name AssetName) (*AssetRow, error)
	// Assets lists assets in the order of registration.
	Assets(ctx context.Context, scope Scope, filter AssetFilter, page Page) (*AssetPage, error)
	// Timeline tells the history of one asset.
	Timeline(ctx context.Context, scope Scope, name AssetName, page Page) (*Timeline, error)
}
