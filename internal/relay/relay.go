// Package relay delivers committed events: to the keyed tables, to webhooks and to whoever registers a
// consumer. One elected process delivers, at least once and in order of position; consumers are idempotent.
//
// Each consumer has its own place in the log and its own loop, so that a slow one delays nobody. What
// fails for a while is tried again with growing pauses; what cannot be delivered becomes a dead letter, which
// a person may send again.
package relay

import (
	"context"
	"time"

	"github.com/faiston/nexo/internal/stock"
)

// Consumer takes events in order of position. It may get an event again, and after a change of leader
// even while the last leader still delivers it; it must not mind.
type Consumer interface {
	// Name is its own, for ever: its place in the log is kept under it. At most 200 bytes.
	Name() string
	// Deliver takes events and says how many of them, from the first on, are done. A retryable fault means
	// that the rest is to be offered again later; a final one that the next event cannot be delivered as
	// it is (a dead letter, which a person may send again).
	Deliver(ctx context.Context, events []stock.LogEvent) (done int, err error)
}

// SourceEvents is the name of the log of events.
const SourceEvents = "events"

// Subscription is a consumer with the log that it follows.
type Subscription struct {
	Consumer Consumer
	// Source is the name of a log of Options.Sources; empty is the log of events.
	Source string
	// From is where a consumer begins that has no place yet: behind this position.
	From int64
	// Attempts is after how many failures in a row an event is given up that might still be delivered; 0: never.
	Attempts int
	// Backoff is the pause after the nth failure in a row, from 1; nil: Backoff, up to a minute.
	Backoff func(n int) time.Duration
}

// Book keeps the places of consumers, who leads, and the dead letters; package postgres satisfies it.
type Book interface {
	// TakeLease makes holder the leader where nobody is; 0 when somebody else leads. Terms only grow.
	TakeLease(ctx context.Context, lease, holder string, life time.Duration) (term int64, err error)
	// RenewLease prolongs a term; false when it is over.
	RenewLease(ctx context.Context, lease string, term int64, life time.Duration) (bool, error)
	// EndLease lets the next leader begin at once.
	EndLease(ctx context.Context, lease string, term int64) error
	// ClaimCursors puts cursors under a term, those that are missing too. From then on no older term moves them.
	ClaimCursors(ctx context.Context, term int64, starts []stock.CursorStart) error
	// Cursors gives all cursors that are under a term.
	Cursors(ctx context.Context, term int64) ([]stock.Cursor, error)
	// Cursor gives one; nil when it is not under the term.
	Cursor(ctx context.Context, consumer string, term int64) (*stock.Cursor, error)
	// MoveCursor does one step, with its dead letter if there is one; false when the term is over or somebody
	// set the cursor elsewhere.
	MoveCursor(ctx context.Context, m stock.CursorMove) (bool, error)
	// ForgetCursors ends consumers that are done; those that are under another term stay.
	ForgetCursors(ctx context.Context, term int64, consumers []string) error
}

// Meter takes the figures; all calls are cheap and may come at once.
type Meter interface {
	Leading(leads bool)
	Lag(consumer string, events int64, age time.Duration)
	Delivered(consumer string, events int)
	Failed(consumer string)
	Buried(consumer string)
}

// Point is a moment at which a test may stop the work.
type Point string

// Points between which a process may die.
const (
	AfterRead    Point = "after_read"    // events were read, nothing is delivered
	AfterDeliver Point = "after_deliver" // delivered, but the cursor stands where it was
	AfterMove    Point = "after_move"    // the cursor has moved
)
