package limit

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Rate{"1/s": {1, time.Second}, "6000/m": {6000, time.Minute}, "off": {}, "1099511627776/s": {1 << 40, time.Second}} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "/s", "0/s", "-1/s", "+1/s", "1/h", "1/", "1/s/", "1.5/s", " 1/s", "OFF", "9223372036854775807/m"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	f.Add("10/s")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRate(s)
		if err == nil && r.Calls != 0 && (r.chunk() < 1 || r.chunk() > r.Calls || r.Per < time.Second) {
			t.Errorf("%q is %+v", s, r)
		}
	})
}

// clock is a time that tests move.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// tally is the shared count in memory.
type tally struct {
	mu    sync.Mutex
	taken map[string]int64
	asked int
	fail  error
}

func (s *tally) Lease(_ context.Context, c Claim) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.fail != nil {
		return 0, s.fail
	}
	if s.taken == nil {
		s.taken = map[string]int64{}
	}
	key := fmt.Sprint(c.Kind, c.Key, c.Window)
	granted := min(c.Want, c.Limit-s.taken[key])
	s.taken[key] += granted
	return granted, nil
}

func rates(k Kind, calls int64, per time.Duration) Rates {
	var r Rates
	r[k] = Rate{calls, per}
	return r
}

// drain takes until the first refusal.
func drain(l *Limits, k Kind, key string, most int) int {
	for n := range most {
		if !l.Take(k, key).OK {
			return n
		}
	}
	return most
}

func TestOneProcess(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := New(rates(User, 10, time.Second), nil, c.now)
	for range 3 {
		if n := drain(l, User, "ana", 100); n != 10 {
			t.Errorf("let %d through, want 10", n)
		}
		if n := drain(l, User, "bia", 100); n != 10 {
			t.Errorf("another person is another count: %d", n)
		}
		c.advance(time.Second)
	}
	drain(l, User, "ana", 100)
	c.advance(-time.Second)
	if n := drain(l, User, "ana", 100); n != 0 {
		t.Errorf("a look at the clock from before the turn opens what is used up: %d", n)
	}
	c.advance(-time.Hour)
	if n := drain(l, User, "ana", 100); n != 10 {
		t.Errorf("a clock that was set back must not stop anybody: %d", n)
	}
}

// The most that can pass is the limit and a chunk for each process, however they race.
func TestSeveralProcessesShare(t *testing.T) {
	t.Parallel()
	c, store := newClock(), &tally{}
	var all []*Limits
	for range 3 {
		all = append(all, New(rates(Tool, 1000, time.Minute), store, c.now))
	}
	for range 3 {
		var passed atomic.Int64
		var wait sync.WaitGroup
		for _, l := range all {
			for range 4 {
				wait.Go(func() { passed.Add(int64(drain(l, Tool, "t", 2000))) })
			}
		}
		wait.Wait()
		if n := passed.Load(); n < 1000 || n > 1300 {
			t.Errorf("let %d through, want 1000 to 1300", n)
		}
		c.advance(time.Minute)
	}
	for _, l := range all {
		l.Close()
	}
}

// Who stays below a part of the first chunk costs the shared count nothing.
func TestFewCallsNeedNoLease(t *testing.T) {
	t.Parallel()
	c, store := newClock(), &tally{}
	l := New(rates(User, 1000, time.Second), store, c.now)
	for range 10 {
		if n := drain(l, User, "ana", 49); n != 49 {
			t.Fatalf("only %d", n)
		}
		c.advance(time.Second)
	}
	l.Close()
	if store.asked != 0 {
		t.Errorf("%d leases", store.asked)
	}
}

// Without the shared count each process holds to the limit by itself; sign-ins are refused.
func TestWithoutTheSharedCount(t *testing.T) {
	t.Parallel()
	c, store := newClock(), &tally{fail: errors.New("down")}
	r := rates(User, 100, time.Second)
	r[SignIn] = Rate{100, time.Second}
	l := New(r, store, c.now)
	if n := drain(l, User, "ana", 1000); n != 100 {
		t.Errorf("let %d calls through, want 100", n)
	}
	if n := drain(l, SignIn, "198.51.100.1", 1000); n != 10 {
		t.Errorf("let %d sign-ins through, want the first chunk of 10", n)
	}
	l.Close()
	store.mu.Lock()
	asked := store.asked
	store.fail = nil
	store.mu.Unlock()
	if asked != 2 {
		t.Errorf("asked %d times in a window without an answer", asked)
	}
	c.advance(time.Second)
	if n := drain(l, SignIn, "198.51.100.1", 1000); n != 110 {
		t.Errorf("the next window is as always: %d", n)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newClock()
	c.advance(15*time.Second + time.Millisecond)
	l := New(rates(User, 1, time.Minute), nil, c.now)
	ana := &identity.Actor{Subject: "ana", Kind: identity.Person}
	if f, _ := l.Call(ana, "sga_x"); f != nil {
		t.Fatal(f)
	}
	f, first := l.Call(ana, "sga_x")
	if f == nil || !first || f.Code != fault.RateLimited || !f.Retryable {
		t.Fatalf("got %v %v", f, first)
	}
	want := map[string]any{"limited": "user", "limit": int64(1), "per_seconds": 60, "retry_after": 45}
	if diff := cmp.Diff(want, f.Wire().Details); diff != "" {
		t.Error(diff)
	}
	if f.Message != "O limite de uso deste usuário foi atingido: tente de novo em 45 s." || f.MessageEN != "The rate limit of this user is reached: try again in 45 s." {
		t.Errorf("%s / %s", f.Message, f.MessageEN)
	}
	if _, again := l.Call(ana, "sga_x"); again {
		t.Error("a second refusal in a window is not the first")
	}
}

// S-27: agents do not use up what people have.
func TestAgentsAreCountedApart(t *testing.T) {
	t.Parallel()
	var r Rates
	r[User], r[Agent] = Rate{2, time.Minute}, Rate{1, time.Minute}
	l := New(r, nil, newClock().now)
	ana := &identity.Actor{Subject: "ana", Client: "nexo-web", Kind: identity.Person}
	robot := &identity.Actor{Subject: "ana", Client: "robot", Kind: identity.Agent, OnBehalf: "ana"}
	if f, _ := l.Call(robot, "t"); f != nil {
		t.Error(f)
	}
	if f, _ := l.Call(robot, "t"); f == nil || f.Wire().Details["limited"] != "agent" {
		t.Errorf("the agent went on: %v", f)
	}
	for range 2 {
		if f, _ := l.Call(ana, "t"); f != nil {
			t.Errorf("the person pays for the agent: %v", f)
		}
	}
	for range 5 {
		if f, _ := l.Call(identity.TheSystem(), "t"); f != nil {
			t.Error("the program's own clock was refused")
		}
	}
	if f, _ := l.Call(nil, "t"); f != nil {
		t.Error("nobody is nobody's count")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	l := New(rates(Address, 1, time.Minute), nil, newClock().now)
	for _, step := range []struct {
		from string
		ok   bool
	}{{"198.51.100.1", true}, {"198.51.100.1", false}, {"198.51.100.2", true},
		{"2001:db8:1:2::1", true}, {"2001:db8:1:2:ffff::9", false}, {"2001:db8:1:3::1", true}} {
		if f := l.Address(Address, netip.MustParseAddr(step.from)); (f == nil) != step.ok {
			t.Errorf("%s: %v", step.from, f)
		}
	}
	if f := l.Address(Address, netip.Addr{}); f != nil {
		t.Error("a socket of this machine has no address")
	}
	var off *Limits
	if f := off.Address(Address, netip.MustParseAddr("198.51.100.1")); f != nil || !off.Take(User, "x").OK {
		t.Error("no limits let everything through")
	}
}

// Keys that nobody can hold all of share one count; what is over is cleared away.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := New(rates(Address, 2, time.Minute), nil, c.now)
	for i := range maxKeys {
		l.Take(Address, fmt.Sprint(i))
	}
	for i, want := range []bool{true, true, false, false} {
		if got := l.Take(Address, fmt.Sprint("more-", i)).OK; got != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	c.advance(time.Minute)
	if !l.Take(Address, "more-9").OK || len(l.rooms[Address].buckets) != 1 {
		t.Errorf("%d keys are kept of a window that is over", len(l.rooms[Address].buckets))
	}
}

func TestDefaultsAreFarAway(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		r := Defaults()[k]
		if k != SignIn && r.Calls*int64(time.Second)/int64(r.Per) < 50_000 {
			t.Errorf("%s: %d in %s is within reach of a load test", k, r.Calls, r.Per)
		}
	}
}

// The whole of what a call pays: its address, its caller, its tool and its project.
func BenchmarkCall(b *testing.B) {
	l := New(Defaults(), &tally{}, time.Now)
	defer l.Close()
	ana := &identity.Actor{Subject: "5f1c7a52-0000-7000-8000-00000000000a", Kind: identity.Person}
	from := netip.MustParseAddr("198.51.100.1")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if f := l.Address(Address, from); f != nil {
				b.Error(f)
			}
			if f, _ := l.Call(ana, "sga_create_movement"); f != nil {
				b.Error(f)
			}
			if f, _ := l.Project("NTT"); f != nil {
				b.Error(f)
			}
		}
	})
}
