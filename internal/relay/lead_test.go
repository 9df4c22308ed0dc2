package relay_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// stage is a relay over a log and a book in memory.
type stage struct {
	t    *testing.T
	book *memory
	log  *list
	mu   sync.Mutex
	subs []relay.Subscription
	wait sync.WaitGroup
	stop []context.CancelFunc
}

func newStage(t *testing.T, consumers ...relay.Consumer) *stage {
	s := &stage{t: t, book: newMemory(), log: &list{}}
	for _, c := range consumers {
		s.subs = append(s.subs, relay.Subscription{Consumer: c})
	}
	return s
}

func (s *stage) options(holder string) relay.Options {
	return relay.Options{Book: s.book, Sources: map[string]stock.EventReader{relay.SourceEvents: s.log}, Holder: holder,
		Subscriptions: func(context.Context) ([]relay.Subscription, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return slices.Clone(s.subs), nil
		}, Random: func() float64 { return 1 }}
}

// run starts a process; the function ends it.
func (s *stage) run(o relay.Options) (r *relay.Relay, stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	r = relay.New(o)
	var done sync.WaitGroup
	done.Go(func() { r.Run(ctx) })
	return r, func() { cancel(); done.Wait() }
}

func (s *stage) expect(c *recorder, want []int64) {
	s.t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, c.positions()); diff != "" {
		s.t.Errorf("%s: %s", c.name, diff)
	}
}

func TestEventsArriveInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &recorder{name: "a"}, &recorder{name: "b"}
		s := newStage(t, a, b)
		s.log.grow(2500)
		s.subs[1].From = 2400
		r, stop := s.run(s.options("one"))
		defer stop()
		time.Sleep(time.Second)
		s.expect(a, upTo(2500))
		s.expect(b, upTo(2500)[2400:])
		s.log.grow(1)
		r.Poke()
		time.Sleep(time.Millisecond) // a poke need not wait for the next look
		s.expect(a, upTo(2501))
		s.log.grow(1)
		time.Sleep(300 * time.Millisecond)
		s.expect(a, upTo(2502))
	})
}

// A consumer that is slow or fails has its own pace; the others do not notice.
func TestOneDoesNotDelayAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow, fast := &recorder{name: "slow", hold: 30 * time.Second}, &recorder{name: "fast"}
		bad := &recorder{name: "bad", refuse: func(stock.LogEvent) error { return fault.Unavailable.With("fora", "away") }}
		s := newStage(t, slow, bad, fast)
		s.log.grow(10)
		_, stop := s.run(s.options("one"))
		defer stop()
		time.Sleep(time.Second)
		s.expect(fast, upTo(10))
		s.expect(slow, nil)
		time.Sleep(31 * time.Second)
		s.expect(slow, upTo(10))
		if c := s.book.at("bad"); c.Position != 0 || c.Attempts < 5 || c.Error.Code != "unavailable" {
			t.Errorf("the one that fails: %+v", c)
		}
	})
}

// Pauses double, and what was refused for a while arrives once, in order.
func TestRetriesBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time
		until := time.Now().Add(20 * time.Second)
		c := &recorder{name: "c"}
		c.refuse = func(e stock.LogEvent) error {
			if e.Position == 3 && time.Now().Before(until) {
				tries = append(tries, time.Now())
				return fault.Unavailable.With("fora", "away")
			}
			return nil
		}
		s := newStage(t, c)
		s.log.grow(5)
		_, stop := s.run(s.options("one"))
		defer stop()
		time.Sleep(2 * time.Minute)
		s.expect(c, upTo(5))
		for i := 2; i < len(tries); i++ {
			if before, now := tries[i-1].Sub(tries[i-2]), tries[i].Sub(tries[i-1]); now < before*3/2 {
				t.Errorf("pause %d is %v after %v", i, now, before)
			}
		}
		if len(tries) < 5 || len(tries) > 9 {
			t.Errorf("%d tries in 20 s", len(tries))
		}
	})
}

// What cannot be delivered is put aside, with its reason, and the next event follows.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	final := fault.InvalidArgument.With("não dá", "no way")
	tests := []struct {
		name  string
		err   error
		sub   func(*relay.Subscription)
		tries int
	}{
		{"a final refusal", final, func(*relay.Subscription) {}, 1},
		{"too many failures", fault.Unavailable.With("fora", "away"), func(s *relay.Subscription) { s.Attempts = 3 }, 3},
		{"a defect, after some tries", errors.New("nobody knows"), func(*relay.Subscription) {}, 5},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &recorder{name: "c", refuse: func(e stock.LogEvent) error {
					if e.Position == 3 {
						return tc.err
					}
					return nil
				}}
				s := newStage(t, c)
				tc.sub(&s.subs[0])
				s.log.grow(5)
				_, stop := s.run(s.options("one"))
				defer stop()
				time.Sleep(time.Minute)
				s.expect(c, []int64{1, 2, 4, 5})
				if len(s.book.dead) != 1 || s.book.dead[0].Position != 3 || s.book.dead[0].Attempts != tc.tries ||
					s.book.dead[0].Error.Message == "" || s.book.dead[0].Error.MessageEN == "" {
					t.Errorf("dead letters: %+v", s.book.dead)
				}
			})
		})
	}
}

// a leader that dies is replaced within a minute, and one that ends cleanly at once.
func TestLeaderIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &recorder{name: "c"}
		s := newStage(t, c)
		dying := s.options("dying")
		dying.Fault = func(p relay.Point) error {
			if p == relay.AfterDeliver {
				return errors.New("killed")
			}
			return nil
		}
		_, bury := s.run(dying)
		s.log.grow(3)
		time.Sleep(time.Second)
		s.expect(c, upTo(3)) // delivered, but nobody wrote it down
		bury()
		_, stopSecond := s.run(s.options("second"))
		time.Sleep(time.Second)
		if at := s.book.at("c").Position; at != 0 {
			t.Fatalf("the cursor stands at %d", at)
		}
		time.Sleep(45 * time.Second)
		s.expect(c, []int64{1, 2, 3, 1, 2, 3}) // at least once
		if s.book.holder != "second" {
			t.Errorf("%s leads", s.book.holder)
		}
		stopSecond()
		_, stopThird := s.run(s.options("third"))
		defer stopThird()
		s.log.grow(1)
		time.Sleep(time.Second)
		s.expect(c, []int64{1, 2, 3, 1, 2, 3, 4})
	})
}

// A leader whose database is away stops before another one can lead, and comes back.
func TestLeaderWithoutItsBook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &recorder{name: "c"}
		s := newStage(t, c)
		_, stop := s.run(s.options("one"))
		defer stop()
		time.Sleep(time.Second)
		s.book.mu.Lock()
		s.book.broken = true
		s.book.mu.Unlock()
		s.log.grow(2)
		time.Sleep(time.Minute)
		s.expect(c, nil)
		s.book.mu.Lock()
		s.book.broken = false
		s.book.mu.Unlock()
		time.Sleep(10 * time.Second)
		s.expect(c, upTo(2))
		if s.book.term != 2 {
			t.Errorf("term %d: the first one was over", s.book.term)
		}
	})
}

// Consumers come and go while the program runs.
func TestConsumersComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &recorder{name: "a"}, &recorder{name: "b"}
		s := newStage(t, a)
		_, stop := s.run(s.options("one"))
		defer stop()
		s.log.grow(2)
		time.Sleep(time.Second)
		s.mu.Lock()
		s.subs = []relay.Subscription{{Consumer: b}, {Consumer: &recorder{name: "b"}}, {Consumer: &recorder{name: "x"}, Source: "unknown"}}
		s.mu.Unlock()
		time.Sleep(5 * time.Second)
		s.log.grow(1)
		time.Sleep(time.Second)
		s.expect(a, upTo(2))
		s.expect(b, upTo(3))
	})
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	c := &recorder{name: "c", refuse: func(e stock.LogEvent) error {
		if e.Position == 2 {
			return fault.InvalidArgument.With("não dá", "no way")
		}
		return nil
	}}
	s := newStage(t, c)
	s.log.grow(3)
	r := relay.New(s.options("one"))
	for _, tc := range []struct {
		consumer string
		position int64
		want     fault.Code
	}{{"c", 3, ""}, {"c", 2, fault.InvalidArgument}, {"c", 4, fault.NotFound}, {"d", 1, fault.NotFound}} {
		if err := r.Redeliver(t.Context(), tc.consumer, tc.position); fault.CodeOf(err) != tc.want {
			t.Errorf("%s %d: %v", tc.consumer, tc.position, err)
		}
	}
	if diff := cmp.Diff([]int64{3}, c.positions()); diff != "" {
		t.Error(diff)
	}
}
