package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
)

const testIssuer = "https://issuer.example/pool"

// noon is the time at which the tests live.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// fixedKeys is a key set that never changes.
type fixedKeys map[string]*rsa.PublicKey

func (f fixedKeys) Generation() (uint64, bool) { return 1, true }

func (f fixedKeys) Key(_ context.Context, kid string) (*rsa.PublicKey, error) {
	if k := f[kid]; k != nil {
		return k, nil
	}
	return nil, errors.New("key id is unknown")
}

// object is JSON to forge; a nil value leaves the member out.
type object map[string]any

func (o object) with(changes object) object {
	c := maps.Clone(o)
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func goodHeader() object { return object{"alg": "RS256", "kid": "k1"} }

func goodClaims() object {
	now := noon().Unix()
	return object{
		"sub": "8f0c", "iss": testIssuer, "client_id": "app", "token_use": "access", "username": "ana",
		"scope": "openid sga/tools", "cognito:groups": []string{"logistics"}, "jti": "t-1", "origin_jti": "s-1",
		"auth_time": now - 5, "iat": now - 5, "exp": now + 3600, "event_id": "e-1", "version": 2,
	}
}

func part(t testing.TB, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(s))
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// forge signs a header and claims, each an object or literal JSON text, whatever they say.
func forge(t testing.TB, key *rsa.PrivateKey, head, claims any) string {
	t.Helper()
	return signParts(t, key, part(t, head)+"."+part(t, claims))
}

func signParts(t testing.TB, key *rsa.PrivateKey, signed string) string {
	t.Helper()
	sig, err := jwt.SigningMethodRS256.Sign(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func newTestVerifier(t testing.TB, keys Keys, change func(*VerifierConfig)) *Verifier {
	t.Helper()
	c := VerifierConfig{Issuer: testIssuer, ClientIDs: []string{"app", "agent"}, Keys: keys, Now: noon}
	if change != nil {
		change(&c)
	}
	v, err := NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
