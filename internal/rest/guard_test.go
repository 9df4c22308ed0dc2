package rest

import (
	"net/http"
	"strings"
	"testing"
)

func TestHostsAndOrigins(t *testing.T) {
	t.Parallel()
	local := newWorld(t)
	public := newWorld(t, func(o *Options) {
		o.Local, o.PublicURL, o.Hosts, o.Origins = false, "https://nexo.example.com", []string{"10.0.0.7:8080"}, []string{"https://portal.example.com"}
	})
	for _, c := range []struct {
		w            *world
		host, origin string
		status       int
	}{
		{local, "127.0.0.1:8080", "", 200},
		{local, "127.0.0.1", "", 200},
		{local, "localhost:9999", "", 200},
		{local, "LOCALHOST", "", 200},
		{local, "[::1]:8080", "", 200},
		{local, "evil.example", "", 421},
		{local, "127.0.0.1.evil.example", "", 421},
		{local, "localhost.", "", 421},
		{local, "127.0.0.1@evil.example", "", 421},
		{local, "2130706433", "", 421},
		{local, "0.0.0.0:8080", "", 421},
		{local, "127.0.0.1:8080", "http://127.0.0.1:8080", 200},
		{local, "127.0.0.1:8080", "http://localhost:6274", 200},
		{local, "127.0.0.1:8080", "http://evil.example", 403},
		{local, "127.0.0.1:8080", "null", 403},
		{local, "127.0.0.1:8080", "", 200},
		{local, "127.0.0.1:8080", "http://127.0.0.1:8080/", 403},
		{local, "127.0.0.1:8080", "file://", 403},
		{public, "nexo.example.com", "", 200},
		{public, "NEXO.example.com", "", 200},
		{public, "10.0.0.7:8080", "", 200},
		{public, "127.0.0.1:8080", "", 421},
		{public, "nexo.example.com:444", "", 421},
		{public, "nexo.example.com", "https://nexo.example.com", 200},
		{public, "nexo.example.com", "https://portal.example.com", 200},
		{public, "nexo.example.com", "http://127.0.0.1:6274", 403},
	} {
		for _, path := range []string{"/healthz", "/", "/api/v1/inventory", "/login", "/nothing"} {
			r := request("viewer", "GET", path, "")
			r.Host = c.host
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			p := c.w.do(r)
			refused := p.Code == 421 || p.Code == 403
			if refused != (c.status != 200) || refused && p.Code != c.status {
				t.Errorf("%s %s from %q: %d", c.host, path, c.origin, p.Code)
			}
		}
	}
	r := request("", "GET", "/healthz", "")
	r.Header["Origin"] = []string{"http://127.0.0.1:8080", "http://evil.example"}
	if p := local.do(r); p.Code != 403 {
		t.Errorf("two origins: %d", p.Code)
	}
}

// TestCookiesOfOthers: a browser's session counts only where a page of ours asks (S-26).
func TestCookiesOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, path, site, origin string
		status                     int
	}{
		{"GET", "/api/v1/inventory", "", "", 200},
		{"GET", "/api/v1/inventory", "same-origin", "", 200},
		{"GET", "/api/v1/inventory", "none", "", 200},
		{"GET", "/api/v1/inventory", "cross-site", "", 401},
		{"GET", "/api/v1/inventory", "same-site", "", 401},
		{"POST", "/api/v1/movements", "same-origin", "http://127.0.0.1:8080", 200},
		{"POST", "/api/v1/movements", "cross-site", "", 401},
		{"POST", "/api/v1/movements", "same-site", "http://127.0.0.1:9999", 401},
		{"POST", "/api/v1/movements", "", "http://localhost:9999", 401},
		{"POST", "/api/v1/movements", "", "", 200}, // no browser: a script with a copied cookie
	} {
		body := ""
		if c.method == "POST" {
			body = `{"movement_type":"ENTRADA"}`
		}
		r := request("@logistics", c.method, c.path, body)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if p := w.do(r); p.Code != c.status {
			t.Errorf("%s %s %s %s: %d", c.method, c.path, c.site, c.origin, p.Code)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/", "/connect", "/healthz", "/api/v1/nothing", "/static/nexo.css", "/search?q=switch", "/metrics"} {
		p := w.do(request("@viewer", "GET", path, ""))
		h := p.Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Request-Id": "-",
		} {
			if !strings.Contains(h.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS without TLS", path)
		}
	}
	secure := newWorld(t, func(o *Options) { o.Local, o.PublicURL = false, "https://nexo.example.com" })
	r := request("", "GET", "/healthz", "")
	r.Host = "nexo.example.com"
	if secure.do(r).Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS with TLS")
	}
}

func TestLogAndFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := request("viewer", "GET", "/api/v1/balances/"+strings.Repeat("P", 5000)+"?as_of=canary-query", "")
	r.Header.Set("X-Canary", "canary-header")
	w.do(r)
	w.do(request("viewer", "GET", "/api/v1/inventory", ""))
	w.do(request("", "BREW", "/api/v1/inventory", ""))
	log := w.log.String()
	for _, not := range []string{"tok-viewer", "canary", strings.Repeat("P", 300)} {
		if strings.Contains(log, not) {
			t.Errorf("the log has %.20s", not)
		}
	}
	if !strings.Contains(log, "subject=sub-viewer") || !strings.Contains(log, "status=200") {
		t.Errorf("log %s", log)
	}
	figures := w.do(request("", "GET", "/metrics", "")).Body.String()
	for _, must := range []string{
		`nexo_http_requests_total{code="200",method="GET",route="GET /api/v1/inventory"} 1`,
		`nexo_http_requests_total{code="405",method="other",route="/"} 1`,
		`nexo_http_request_seconds_count{method="GET",route="GET /api/v1/balances/{part_number}"} 1`, "go_goroutines", "nexo_http_event_streams 0",
	} {
		if !strings.Contains(figures, must) {
			t.Errorf("figures lack %s", must)
		}
	}
	if strings.Contains(figures, "PPPP") {
		t.Error("a label comes from a client")
	}
	public := newWorld(t, func(o *Options) { o.Local, o.PublicURL = false, "https://nexo.example.com" })
	for as, status := range map[string]int{"": 401, "viewer": 403, "admin": 200} {
		r := request(as, "GET", "/metrics", "")
		r.Host = "nexo.example.com"
		if p := public.do(r); p.Code != status {
			t.Errorf("figures in public for %q: %d", as, p.Code)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"no client": func(o *Options) { o.Client = nil }, "no health": func(o *Options) { o.Health = nil }, "no clock": func(o *Options) { o.Now = nil },
		"path in the URL": func(o *Options) { o.PublicURL += "/x" }, "not HTTP": func(o *Options) { o.PublicURL = "ftp://127.0.0.1" },
		"local and not loopback": func(o *Options) { o.PublicURL = "http://192.168.0.2:8080" },
	} {
		var o Options
		newWorld(t, func(good *Options) { o = *good })
		o.Metrics = nil
		change(&o)
		if h, err := New(o); err == nil || h != http.Handler(nil) {
			t.Errorf("%s: taken", name)
		}
	}
}
