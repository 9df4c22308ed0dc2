// Package itemtest proves that the keyed tables behave alike wherever they are kept: one suite that every
// adapter has to pass, random sequences of calls that two adapters have to answer alike, a
// DynamoDB-compatible server to run them on, and a proxy that makes such a server fail as AWS does.
package itemtest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// Opener makes an empty store that takes the time from now.
type Opener func(t testing.TB, now func() time.Time) item.Store

// Clock is a time that only a test moves.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock starts at a whole second.
func NewClock() *Clock { return &Clock{t: time.Unix(1_800_000_000, 0)} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Pass moves it.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// Run puts a store through everything that package item promises.
func Run(t *testing.T, open Opener) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(*world)
	}{
		{"conditions of a put", conditionsOfPut}, {"conditions of a deletion", conditionsOfDelete}, {"conditions of a check", conditionsOfCheck},
		{"bodies", bodies}, {"expiry", expiry}, {"order", order}, {"ranges", ranges}, {"pages past what has ended", pagesPastEnded},
		{"foreign cursors", foreignCursors}, {"indexes", indexes}, {"ties in an index", ties}, {"transactions", transactions},
		{"transactions that cross", crossing}, {"racing writers", racing}, {"racing updates", updates}, {"put all", putAll},
		{"put all side by side", putAllRace}, {"delete all", deleteAll}, {"limits", limits}, {"tables are apart", apart},
		{"patterns of sessions", sessionPatterns}, {"patterns of trainings", trainingPatterns},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			part.test(&world{T: t, Clock: clock, s: open(t, clock.Now)})
		})
	}
}

// world is a store under test.
type world struct {
	*testing.T
	*Clock
	s item.Store
}

func key(partition, sort string) item.Key { return item.Key{Partition: partition, Sort: sort} }

func thing(partition, sort string, version int64) item.Item {
	return item.Item{Key: key(partition, sort), Version: version, Body: fmt.Appendf(nil, `{"n":%d}`, version)}
}

func (w *world) put(t *item.Table, it item.Item) {
	w.Helper()
	if err := w.s.Put(w.Context(), t, item.Write{Item: it}); err != nil {
		w.Fatalf("put %v: %v", it.Key, err)
	}
}

func (w *world) get(t *item.Table, k item.Key) *item.Item {
	w.Helper()
	it, err := w.s.Get(w.Context(), t, k)
	if err != nil {
		w.Fatalf("get %v: %v", k, err)
	}
	return it
}

// holds wants exactly this item, or none, under the key.
func (w *world) holds(t *item.Table, k item.Key, want *item.Item) {
	w.Helper()
	if diff := cmp.Diff(want, w.get(t, k)); diff != "" {
		w.Errorf("%v: %s", k, diff)
	}
}

// conflicts wants a conflict at an index, with what is stored.
func (w *world) conflicts(err error, index int, current *item.Item) {
	w.Helper()
	c := asConflict(err)
	if c == nil || fault.CodeOf(err) != fault.Conflict || fault.Of(err).Retryable {
		w.Errorf("got %v, want a conflict", err)
		return
	}
	if c.Index != index {
		w.Errorf("conflict at %d, want %d", c.Index, index)
	}
	if diff := cmp.Diff(current, c.Current); diff != "" {
		w.Error("current: " + diff)
	}
}

// refuses wants invalid_argument.
func (w *world) refuses(what string, err error) {
	w.Helper()
	if fault.CodeOf(err) != fault.InvalidArgument {
		w.Errorf("%s: got %v, want invalid_argument", what, err)
	}
}

// all reads a query page by page and wants no page but the last to be short.
func (w *world) all(t *item.Table, q item.Query) []item.Item {
	w.Helper()
	var out []item.Item
	for {
		page, err := w.s.Query(w.Context(), t, q)
		if err != nil {
			w.Fatalf("query %+v: %v", q, err)
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out
		}
		if len(page.Items) != q.Size() {
			w.Fatalf("a page of %d before the end, want %d", len(page.Items), q.Size())
		}
		q.Cursor = page.Next
	}
}

func sorts(items []item.Item) []string {
	out := []string{}
	for _, it := range items {
		out = append(out, it.Sort)
	}
	return out
}
