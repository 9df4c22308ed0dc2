// Package relay delivers committed events: to the keyed tables, to webhooks and to whoever registers a
// consumer. One elected process delivers, at least once and in order of position; consumers are idempotent.
package relay

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

// Consumer takes events in order of position. It may get an event again, and after a change of leader
// even while the last leader still delivers it; it must not mind.
type Consumer interface {
	// Name is its own, for ever: its place in the log is kept under it.
	Name() string
	// Deliver takes events and says how many of them, from the first on, are done. A retryable fault means
	// that the rest is to be offered again later; a final one that the next event cannot be delivered as
	// it is (a dead letter, which a person may send again).
	Deliver(ctx context.Context, events []stock.LogEvent) (done int, err error)
}
