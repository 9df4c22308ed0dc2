package oidc

import (
	"context"
	"sync"
	"time"
)

const (
	// userFresh is how long a user that a cookie belongs to is believed unchanged: disabling a person or
	// taking a role away is felt within this time (S-26 asks for a minute).
	userFresh = 30 * time.Second
	// maxUsers in the cache; when it is full it starts anew.
	maxUsers = 10_000
)

// userCache spares the Directory one lookup per request of a browser.
type userCache struct {
	dir Directory
	now func() time.Time

	mu sync.Mutex
	m  map[string]cachedUser
}

type cachedUser struct {
	user User
	at   time.Time
}

func newUserCache(dir Directory, now func() time.Time) *userCache {
	return &userCache{dir: dir, now: now, m: make(map[string]cachedUser)}
}

// get returns the user as they were at most userFresh ago. Errors are not remembered.
func (c *userCache) get(ctx context.Context, username string) (User, error) {
	now := c.now()
	c.mu.Lock()
	e, ok := c.m[username]
	c.mu.Unlock()
	if ok && now.Sub(e.at) < userFresh {
		return e.user, nil
	}
	u, err := c.dir.User(ctx, username)
	if err != nil {
		return User{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= maxUsers {
		clear(c.m)
	}
	c.m[username] = cachedUser{user: u, at: now}
	return u, nil
}
