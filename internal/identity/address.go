package identity

import (
	"net/netip"
	"strings"
)

// maxHops bounds how far back a list of proxies is read: two balancers and a mesh are four.
const maxHops = 16

// Proxies are the networks of our own balancers. What they add to X-Forwarded-For is believed; what
// others say of where they come from is not. No proxies believe nothing.
type Proxies []netip.Prefix

// ParseProxies reads networks such as 10.0.0.0/16; a single address is a network of its own.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, text := range list {
		if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p Proxies) has(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// Client is the address of whoever sent a request: the other end of the connection, or, behind our own
// proxies, the right-most hop of X-Forwarded-For that is none of them. Hops further left are what the
// client wrote itself. forwarded are the header's lines in order. The address is invalid where the
// connection has none, as over a Unix socket.
func (p Proxies) Client(remote string, forwarded []string) netip.Addr {
	client, ok := hop(remote)
	if !ok || len(p) == 0 || !p.has(client) {
		return client
	}
	left := maxHops
	for i := len(forwarded) - 1; i >= 0; i-- {
		line := forwarded[i]
		for line != "" && left > 0 {
			cut := strings.LastIndexByte(line, ',')
			next, ok := hop(strings.TrimSpace(line[cut+1:]))
			if !ok { // what one of ours wrote down is no address: it is as far as we know
				return client
			}
			if client = next; !p.has(next) {
				return next
			}
			line, left = line[:max(cut, 0)], left-1
		}
	}
	return client
}

// hop reads an address with or without a port.
func hop(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err == nil
}
