package oidc

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	now := noon()
	s := NewMemoryStore(func() time.Time { return now })
	ctx := t.Context()
	put := func(key, value string, life time.Duration) {
		if err := s.Put(ctx, KindCode, key, Entry{Value: []byte(value), Until: now.Add(life)}); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "1", time.Minute)
	if e, err := s.Get(ctx, KindCode, "a"); err != nil || string(e.Value) != "1" {
		t.Errorf("get: %q %v", e.Value, err)
	}
	if _, err := s.Get(ctx, KindSession, "a"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another kind: %v", err)
	}
	if ok, _ := s.Swap(ctx, KindCode, "a", []byte("0"), Entry{Value: []byte("2"), Until: now.Add(time.Minute)}); ok {
		t.Error("swapped though the value is another")
	}
	if ok, _ := s.Swap(ctx, KindCode, "a", []byte("1"), Entry{Value: []byte("2"), Until: now.Add(time.Minute)}); !ok {
		t.Error("not swapped")
	}
	if e, err := s.Take(ctx, KindCode, "a"); err != nil || string(e.Value) != "2" {
		t.Errorf("take: %q %v", e.Value, err)
	}
	if _, err := s.Take(ctx, KindCode, "a"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("second take: %v", err)
	}
	put("b", "1", time.Minute)
	now = now.Add(time.Minute)
	if _, err := s.Get(ctx, KindCode, "b"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("at its end: %v", err)
	}
	put("c", "1", time.Minute)
	if err := s.Delete(ctx, KindCode, "c"); err != nil {
		t.Fatal(err)
	}
	if ok, _ := s.Swap(ctx, KindCode, "c", []byte("1"), Entry{}); ok {
		t.Error("swapped what was deleted")
	}
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

func TestMemoryStoreTakeIsOnce(t *testing.T) {
	t.Parallel()
	s := NewMemoryStore(noon)
	if err := s.Put(t.Context(), KindCode, "a", Entry{Until: noon().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := s.Take(t.Context(), KindCode, "a"); err == nil {
				got.Add(1)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d takers got it", got.Load())
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
