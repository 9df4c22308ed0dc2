package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/stock"
)

// Relay delivers while it leads. Make one with New.
type Relay struct {
	o    Options
	poke chan struct{}
}

// New makes a Relay; Run starts it.
func New(o Options) *Relay {
	o.fill()
	return &Relay{o: o, poke: make(chan struct{}, 1)}
}

// Poke tells a leader that there may be new events. It never blocks.
func (r *Relay) Poke() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// Run stands for election and leads whenever it is elected, until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	for ctx.Err() == nil {
		began := r.o.Now()
		term, err := r.o.Book.TakeLease(ctx, r.o.Lease, r.o.Holder, leaseLife)
		if err != nil && ctx.Err() == nil {
			r.o.Log.LogAttrs(ctx, slog.LevelWarn, "relay: no election", slog.Any("error", err))
		}
		if err == nil && term > 0 {
			r.lead(ctx, &reign{term: term, sure: began.Add(leaseLife)})
		}
		sleep(ctx, renewEvery)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// reign is one term of leadership.
type reign struct {
	term int64
	sure time.Time // until when nobody else can lead, by this process's clock
	stop context.CancelFunc

	loops sync.WaitGroup
	mu    sync.Mutex
	subs  map[string]Subscription
	busy  map[string]context.CancelFunc // consumers that are delivered to at this moment
	head  map[string]time.Time          // when the oldest waiting event of a consumer became known
}

// lead delivers until ctx ends or the term is over, and waits for what is under way.
func (r *Relay) lead(ctx context.Context, g *reign) {
	outer := ctx
	ctx, g.stop = context.WithCancel(ctx)
	g.subs, g.busy, g.head = map[string]Subscription{}, map[string]context.CancelFunc{}, map[string]time.Time{}
	r.o.Meter.Leading(true)
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "relay: leads", slog.Int64("term", g.term))
	g.loops.Go(func() { r.keep(ctx, g) })
	r.watch(ctx, g)
	g.stop()
	g.loops.Wait()
	r.o.Meter.Leading(false)
	if outer.Err() != nil { // a clean end: the next one need not wait
		end, cancel := context.WithTimeout(context.WithoutCancel(outer), bookTime)
		defer cancel()
		if err := r.o.Book.EndLease(end, r.o.Lease, g.term); err != nil {
			r.o.Log.LogAttrs(end, slog.LevelWarn, "relay: lease not ended", slog.Any("error", err))
		}
	}
}

// keep renews the lease; the reign ends when that failed for as long as the lease lives.
func (r *Relay) keep(ctx context.Context, g *reign) {
	defer g.stop()
	for {
		sleep(ctx, renewEvery)
		if ctx.Err() != nil {
			return
		}
		began := r.o.Now()
		renew, cancel := context.WithTimeout(ctx, bookTime)
		held, err := r.o.Book.RenewLease(renew, r.o.Lease, g.term, leaseLife)
		cancel()
		switch {
		case err == nil && held:
			g.sure = began.Add(leaseLife)
		case err == nil, r.o.Now().After(g.sure):
			r.o.Log.LogAttrs(ctx, slog.LevelWarn, "relay: leads no more", slog.Int64("term", g.term), slog.Any("error", err))
			return
		}
	}
}

// watch looks at the logs and the cursors, and starts the loops of consumers that are behind.
func (r *Relay) watch(ctx context.Context, g *reign) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var listed time.Time
	for {
		if now := r.o.Now(); now.Sub(listed) >= listEvery {
			if err := r.enlist(ctx, g); err != nil {
				r.complain(ctx, "consumers not listed", err)
			} else {
				listed = now
			}
		}
		if err := r.look(ctx, g); err != nil {
			r.complain(ctx, "cursors not read", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.poke:
		}
	}
}

func (r *Relay) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelWarn, "relay: "+what, slog.Any("error", err))
	}
}

// enlist takes the present consumers, claims their cursors, and stops those that are gone.
func (r *Relay) enlist(ctx context.Context, g *reign) error {
	ctx, cancel := context.WithTimeout(ctx, bookTime)
	defer cancel()
	list, err := r.o.Subscriptions(ctx)
	if err != nil {
		return err
	}
	subs, starts := map[string]Subscription{}, []stock.CursorStart{}
	for _, s := range list {
		if s.Source == "" {
			s.Source = SourceEvents
		}
		if _, twice := subs[s.Consumer.Name()]; twice || r.o.Sources[s.Source] == nil {
			continue // of two of one name the first counts
		}
		subs[s.Consumer.Name()] = s
		starts = append(starts, stock.CursorStart{Consumer: s.Consumer.Name(), Source: s.Source, Position: s.From})
	}
	if err := r.o.Book.ClaimCursors(ctx, g.term, starts); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, stop := range g.busy {
		if _, stays := subs[name]; !stays {
			stop()
		}
	}
	g.subs = subs
	return nil
}

// look compares cursors with the ends of their logs.
func (r *Relay) look(ctx context.Context, g *reign) error {
	read, cancel := context.WithTimeout(ctx, bookTime)
	defer cancel()
	cursors, err := r.o.Book.Cursors(read, g.term)
	if err != nil {
		return err
	}
	ends := map[string]int64{}
	for _, c := range cursors {
		g.mu.Lock()
		s, known := g.subs[c.Consumer]
		_, busy := g.busy[c.Consumer]
		head := g.head[c.Consumer]
		g.mu.Unlock()
		if !known {
			continue
		}
		end, asked := ends[s.Source]
		if !asked {
			if end, err = r.o.Sources[s.Source].LastPosition(read); err != nil {
				return err
			}
			ends[s.Source] = end
		}
		behind, age := max(end-c.Position, 0), time.Duration(0)
		if behind > 0 && !head.IsZero() {
			age = max(r.o.Now().Sub(head), 0)
		}
		r.o.Meter.Lag(c.Consumer, behind, age)
		if behind > 0 && !busy && !c.Waits {
			r.start(ctx, g, s)
		}
	}
	return nil
}

// start runs the loop of a consumer until it is up to date, fails, or is gone.
func (r *Relay) start(ctx context.Context, g *reign, s Subscription) {
	name := s.Consumer.Name()
	ctx, cancel := context.WithCancel(ctx)
	g.mu.Lock()
	g.busy[name] = cancel
	g.mu.Unlock()
	g.loops.Go(func() {
		defer func() {
			cancel()
			g.mu.Lock()
			delete(g.busy, name)
			g.mu.Unlock()
		}()
		for ctx.Err() == nil && r.step(ctx, g, s) {
		}
	})
}
