package oidc

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// stores are the two ways to remember, each with a clock.
func stores(t *testing.T, now func() time.Time) map[string]Store {
	t.Helper()
	return map[string]Store{"memory": NewMemoryStore(now), "items": NewItemStore(openItems(t, openDatabase(t), now), now)}
}

func TestStores(t *testing.T) {
	t.Parallel()
	clock := &clock{t: noon().Add(300 * time.Millisecond)}
	for name, s := range stores(t, clock.now) {
		t.Run(name, func(t *testing.T) { testStore(t, s, clock) })
	}
}

func testStore(t *testing.T, s Store, clock *clock) {
	ctx, now := t.Context(), clock.now()
	put := func(key, value string, life time.Duration) {
		if err := s.Put(ctx, KindCode, key, Entry{Value: []byte(value), Until: now.Add(life), Subject: "sub-ana"}); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "1", time.Minute)
	if e, err := s.Get(ctx, KindCode, "a"); err != nil || string(e.Value) != "1" || !e.Until.Equal(now.Add(time.Minute)) {
		t.Errorf("get: %q %v %v", e.Value, e.Until, err)
	}
	if _, err := s.Get(ctx, KindSession, "a"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another kind: %v", err)
	}
	if ok, _ := s.Swap(ctx, KindCode, "a", []byte("0"), Entry{Value: []byte("2"), Until: now.Add(time.Minute)}); ok {
		t.Error("swapped though the value is another")
	}
	if ok, err := s.Swap(ctx, KindCode, "a", []byte("1"), Entry{Value: []byte{0, '\'', 0xff}, Until: now.Add(time.Minute)}); !ok {
		t.Error("not swapped", err)
	}
	if e, err := s.Take(ctx, KindCode, "a"); err != nil || string(e.Value) != "\x00'\xff" {
		t.Errorf("take: %q %v", e.Value, err)
	}
	if _, err := s.Take(ctx, KindCode, "a"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("second take: %v", err)
	}
	put("b", "1", time.Minute)
	clock.pass(time.Minute - 1)
	if _, err := s.Get(ctx, KindCode, "b"); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	clock.pass(1)
	if _, err := s.Get(ctx, KindCode, "b"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("at its end: %v", err)
	}
	put("c", "1", time.Hour)
	if err := s.Delete(ctx, KindCode, "c"); err != nil {
		t.Fatal(err)
	}
	if ok, _ := s.Swap(ctx, KindCode, "c", []byte("1"), Entry{}); ok {
		t.Error("swapped what was deleted")
	}
	clock.pass(-time.Minute)
}

func TestMemoryStoreIsBounded(t *testing.T) {
	t.Parallel()
	now := noon()
	s := NewMemoryStore(func() time.Time { return now })
	s.max = 3
	for i := range 5 {
		if err := s.Put(t.Context(), KindCode, strconv.Itoa(i), Entry{Until: now.Add(time.Duration(10-i) * time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.entries[KindCode]); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	if _, err := s.Get(t.Context(), KindCode, "4"); err != nil {
		t.Errorf("the newest is gone: %v", err)
	}
	if _, err := s.Get(t.Context(), KindCode, "0"); err != nil {
		t.Errorf("the one that lives longest is gone: %v", err)
	}
}

func TestTakeAndSwapAreOnce(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t, noon) {
		until := noon().Add(time.Hour)
		for _, key := range []string{"a", "b"} {
			if err := s.Put(t.Context(), KindCode, key, Entry{Value: []byte("1"), Until: until}); err != nil {
				t.Fatal(err)
			}
		}
		var taken, swapped atomic.Int64
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				if _, err := s.Take(t.Context(), KindCode, "a"); err == nil {
					taken.Add(1)
				}
				if ok, err := s.Swap(t.Context(), KindCode, "b", []byte("1"), Entry{Value: []byte(strconv.Itoa(n + 2)), Until: until}); err == nil && ok {
					swapped.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 || swapped.Load() != 1 {
			t.Errorf("%s: %d took it, %d swapped it", name, taken.Load(), swapped.Load())
		}
	}
}

func TestRevocationsAreBoundedAndForget(t *testing.T) {
	t.Parallel()
	now := noon()
	r := newRevocations(func() time.Time { return now })
	r.max = 3
	r.add("")
	for i := range 4 {
		now = now.Add(time.Second)
		r.add(strconv.Itoa(i))
	}
	if r.has("") || r.has("0") || !r.has("1") || !r.has("3") {
		t.Errorf("holds %v", r.m)
	}
	now = now.Add(MaxAccessTTL)
	r.add("later")
	if len(r.m) != 1 {
		t.Errorf("holds %v", r.m)
	}
}
