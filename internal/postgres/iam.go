package postgres

import (
	"context"
	"sync"
	"time"
)

// Tokens makes sign-in tokens and says until when each is good.
type Tokens func(ctx context.Context, host string, port uint16, user string) (token string, until time.Time, err error)

const (
	// tokenSpare is how long before its end a token is made anew: a sign-in that begins with it must still
	// be accepted, by a server whose clock may differ from ours. RDS tokens are good for 15 minutes (Amazon RDS
	// user guide, "IAM database authentication").
	tokenSpare = 3 * time.Minute
	// maxTokens bounds what is kept: three users of one or two servers.
	maxTokens = 16
)

// Remembered is a Password that keeps the tokens of t while they are good, one for each server and user.
// Connections that open together share one token. When a new one cannot be made, the old one serves to
// its end.
func Remembered(t Tokens, now func() time.Time) Password {
	c := &tokenCache{make: t, now: now, kept: map[tokenKey]heldToken{}}
	return c.password
}

type tokenKey struct {
	host string
	port uint16
	user string
}

type heldToken struct {
	text  string
	until time.Time
}

type tokenCache struct {
	make Tokens
	now  func() time.Time
	mu   sync.Mutex // also held while a token is made, which needs no network as a rule
	kept map[tokenKey]heldToken
}

func (c *tokenCache) password(ctx context.Context, host string, port uint16, user string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := tokenKey{host, port, user}
	old, now := c.kept[key], c.now()
	if now.Before(old.until.Add(-tokenSpare)) {
		return old.text, nil
	}
	text, until, err := c.make(ctx, host, port, user)
	if err != nil {
		if now.Before(old.until) {
			return old.text, nil
		}
		return "", err
	}
	if len(c.kept) >= maxTokens {
		clear(c.kept)
	}
	c.kept[key] = heldToken{text, until}
	return text, nil
}
