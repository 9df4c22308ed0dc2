package config

import (
	"net"
	"strconv"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
)

// Network says who is let in how often, by whom we are reached and whom we may reach.
type Network struct {
	// Rates are NEXO_LIMIT_USER, _AGENT, _TOOL, _PROJECT, _ADDRESS and _SIGN_IN, as N/s, N/m or off. nil has
	// the defaults of package limit.
	Rates *limit.Rates
	// Proxies is NEXO_TRUSTED_PROXIES, networks of our own balancers, whose X-Forwarded-For is believed.
	Proxies []string
	// Allow is NEXO_OUTBOUND_ALLOW, host:port pairs of receivers that are internal and may be reached.
	Allow []string
}

// TrustedProxies are the networks of our own balancers.
func (n *Network) TrustedProxies() identity.Proxies {
	p, _ := identity.ParseProxies(n.Proxies) // checked by Load
	return p
}

// Limits are the rates in force.
func (n *Network) Limits() limit.Rates {
	if n.Rates == nil {
		return limit.Defaults()
	}
	return *n.Rates
}

func rateVariables() map[limit.Kind]string {
	return map[limit.Kind]string{limit.User: "NEXO_LIMIT_USER", limit.Agent: "NEXO_LIMIT_AGENT", limit.Tool: "NEXO_LIMIT_TOOL",
		limit.Project: "NEXO_LIMIT_PROJECT", limit.Address: "NEXO_LIMIT_ADDRESS", limit.SignIn: "NEXO_LIMIT_SIGN_IN"}
}

func loadNetwork(get func(name, fallback string) string) (n Network, err error) {
	n = Network{Proxies: list(get("NEXO_TRUSTED_PROXIES", "")), Allow: list(get("NEXO_OUTBOUND_ALLOW", ""))}
	variables := rateVariables()
	for _, k := range limit.Kinds() {
		text := get(variables[k], "")
		if text == "" {
			continue
		}
		r, err := limit.ParseRate(text)
		if err != nil {
			return n, wrong(variables[k], "deve ser um número por segundo ou minuto, como 100/s ou 6000/m, ou off",
				"must be a number a second or a minute, such as 100/s or 6000/m, or off").Because(err)
		}
		if n.Rates == nil {
			all := limit.Defaults()
			n.Rates = &all
		}
		n.Rates[k] = r
	}
	if _, err := identity.ParseProxies(n.Proxies); err != nil {
		return n, wrong("NEXO_TRUSTED_PROXIES", "deve ser uma lista de redes, como 10.0.0.0/16", "must be a list of networks, such as 10.0.0.0/16").Because(err)
	}
	for _, pair := range n.Allow {
		host, port, err := net.SplitHostPort(pair)
		if number, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || number == 0 || host == "" {
			return n, wrong("NEXO_OUTBOUND_ALLOW", "deve ser uma lista de servidor:porta", "must be a list of host:port")
		}
	}
	return n, nil
}
