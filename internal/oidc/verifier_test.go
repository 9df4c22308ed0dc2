package oidc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	v := newTestVerifier(t, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) { c.Audiences = []string{"http://nexo/mcp"} })
	person := identity.Claims{
		Issuer: testIssuer, Subject: "8f0c", Username: "ana", ClientID: "app", Groups: []string{"logistics"},
		Scopes: []string{"openid", "sga/tools"}, TokenID: "t-1", Session: "s-1",
		IssuedAt: noon().Add(-5 * time.Second), ExpiresAt: noon().Add(time.Hour),
	}
	service := person
	service.Username, service.Groups, service.Subject, service.Scopes = "", nil, "app", []string{"sga/tools"}
	behalf := person
	behalf.ClientID, behalf.OnBehalfOf = "agent", "7a11"
	tests := []struct {
		name   string
		head   object
		claims object
		want   identity.Claims
	}{
		{"person", goodHeader(), goodClaims(), person},
		{"typ JWT", goodHeader().with(object{"typ": "JWT"}), goodClaims(), person},
		{"typ at+jwt", goodHeader().with(object{"typ": "at+jwt"}), goodClaims(), person},
		{"service", goodHeader(), goodClaims().with(object{"username": nil, "cognito:groups": nil, "sub": "app", "scope": "sga/tools"}), service},
		{"on behalf of", goodHeader(), goodClaims().with(object{"client_id": "agent", "act_for": "7a11"}), behalf},
		{"aud is ours", goodHeader(), goodClaims().with(object{"aud": "http://nexo/mcp"}), person},
		{"one aud of two is ours", goodHeader(), goodClaims().with(object{"aud": []string{"x", "http://nexo/mcp"}}), person},
		{"claims that we do not know", goodHeader(), goodClaims().with(object{"device_key": "d", "custom": object{"a": 1}}), person},
		{"issuer's clock a little ahead", goodHeader(), goodClaims().with(object{"nbf": noon().Unix() + 20}), person},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			token := forge(t, key, tt.head, tt.claims)
			for range 2 { // checked, then remembered
				got, err := v.Verify(t.Context(), token)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestVerifyForgetsExpired(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	now := noon()
	v := newTestVerifier(t, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) { c.Now = func() time.Time { return now } })
	token := forge(t, key, goodHeader(), goodClaims())
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	now = noon().Add(time.Hour - time.Second)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("a second before exp: %v", err)
	}
	now = noon().Add(time.Hour)
	if _, err := v.Verify(t.Context(), token); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("at exp: %v", err)
	}
}

func TestVerifyAsksForRevocationOnEveryCall(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	ended := false
	v := newTestVerifier(t, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) {
		c.Revoked = func(c identity.Claims) bool { return ended && c.Session == "s-1" }
	})
	token := forge(t, key, goodHeader(), goodClaims())
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	ended = true
	if _, err := v.Verify(t.Context(), token); err == nil {
		t.Error("a remembered token outlived its sign-in")
	}
}

func TestVerifyWithoutKeysIsRetryable(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	v := newTestVerifier(t, NewRemoteKeys("http://down.example/jwks", failing{}, noon), nil)
	_, err := v.Verify(t.Context(), forge(t, key, goodHeader(), goodClaims()))
	e := fault.Of(err)
	if e.Code != fault.Unauthenticated || !e.Retryable || !errors.Is(err, ErrNoKeys) {
		t.Errorf("got %v, retryable %v", err, e.Retryable)
	}
	if strings.Contains(e.Message+e.MessageEN, "down.example") {
		t.Error("the message names the endpoint")
	}
}

func TestNewVerifierRefusesHalfAConfiguration(t *testing.T) {
	t.Parallel()
	whole := VerifierConfig{Issuer: testIssuer, ClientIDs: []string{"app"}, Keys: fixedKeys{}, Now: noon}
	for name, change := range map[string]func(*VerifierConfig){
		"issuer":  func(c *VerifierConfig) { c.Issuer = "" },
		"clients": func(c *VerifierConfig) { c.ClientIDs = nil },
		"keys":    func(c *VerifierConfig) { c.Keys = nil },
		"clock":   func(c *VerifierConfig) { c.Now = nil },
	} {
		c := whole
		change(&c)
		if _, err := NewVerifier(c); err == nil {
			t.Errorf("a verifier without %s was made", name)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	v := newTestVerifier(t, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) { c.CacheSize = 3 })
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		if _, err := v.Verify(t.Context(), forge(t, key, goodHeader(), goodClaims().with(object{"jti": id}))); err != nil {
			t.Fatal(err)
		}
	}
	if n := v.cache.len(); n != 3 {
		t.Errorf("cache holds %d tokens, want 3", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	key := newKey(b)
	groups := []string{"logistics", "operations"}
	token := forge(b, key, goodHeader(), goodClaims().with(object{"cognito:groups": groups}))
	b.Run("hit", func(b *testing.B) {
		v := newTestVerifier(b, fixedKeys{"k1": &key.PublicKey}, func(c *VerifierConfig) { c.Now = noon })
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hit-parallel-remote-keys", func(b *testing.B) {
		set := encodeSet(b, map[string]*rsaPublic{"k1": &key.PublicKey})
		v := newTestVerifier(b, NewRemoteKeys("http://x/jwks", always(set), noon), nil)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("miss", func(b *testing.B) {
		v := newTestVerifier(b, fixedKeys{"k1": &key.PublicKey}, nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.check(b.Context(), token, noon()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
