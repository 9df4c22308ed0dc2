package rest

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// guard refuses requests that were led here by a name or a page that is not ours: DNS rebinding and
// cross-site requests reach a program on loopback through its user's browser.
func (d *door) guard(r *http.Request) error {
	if !d.hostAllowed(r.Host) {
		return &refusal{fault.PermissionDenied.With("Este endereço não é do NEXO.", "This address is not NEXO's."), http.StatusMisdirectedRequest}
	}
	origins := r.Header["Origin"]
	if len(origins) > 1 || len(origins) == 1 && !d.originAllowed(origins[0], r.Host) {
		return fault.PermissionDenied.With("Este pedido veio de outro site e foi recusado.", "This request came from another site and was refused.").
			Because(errForeign)
	}
	return nil
}

func (d *door) hostAllowed(host string) bool {
	if host == "" {
		return false
	}
	if d.Local {
		return isLoopback(hostname(host))
	}
	return strings.EqualFold("//"+host, d.PublicURL[strings.Index(d.PublicURL, "//"):]) || slices.Contains(d.Hosts, host)
}

func (d *door) originAllowed(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return false
	}
	if u.Host == host || origin == d.PublicURL || slices.Contains(d.Origins, origin) {
		return true
	}
	return d.Local && isLoopback(u.Hostname()) // tools of this machine, such as an MCP inspector, have ports of their own
}

// hostname is a Host header without its port; empty when it is none.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// isLoopback reports whether a name can only mean this machine.
func isLoopback(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback() && a.Zone() == ""
}

// secureHeaders forbid what no answer of ours needs; pages widen the policy by their own style sheet.
func (d *door) secureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers send "Origin: null" on our own forms
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	if d.secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
