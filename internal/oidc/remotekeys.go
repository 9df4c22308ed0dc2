package oidc

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	// keyRefreshAge is the age at which a set in use is read again in the background: so a key that was
	// removed at the issuer is refused here about a minute later (S-18).
	keyRefreshAge = time.Minute
	// keyStaleLimit is how long a set stays trusted while its endpoint cannot be reached.
	keyStaleLimit = time.Hour
	// keyFetchInterval is the least time between two fetches, whatever kids arrive and however the last
	// one ended. It is the negative cache: a kid that the newest set does not have stays unknown this long.
	keyFetchInterval = 10 * time.Second
	// keyFetchTimeout bounds one fetch; callers with an unknown kid wait for it.
	keyFetchTimeout = 5 * time.Second
	// maxKeySetSize in bytes; a real set has 2 KiB.
	maxKeySetSize = 1 << 20
)

// Doer is the part of *http.Client that is needed; the caller decides on redirects and proxies.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// RemoteKeys is a key set read from an issuer's jwks_uri. It starts no goroutine that outlives a fetch
// (at most keyFetchTimeout) and reads nothing before the first token comes.
//
// keyfunc v3.9.1 with jwkset v0.11.4 was looked at and not taken: it decodes the answer without a limit
// on its size, trusts old keys for ever when the endpoint is down, makes callers with an unknown kid
// queue at its rate limiter, refreshes from a ticker goroutine, and cannot say that the set has changed,
// which the token cache needs.
type RemoteKeys struct {
	url    string
	client Doer
	now    func() time.Time

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey // replaced, never changed
	gen     uint64
	readAt  time.Time     // of the set in keys
	triedAt time.Time     // of the last fetch, however it ended
	flight  chan struct{} // closed when the fetch that is under way ends; nil when none is
	failure error         // of the last fetch, for the log
}

var _ Keys = (*RemoteKeys)(nil)

// NewRemoteKeys reads keys from url through client.
func NewRemoteKeys(url string, client Doer, now func() time.Time) *RemoteKeys {
	return &RemoteKeys{url: url, client: client, now: now}
}

// Generation is 0 before the first read; ok turns false when the set is older than keyStaleLimit.
func (r *RemoteKeys) Generation() (uint64, bool) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		return 0, false
	}
	age := now.Sub(r.readAt)
	if age >= keyRefreshAge {
		r.start(now)
	}
	return r.gen, age < keyStaleLimit
}

// Key returns the key named kid, after reading the set again if it is unknown or the set too old.
func (r *RemoteKeys) Key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	key, flight, err := r.lookup(kid, true)
	if flight == nil {
		return key, err
	}
	select {
	case <-flight:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrNoKeys, ctx.Err())
	}
	key, _, err = r.lookup(kid, false)
	return key, err
}

// lookup answers from memory, or with the fetch to wait for when memory does not suffice and fetch is set.
func (r *RemoteKeys) lookup(kid string, fetch bool) (*rsa.PublicKey, chan struct{}, error) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	usable := r.keys != nil && now.Sub(r.readAt) < keyStaleLimit
	if key := r.keys[kid]; usable && key != nil {
		return key, nil, nil
	}
	if fetch {
		if flight := r.start(now); flight != nil {
			return nil, flight, nil
		}
	}
	if !usable {
		return nil, nil, errors.Join(ErrNoKeys, r.failure)
	}
	return nil, nil, errors.New("key id is unknown")
}

// start returns the fetch that is under way, after starting one if none is and the last was long enough
// ago; nil when it is too early. r.mu is held.
func (r *RemoteKeys) start(now time.Time) chan struct{} {
	if r.flight != nil {
		return r.flight
	}
	if !r.triedAt.IsZero() && now.Sub(r.triedAt) < keyFetchInterval {
		return nil
	}
	r.triedAt = now
	flight := make(chan struct{})
	r.flight = flight
	go func() { // not the caller's context: others wait for the same fetch
		ctx, cancel := context.WithTimeout(context.Background(), keyFetchTimeout)
		defer cancel()
		keys, err := r.fetch(ctx)
		r.land(keys, err, now)
		close(flight)
	}()
	return flight
}

// land stores the outcome of the fetch that began at startedAt. The generation grows only if the set differs.
func (r *RemoteKeys) land(keys map[string]*rsa.PublicKey, err error, startedAt time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flight, r.failure = nil, err
	if err != nil {
		return
	}
	if !maps.EqualFunc(r.keys, keys, func(a, b *rsa.PublicKey) bool { return a.Equal(b) }) {
		r.keys = keys
		r.gen++
	}
	r.readAt = startedAt
}

func (r *RemoteKeys) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, fmt.Errorf("key set request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetching key set: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching key set: status %d", resp.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySetSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading key set: %w", err)
	}
	if len(raw) > maxKeySetSize {
		return nil, errors.New("key set is too large")
	}
	return decodeKeySet(raw)
}
