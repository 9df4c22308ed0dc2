package identity

import (
	"net/netip"
	"strings"
	"testing"
)

// S-27: an address that a client writes down itself is never its own, unless one of ours says so.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	ours, err := ParseProxies([]string{"10.0.0.0/8", "fd00::/8", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		proxies   Proxies
		remote    string
		forwarded []string
		want      string
	}{
		{"a direct client", nil, "203.0.113.9:5000", nil, "203.0.113.9"},
		{"nobody is believed without proxies", nil, "203.0.113.9:5000", []string{"1.1.1.1"}, "203.0.113.9"},
		{"a client that is no proxy is not believed", ours, "203.0.113.9:5000", []string{"1.1.1.1"}, "203.0.113.9"},
		{"behind one proxy", ours, "10.0.0.1:443", []string{"203.0.113.9"}, "203.0.113.9"},
		{"what the client wrote stays left", ours, "10.0.0.1:443", []string{"1.1.1.1, 127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"behind two proxies", ours, "10.0.0.1:443", []string{"1.1.1.1, 203.0.113.9,10.2.3.4"}, "203.0.113.9"},
		{"over several lines", ours, "10.0.0.1:443", []string{"1.1.1.1", "203.0.113.9", "10.2.3.4"}, "203.0.113.9"},
		{"with a port", ours, "10.0.0.1:443", []string{"203.0.113.9:61000"}, "203.0.113.9"},
		{"IPv6", ours, "[fd00::1]:443", []string{"[2001:db8::5]:61000"}, "2001:db8::5"},
		{"IPv6 bare", ours, "[fd00::1]:443", []string{"2001:db8::5"}, "2001:db8::5"},
		{"IPv4 in IPv6", ours, "[::ffff:10.0.0.1]:443", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"a single trusted address", ours, "192.0.2.7:443", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy itself", ours, "10.0.0.1:443", nil, "10.0.0.1"},
		{"only proxies", ours, "10.0.0.1:443", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"no address", ours, "10.0.0.1:443", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"an empty hop", ours, "10.0.0.1:443", []string{"203.0.113.9,"}, "10.0.0.1"},
		{"an endless list", ours, "10.0.0.1:443", []string{"203.0.113.9" + strings.Repeat(", 10.0.0.9", 1000)}, "10.0.0.9"},
		{"a socket without an address", ours, "@", []string{"203.0.113.9"}, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.proxies.Client(tt.remote, tt.forwarded).String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if _, err := ParseProxies([]string{"10.0.0.0/8", "all"}); err == nil {
		t.Error("a word is no network")
	}
}

// The address is always one that somebody said, and a direct client's is always the connection's.
func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.9, 10.0.0.2")
	f.Add("203.0.113.9:1", "1.1.1.1")
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		ours := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
		got := ours.Client(remote, []string{forwarded})
		direct, ok := hop(remote)
		if ok && !ours.has(direct) && got != direct {
			t.Errorf("%q said it was %s", remote, got)
		}
		if !ok && got.IsValid() {
			t.Errorf("%q has the address %s", remote, got)
		}
	})
}
