package oidc

import (
	"net/url"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/identity"
)

// The ids of the clients that are registered beforehand. Cognito has no dynamic registration, so
// neither has the local issuer: an MCP client is told to use ClientAgent.
const (
	ClientWeb     = "nexo-web"
	ClientCLI     = "nexo-cli"
	ClientAgent   = "nexo-agent"
	ClientService = "nexo-service"
)

// Scopes of OpenID Connect that people's clients may ask for.
const scopeOpenID = "openid"

// Client is a program that may ask for tokens.
type Client struct {
	ID           string
	Name         string        // shown on the page where a person agrees
	Kind         identity.Kind // Person, Agent or Service
	Scopes       []string      // the most that the authorization endpoint grants
	MintScopes   []string      // the most that Mint grants, for who owns the machine and the key file
	RedirectURIs []string      // compared byte by byte
	Loopback     []string      // paths on http://127.0.0.1, [::1] or localhost, with any port (RFC 8252, 7.3)
	Confidential bool          // has a secret and uses client_credentials only
}

// clients registers the four. webRedirects and agentRedirects are exact URIs from the configuration.
//
// nexo-cli gets no approve scope through the browser: it is a public client, and any program of this
// machine could pass for it (RFC 8252, section 8.6), an agent's host among them. Mint does grant it.
func clients(webRedirects, agentRedirects []string) map[string]Client {
	tools := []string{scopeOpenID, identity.ScopeTools}
	person := []string{scopeOpenID, identity.ScopeTools, identity.ScopeApprove}
	native := []string{"/", "/callback", "/oauth/callback", "/oauth/callback/debug", "/oauth2/callback", "/auth/callback"}
	all := []Client{
		{ID: ClientWeb, Name: "NEXO", Kind: identity.Person, Scopes: person, MintScopes: person, RedirectURIs: webRedirects},
		{ID: ClientCLI, Name: "NEXO CLI", Kind: identity.Person, Scopes: tools, MintScopes: person, Loopback: native},
		{ID: ClientAgent, Name: "NEXO Agent (MCP)", Kind: identity.Agent, Scopes: tools, MintScopes: tools,
			RedirectURIs: agentRedirects, Loopback: native},
		{ID: ClientService, Name: "NEXO Service", Kind: identity.Service, Confidential: true,
			Scopes: []string{identity.ScopeTools}, MintScopes: []string{identity.ScopeTools}},
	}
	m := make(map[string]Client, len(all))
	for _, c := range all {
		m[c.ID] = c
	}
	return m
}

// redirectAllowed reports whether uri is one that the client registered. The loopback form must be
// written plainly: nothing but scheme, host, port and a registered path, so that no two parsers can
// disagree about where it leads (RFC 9700, section 4.1).
func (c Client) redirectAllowed(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	if len(c.Loopback) == 0 {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || !isLoopbackName(u.Hostname()) {
		return false
	}
	path := u.Path
	if path == "" {
		path = "/"
	}
	return u.Scheme+"://"+u.Host+u.Path == uri && slices.Contains(c.Loopback, path)
}

// narrow gives the scopes of asked that are in most; everything in most when nothing is asked, as
// Cognito does. What is not allowed is left out rather than refused (RFC 6749, section 3.3): an agent
// that asks for approve goes on without it. ok is false when nothing is left.
func narrow(asked string, most []string) (granted []string, ok bool) {
	want := strings.Fields(asked)
	if len(want) == 0 {
		return slices.Clone(most), true
	}
	for _, s := range most { // in the order of most, each once
		if slices.Contains(want, s) || slices.Contains(want, strings.TrimPrefix(s, "sga/")) {
			granted = append(granted, s)
		}
	}
	return granted, len(granted) > 0
}
