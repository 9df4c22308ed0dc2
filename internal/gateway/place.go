package gateway

import (
	"net"
	"net/http"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// checkPlace stops pages of other origins and names that were rebound to this machine (MCP, transports:
// "Security Warning").
func (g *Gateway) checkPlace(r *http.Request) *problem {
	if !g.knownHost(r.Host) {
		return forbidden("Este endereço não é deste servidor.", "This address is not of this server.")
	}
	if err := g.origin.Check(r); err != nil {
		return forbidden("Esta página não pode chamar este servidor.", "This page may not call this server.")
	}
	return nil
}

func forbidden(pt, en string) *problem {
	return &problem{status: http.StatusForbidden, code: fault.PermissionDenied.JSONRPC(), fault: fault.PermissionDenied.With(pt, en)}
}

func (g *Gateway) knownHost(host string) bool {
	if len(g.hosts) > 0 && g.hosts[strings.ToLower(host)] {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"))
	return name == "localhost" || name == "127.0.0.1" || name == "::1" || g.hosts[name]
}

// shareWithOrigin lets the pages of trusted origins read the answers (the CORS protocol of the Fetch
// standard), and answers their preflights, which carry no token. It reports whether that was all.
func (g *Gateway) shareWithOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := first(r.Header, "Origin")
	if origin == "" || !g.trusted[origin] {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
	if r.Method != http.MethodOptions || first(r.Header, "Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Mcp-Protocol-Version, Mcp-Method, Mcp-Name")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
