package relay

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

const (
	// leaseLife is after how long a silent leader is replaced, well within R-16's minute; renewEvery leaves
	// it three tries, so that one slow commit costs no change.
	leaseLife  = 15 * time.Second
	renewEvery = 4 * time.Second
	// pollEvery is how late an event of another process may begin its way (data-plane.md §5).
	pollEvery = 200 * time.Millisecond
	// listEvery is how late a new consumer may begin: a person has just made it and looks.
	listEvery = 3 * time.Second
	// batchSize is what one delivery takes: more saves little, and is repeated after a crash.
	batchSize = 500
	// deliverTime bounds one delivery; a consumer that hangs is tried again.
	deliverTime = time.Minute
	// bookTime bounds one step in the book, so that a leader notices in time that it cannot renew.
	bookTime = 5 * time.Second
	// internalTries is how often what nobody has foreseen is tried before one event takes the blame for it.
	internalTries = 5
)

// Options are what a Relay is made of. Book, Sources and Subscriptions must be given.
type Options struct {
	Book Book
	// Sources are the logs by name; SourceEvents must be among them.
	Sources map[string]stock.EventReader
	// Subscriptions lists the present consumers; it is asked every few seconds.
	Subscriptions func(context.Context) ([]Subscription, error)
	Lease         string // of the group of processes; empty: relay
	Holder        string // this process, for people who look
	Meter         Meter  // nil: none
	Log           *slog.Logger
	NewID         func() uuid.UUID
	Now           func() time.Time
	Random        func() float64 // from 0 to 1, spreads retries; nil: math/rand
	// Fault is a test's hook: its error ends the leadership as a crash would. nil: none.
	Fault func(Point) error
}

func (o *Options) fill() {
	if o.Lease == "" {
		o.Lease = "relay"
	}
	if o.Meter == nil {
		o.Meter = noMeter{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = uuid.New
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Fault == nil {
		o.Fault = func(Point) error { return nil }
	}
}

type noMeter struct{}

func (noMeter) Leading(bool)                     {}
func (noMeter) Lag(string, int64, time.Duration) {}
func (noMeter) Delivered(string, int)            {}
func (noMeter) Failed(string)                    {}
func (noMeter) Buried(string)                    {}

// Backoff is the pause after the nth failure in a row, from 1: it doubles from 200 ms up to a minute.
func Backoff(n int) time.Duration {
	return min(100*time.Millisecond<<min(n, 16), time.Minute)
}

// pause spreads a consumer's pause over its second half, so that many do not come back at once.
func (o *Options) pause(s Subscription, attempt int) time.Duration {
	wait := Backoff(attempt)
	if s.Backoff != nil {
		wait = s.Backoff(attempt)
	}
	return wait/2 + time.Duration(o.Random()*float64(wait/2))
}

func errorOf(err error) *stock.DeliveryError {
	f := fault.Of(err)
	return &stock.DeliveryError{Code: string(f.Code), Message: f.Message, MessageEN: f.MessageEN}
}
