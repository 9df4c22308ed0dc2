package app

import (
	"context"
	"net/http"
	"net/url"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/gateway"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/rest"
)

// handler is every URL of the program, on one address.
func (a *App) handler(publicURL string) (http.Handler, error) {
	verifier, err := a.verifier()
	if err != nil {
		return nil, err
	}
	tools, err := gateway.New(a.gatewayOptions(publicURL, verifier))
	if err != nil {
		return nil, err
	}
	o := rest.Options{
		Client: a.Ops, Actor: a.ActorOf, Bearer: oidc.Bearer, Verifier: verifier, Challenge: oidc.ChallengeFor,
		PublicURL: publicURL, Local: a.Config.Mode == config.Local, Hosts: a.Config.Hosts, Origins: a.Config.Origins,
		Mounts: a.mounts(publicURL, tools), Events: a.DB, Metrics: a.relay.metrics, Ledger: a.DB, Reconcile: a.reconcileUpload, Sheet: newSheet, MaxExportRows: config.MaxExportRows, Health: a.health, Documents: a.Ops,
		Limits: a.limits, Proxies: a.Config.Network.TrustedProxies(),
		Version: Version(), NewID: a.NewID, Now: a.o.Now, Random: a.o.Random, Log: a.o.Log,
	}
	if a.issuer != nil {
		o.Session = a.issuer.SessionFromRequest
	}
	return rest.New(o)
}

// verifier checks tokens of the local issuer, or of Cognito.
func (a *App) verifier() (*oidc.Verifier, error) {
	if a.issuer != nil {
		return a.issuer.NewVerifier()
	}
	c := a.Config.Cloud
	keys := oidc.NewRemoteKeys(or(c.JWKSURL, c.Issuer+"/.well-known/jwks.json"), a.keysClient(), a.o.Now)
	return oidc.NewVerifier(oidc.VerifierConfig{Issuer: c.Issuer, ClientIDs: c.ClientIDs, Audiences: c.Audiences, Keys: keys, Now: a.o.Now})
}

func (a *App) gatewayOptions(publicURL string, v gateway.Verifier) gateway.Options {
	hosts := a.Config.Hosts
	if u, err := url.Parse(publicURL); err == nil {
		hosts = append([]string{u.Host}, hosts...)
	}
	return gateway.Options{
		Client: a.Ops, Operations: a.Ops.All(), Verifier: v, Actor: a.ActorOf, ResourceMetadataURL: publicURL + metadataPath + "/mcp",
		AllowedHosts: hosts, TrustedOrigins: a.Config.Origins, Version: Version(), NewID: func() string { return a.NewID().String() }, Log: a.o.Log, Rates: a.limits,
		Proxies: a.Config.Network.TrustedProxies(),
	}
}

// StdioOptions is what `nexo mcp` serves its tools with.
func (a *App) StdioOptions() gateway.Options {
	return gateway.Options{Client: a.Ops, Operations: a.Ops.All(), Actor: func(context.Context, identity.Claims) (*identity.Actor, error) { return nil, nil },
		Version: Version(), NewID: func() string { return a.NewID().String() }, Log: a.o.Log}
}

// metadataPath is where RFC 9728 puts the document of a resource; that of /mcp has /mcp behind it.
const metadataPath = "/.well-known/oauth-protected-resource"

// mounts are the handlers of other rooms than rest.
func (a *App) mounts(publicURL string, tools http.Handler) map[string]http.Handler {
	issuers, origins := []string{a.Config.Cloud.Issuer}, oidc.Origins{Exact: a.Config.Origins}
	if a.issuer != nil {
		issuers, origins = []string{publicURL}, oidc.Origins{Loopback: true, Exact: a.Config.Origins}
	}
	resource := func(path string) http.Handler {
		return oidc.ProtectedResource(oidc.Resource{URL: publicURL + path, Name: "NEXO", Issuers: issuers, AllowedOrigins: origins})
	}
	out := map[string]http.Handler{"/mcp": tools, metadataPath: resource(""), metadataPath + "/mcp": resource("/mcp")}
	a.objectMount(out)
	if a.issuer != nil {
		h := a.issuer.Handler()
		for _, pattern := range []string{"/oauth2/", "/login", "/logout", "/.well-known/jwks.json",
			"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
			out[pattern] = h
		}
	}
	return out
}
