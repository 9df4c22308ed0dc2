package oidc

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// Keys gives the public keys that access tokens may be signed with.
type Keys interface {
	// Key returns the key named kid. It fails with ErrNoKeys when none could be had at all, so that a
	// door can tell an outage from a bad token.
	Key(ctx context.Context, kid string) (*rsa.PublicKey, error)
	// Generation counts the changes of the set that were seen. ok is false when the set is too old to
	// be trusted. It costs a few nanoseconds and starts a refresh when one is due.
	Generation() (gen uint64, ok bool)
}

// ErrNoKeys is the cause of a refusal that is not the token's fault: the key set could not be read.
var ErrNoKeys = errors.New("oidc: no key set can be had")

// VerifierConfig says which tokens are ours.
type VerifierConfig struct {
	Issuer    string   // compared byte by byte with "iss"
	ClientIDs []string // the allow list for "client_id"; Cognito's access tokens carry no "aud"
	Audiences []string // when set, an "aud" that is present must name one of these
	Keys      Keys
	Now       func() time.Time
	// Revoked, when set, is asked on every call, cached or not; it must cost next to nothing. The local
	// issuer's Revoked is one. It is how sign-out ends access tokens before they expire.
	Revoked func(identity.Claims) bool
	// CacheSize bounds the verified tokens that are remembered; 0 means DefaultCacheSize.
	CacheSize int
}

// usualToken in bytes: nearly every token is shorter, and a longer one only costs an allocation.
const usualToken = 1536

// Verifier turns access tokens into claims. It is safe for concurrent use.
type Verifier struct {
	rules   claimRules
	keys    Keys
	now     func() time.Time
	revoked func(identity.Claims) bool
	cache   *tokenCache
}

// NewVerifier fails when the configuration would let every token in.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if c.Issuer == "" || len(c.ClientIDs) == 0 || c.Keys == nil || c.Now == nil {
		return nil, errors.New("oidc: a verifier needs issuer, client ids, keys and a clock")
	}
	return &Verifier{
		rules:   newClaimRules(c.Issuer, c.ClientIDs, c.Audiences),
		keys:    c.Keys,
		now:     c.Now,
		revoked: c.Revoked,
		cache:   newTokenCache(c.CacheSize),
	}, nil
}

// Verify checks an access token and returns what it says. The slices of the claims are shared with
// later calls and must not be changed. Every failure is fault.Unauthenticated in the same words, with
// the reason as its cause for the log; Retryable is set when the key set was out of reach (ErrNoKeys).
func (v *Verifier) Verify(ctx context.Context, token string) (identity.Claims, error) {
	if len(token) > MaxTokenSize {
		return identity.Claims{}, refuse(errors.New("token is too large"))
	}
	now := v.now()
	var buf [usualToken]byte // on the stack: a hit then allocates nothing
	sum := sha256.Sum256(append(buf[:0], token...))
	gen, fresh := v.keys.Generation()
	if fresh {
		if claims, ok := v.cache.get(sum, gen, now); ok {
			return v.unlessRevoked(claims)
		}
	}
	claims, err := v.check(ctx, token, now)
	if err != nil {
		return identity.Claims{}, refuse(err)
	}
	if fresh { // gen was read before the key was: an entry is never newer than the set that proved it
		v.cache.put(sum, gen, now, claims)
	}
	return v.unlessRevoked(claims)
}

func (v *Verifier) unlessRevoked(c identity.Claims) (identity.Claims, error) {
	if v.revoked != nil && v.revoked(c) {
		return identity.Claims{}, refuse(errors.New("token was revoked"))
	}
	return c, nil
}

// check does all the work. The claims are looked at before the key, so that only tokens that at least
// claim to be ours can cause a fetch of the key set; nothing in them is believed before the signature
// has been checked.
func (v *Verifier) check(ctx context.Context, token string, now time.Time) (identity.Claims, error) {
	t, err := parseToken(token)
	if err != nil {
		return identity.Claims{}, err
	}
	claims, err := v.rules.apply(t.claims, now)
	if err != nil {
		return identity.Claims{}, err
	}
	key, err := v.keys.Key(ctx, t.kid)
	if err != nil {
		return identity.Claims{}, err
	}
	if err := jwt.SigningMethodRS256.Verify(t.signed, t.signature, key); err != nil {
		return identity.Claims{}, errors.New("signature does not fit")
	}
	return claims, nil
}

// refuse is the one answer to every bad token: the same words, the reason for the log only.
func refuse(reason error) *fault.Error {
	e := fault.Unauthenticated.With("Token de acesso ausente ou inválido.", "Missing or invalid access token.").Because(reason)
	e.Retryable = errors.Is(reason, ErrNoKeys)
	return e
}
