package rest

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
)

// S-27: an address that asks too often is told so before anybody looks at its token, whatever path it takes, and gets no
// further by writing another address into a header.
func TestLimitOfAddresses(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 7, 1, 12, 0, 30, 0, time.UTC) }
	var rates limit.Rates
	rates[limit.Address], rates[limit.SignIn] = limit.Rate{Calls: 5, Per: time.Minute}, limit.Rate{Calls: 1, Per: time.Minute}
	ours, err := identity.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(o *Options) { o.Limits, o.Proxies = limit.New(rates, nil, now), ours })
	ask := func(path, remote, forwarded string) (int, string, string) {
		r := request("", http.MethodGet, path, "")
		r.RemoteAddr = remote
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		out := w.do(r)
		return out.Code, out.Header().Get("Retry-After"), out.Body.String()
	}
	for i := range 5 {
		if status, _, _ := ask("/api/v1/inventory", "198.51.100.1:4000", ""); status != http.StatusUnauthorized {
			t.Fatalf("%d: %d", i, status)
		}
	}
	for i, path := range []string{"/api/v1/inventory", "/mcp", "/", "/login", "/nowhere"} {
		status, after, body := ask(path, "198.51.100.1:"+strconv.Itoa(5000+i), "203.0.113."+strconv.Itoa(i))
		if status != http.StatusTooManyRequests || after != "30" || !strings.Contains(body, `"code":"rate_limited"`) {
			t.Errorf("%s: %d %s %s", path, status, after, body)
		}
	}
	if status, _, _ := ask("/healthz", "198.51.100.1:4000", ""); status != http.StatusOK {
		t.Errorf("a balancer is held up: %d", status)
	}
	for _, step := range []struct {
		remote, forwarded string
		status            int
	}{
		{"198.51.100.2:1", "198.51.100.1", 401},           // another one is another one
		{"10.0.0.1:1", "198.51.100.1", 429},               // the same behind our proxy
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1", 429},  // and with an address of its own making before it
		{"10.0.0.1:1", "198.51.100.1, 198.51.100.3", 401}, // which harms nobody else either
		{"10.0.0.2:1", "198.51.100.1, 10.0.0.1", 429},     // behind two of ours
		{"[2001:db8::1]:1", "198.51.100.1", 401},
	} {
		if status, _, body := ask("/api/v1/inventory", step.remote, step.forwarded); status != step.status {
			t.Errorf("%s %s: %d %s", step.remote, step.forwarded, status, body)
		}
	}
	for i, want := range []int{http.StatusNotFound, http.StatusTooManyRequests} {
		r := request("", http.MethodPost, "/login", "")
		r.RemoteAddr = "198.51.100.7:1"
		if out := w.do(r); out.Code != want {
			t.Errorf("sign-in %d: %d", i, out.Code)
		}
	}
}
