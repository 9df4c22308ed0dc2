package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// RebuildPrefix begins the names of cursors that are places of rebuilds of tables, and not of consumers: one that stays was interrupted.
const RebuildPrefix = "rebuild:"

// Cursor is how far a consumer of a log has come.
type Cursor struct {
	Consumer      string
	Source        string // the log that it follows
	Position      int64  // everything up to here is delivered, or a dead letter
	KnownAt       time.Time
	Delivered     int64
	Failures      int64
	Attempts      int // that failed in a row
	FirstFailedAt time.Time
	Waits         bool      // NextAt is still to come, by the database's clock
	NextAt        time.Time // zero: at once
	Error         DeliveryError
	UpdatedAt     time.Time
}

// DeliveryError is why something could not be delivered, as a person may see it.
type DeliveryError struct {
	Code      string
	Message   string // pt-BR
	MessageEN string
}

// CursorStart is where a consumer begins that has no cursor yet: behind Position.
type CursorStart struct {
	Consumer string
	Source   string
	Position int64
}

// CursorMove is one step of a consumer. It happens only while Term leads and the cursor stands at From.
type CursorMove struct {
	Consumer  string
	Term      int64
	From, To  int64     // the same when nothing was delivered
	KnownAt   time.Time // of the event at To
	Delivered int
	Failed    *DeliveryError // of the event behind To; nil when there was none
	Wait      time.Duration  // until the next try, after a failure
	Dead      *DeadLetter    // the event at To, which is given up; Failed is nil then
}

// DeadLetterStatus is where a dead letter stands.
type DeadLetterStatus string

// A dead letter is open until a person has it sent again or gives it up.
const (
	DeadLetterOpen      DeadLetterStatus = "OPEN"
	DeadLetterRetried   DeadLetterStatus = "RETRIED"
	DeadLetterDiscarded DeadLetterStatus = "DISCARDED"
)

// DeadLetterStatuses lists them.
func DeadLetterStatuses() []DeadLetterStatus {
	return []DeadLetterStatus{DeadLetterOpen, DeadLetterRetried, DeadLetterDiscarded}
}

// DeadLetter is an event that a consumer could not take.
type DeadLetter struct {
	ID            uuid.UUID
	Consumer      string
	Position      int64
	Sequence      int64
	Kind          string
	EntityID      uuid.UUID
	Error         DeliveryError
	Attempts      int
	FirstFailedAt time.Time
	LastFailedAt  time.Time
	Status        DeadLetterStatus
	ClosedBy      uuid.UUID
	ClosedAt      time.Time
	Reason        string
}

// DeadLetterFilter narrows the list. Zero values do not narrow.
type DeadLetterFilter struct {
	Consumer string
	Status   DeadLetterStatus
}

// DeadLetterPage is a stretch of the list, the newest first.
type DeadLetterPage struct {
	Rows []DeadLetter
	Next string
}

// Delivery is a cursor with how far it is behind.
type Delivery struct {
	Cursor
	Behind      int64         // events that wait
	Age         time.Duration // of the oldest of them
	DeadLetters int64         // that are open
}

// DeliveryReader shows what became of the events.
type DeliveryReader interface {
	// Deliveries lists every consumer by name.
	Deliveries(ctx context.Context) ([]Delivery, error)
	// DeadLetters lists what could not be delivered.
	DeadLetters(ctx context.Context, f DeadLetterFilter, page Page) (*DeadLetterPage, error)
	// DeadLetter finds one; not_found when there is none.
	DeadLetter(ctx context.Context, id uuid.UUID) (*DeadLetter, error)
}
