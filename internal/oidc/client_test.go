package oidc

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/identity"
)

func TestRedirectAllowed(t *testing.T) {
	t.Parallel()
	all := clients([]string{"http://127.0.0.1:8080/"}, []string{"cursor://anysphere/callback"})
	tests := []struct {
		client, uri string
		want        bool
	}{
		{ClientWeb, "http://127.0.0.1:8080/", true},
		{ClientWeb, "http://127.0.0.1:8080", false},
		{ClientWeb, "http://127.0.0.1:8081/", false},
		{ClientWeb, "http://localhost:8080/", false},
		{ClientWeb, "", false},
		{ClientAgent, "cursor://anysphere/callback", true},
		{ClientAgent, "cursor://anysphere/callback/", false},
		{ClientAgent, "http://localhost:6274/oauth/callback", true},
		{ClientAgent, "http://127.0.0.1:49152/callback", true},
		{ClientAgent, "http://127.0.0.1:33418", true},
		{ClientAgent, "http://[::1]:49152/callback", true},
		{ClientAgent, "http://127.0.0.1/callback", true},
		{ClientAgent, "https://127.0.0.1:1/callback", false},
		{ClientAgent, "http://127.0.0.1:1/other", false},
		{ClientAgent, "http://127.0.0.1:1/callback/", false},
		{ClientAgent, "http://127.0.0.1:1/callback?x=1", false},
		{ClientAgent, "http://127.0.0.1:1/callback#x", false},
		{ClientAgent, "http://127.0.0.1:1/%63allback", false},
		{ClientAgent, "http://127.0.0.1:1@evil.example/callback", false},
		{ClientAgent, "http://user@127.0.0.1/callback", false},
		{ClientAgent, "http://127.0.0.1.evil.example/callback", false},
		{ClientAgent, "http://localhost.evil.example/callback", false},
		{ClientAgent, "http://127.0.0.2/callback", false},
		{ClientAgent, "http://evil.example/callback", false},
		{ClientAgent, "//127.0.0.1/callback", false},
		{ClientAgent, "javascript:alert(1)", false},
		{ClientCLI, "http://127.0.0.1:5/callback", true},
		{ClientCLI, "cursor://anysphere/callback", false},
		{ClientService, "http://127.0.0.1:5/callback", false},
	}
	for _, tt := range tests {
		if got := all[tt.client].redirectAllowed(tt.uri); got != tt.want {
			t.Errorf("%s %q: %v", tt.client, tt.uri, got)
		}
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	all := clients(nil, nil)
	tools, person := []string{"openid", "sga/tools"}, []string{"openid", "sga/tools", "sga/approve"}
	tests := []struct {
		client, asked string
		want          []string
	}{
		{ClientWeb, "", person},
		{ClientWeb, "sga/approve sga/tools", []string{"sga/tools", "sga/approve"}},
		{ClientWeb, "approve", []string{"sga/approve"}},
		{ClientWeb, "sga/tools sga/tools", []string{"sga/tools"}},
		{ClientAgent, "", tools},
		{ClientAgent, "openid sga/tools sga/approve", tools},
		{ClientAgent, "approve", nil},
		{ClientAgent, "sga/approve", nil},
		{ClientAgent, "SGA/TOOLS", nil},
		{ClientCLI, "sga/approve sga/tools", []string{"sga/tools"}},
		{ClientService, "", []string{"sga/tools"}},
		{ClientService, "openid", nil},
	}
	for _, tt := range tests {
		got, ok := narrow(tt.asked, all[tt.client].Scopes)
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want != nil) {
			t.Errorf("%s asks %q: %v %s", tt.client, tt.asked, ok, diff)
		}
	}
}

// TestAgentsNeverApprove is the contract's rule, over every way to a scope.
func TestAgentsNeverApprove(t *testing.T) {
	t.Parallel()
	for id, c := range clients(nil, nil) {
		claims := identity.Claims{Scopes: append(c.Scopes, c.MintScopes...)}
		if c.Kind != identity.Person && claims.HasScope(identity.ScopeApprove) {
			t.Errorf("%s may approve", id)
		}
		if id != ClientWeb && (identity.Claims{Scopes: c.Scopes}).HasScope(identity.ScopeApprove) {
			t.Errorf("%s may get approve through the browser", id)
		}
	}
}
