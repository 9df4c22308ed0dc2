package oidc

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/identity"
)

// Resource is what RFC 9728 (section 2) publishes about a protected resource.
type Resource struct {
	URL            string // the identifier, such as http://127.0.0.1:8080/mcp
	Name           string
	Issuers        []string // authorization servers whose tokens are accepted
	Scopes         []string // nil means ScopeTools: what a client should ask for, and never more
	DocumentURL    string   // a page for developers; may be empty
	AllowedOrigins Origins  // who may read it from a browser
}

type resourceDocument struct {
	Resource  string   `json:"resource"`
	Issuers   []string `json:"authorization_servers"`
	Scopes    []string `json:"scopes_supported"`
	Methods   []string `json:"bearer_methods_supported"`
	Name      string   `json:"resource_name,omitempty"`
	Document  string   `json:"resource_documentation,omitempty"`
	SigningBy []string `json:"resource_signing_alg_values_supported,omitempty"`
}

// ProtectedResource serves the metadata of res, for /.well-known/oauth-protected-resource and the same
// path with the resource's own path behind it (RFC 9728, section 3.1). Only the scope for calling tools
// is advertised by default, because MCP clients ask for everything that they see here.
func ProtectedResource(res Resource) http.Handler {
	scopes := res.Scopes
	if scopes == nil {
		scopes = []string{identity.ScopeTools}
	}
	body, err := json.Marshal(resourceDocument{
		Resource: res.URL, Issuers: res.Issuers, Scopes: scopes, Methods: []string{"header"},
		Name: res.Name, Document: res.DocumentURL,
	})
	return res.AllowedOrigins.wrap(document(body, err))
}

// document serves a JSON text that does not change while the program runs.
func document(body []byte, err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=60")
		h.Set("X-Content-Type-Options", "nosniff")
		w.Write(body)
	})
}
