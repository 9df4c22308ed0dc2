package outbound

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// maxURL in characters: what browsers and servers agree on.
	maxURL = 2048
	// httpsPort is the one port below userPorts that is open: the others belong to services that are not
	// meant for us (RFC 6335).
	httpsPort = 443
	userPorts = 1024
)

// rules say which addresses may be asked for at all.
type rules struct{ allowed map[string]bool }

// Check judges an address as a text, before anything is sent: scheme, port, form, and addresses that are
// written as numbers. What its name resolves to is judged at every connection. It fails with
// fault.InvalidArgument on url.
func (c *Client) Check(address string) error {
	if len(address) > maxURL {
		return refuse("O endereço é longo demais.", "The address is too long.")
	}
	u, err := url.Parse(address)
	if err != nil {
		return refuse("O endereço é inválido.", "The address is invalid.")
	}
	return c.rules.check(u)
}

func (r rules) check(u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("O endereço deve começar com https://.", "The address must begin with https://.")
	case u.User != nil:
		return refuse("O endereço não pode ter usuário nem senha.", "The address may not have a user or a password.")
	case host == "" || u.Opaque != "" || strings.ContainsAny(host, "%\\ "):
		return refuse("O endereço não tem um servidor válido.", "The address has no valid server.")
	case u.Fragment != "":
		return refuse("O endereço não pode ter #.", "The address may not have a #.")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	if r.allowed[net.JoinHostPort(host, port)] {
		return nil
	}
	if u.Scheme != "https" {
		return refuse("O endereço deve começar com https://.", "The address must begin with https://.")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n != httpsPort && n <= userPorts {
		return refuse("A porta deve ser 443 ou acima de 1024.", "The port must be 443 or above 1024.")
	}
	if !publicName(host) {
		return refuse("O endereço não é público.", "The address is not public.")
	}
	return nil
}

// publicName refuses what can never be public: an internal address in any form, and names without a dot
// or under the names that networks keep for themselves (RFC 6761, RFC 8375, RFC 9476).
func publicName(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return Public(a)
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == host || numeric(last) {
		return false // 2130706433 and 0177.0.0.1 are addresses to some resolvers
	}
	for _, inner := range []string{"localhost", "local", "internal", "home.arpa", "lan", "intranet", "alt", "onion", "test", "invalid"} {
		if host == inner || strings.HasSuffix(host, "."+inner) {
			return false
		}
	}
	return true
}

// numeric reports whether the last label of a name makes the whole an address (WHATWG URL, ends in a number).
func numeric(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	return err == nil || label != "" && strings.Trim(label, "0123456789") == ""
}

func refuse(pt, en string) error {
	return fault.InvalidArgument.With(pt, en).On("url").Because(ErrForbidden)
}
