package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// LogEvent is a committed event with its position. Positions have no gaps and grow in the order in
// which events became known; KnownAt never goes back.
type LogEvent struct {
	Position int64
	Sequence int64
	Kind     string
	EntityID uuid.UUID
	KnownAt  time.Time
	Payload  []byte // JSON, with the codes of the projects and places that it touches; nil for none
}

// EventReader follows the log. It knows no scope: who hands events on to people filters them.
type EventReader interface {
	// EventsAfter gives up to limit events after a position, in order.
	EventsAfter(ctx context.Context, position int64, limit int) ([]LogEvent, error)
	// LastPosition is the position of the newest event; 0 when there is none.
	LastPosition(ctx context.Context) (int64, error)
}

// Touched is what a movement or a change of an asset concerns, in codes, as followers of the log see it.
type Touched struct {
	Project      string   `json:"project_code"`
	Locations    []string `json:"location_codes"` // its two ends, without the outside and the road
	PartNumber   string   `json:"part_number"`
	MovementType string   `json:"movement_type,omitempty"`
	Quantity     string   `json:"quantity,omitempty"`
	Serial       string   `json:"serial_number,omitempty"`
	Status       string   `json:"status,omitempty"`
}
