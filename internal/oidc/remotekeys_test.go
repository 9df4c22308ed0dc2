package oidc

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
)

type rsaPublic = rsa.PublicKey

// failing is an endpoint that cannot be reached.
type failing struct{}

func (failing) Do(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") }

// always answers 200 with one body.
type always []byte

func (a always) Do(*http.Request) (*http.Response, error) { return answer(200, a), nil }

func answer(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body))}
}

func encodeSet(t testing.TB, keys map[string]*rsa.PublicKey) []byte {
	t.Helper()
	var set jwkSet
	for kid, k := range keys {
		set.Keys = append(set.Keys, encodeKey(kid, k))
	}
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// endpoint is a jwks_uri whose answer the test changes. A fetch takes latency of the bubble's time.
type endpoint struct {
	mu      sync.Mutex
	status  int
	body    []byte
	latency time.Duration
	fetches atomic.Int64
	now     atomic.Int64 // fetches under way
	most    atomic.Int64
}

func (e *endpoint) set(status int, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.body = status, body
}

func (e *endpoint) Do(r *http.Request) (*http.Response, error) {
	e.fetches.Add(1)
	e.most.Store(max(e.most.Load(), e.now.Add(1)))
	defer e.now.Add(-1)
	select {
	case <-time.After(e.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == 0 {
		return nil, errors.New("connection refused")
	}
	return answer(e.status, e.body), nil
}

// rotation is a bubble with a verifier, its endpoint and two keys.
type rotation struct {
	*testing.T
	end      *endpoint
	keys     *RemoteKeys
	verifier *Verifier
	old, new *rsa.PrivateKey
}

func (r *rotation) token(kid string, key *rsa.PrivateKey) string {
	now := time.Now().Unix()
	return forge(r, key, object{"alg": "RS256", "kid": kid}, goodClaims().with(object{"iat": now, "exp": now + 86400}))
}

func (r *rotation) verify(token string) error {
	_, err := r.verifier.Verify(context.Background(), token)
	return err
}

func (r *rotation) publish(keys map[string]*rsa.PublicKey) { r.end.set(200, encodeSet(r, keys)) }

// rotate runs f in a bubble of its own clock, with the old key published.
func rotate(t *testing.T, f func(*rotation)) {
	t.Helper()
	t.Parallel()
	older, newer := newKey(t), newKey(t)
	synctest.Test(t, func(t *testing.T) {
		end := &endpoint{latency: 50 * time.Millisecond}
		keys := NewRemoteKeys("https://issuer.example/jwks.json", end, time.Now)
		v := newTestVerifier(t, keys, func(c *VerifierConfig) { c.Now = time.Now })
		r := &rotation{T: t, end: end, keys: keys, verifier: v, old: older, new: newer}
		r.publish(map[string]*rsa.PublicKey{"old": &older.PublicKey})
		f(r)
		time.Sleep(2 * keyFetchTimeout) // a refresh in the background ends by itself
		synctest.Wait()
	})
}

func TestRotateNewKeyIsAcceptedAtOnce(t *testing.T) {
	rotate(t, func(r *rotation) {
		if err := r.verify(r.token("old", r.old)); err != nil {
			r.Fatal(err)
		}
		time.Sleep(keyFetchInterval)
		r.publish(map[string]*rsa.PublicKey{"old": &r.old.PublicKey, "new": &r.new.PublicKey})
		if err := r.verify(r.token("new", r.new)); err != nil {
			r.Errorf("new key: %v", err)
		}
		if n := r.end.fetches.Load(); n != 2 {
			r.Errorf("%d fetches, want 2", n)
		}
	})
}

func TestRotateNewKeyRightAfterAFetch(t *testing.T) {
	rotate(t, func(r *rotation) {
		if err := r.verify(r.token("old", r.old)); err != nil {
			r.Fatal(err)
		}
		r.publish(map[string]*rsa.PublicKey{"new": &r.new.PublicKey})
		start := time.Now()
		for r.verify(r.token("new", r.new)) != nil {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took > time.Minute {
			r.Errorf("accepted after %s", took)
		}
	})
}

func TestRotateRemovedKeyIsRefusedAlsoWhenRemembered(t *testing.T) {
	rotate(t, func(r *rotation) {
		token := r.token("old", r.old)
		if err := r.verify(token); err != nil {
			r.Fatal(err)
		}
		r.publish(map[string]*rsa.PublicKey{"new": &r.new.PublicKey})
		start := time.Now()
		for r.verify(token) == nil {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took > keyRefreshAge+5*time.Second {
			r.Errorf("refused only after %s", took)
		}
	})
}

func TestRotateSameSetKeepsTheCache(t *testing.T) {
	rotate(t, func(r *rotation) {
		token := r.token("old", r.old)
		if err := r.verify(token); err != nil {
			r.Fatal(err)
		}
		before, _ := r.keys.Generation()
		for range 10 {
			time.Sleep(keyRefreshAge + time.Second)
			if err := r.verify(token); err != nil {
				r.Fatal(err)
			}
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if after, _ := r.keys.Generation(); after != before {
			r.Errorf("generation went from %d to %d though nothing changed", before, after)
		}
		if n := r.end.fetches.Load(); n != 11 {
			r.Errorf("%d fetches, want 11", n)
		}
	})
}

func TestRotateEndpointDown(t *testing.T) {
	rotate(t, func(r *rotation) {
		token := r.token("old", r.old)
		if err := r.verify(token); err != nil {
			r.Fatal(err)
		}
		start := time.Now()
		r.end.set(0, nil)
		for r.verify(token) == nil {
			time.Sleep(5 * time.Second)
		}
		if took := time.Since(start); took < keyStaleLimit-time.Minute || took > keyStaleLimit+time.Minute {
			r.Errorf("stale keys were trusted for %s, want %s", took, keyStaleLimit)
		}
		if err := r.verify(token); !errors.Is(err, ErrNoKeys) {
			r.Errorf("outage is not told from a bad token: %v", err)
		}
		r.publish(map[string]*rsa.PublicKey{"old": &r.old.PublicKey})
		time.Sleep(keyFetchInterval)
		if err := r.verify(token); err != nil {
			r.Errorf("after the outage: %v", err)
		}
	})
}

func TestRotateBadAnswersKeepTheOldSet(t *testing.T) {
	t.Parallel()
	answers := map[string]func(*rotation) (int, []byte){
		"10 MB":      func(*rotation) (int, []byte) { return 200, []byte(`{"keys":[` + strings.Repeat(" ", 10<<20) + `]}`) },
		"404":        func(*rotation) (int, []byte) { return 404, []byte(`{"keys":[]}`) },
		"no keys":    func(*rotation) (int, []byte) { return 200, []byte(`{"keys":[]}`) },
		"not JSON":   func(*rotation) (int, []byte) { return 200, []byte(`<html>`) },
		"keys twice": func(*rotation) (int, []byte) { return 200, []byte(`{"keys":[],"keys":[]}`) },
		"same kid":   func(r *rotation) (int, []byte) { return 200, twice(r, &r.new.PublicKey) },
		"null":       func(*rotation) (int, []byte) { return 200, []byte(`null`) },
		"weak key": func(*rotation) (int, []byte) {
			return 200, []byte(`{"keys":[{"kty":"RSA","kid":"old","n":"AQAB","e":"AQAB"}]}`)
		},
		"exponent 3": func(r *rotation) (int, []byte) { return 200, exponentThree(r, &r.old.PublicKey) },
		"other kinds": func(*rotation) (int, []byte) {
			return 200, []byte(`{"keys":[{"kty":"EC","kid":"old"},{"kty":"oct","kid":"old","k":"AA"}]}`)
		},
	}
	for name, bad := range answers {
		t.Run(name, func(t *testing.T) {
			rotate(t, func(r *rotation) {
				token := r.token("old", r.old)
				if err := r.verify(token); err != nil {
					r.Fatal(err)
				}
				r.end.set(bad(r))
				for range 5 {
					time.Sleep(keyRefreshAge)
					if err := r.verify(token); err != nil {
						r.Fatal(err)
					}
				}
				synctest.Wait()
				if n := r.end.fetches.Load(); n < 5 {
					r.Errorf("only %d fetches", n)
				}
			})
		})
	}
}

func twice(t testing.TB, key *rsa.PublicKey) []byte {
	raw, err := json.Marshal(jwkSet{Keys: []jwk{encodeKey("new", key), encodeKey("new", key)}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func exponentThree(t testing.TB, key *rsa.PublicKey) []byte {
	weak := *key
	weak.E = 3
	return encodeSet(t, map[string]*rsa.PublicKey{"old": &weak})
}

// TestRotateFloodOfUnknownKids is a thousand unknown kids a second for twenty seconds: one fetch at a time, at
// most one each keyFetchInterval, and a known key goes on working.
func TestRotateFloodOfUnknownKids(t *testing.T) {
	rotate(t, func(r *rotation) {
		good := r.token("old", r.old)
		if err := r.verify(good); err != nil {
			r.Fatal(err)
		}
		_, tail, _ := strings.Cut(r.token("x", r.new), ".")
		var wg sync.WaitGroup
		for i := range 20_000 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				kid := "k" + strings.Repeat("x", i%40)
				if r.verify(part(r, object{"alg": "RS256", "kid": kid})+"."+tail) == nil {
					r.Error("a token with an unknown kid was accepted")
				}
			})
		}
		time.Sleep(15 * time.Second)
		if err := r.verify(good); err != nil {
			r.Errorf("in the flood: %v", err)
		}
		wg.Wait()
		if n := r.end.fetches.Load(); n > 3 {
			r.Errorf("%d fetches in twenty seconds", n)
		}
		if n := r.end.most.Load(); n != 1 {
			r.Errorf("%d fetches at once", n)
		}
	})
}

func TestRotateFirstCallersShareOneFetch(t *testing.T) {
	rotate(t, func(r *rotation) {
		token := r.token("old", r.old)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := r.verify(token); err != nil {
					r.Error(err)
				}
			})
		}
		wg.Wait()
		if n := r.end.fetches.Load(); n != 1 {
			r.Errorf("%d fetches, want 1", n)
		}
	})
}

func TestRotateCallerMayLeave(t *testing.T) {
	rotate(t, func(r *rotation) {
		r.end.latency = time.Hour // longer than the fetch is granted
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := r.verifier.Verify(ctx, r.token("old", r.old)); !errors.Is(err, ErrNoKeys) {
			r.Errorf("got %v", err)
		}
		if took := time.Since(start); took != time.Second {
			r.Errorf("waited %s", took)
		}
		if err := r.verify(r.token("old", r.old)); !errors.Is(err, ErrNoKeys) || time.Since(start) != keyFetchTimeout {
			r.Errorf("second caller: %v after %s", err, time.Since(start))
		}
	})
}

func FuzzDecodeKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB","use":"sig","alg":"RS256","x5c":[]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, err := decodeKeySet(raw)
		if (err == nil) != (len(keys) > 0) {
			t.Errorf("%d keys with error %v", len(keys), err)
		}
		for kid, k := range keys {
			if !validKeyID(kid) || k.E != publicExponent || k.N.BitLen() < minKeyBits {
				t.Errorf("accepted %q with %d bits", kid, k.N.BitLen())
			}
		}
	})
}
