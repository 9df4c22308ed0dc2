package outbound

import (
	"net/netip"
	"testing"
)

// S-13: every range that is not the internet's, and its edges.
func TestPublic(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.255.255": true, "172.32.0.0": true,
		"198.17.255.255": true, "198.20.0.0": true, "192.0.1.0": true, "223.255.255.255": true, "11.0.0.0": true, "169.253.255.255": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001:80b::200e": true, "::ffff:8.8.8.8": true, "2001:200::1": true,

		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false,
		"100.64.0.1": false, "100.127.255.255": false, "169.254.169.254": false, "169.254.170.2": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.0.0.1": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fd00:ec2::254": false, "fc00::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:100.64.0.1": false, "::127.0.0.1": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2002:808:808::1": false,
		"2001::1": false, "2001:0:7f00:1::": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false,
	}
	for text, want := range tests {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v", text, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// Whatever IPv4 address is written inside an IPv6 one, it is judged as itself or refused.
func FuzzEmbeddedAddresses(f *testing.F) {
	f.Add(byte(127), byte(0), byte(0), byte(1))
	f.Add(byte(8), byte(8), byte(8), byte(8))
	f.Add(byte(169), byte(254), byte(169), byte(254))
	f.Fuzz(func(t *testing.T, a, b, c, d byte) {
		inner := netip.AddrFrom4([4]byte{a, b, c, d})
		mapped := netip.AddrFrom16(inner.As16())
		if Public(mapped) != Public(inner) {
			t.Errorf("%s and %s differ", mapped, inner)
		}
		sixToFour := [16]byte{0x20, 0x02, a, b, c, d}
		nat64 := [16]byte{0, 0x64, 0xff, 0x9b, 12: a, 13: b, 14: c, 15: d}
		for _, raw := range [][16]byte{sixToFour, nat64, {12: a, 13: b, 14: c, 15: d}} {
			if Public(netip.AddrFrom16(raw)) {
				t.Errorf("%s carries %s", netip.AddrFrom16(raw), inner)
			}
		}
	})
}
