package oidc

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many tries a sign-in page grants before it makes one wait. The limits lock by rate and never for
// good, so nobody can lock another person out for long.
const (
	// A person who mistypes has five tries, then one every 20 seconds from that address.
	pairBurst = 5
	pairEvery = 20 * time.Second
	// One account from all addresses together: 20, then one every 10 seconds (8,640 guesses a day against 2^60).
	userBurst = 20
	userEvery = 10 * time.Second
	// One address over all accounts, against password spraying: 30, then one every 2 seconds.
	addressBurst = 30
	addressEvery = 2 * time.Second
	// maxThrottled bounds the memory of a flood of names.
	maxThrottled = 20_000
)

// throttle limits tries by key.
type throttle struct {
	now func() time.Time
	max int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, max: maxThrottled, limiters: make(map[string]*rate.Limiter)}
}

// login takes one try for username at address from all three allowances, or says how long to wait.
func (t *throttle) login(username, address string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	limits := []*rate.Limiter{
		t.limiter("a:"+address, addressEvery, addressBurst, now),
		t.limiter("u:"+username, userEvery, userBurst, now),
		t.limiter("p:"+username+"\x00"+address, pairEvery, pairBurst, now),
	}
	for _, l := range limits { // look first: a refused try costs nothing further
		if missing := 1 - l.TokensAt(now); missing > 0 {
			wait = max(wait, time.Duration(missing/float64(l.Limit())*float64(time.Second)))
		}
	}
	if wait > 0 {
		return wait, false
	}
	for _, l := range limits {
		l.AllowN(now, 1)
	}
	return 0, true
}

// succeeded forgets the failures of username at address.
func (t *throttle) succeeded(username, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.limiters, "p:"+username+"\x00"+address)
}

// limiter finds or makes the limiter of key. t.mu is held.
func (t *throttle) limiter(key string, every time.Duration, burst int, now time.Time) *rate.Limiter {
	l := t.limiters[key]
	if l == nil {
		if len(t.limiters) >= t.max {
			t.makeRoom(now)
		}
		l = rate.NewLimiter(rate.Every(every), burst)
		t.limiters[key] = l
	}
	return l
}

// makeRoom drops the limiters that have recovered fully, and any one if none has.
func (t *throttle) makeRoom(now time.Time) {
	for k, l := range t.limiters {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(t.limiters, k)
		}
	}
	for k := range t.limiters {
		if len(t.limiters) < t.max {
			return
		}
		delete(t.limiters, k)
	}
}
