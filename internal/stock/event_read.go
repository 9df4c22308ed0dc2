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
