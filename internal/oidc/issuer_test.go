package oidc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

func TestIssuerExistsInLocalModeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*IssuerConfig){
		"not local":      func(c *IssuerConfig) { c.Local = false },
		"no URL":         func(c *IssuerConfig) { c.URL = "" },
		"URL with path":  func(c *IssuerConfig) { c.URL += "/x" },
		"URL with slash": func(c *IssuerConfig) { c.URL += "/" },
		"other scheme":   func(c *IssuerConfig) { c.URL = "ftp://127.0.0.1" },
		"no directory":   func(c *IssuerConfig) { c.Directory = nil },
		"no clock":       func(c *IssuerConfig) { c.Now = nil },
		"no data dir":    func(c *IssuerConfig) { c.DataDir = filepath.Join(c.DataDir, "missing") },
	} {
		c := w.config(t.TempDir())
		change(&c)
		if _, err := NewIssuer(c); err == nil {
			t.Errorf("%s: an issuer was made", name)
		}
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.server.URL
	a, b := w.get("/.well-known/openid-configuration"), w.get("/.well-known/oauth-authorization-server")
	if a.body != b.body || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("two documents: %s\n%s", a.body, b.body)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	auth := []any{"none", "client_secret_basic", "client_secret_post"}
	want := map[string]any{
		"issuer": u, "authorization_endpoint": u + "/oauth2/authorize", "token_endpoint": u + "/oauth2/token",
		"userinfo_endpoint": u + "/oauth2/userInfo", "revocation_endpoint": u + "/oauth2/revoke", "end_session_endpoint": u + "/logout",
		"jwks_uri": u + "/.well-known/jwks.json", "scopes_supported": []any{"openid", "sga/tools", "sga/approve"},
		"response_types_supported": []any{"code"}, "response_modes_supported": []any{"query"},
		"grant_types_supported": []any{"authorization_code", "refresh_token", "client_credentials"}, "subject_types_supported": []any{"public"},
		"id_token_signing_alg_values_supported": []any{"RS256"}, "token_endpoint_auth_methods_supported": auth,
		"revocation_endpoint_auth_methods_supported": auth, "code_challenge_methods_supported": []any{"S256"},
		"authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": false,
		"request_parameter_supported": false, "request_uri_parameter_supported": false, "ui_locales_supported": []any{"pt-BR", "en"},
		"claims_supported": []any{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "cognito:username", "cognito:groups"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeySetIsWhatAVerifierReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote, err := NewVerifier(VerifierConfig{
		Issuer: w.server.URL, ClientIDs: []string{ClientCLI}, Now: w.clock.now,
		Keys: NewRemoteKeys(w.server.URL+"/.well-known/jwks.json", w.server.Client(), w.clock.now),
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.Mint(t.Context(), MintRequest{Subject: "sub-ana", Username: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := remote.Verify(t.Context(), m.Token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Claims, got, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("what Mint says and what is verified differ: %s", diff)
	}
	var set jwkSet
	if err := json.Unmarshal([]byte(w.get("/.well-known/jwks.json").body), &set); err != nil || len(set.Keys) != 2 {
		t.Errorf("%d keys, %v", len(set.Keys), err)
	}
}

func TestMint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name   string
		q      MintRequest
		scopes []string // nil: refused
		field  string
	}{
		{"person", MintRequest{Subject: "s", Username: "ana", Groups: []string{"admin"}}, []string{"openid", "sga/tools", "sga/approve"}, ""},
		{"agent asks for approve", MintRequest{Subject: "s", Username: "ana", ClientID: ClientAgent, Scopes: []string{"sga/tools", "approve"}}, []string{"sga/tools"}, ""},
		{"agent asks for approve only", MintRequest{Subject: "s", ClientID: ClientAgent, Scopes: []string{"sga/approve"}}, nil, "scopes"},
		{"on behalf of", MintRequest{Subject: "s", Username: "ana", OnBehalfOf: "p"}, []string{"openid", "sga/tools"}, ""},
		{"on behalf of, approve only", MintRequest{Subject: "s", OnBehalfOf: "p", Scopes: []string{"sga/approve"}}, nil, "scopes"},
		{"service", MintRequest{Subject: "s", ClientID: ClientService}, []string{"sga/tools"}, ""},
		{"service with a name", MintRequest{Subject: "s", Username: "ana", ClientID: ClientService}, nil, "username"},
		{"unknown client", MintRequest{Subject: "s", ClientID: "evil"}, nil, "client_id"},
		{"no subject", MintRequest{Username: "ana"}, nil, "subject"},
		{"too long", MintRequest{Subject: "s", TTL: MaxAccessTTL + time.Second}, nil, "ttl"},
		{"negative", MintRequest{Subject: "s", TTL: -1}, nil, "ttl"},
		{"too many groups for a header", MintRequest{Subject: "s", Groups: slices.Repeat([]string{strings.Repeat("g", 100)}, 100)}, nil, "groups"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := w.Mint(t.Context(), tt.q)
			if tt.scopes == nil {
				if e := fault.Of(err); err == nil || e.Code != fault.InvalidArgument || e.Field != tt.field {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			claims, err := w.verifier.Verify(t.Context(), m.Token)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.scopes, claims.Scopes); diff != "" || claims.OnBehalfOf != tt.q.OnBehalfOf {
				t.Errorf("%s %+v", diff, claims)
			}
		})
	}
}

func TestRotateIssuerKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mint := func() string {
		m, err := w.Mint(t.Context(), MintRequest{Subject: "s", TTL: MaxAccessTTL})
		if err != nil {
			t.Fatal(err)
		}
		return m.Token
	}
	old := mint()
	if _, err := w.verifier.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := w.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	newer := mint()
	if strings.Split(old, ".")[0] == strings.Split(newer, ".")[0] {
		t.Error("the same key signs after the rotation")
	}
	for name, token := range map[string]string{"old": old, "new": newer} {
		if _, err := w.verifier.Verify(t.Context(), token); err != nil {
			t.Errorf("%s token: %v", name, err)
		}
	}
	if n := len(w.ring.published().Keys); n != 4 {
		t.Errorf("%d keys published, want 4", n)
	}
	raw, err := os.ReadFile(w.ring.path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), "BEGIN PRIVATE KEY"); n != 2 {
		t.Errorf("%d private keys in the file, want 2: a retired one is kept", n)
	}
	before, _ := w.ring.Generation()
	w.clock.pass(MaxAccessTTL)
	if after, _ := w.ring.Generation(); after == before {
		t.Error("the cache does not notice that keys are gone")
	}
	if n := len(w.ring.published().Keys); n != 2 {
		t.Errorf("%d keys published after the overlap, want 2", n)
	}
	if err := w.Rotate(t.Context()); err != nil || len(w.ring.file.Keys) != 4 {
		t.Errorf("second rotation: %d keys in the file, %v", len(w.ring.file.Keys), err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, created, err := openKeyring(dir, noon)
	if err != nil || !created {
		t.Fatal(created, err)
	}
	info, err := os.Stat(first.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	second, created, err := openKeyring(dir, noon)
	if err != nil || created || second.serviceSecret() != first.serviceSecret() {
		t.Errorf("second start: created %v, %v", created, err)
	}
	if diff := cmp.Diff(first.published(), second.published()); diff != "" {
		t.Error(diff)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	raw, err := os.ReadFile(first.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty": "", "not JSON": "x", "other version": strings.Replace(string(raw), `"version": 1`, `"version": 2`, 1),
		"no keys": `{"version":1,"service_secret":"x","keys":[]}`, "damaged key": strings.Replace(string(raw), "BEGIN PUBLIC", "BEGIN PUBLIK", 1),
		"no secret": strings.Replace(string(raw), first.serviceSecret(), "", 1), "unknown member": strings.Replace(string(raw), `"version"`, `"x":1,"version"`, 1),
	} {
		if err := os.WriteFile(first.path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openKeyring(dir, noon); err == nil || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(first.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(first.path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openKeyring(dir, noon); err == nil {
		t.Error("a key file that others can read was taken")
	}
}

func TestKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var mu sync.Mutex
	secrets := map[string]bool{}
	makers := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, created, err := openKeyring(dir, noon)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			secrets[r.serviceSecret()] = true
			if created {
				makers++
			}
		})
	}
	wg.Wait()
	if len(secrets) != 1 || makers != 1 {
		t.Errorf("%d files by %d makers", len(secrets), makers)
	}
}
