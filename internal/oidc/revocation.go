package oidc

import (
	"sync"
	"time"
)

// maxRevocations bounds the list of ended sign-ins: far more than end within one day on one machine.
const maxRevocations = 50_000

// revocations remembers the sign-ins that were ended, for as long as one of their access tokens can
// live. It is in memory: after a restart a signed-out access token is good again until it expires, which
// is within AccessTTL; sessions and refresh tokens are not affected, they are gone from the Store.
type revocations struct {
	now func() time.Time
	max int

	mu sync.RWMutex
	m  map[string]time.Time // sign-in → when it may be forgotten
}

func newRevocations(now func() time.Time) *revocations {
	return &revocations{now: now, max: maxRevocations, m: make(map[string]time.Time)}
}

func (r *revocations) add(session string) {
	if session == "" {
		return
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.m) >= r.max {
		r.makeRoom(now)
	}
	r.m[session] = now.Add(MaxAccessTTL)
}

// makeRoom forgets what can no longer matter, or else the oldest entry.
func (r *revocations) makeRoom(now time.Time) {
	var oldest string
	for s, until := range r.m {
		if !now.Before(until) {
			delete(r.m, s)
		} else if oldest == "" || until.Before(r.m[oldest]) {
			oldest = s
		}
	}
	if len(r.m) >= r.max {
		delete(r.m, oldest)
	}
}

func (r *revocations) has(session string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.m[session]
	return ok
}
