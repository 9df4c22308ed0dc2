package rest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/stock"
)

const (
	// feedPeriod is how often the log is looked at while somebody listens: people see the change they
	// made before they look up.
	feedPeriod = 300 * time.Millisecond
	// feedPage is how many events are read at once.
	feedPage = 1000
	// feedKept is how many of the newest events are shared by all streams; older ones are read again.
	feedKept = 4096
	// feedTime bounds one look at the log.
	feedTime = 10 * time.Second
	// maxStreams of the program, and maxStreamsEach of one subject: a person has a few tabs open.
	maxStreams     = 1024
	maxStreamsEach = 6
)

// follower reads the log once for all streams. Nothing runs while nobody listens.
type follower struct {
	events stock.EventReader
	ledger feed.Toucher // nil: events that say nothing themselves go only to those who may see everything
	log    *slog.Logger

	mu      sync.Mutex
	kept    []feed.Event  // the newest, in order
	last    int64         // position up to which the log was read
	wake    chan struct{} // closed when there is more
	streams map[string]int
	total   int
	stop    context.CancelFunc
}

func newFollower(events stock.EventReader, ledger feed.Toucher, log *slog.Logger) *follower {
	return &follower{events: events, ledger: ledger, log: log, wake: make(chan struct{}), streams: map[string]int{}}
}

// join lets a subject listen until it leaves. The first one starts the reading.
func (f *follower) join(ctx context.Context, subject string) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.total >= maxStreams || f.streams[subject] >= maxStreamsEach {
		return nil, fault.RateLimited.With("Há fluxos de eventos demais abertos.", "Too many event streams are open.").Detail("maximum", maxStreamsEach)
	}
	if f.total == 0 {
		last, err := f.events.LastPosition(ctx)
		if err != nil {
			return nil, err
		}
		f.kept, f.last = nil, last
		reading, stop := context.WithCancel(context.WithoutCancel(ctx))
		f.stop = stop
		go f.read(reading)
	}
	f.total++
	f.streams[subject]++
	return func() { f.leave(subject) }, nil
}

func (f *follower) leave(subject string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[subject]--; f.streams[subject] == 0 {
		delete(f.streams, subject)
	}
	if f.total--; f.total == 0 {
		f.stop()
	}
}

// read follows the log until ctx ends. An outage of the database is waited out.
func (f *follower) read(ctx context.Context) {
	tick := time.NewTicker(feedPeriod)
	defer tick.Stop()
	failing := false
	for {
		err := f.readOn(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			f.log.LogAttrs(ctx, slog.LevelWarn, "events not read", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readOn reads what is new.
func (f *follower) readOn(ctx context.Context) error {
	for {
		f.mu.Lock()
		from := f.last
		f.mu.Unlock()
		found, err := f.load(ctx, from)
		if err != nil || len(found) == 0 || ctx.Err() != nil {
			return err
		}
		f.mu.Lock()
		if ctx.Err() != nil { // the last stream left, and another reading may have begun
			f.mu.Unlock()
			return ctx.Err()
		}
		f.kept = append(f.kept, found...)
		if extra := len(f.kept) - feedKept; extra > 0 {
			f.kept = append([]feed.Event(nil), f.kept[extra:]...)
		}
		f.last = found[len(found)-1].Position
		close(f.wake)
		f.wake = make(chan struct{})
		f.mu.Unlock()
		if len(found) < feedPage {
			return nil
		}
	}
}

// after gives events behind a position, and what closes when there are more than that. No events mean
// that the reader is up to date.
func (f *follower) after(ctx context.Context, position int64) ([]feed.Event, <-chan struct{}, error) {
	f.mu.Lock()
	wake, last := f.wake, f.last
	first := last + 1
	if len(f.kept) > 0 {
		first = f.kept[0].Position
	}
	if position >= last {
		f.mu.Unlock()
		return nil, wake, nil
	}
	if position+1 >= first { // positions have no gaps
		found := append([]feed.Event(nil), f.kept[position+1-first:]...)
		f.mu.Unlock()
		return found, wake, nil
	}
	f.mu.Unlock()
	found, err := f.load(ctx, position)
	return found, wake, err
}

// load reads a page of the log with what its events concern.
func (f *follower) load(ctx context.Context, position int64) ([]feed.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, feedTime)
	defer cancel()
	list, err := f.events.EventsAfter(ctx, position, feedPage)
	if err != nil {
		return nil, err
	}
	return feed.Read(ctx, f.ledger, list)
}
