package postgres

import (
	"sync"
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

const (
	// profileAge is how long another process's change of a profile may go unnoticed; with the token's own
	// life a revocation acts within a minute.
	profileAge = 30 * time.Second
	// maxProfiles bounds the cache: a hundred times the people of a large site.
	maxProfiles = 20_000
)

type profileKey struct{ subject, client string }

type profileEntry struct {
	profile *identity.Profile
	version int64 // of the catalogue whose tree of places was used
	until   time.Time
}

type nameEntry struct {
	name  identity.Name
	until time.Time
}

// peopleCache keeps profiles and names for a short time. Profiles in it are shared and never changed.
type peopleCache struct {
	now      func() time.Time
	mu       sync.RWMutex
	changes  int64 // a profile that was read before a change is not kept after it
	profiles map[profileKey]profileEntry
	names    map[uuid.UUID]nameEntry
}

func newPeopleCache() *peopleCache {
	c := &peopleCache{now: time.Now}
	c.forget()
	return c
}

func (c *peopleCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.profiles, c.names = map[profileKey]profileEntry{}, map[uuid.UUID]nameEntry{}
}

func (c *peopleCache) generation() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes
}

func (c *peopleCache) profile(k profileKey, version int64) *identity.Profile {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.profiles[k]
	if !ok || e.version != version || c.now().After(e.until) {
		return nil
	}
	return e.profile
}

func (c *peopleCache) keep(k profileKey, p *identity.Profile, version, began int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if began != c.changes {
		return
	}
	if len(c.profiles) >= maxProfiles {
		clear(c.profiles)
	}
	c.profiles[k] = profileEntry{p, version, c.now().Add(profileAge)}
}

// known gives the names that are in the cache, and the ids that are not.
func (c *peopleCache) known(ids []uuid.UUID) (names map[uuid.UUID]identity.Name, missing []uuid.UUID) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	names = make(map[uuid.UUID]identity.Name, len(ids))
	now := c.now()
	for _, id := range ids {
		if _, seen := names[id]; seen || id == uuid.Nil {
			continue
		}
		if e, ok := c.names[id]; ok && now.Before(e.until) {
			if e.name != (identity.Name{}) { // nobody of that id was there
				names[id] = e.name
			}
			continue
		}
		missing = append(missing, id)
	}
	return names, missing
}

// name keeps a name that was read when the cache was of the generation began; after an erasure it is too old. The empty
// name says that there is nobody.
func (c *peopleCache) name(id uuid.UUID, n identity.Name, began int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if began != c.changes {
		return
	}
	if len(c.names) >= maxProfiles {
		clear(c.names)
	}
	c.names[id] = nameEntry{n, c.now().Add(profileAge)}
}
