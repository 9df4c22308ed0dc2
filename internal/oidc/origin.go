package oidc

import (
	"net/http"
	"net/url"
	"slices"
)

// Origins says which web pages of other origins may read metadata and use the token endpoint from a
// browser. No cookie is ever accepted that way.
type Origins struct {
	Loopback bool     // pages of this machine, on any port: an MCP inspector is one
	Exact    []string // scheme://host[:port]
}

func (o Origins) allows(origin string) bool {
	if origin == "" || origin == "null" {
		return false
	}
	if slices.Contains(o.Exact, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && o.Loopback && u.Scheme == "http" && isLoopbackName(u.Hostname()) && u.Scheme+"://"+u.Host == origin
}

// wrap answers preflights and lets the allowed origins read the answers of next (the CORS protocol of
// the Fetch standard). Without an Origin header it changes nothing but Vary.
func (o Origins) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); o.allows(origin) {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
			if r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
				h.Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopbackName reports whether host is this machine by the names of RFC 8252 section 7.3, and
// "localhost", which that section discourages and every MCP client uses.
func isLoopbackName(host string) bool {
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}
