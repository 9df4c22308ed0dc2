package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// secretBytes of cookies, codes and refresh tokens: 256 bits.
const secretBytes = 32

// browserSession is a sign-in of one browser.
type browserSession struct {
	ID       string    `json:"id"` // origin_jti of the tokens that come of it; not the cookie
	Subject  string    `json:"sub"`
	Username string    `json:"username"`
	AuthTime time.Time `json:"auth_time"`
	Until    time.Time `json:"until"`
	key      string    // where the Store has it
}

func (i *Issuer) sessionCookie() string { return cookieName("nexo_session", i.secure) }

// cookieName adds the prefix that makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

func (i *Issuer) cookie(name, value string, life time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, Secure: i.secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(life.Seconds()),
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// SessionFromRequest gives the claims of the browser that sent r, as client nexo-web, if it has signed
// in, has not signed out, and the person still exists and is not disabled. Roles are those of at most
// userFresh ago. A caller that changes anything on the strength of a cookie must refuse requests of other
// origins first (http.CrossOriginProtection).
func (i *Issuer) SessionFromRequest(r *http.Request) (identity.Claims, bool) {
	s, user, ok := i.signedIn(r)
	if !ok {
		return identity.Claims{}, false
	}
	return identity.Claims{
		Issuer: i.url, Subject: user.Subject, Username: user.Username, ClientID: ClientWeb,
		Groups: user.Groups, Scopes: i.clients[ClientWeb].Scopes, TokenID: s.ID, Session: s.ID,
		IssuedAt: s.AuthTime, ExpiresAt: s.Until,
	}, true
}

func (i *Issuer) signedIn(r *http.Request) (browserSession, User, bool) {
	c, err := r.Cookie(i.sessionCookie())
	if err != nil || c.Value == "" {
		return browserSession{}, User{}, false
	}
	s, err := i.session(r.Context(), hashKey(c.Value))
	if err != nil || i.revoked.has(s.ID) {
		return browserSession{}, User{}, false
	}
	user, err := i.users.get(r.Context(), s.Username)
	if err != nil || user.Disabled || user.Subject != s.Subject {
		return browserSession{}, User{}, false
	}
	return s, user, true
}

func (i *Issuer) session(ctx context.Context, key string) (browserSession, error) {
	var s browserSession
	if err := i.load(ctx, KindSession, key, &s); err != nil {
		return browserSession{}, err
	}
	s.key = key
	return s, nil
}

// newSession signs the browser in under a new id and ends the session that it came with, so that an id
// that someone planted before is worth nothing (S-26).
func (i *Issuer) newSession(w http.ResponseWriter, r *http.Request, user User) error {
	value, err := i.secret()
	if err != nil {
		return err
	}
	id, err := i.newID()
	if err != nil {
		return err
	}
	now := i.now()
	s := browserSession{ID: id, Subject: user.Subject, Username: user.Username, AuthTime: now, Until: now.Add(SessionTTL)}
	if err := i.endSession(r); err != nil {
		return err
	}
	if err := i.save(r.Context(), KindSession, hashKey(value), s, Entry{Until: s.Until, Subject: s.Subject}); err != nil {
		return err
	}
	http.SetCookie(w, i.cookie(i.sessionCookie(), value, SessionTTL))
	return nil
}

// SignOut ends the browser's session and the tokens that came of it, and removes the cookie. The caller
// has refused requests of other origins.
func (i *Issuer) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := i.endSession(r); err != nil {
		return err // the cookie stays, so that one can try again
	}
	http.SetCookie(w, i.cookie(i.sessionCookie(), "", 0))
	return nil
}

func (i *Issuer) endSession(r *http.Request) error {
	c, err := r.Cookie(i.sessionCookie())
	if err != nil || c.Value == "" {
		return nil
	}
	key := hashKey(c.Value)
	s, err := i.session(r.Context(), key)
	if err != nil && !unknown(err) {
		return fmt.Errorf("ending a session: %w", err)
	}
	i.revoked.add(s.ID)
	if err := i.store.Delete(r.Context(), KindSession, key); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// grantOf is what a signed-in person gives a client. Tokens of the web app die with the browser's
// session; every other client gets a sign-in of its own, that outlives it.
func (i *Issuer) grantOf(s browserSession, user User, client Client) (grant, error) {
	g := grant{
		ClientID: client.ID, Subject: user.Subject, Username: user.Username, Groups: slices.Clone(user.Groups),
		Session: s.ID, AuthTime: s.AuthTime, Name: user.Name,
	}
	if client.ID == ClientWeb {
		return g, nil
	}
	var err error
	g.Session, err = i.newID()
	return g, err
}

// save and load keep values as JSON, so that any Store can hold them.
func (i *Issuer) save(ctx context.Context, kind StoreKind, key string, v any, e Entry) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", kind, err)
	}
	e.Value = raw
	if err := i.store.Put(ctx, kind, key, e); err != nil {
		return fmt.Errorf("storing %s: %w", kind, err)
	}
	return nil
}

func (i *Issuer) load(ctx context.Context, kind StoreKind, key string, v any) error {
	e, err := i.store.Get(ctx, kind, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(e.Value, v); err != nil {
		return errors.New("a stored entry is damaged")
	}
	return nil
}

// secret makes a new unguessable text.
func (i *Issuer) secret() (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(i.random, raw); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// hashKey is under what the Store keeps something that its holder knows by secret.
func hashKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// unknown reports whether err only says that something is not there.
func unknown(err error) bool { return fault.CodeOf(err) == fault.NotFound }
