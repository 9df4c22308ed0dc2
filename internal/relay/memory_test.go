package relay_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// memory is a book in memory, on the clock of the test (synctest).
type memory struct {
	mu      sync.Mutex
	holder  string
	term    int64
	ends    time.Time
	cursors map[string]*stock.Cursor
	terms   map[string]int64
	dead    []stock.DeadLetter
	broken  bool // the database does not answer
}

var _ relay.Book = (*memory)(nil)

func newMemory() *memory {
	return &memory{cursors: map[string]*stock.Cursor{}, terms: map[string]int64{}}
}

func (m *memory) lock() (func(), error) {
	m.mu.Lock()
	if m.broken {
		m.mu.Unlock()
		return nil, fault.Unavailable.With("fora", "away")
	}
	return m.mu.Unlock, nil
}

func (m *memory) TakeLease(_ context.Context, _, holder string, life time.Duration) (int64, error) {
	unlock, err := m.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	if time.Now().Before(m.ends) {
		return 0, nil
	}
	m.holder, m.term, m.ends = holder, m.term+1, time.Now().Add(life)
	return m.term, nil
}

func (m *memory) RenewLease(_ context.Context, _ string, term int64, life time.Duration) (bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	if m.term != term {
		return false, nil
	}
	m.ends = time.Now().Add(life)
	return true, nil
}

func (m *memory) EndLease(_ context.Context, _ string, term int64) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if m.term == term {
		m.ends = time.Now()
	}
	return nil
}

func (m *memory) ClaimCursors(_ context.Context, term int64, starts []stock.CursorStart) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, s := range starts {
		if m.cursors[s.Consumer] == nil {
			m.cursors[s.Consumer] = &stock.Cursor{Consumer: s.Consumer, Source: s.Source, Position: s.Position}
		}
		m.terms[s.Consumer] = max(m.terms[s.Consumer], term)
	}
	return nil
}

func (m *memory) Cursors(ctx context.Context, term int64) ([]stock.Cursor, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []stock.Cursor
	for name, c := range m.cursors {
		if m.terms[name] == term {
			out = append(out, m.seen(c))
		}
	}
	return out, ctx.Err()
}

func (m *memory) seen(c *stock.Cursor) stock.Cursor {
	out := *c
	out.Waits = out.NextAt.After(time.Now())
	return out
}

func (m *memory) Cursor(_ context.Context, consumer string, term int64) (*stock.Cursor, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if m.terms[consumer] != term || m.cursors[consumer] == nil {
		return nil, nil
	}
	c := m.seen(m.cursors[consumer])
	return &c, nil
}

func (m *memory) MoveCursor(_ context.Context, v stock.CursorMove) (bool, error) {
	unlock, err := m.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	c := m.cursors[v.Consumer]
	if c == nil || m.terms[v.Consumer] != v.Term || c.Position != v.From {
		return false, nil
	}
	attempts := c.Attempts
	if v.To > v.From {
		attempts = 0
	}
	*c = stock.Cursor{Consumer: c.Consumer, Source: c.Source, Position: v.To, KnownAt: v.KnownAt, Delivered: c.Delivered + int64(v.Delivered), Failures: c.Failures}
	if v.Failed != nil {
		c.Attempts, c.Failures, c.NextAt, c.Error = attempts+1, c.Failures+1, time.Now().Add(v.Wait), *v.Failed
	}
	if v.Dead != nil {
		m.dead = append(m.dead, *v.Dead)
	}
	return true, nil
}

func (m *memory) ForgetCursors(_ context.Context, term int64, consumers []string) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, name := range consumers {
		if m.terms[name] == term {
			delete(m.cursors, name)
		}
	}
	return nil
}

// at is the place of a consumer.
func (m *memory) at(consumer string) stock.Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.cursors[consumer]; c != nil {
		return *c
	}
	return stock.Cursor{}
}

// list is a log in memory.
type list struct {
	mu     sync.Mutex
	events []stock.LogEvent
}

// grow appends n events.
func (l *list) grow(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		p := int64(len(l.events) + 1)
		l.events = append(l.events, stock.LogEvent{Position: p, Sequence: p, Kind: "movement", EntityID: uuid.New(), KnownAt: time.Now()})
	}
}

func (l *list) EventsAfter(_ context.Context, position int64, limit int) ([]stock.LogEvent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := min(int(position), len(l.events))
	return slices.Clone(l.events[from:min(from+limit, len(l.events))]), nil
}

func (l *list) LastPosition(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.events)), nil
}

// recorder is a consumer that keeps the positions it was given; refuse says what it does not take.
type recorder struct {
	name   string
	mu     sync.Mutex
	got    []int64
	refuse func(e stock.LogEvent) error
	hold   time.Duration // how long a delivery takes
}

func (c *recorder) Name() string { return c.name }

func (c *recorder) Deliver(ctx context.Context, events []stock.LogEvent) (int, error) {
	if c.hold > 0 {
		select {
		case <-time.After(c.hold):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, e := range events {
		if c.refuse != nil {
			if err := c.refuse(e); err != nil {
				return i, err
			}
		}
		c.got = append(c.got, e.Position)
	}
	return len(events), nil
}

func (c *recorder) positions() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// upTo lists the positions from 1 to n.
func upTo(n int64) []int64 {
	out := []int64{}
	for p := int64(1); p <= n; p++ {
		out = append(out, p)
	}
	return out
}
