package limit

import (
	"context"
	"sync"
	"time"
)

// leaseTime is how long the shared count may take: callers wait for it when they are faster than it.
const leaseTime = 250 * time.Millisecond

// Claim asks for a part of a limit in one window.
type Claim struct {
	Kind   Kind
	Key    string
	Window time.Time // its beginning
	Want   int64
	Limit  int64 // of all processes together
}

// Store is the count that processes share.
type Store interface {
	// Lease takes up to c.Want calls out of what all processes have left; 0 when nothing is left.
	Lease(ctx context.Context, c Claim) (granted int64, err error)
}

// bucket is what one key may still do in the present window.
type bucket struct {
	mu     sync.Mutex
	window int64 // its number since 1970
	used   int64
	left   int64         // in hand
	spent  bool          // all processes together have used up the limit
	alone  bool          // the shared count could not be had: this process holds to the limit by itself
	told   bool          // a refusal was reported in this window
	flight chan struct{} // closed when the lease that is under way has come
}

// shelf is where a bucket stands: what it needs to be filled.
type shelf struct {
	kind  Kind
	rate  Rate
	store Store // nil: this process is the only one
	done  *sync.WaitGroup
}

// Verdict is the answer to a call.
type Verdict struct {
	OK    bool
	After time.Duration // until it may be tried again
	First bool          // the first refusal of this key in this window: worth a record
}

// take counts one call. It waits only when calls come faster than leases.
func (b *bucket) take(s *shelf, key string, now time.Time) Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(s, now)
	for {
		if b.left > 0 {
			b.left--
			b.used++
			if b.left <= s.rate.chunk()/2 && s.store != nil && !b.spent && !b.alone && b.flight == nil {
				b.lease(s, key)
			}
			return Verdict{OK: true}
		}
		if s.store == nil || b.spent || b.alone {
			return b.refuse(s, now)
		}
		if b.flight == nil {
			b.lease(s, key)
		}
		flight, window := b.flight, b.window
		b.mu.Unlock()
		<-flight
		b.mu.Lock()
		if b.window != window { // others have gone on to the next one
			now = time.Unix(0, b.window*int64(s.rate.Per))
		}
	}
}

// turn begins the window of now. A call that looked at the clock just before the last turn stays in the
// new window; a clock that was really set back is followed.
func (b *bucket) turn(s *shelf, now time.Time) {
	w := now.UnixNano() / int64(s.rate.Per)
	if w == b.window || w == b.window-1 {
		return
	}
	b.window, b.used, b.spent, b.alone, b.told, b.flight = w, 0, false, false, false, nil
	b.left = s.rate.chunk()
	if s.store == nil {
		b.left = s.rate.Calls
	}
}

func (b *bucket) refuse(s *shelf, now time.Time) Verdict {
	end := time.Unix(0, (b.window+1)*int64(s.rate.Per))
	v := Verdict{After: end.Sub(now), First: !b.told}
	b.told = true
	return v
}

// lease asks for the next chunk without holding up the caller.
func (b *bucket) lease(s *shelf, key string) {
	flight, window := make(chan struct{}), b.window
	b.flight = flight
	claim := Claim{Kind: s.kind, Key: key, Window: time.Unix(0, window*int64(s.rate.Per)).UTC(), Want: s.rate.chunk(), Limit: s.rate.Calls}
	s.done.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), leaseTime)
		defer cancel()
		granted, err := s.store.Lease(ctx, claim)
		b.mu.Lock()
		defer b.mu.Unlock()
		defer close(flight)
		if b.window != window {
			return // it came too late, and its calls are lost: less was let through, not more
		}
		b.flight = nil
		switch {
		case err == nil:
			b.left += granted
			b.spent = granted < claim.Want
		case s.kind == SignIn:
			b.spent = true
		default:
			b.alone = true
			b.left = s.rate.Calls - b.used
		}
	})
}
