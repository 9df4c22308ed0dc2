package relay

import (
	"context"
	"log/slog"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// step delivers one batch to a consumer and moves its cursor. It reports whether there is more to do now.
func (r *Relay) step(ctx context.Context, g *reign, s Subscription) (more bool) {
	c, err := r.o.Book.Cursor(ctx, s.Consumer.Name(), g.term)
	if err != nil || c == nil || c.Waits {
		r.complainOf(ctx, s, "cursor not read", err)
		return false
	}
	events, err := r.o.Sources[s.Source].EventsAfter(ctx, c.Position, batchSize)
	if err != nil {
		r.complainOf(ctx, s, "events not read", err)
		return false
	}
	if len(events) == 0 {
		g.sawHead(s, time.Time{})
		return false
	}
	g.sawHead(s, events[0].KnownAt)
	if r.dies(g, AfterRead) {
		return false
	}
	done, err := r.deliver(ctx, s, events)
	if r.dies(g, AfterDeliver) || ctx.Err() != nil && done == 0 {
		return false // stopped and not failed
	}
	moved, err := r.settle(ctx, g, attempt{s, c, events, done, err})
	if r.dies(g, AfterMove) || err != nil {
		r.complainOf(ctx, s, "cursor not moved", err)
		return false
	}
	return moved && len(events) == batchSize || moved && done < len(events)
}

func (g *reign) sawHead(s Subscription, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.head[s.Consumer.Name()] = at
}

// dies lets a test end the reign as a crash would.
func (r *Relay) dies(g *reign, p Point) bool {
	if r.o.Fault(p) == nil {
		return false
	}
	g.stop()
	return true
}

func (r *Relay) complainOf(ctx context.Context, s Subscription, what string, err error) {
	if err != nil && ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelWarn, "relay: "+what, slog.String("consumer", s.Consumer.Name()), slog.Any("error", err))
	}
}

// deliver hands events over, for a bounded time.
func (r *Relay) deliver(ctx context.Context, s Subscription, events []stock.LogEvent) (int, error) {
	limited, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	done, err := s.Consumer.Deliver(limited, events)
	done = min(max(done, 0), len(events))
	if err == nil && done == 0 {
		err = fault.Unavailable.With("O consumidor nada recebeu.", "The consumer took nothing.")
	}
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = fault.Unavailable.With("A entrega demorou demais.", "The delivery took too long.").Because(err)
	}
	return done, err
}

// attempt is a delivery and how it ended.
type attempt struct {
	sub    Subscription
	at     *stock.Cursor
	events []stock.LogEvent
	done   int
	err    error
}

// settle writes what a delivery came to.
func (r *Relay) settle(ctx context.Context, g *reign, a attempt) (moved bool, err error) {
	name := a.sub.Consumer.Name()
	m := stock.CursorMove{Consumer: name, Term: g.term, From: a.at.Position, To: a.at.Position, Delivered: a.done}
	if a.done > 0 {
		last := a.events[a.done-1]
		m.To, m.KnownAt = last.Position, last.KnownAt
	}
	var dead bool
	if a.err != nil && ctx.Err() == nil {
		tries := 1
		if a.done == 0 {
			tries += a.at.Attempts
		}
		if dead = a.givesUp(tries); dead {
			m.Dead = r.letter(a, tries)
			m.To, m.KnownAt = m.Dead.Position, a.events[a.done].KnownAt
		} else {
			m.Failed, m.Wait = errorOf(a.err), r.o.pause(a.sub, tries)
		}
	}
	if moved, err = r.o.Book.MoveCursor(ctx, m); err != nil || !moved {
		return false, err
	}
	r.o.Meter.Delivered(name, a.done)
	if a.err != nil {
		r.o.Meter.Failed(name)
		r.complainOf(ctx, a.sub, "not delivered", a.err)
	}
	if dead {
		r.o.Meter.Buried(name)
	}
	return m.Failed == nil, nil
}

// givesUp reports whether the next event becomes a dead letter.
func (a *attempt) givesUp(tries int) bool {
	f := fault.Of(a.err)
	switch {
	case a.done == len(a.events):
		return false // nothing is left that could take the blame
	case f.Code == fault.Internal:
		return tries >= internalTries // a defect or a fault that nobody knows: maybe it passes
	case f.Retryable:
		return a.sub.Attempts > 0 && tries >= a.sub.Attempts
	}
	return true
}

func (r *Relay) letter(a attempt, tries int) *stock.DeadLetter {
	e, now := a.events[a.done], r.o.Now()
	d := &stock.DeadLetter{ID: r.o.NewID(), Consumer: a.sub.Consumer.Name(), Position: e.Position, Sequence: e.Sequence, Kind: e.Kind,
		EntityID: e.EntityID, Error: *errorOf(a.err), Attempts: tries, FirstFailedAt: now, LastFailedAt: now, Status: stock.DeadLetterOpen}
	if tries > 1 && !a.at.FirstFailedAt.IsZero() {
		d.FirstFailedAt = a.at.FirstFailedAt
	}
	return d
}

// Redeliver sends one event of a consumer's log to it again, now and whoever leads: consumers do not mind.
func (r *Relay) Redeliver(ctx context.Context, consumer string, position int64) error {
	list, err := r.o.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.Consumer.Name() != consumer {
			continue
		}
		source := r.o.Sources[s.Source]
		if s.Source == "" {
			source = r.o.Sources[SourceEvents]
		}
		events, err := source.EventsAfter(ctx, position-1, 1)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[0].Position != position {
			return fault.NotFound.With("O evento não está mais no registro.", "The event is no longer in the log.")
		}
		_, err = r.deliver(ctx, s, events)
		return err
	}
	return fault.NotFound.With("O consumidor %q não existe mais.", "The consumer %q is no more.", consumer)
}
