package oidc

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/identity"
)

// DefaultCacheSize is how many verified tokens are remembered: about one a person and client, at
// roughly 1 KiB each.
const DefaultCacheSize = 4096

// evictAtOnce is how many entries are looked at when the cache is full: enough that one is likely to
// have expired, few enough not to be felt.
const evictAtOnce = 8

// tokenCache remembers verified tokens by their hash, so a memory dump of it holds no token. Only valid
// tokens get in, so nobody without one can fill it.
type tokenCache struct {
	mu   sync.RWMutex
	size int
	m    map[[sha256.Size]byte]cachedToken
}

type cachedToken struct {
	claims identity.Claims
	gen    uint64 // generation of the key set that proved it
}

func newTokenCache(size int) *tokenCache {
	if size <= 0 {
		size = DefaultCacheSize
	}
	return &tokenCache{size: size, m: make(map[[sha256.Size]byte]cachedToken)}
}

// get finds a token that was proved by this very generation of keys and has not expired. A changed key
// set so makes every token prove itself again at its next use, not after a minute.
func (c *tokenCache) get(sum [sha256.Size]byte, gen uint64, now time.Time) (identity.Claims, bool) {
	c.mu.RLock()
	e, ok := c.m[sum]
	c.mu.RUnlock()
	if !ok || e.gen != gen || !now.Before(e.claims.ExpiresAt) {
		return identity.Claims{}, false
	}
	return e.claims, true
}

func (c *tokenCache) put(sum [sha256.Size]byte, gen uint64, now time.Time, claims identity.Claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.m[sum]; !ok && len(c.m) >= c.size {
		c.evict(gen, now)
	}
	c.m[sum] = cachedToken{claims: claims, gen: gen}
}

// evict drops what is dead among a few entries in random order (Go's map order), and one in any case.
func (c *tokenCache) evict(gen uint64, now time.Time) {
	looked, dropped := 0, 0
	for k, e := range c.m {
		looked++
		if e.gen != gen || !now.Before(e.claims.ExpiresAt) || (looked >= evictAtOnce && dropped == 0) {
			delete(c.m, k)
			dropped++
		}
		if looked >= evictAtOnce {
			return
		}
	}
	if dropped == 0 {
		for k := range c.m { // fewer entries than evictAtOnce, all alive
			delete(c.m, k)
			return
		}
	}
}

func (c *tokenCache) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.m)
}
