package outbound

import "net/netip"

// Public reports whether an address is one that anybody on the internet may be sent to. The standard
// library's notions do not serve: netip calls 100.64.0.1 global and not private. What is not known to be
// public is not (IANA special-purpose registries for IPv4 and IPv6, RFC 6890).
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	special := specialV6()
	if a.Is4() {
		special = specialV4()
	} else if !globalV6().Contains(a) {
		return false
	}
	for _, text := range special {
		if netip.MustParsePrefix(text).Contains(a) {
			return false
		}
	}
	return true
}

// globalV6 is all that IANA has given out for the internet; loopback, local, unique-local (with the
// metadata service's fd00:ec2::254), multicast, NAT64 (64:ff9b::/96) and IPv4-compatible addresses lie outside.
func globalV6() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

func specialV4() []string {
	return []string{
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carrier-grade NAT
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, with the metadata service 169.254.169.254
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, with the broadcast address
	}
}

// specialV6 lies within globalV6. 6to4 and Teredo carry an IPv4 address inside, which may be anybody's.
func specialV6() []string {
	return []string{
		"2001::/23",     // protocol assignments, with Teredo 2001::/32
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	}
}
