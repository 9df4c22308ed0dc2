//go:build e2e

package e2e

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/gateway"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// target is the door under test and a token for it: the running program where NEXO_E2E_URL and
// NEXO_E2E_TOKEN name one, and otherwise a door over one operation.
func target(t *testing.T) (address, token string) {
	t.Helper()
	if address = os.Getenv("NEXO_E2E_URL"); address != "" {
		return address, os.Getenv("NEXO_E2E_TOKEN")
	}
	client := &oneTool{op: &ops.Operation{
		Name: "sga_get_balance", Risk: ops.Read, Roles: identity.Roles(), Scope: identity.ScopeTools,
		Text:   ops.Text{Title: "Ver o saldo", TitleEN: "See the balance", Description: "Mostra o saldo de uma peça.", DescriptionEN: "Shows the balance of a part."},
		Input:  &ops.Schema{JSON: []byte(`{"type":"object","properties":{"part_number":{"type":"string"}},"required":["part_number"],"additionalProperties":false}`)},
		Output: &ops.Schema{JSON: []byte(`{"type":"object","properties":{"found":{"type":"boolean"}},"required":["found"]}`)},
	}}
	door, err := gateway.New(gateway.Options{
		Client: client, Operations: []*ops.Operation{client.op}, Verifier: client, Actor: client.actor,
		ResourceMetadataURL: "http://127.0.0.1/.well-known/oauth-protected-resource/mcp",
		Version:             "e2e", NewID: func() string { return "E-1" }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", door)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL + "/mcp", "good"
}

// oneTool is a client with one operation, and lets one token in.
type oneTool struct{ op *ops.Operation }

func (c *oneTool) Visible(*identity.Actor) []*ops.Operation { return []*ops.Operation{c.op} }

func (c *oneTool) Find(context.Context, *identity.Actor, string, int) ([]ops.Found, bool, error) {
	return []ops.Found{{Operation: c.op, Score: 1}}, false, nil
}

func (c *oneTool) Call(context.Context, ops.Invocation) ([]byte, error) {
	return []byte(`{"found":true}`), nil
}

func (c *oneTool) Verify(_ context.Context, token string) (identity.Claims, error) {
	if token != "good" {
		return identity.Claims{}, fault.Unauthenticated.With("Token de acesso inválido.", "Invalid access token.")
	}
	return identity.Claims{Subject: "ana", Username: "ana", ClientID: "e2e", Scopes: []string{identity.ScopeTools}}, nil
}

func (c *oneTool) actor(context.Context, identity.Claims) (*identity.Actor, error) {
	return &identity.Actor{Subject: "ana", Kind: identity.Person, Roles: []identity.Role{identity.Logistics}, Scopes: []string{identity.ScopeTools},
		Projects: identity.Everywhere(), Locations: identity.Everywhere()}, nil
}

// signedIn is a proxy that adds the token, because the suites have no option for one. Everything else,
// the Host too, goes through as it comes.
func signedIn(t *testing.T, address, token string) string {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			r.Out.Host = r.In.Host
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL + to.Path
}
