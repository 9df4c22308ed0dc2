package ops_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/ops"
)

// T-05: whatever a client calls itself, the audit has one short line of ASCII.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, agent, want string }{
		{"192.0.2.7", "curl/8.5", `192.0.2.7 "curl/8.5"`},
		{"2001:db8::1", "", "2001:db8::1"},
		{"::ffff:192.0.2.7", "", "192.0.2.7"},
		{"fe80::1%x\x1b[31m", "", "fe80::1"},
		{"", "", "?"},
		{"", "a\r\nSet-Cookie: b", `? "a\r\nSet-Cookie: b"`},
		{"", "\x1b[31mred\x00", `? "\x1b[31mred\x00"`},
		{"", "água\u202e\xff", `? "\u00e1gua\u202e\xff"`},
		{"", `say "no"\`, `? "say \"no\"\\"`},
	} {
		address, _ := netip.ParseAddr(c.address)
		if got := ops.Origin(address, c.agent); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.address, c.agent, got, c.want)
		}
	}
	if got := ops.Origin(netip.MustParseAddr("192.0.2.7"), strings.Repeat("x", 1<<20)); len(got) > 120 {
		t.Errorf("a user agent of a megabyte leaves %d bytes", len(got))
	}
}

func FuzzOrigin(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1}, "Mozilla/5.0\r\n\x1b]0;")
	f.Fuzz(func(t *testing.T, address []byte, agent string) {
		a, _ := netip.AddrFromSlice(address)
		got := ops.Origin(a, agent)
		if len(got) > 1500 {
			t.Errorf("%d bytes", len(got))
		}
		for _, r := range got {
			if r < ' ' || r > '~' {
				t.Fatalf("%q", got)
			}
		}
	})
}
