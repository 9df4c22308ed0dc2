package rest

import (
	"net/http"
	"net/netip"

	"github.com/faiston/nexo/internal/limit"
)

// clientAddress is where a request comes from: the other end of the connection, or what our own proxies
// say (S-27). It is for limits and the audit; nobody is let in for it.
func (d *door) clientAddress(r *http.Request) netip.Addr {
	return d.Proxies.Client(r.RemoteAddr, r.Header["X-Forwarded-For"])
}

// admit counts a request of an address, before anybody looks at its token. The handlers of Mounts, such as
// /mcp and the issuer, are behind it as well.
func (d *door) admit(r *http.Request) error {
	if d.Limits == nil || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" { // balancers ask for everybody
		return nil
	}
	from := d.clientAddress(r)
	if f := d.Limits.Address(limit.Address, from); f != nil {
		return f
	}
	if r.Method == http.MethodPost && (r.URL.Path == "/login" || r.URL.Path == "/oauth2/token") {
		if f := d.Limits.Address(limit.SignIn, from); f != nil {
			return f
		}
	}
	return nil
}
