package stock

import (
	"time"

	"github.com/google/uuid"
)

// Kinds of entries of the timeline report.
const (
	EntryMovement    = "MOVEMENT"
	EntryStateChange = "STATE_CHANGE" // of an asset, without a movement
	EntryTask        = "TASK"         // a proposal or a question to a person, when it was made
)

// EntryKinds lists them.
func EntryKinds() []string { return []string{EntryMovement, EntryStateChange, EntryTask} }

// TimelineFilter chooses what a timeline tells. Zero fields choose everything; a place includes the places
// below it. From and To are business days, both included.
type TimelineFilter struct {
	Asset    AssetName // one item; zero for none
	Part     PartKey
	Location LocationKey
	Project  ProjectKey
	Kind     string // one of EntryKinds, or empty for all
	From     Date
	To       Date
	KnownAt  time.Time
}

// TimelineEntry is one thing that happened; what does not apply to its kind is zero.
type TimelineEntry struct {
	Kind        string
	On          Date
	At          time.Time
	Type        string // movement type, new state, or task type
	Part        PartKey
	AssetID     uuid.UUID
	Serial      string
	Quantity    Quantity
	Source      LocationKey
	Destination LocationKey
	Project     ProjectKey
	Condition   Condition
	FromStatus  AssetStatus
	Status      string // new state of an asset, status of a task
	Ticket      string
	NFNumber    string
	Text        string // reason, or summary of a task
	TextEN      string
	By          string
	MovementID  uuid.UUID
	TaskID      uuid.UUID
}

// TimelineReport is a page of entries, by day and then by time of recording, the newest first.
type TimelineReport struct {
	Rows []TimelineEntry
	Next string
}
