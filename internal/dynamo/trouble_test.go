package dynamo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/faiston/nexo/internal/dynamo"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/itemtest"
)

// troubled is a store behind a proxy that fails, and the same tables seen without it.
type troubled struct {
	*testing.T
	*dynamo.Store
	clear *dynamo.Store
	proxy *itemtest.Proxy
}

func trouble(t *testing.T, choose itemtest.Choose) *troubled {
	t.Helper()
	server := itemtest.Dynoxide(t, "")
	clear := itemtest.OpenDynamo(t, server.URL, time.Now)
	proxy := itemtest.NewProxy(t, server.URL, choose)
	s, err := dynamo.Open(t.Context(), dynamo.Options{Endpoint: proxy.URL, Region: "us-east-2", Patience: 150 * time.Millisecond,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), Jitter: func() float64 { return 0.01 }})
	if err != nil {
		t.Fatal(err)
	}
	return &troubled{t, s, clear, proxy}
}

func thing(partition, sort string, version int64) item.Item {
	return item.Item{Key: item.Key{Partition: partition, Sort: sort}, Version: version, Body: fmt.Appendf(nil, `{"n":%d}`, version)}
}

func (w *troubled) version(t *item.Table, k item.Key) int64 {
	w.Helper()
	it, err := w.clear.Get(w.Context(), t, k)
	if err != nil {
		w.Fatal(err)
	}
	if it == nil {
		return 0
	}
	return it.Version
}

// One request fails in each of the ways, and the call succeeds all the same, exactly once.
func TestOneFault(t *testing.T) {
	t.Parallel()
	inv, k := item.Inventory(), item.Key{Partition: "p", Sort: "s"}
	for _, f := range []itemtest.Fault{itemtest.Throttle, itemtest.Broken, itemtest.Away, itemtest.CutBefore, itemtest.CutAfter, itemtest.Slow, itemtest.Clash, itemtest.Partial} {
		for name, call := range map[string]func(w *troubled) error{
			"put": func(w *troubled) error { return w.Put(w.Context(), inv, item.Write{Item: thing("p", "s", 2)}) },
			"put if absent": func(w *troubled) error {
				return w.Put(w.Context(), inv, item.Write{Item: thing("p", "s", 2), If: item.Condition{Kind: item.IfAbsent}})
			},
			"update": func(w *troubled) error {
				if err := w.clear.Put(w.Context(), inv, item.Write{Item: thing("p", "s", 1)}); err != nil {
					return err
				}
				return w.Put(w.Context(), inv, item.Write{Item: thing("p", "s", 2), If: item.Condition{Kind: item.IfVersion, Version: 1}})
			},
			"put all": func(w *troubled) error {
				return w.PutAll(w.Context(), inv, []item.Write{{Item: thing("p", "s", 2)}, {Item: thing("p", "t", 1)}})
			},
			"put all if absent": func(w *troubled) error {
				return w.PutAll(w.Context(), inv, []item.Write{{Item: thing("p", "s", 2), If: item.Condition{Kind: item.IfAbsent}}})
			},
			"transaction": func(w *troubled) error {
				return w.Transact(w.Context(), []item.Op{{Table: inv, Put: &item.Write{Item: thing("p", "s", 2), If: item.Condition{Kind: item.IfAbsent}}},
					{Table: item.Tasks(), Put: &item.Write{Item: thing("p", "", 1), If: item.Condition{Kind: item.IfAbsent}}}})
			},
			"delete if present": func(w *troubled) error {
				gone := thing("p", "gone", 1)
				if err := w.clear.PutAll(w.Context(), inv, []item.Write{{Item: gone}, {Item: thing("p", "s", 2)}}); err != nil {
					return err
				}
				return w.Delete(w.Context(), inv, item.Removal{Key: gone.Key, If: item.Condition{Kind: item.IfPresent}})
			},
			"get": func(w *troubled) error {
				if err := w.clear.Put(w.Context(), inv, item.Write{Item: thing("p", "s", 2)}); err != nil {
					return err
				}
				it, err := w.Get(w.Context(), inv, k)
				if err == nil && it == nil {
					err = context.Canceled
				}
				return err
			},
		} {
			t.Run(fmt.Sprint(f, " ", name), func(t *testing.T) {
				t.Parallel()
				w := trouble(t, itemtest.First(f))
				if err := call(w); err != nil {
					t.Fatal(err)
				}
				if v := w.version(inv, k); v != 2 {
					t.Errorf("version %d", v)
				}
			})
		}
	}
}

// A third of all requests fails: what was acknowledged is there, once.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := trouble(t, itemtest.Seeded(seed, 3))
			w.fill()
			w.count()
			if w.proxy.Faults() == 0 {
				t.Error("nothing failed")
			}
			t.Logf("%d requests, %d of them spoilt", w.proxy.Requests(), w.proxy.Faults())
		})
	}
}

// fill writes items of all conditions until it is told that they are there.
func (w *troubled) fill() {
	w.Helper()
	inv := item.Inventory()
	var writes []item.Write
	for i := range 90 {
		writes = append(writes, item.Write{Item: thing("fill", fmt.Sprintf("%03d", i), int64(i+1)), If: item.Condition{Kind: []item.ConditionKind{item.Always, item.IfAbsent, item.IfNewer}[i%3]}})
	}
	w.until(func() error { return w.PutAll(w.Context(), inv, writes) })
	page, err := w.clear.Query(w.Context(), inv, item.Query{Partition: "fill"})
	if err != nil || len(page.Items) != len(writes) {
		w.Fatalf("%d items, %v", len(page.Items), err)
	}
	for i, it := range page.Items {
		if it.Version != int64(i+1) {
			w.Errorf("item %s has version %d", it.Sort, it.Version)
		}
	}
	w.until(func() error { return w.DeleteAll(w.Context(), inv, "fill") })
	if page, err := w.clear.Query(w.Context(), inv, item.Query{Partition: "fill"}); err != nil || len(page.Items) != 0 {
		w.Errorf("%d items are left, %v", len(page.Items), err)
	}
}

// count updates one item many times: every acknowledged update is in it, and none twice.
func (w *troubled) count() {
	w.Helper()
	sessions, k := item.Sessions(), item.Key{Partition: "counter"}
	acknowledged, unknown := int64(0), int64(0)
	for range 30 {
		_, err := item.Update(w.Context(), w, sessions, k, func(*item.Item) (*item.Item, error) {
			next := thing("", "", 1)
			return &next, nil
		})
		switch {
		case err == nil:
			acknowledged++
		case fault.CodeOf(err) == fault.Unavailable:
			unknown++
		default:
			w.Error(err)
		}
	}
	if v := w.version(sessions, k); v < acknowledged || v > acknowledged+unknown {
		w.Errorf("version %d after %d acknowledged and %d unknown updates", v, acknowledged, unknown)
	}
}

// until repeats a call as the relay does.
func (w *troubled) until(call func() error) {
	w.Helper()
	for range 20 {
		err := call()
		if err == nil {
			return
		}
		if f := fault.Of(err); f.Code != fault.Unavailable || !f.Retryable {
			w.Fatal(err)
		}
	}
	w.Fatal("it never succeeds")
}

func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	for _, f := range []itemtest.Fault{itemtest.Throttle, itemtest.Broken, itemtest.Away, itemtest.CutBefore, itemtest.CutAfter, itemtest.Slow, itemtest.Clash, itemtest.Partial} {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			t.Parallel()
			w := trouble(t, itemtest.Always(f))
			inv := item.Inventory()
			var err error
			switch f {
			case itemtest.Clash:
				err = w.Transact(t.Context(), []item.Op{{Table: inv, Put: &item.Write{Item: thing("p", "s", 1)}}})
			case itemtest.Partial:
				err = w.PutAll(t.Context(), inv, []item.Write{{Item: thing("p", "s", 1)}})
			default:
				err = w.Put(t.Context(), inv, item.Write{Item: thing("p", "s", 1)})
			}
			if e := fault.Of(err); e == nil || e.Code != fault.Unavailable || !e.Retryable {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	w := trouble(t, itemtest.Always(itemtest.Slow))
	for name, end := range map[string]func() (context.Context, context.CancelFunc){
		"deadline": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 20*time.Millisecond)
		},
		"cancel": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		},
	} {
		ctx, cancel := end()
		if _, err := w.Get(ctx, item.Sessions(), item.Key{Partition: "p"}); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

func TestNoServerNoTable(t *testing.T) {
	t.Parallel()
	server := itemtest.Dynoxide(t, "")
	open := func(names map[string]string) *dynamo.Store {
		s, err := dynamo.Open(t.Context(), dynamo.Options{Endpoint: server.URL, Region: "us-east-2", Names: names,
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), Jitter: func() float64 { return 0 }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(map[string]string{"sessions": "another-name"})
	if e := fault.Of(s.Ping(t.Context())); e == nil || e.Code != fault.Unavailable || e.Retryable {
		t.Errorf("a table that is missing: %v", e)
	}
	for range 2 { // the second time they are there
		if err := s.CreateTables(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if e := fault.Of(open(nil).Ping(t.Context())); e == nil {
		t.Error("the name of the configuration was not taken")
	}
	server.Stop()
	if e := fault.Of(s.Ping(t.Context())); e == nil || e.Code != fault.Unavailable || !e.Retryable {
		t.Errorf("a server that is gone: %v", e)
	}
}
