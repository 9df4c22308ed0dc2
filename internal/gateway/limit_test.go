package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faiston/nexo/internal/ops"
)

// post sends one message as a good client of the revision does.
func post(g http.Handler, ctx context.Context, role, version, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	g.ServeHTTP(rec, newPost(ctx, role, version, strings.NewReader(body)))
	return rec
}

func newPost(ctx context.Context, role, version string, body io.Reader) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:8080/mcp", body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+role)
	if version != "" {
		r.Header.Set("Mcp-Protocol-Version", version)
	}
	if version == newEra {
		r.Header.Set("Mcp-Method", "tools/call")
		r.Header.Set("Mcp-Name", "sga_fail")
	}
	return r
}

const (
	waiting    = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sga_fail","arguments":{"how":"wait"}}}`
	waiting26  = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name":"sga_fail","arguments":{"how":"wait"}}}`
	getBalance = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sga_get_balance","arguments":{"part_number":"A"}}}`
)

// bothWays runs a test over the lean way and over the SDK's.
func bothWays(t *testing.T, f func(t *testing.T, onlySDK bool)) {
	t.Helper()
	for _, way := range []struct {
		name    string
		onlySDK bool
	}{{"lean", false}, {"sdk", true}} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { f(t, way.onlySDK) })
		})
	}
}

func TestCallTimesOut(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, onlySDK bool) {
		g, _ := newToy(t, func(o *Options) { o.Limits.Call = 3 * time.Second })
		g.onlySDK = onlySDK
		start := time.Now()
		rec := post(g, t.Context(), "admin", "", waiting)
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("answered after %v", d)
		}
		if !strings.Contains(rec.Body.String(), `"unavailable"`) || !strings.Contains(rec.Body.String(), `"isError":true`) {
			t.Errorf("answer %s", rec.Body)
		}
	})
}

func TestLongCallsHaveTheirOwnLimit(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, onlySDK bool) {
		g, _ := newToy(t, func(o *Options) { o.Limits.Call, o.Limits.Long = time.Second, time.Minute })
		g.onlySDK = onlySDK
		rec := post(g, t.Context(), "admin", "", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sga_import_file"}}`)
		if !strings.Contains(rec.Body.String(), `"rows":4`) {
			t.Errorf("answer %s", rec.Body)
		}
	})
}

func TestCallsOfOneSubjectAreBounded(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, onlySDK bool) {
		g, _ := newToy(t, func(o *Options) { o.Limits.CallsAtOnce = 2 })
		g.onlySDK = onlySDK
		for range 2 {
			go post(g, t.Context(), "admin", "", waiting)
		}
		synctest.Wait()
		if rec := post(g, t.Context(), "admin", "", getBalance); !strings.Contains(rec.Body.String(), `"rate_limited"`) {
			t.Errorf("third call: %s", rec.Body)
		}
		if rec := post(g, t.Context(), "viewer", "", getBalance); !strings.Contains(rec.Body.String(), `"found":true`) {
			t.Errorf("another subject: %s", rec.Body)
		}
		time.Sleep(defaultCall + time.Second) // synctest's clock: the two give up
		synctest.Wait()
		if rec := post(g, t.Context(), "admin", "", getBalance); !strings.Contains(rec.Body.String(), `"found":true`) {
			t.Errorf("after the two ended: %s", rec.Body)
		}
		if len(g.limiter.running) != 0 {
			t.Errorf("places are still taken: %v", g.limiter.running)
		}
	})
}

// A closed connection cancels the call from 2026-07-28 on, and not before.
func TestCancelByClosing(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, onlySDK bool) {
		g, _ := newToy(t, nil)
		g.onlySDK = onlySDK
		for _, era := range []struct {
			version, body string
			want          time.Duration
		}{{"2025-11-25", waiting, defaultCall}, {newEra, waiting26, time.Second}} {
			ctx, cancel := context.WithCancel(t.Context())
			start := time.Now()
			time.AfterFunc(time.Second, cancel)
			post(g, ctx, "admin", era.version, era.body)
			for len(g.limiterSnapshot()) > 0 { // the SDK answers a closed connection before the call has ended
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if took := time.Since(start); took != era.want {
				t.Errorf("%s: the call ended after %v, want %v", era.version, took, era.want)
			}
		}
	})
}

func (g *Gateway) limiterSnapshot() map[string]int {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	out := map[string]int{}
	for k, v := range g.limiter.running {
		out[k] = v
	}
	return out
}

// endless is a body without an end that counts what was taken.
type endless struct{ n int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '['
	}
	e.n += len(b)
	return len(b), nil
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	g, c := newToy(t, nil)
	stream := &endless{}
	rec := httptest.NewRecorder()
	g.ServeHTTP(rec, newPost(t.Context(), "admin", "", stream))
	if rec.Code != http.StatusRequestEntityTooLarge || stream.n > MaxBody+1 {
		t.Errorf("endless body: %d after %d bytes", rec.Code, stream.n)
	}
	declared := newPost(t.Context(), "admin", "", stream)
	declared.ContentLength = 10 << 30
	stream.n = 0
	rec = httptest.NewRecorder()
	g.ServeHTTP(rec, declared)
	if rec.Code != http.StatusRequestEntityTooLarge || stream.n != 0 {
		t.Errorf("10 GiB declared: %d after %d bytes", rec.Code, stream.n)
	}
	keys := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sga_get_balance","arguments":{` + strings.Repeat(`"k":1,`, 600_000) + `"k":1}}}`
	if rec := post(g, t.Context(), "admin", "", keys); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "invalid_argument") {
		t.Errorf("many keys: %d %s", rec.Code, rec.Body)
	}
	deep := strings.Repeat("[", 1_000_000)
	if rec := post(g, t.Context(), "admin", "", deep); rec.Code != http.StatusBadRequest {
		t.Errorf("deep: %d", rec.Code)
	}
	for _, call := range c.calls {
		if call.Name != "sga_get_balance" {
			t.Errorf("%s was called", call.Name)
		}
	}
}

// A body that does not arrive ends by the door's own deadline, also where the server has none (S-15).
func TestSlowBodyEnds(t *testing.T) {
	t.Parallel()
	g, _ := newToy(t, func(o *Options) { o.Limits.Read = 50 * time.Millisecond })
	srv := httptest.NewServer(g)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer admin\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	answer, err := io.ReadAll(conn) // ends because the server closes
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
		t.Errorf("answer %q, %v", answer, err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	schema := &ops.Schema{JSON: []byte(`{"type":"object"}`)}
	tests := []struct {
		name   string
		change func(*Options)
	}{
		{"no client", func(o *Options) { o.Client = nil }},
		{"no verifier", func(o *Options) { o.Verifier = nil }},
		{"no actor", func(o *Options) { o.Actor = nil }},
		{"no log", func(o *Options) { o.Log = nil }},
		{"no ids", func(o *Options) { o.NewID = nil }},
		{"an origin that is none", func(o *Options) { o.TrustedOrigins = []string{"nonsense"} }},
		{"a tool twice", func(o *Options) { o.Operations = append(o.Operations, o.Operations[0]) }},
		{"a tool without schemas", func(o *Options) { o.Operations = []*ops.Operation{{Name: "x"}} }},
		{"a schema of a list", func(o *Options) {
			o.Operations = []*ops.Operation{{Name: "x", Input: &ops.Schema{JSON: []byte(`{"type":"array"}`)}, Output: schema}}
		}},
		{"a tool without a name", func(o *Options) { o.Operations = []*ops.Operation{{Input: schema, Output: schema}} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := toyOptions(newToyClient())
			tt.change(&o)
			if _, err := New(o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAllowedHosts(t *testing.T) {
	t.Parallel()
	g, _ := newToy(t, func(o *Options) { o.AllowedHosts = []string{"nexo.example", "other.example:8443"} })
	for host, want := range map[string]bool{
		"nexo.example": true, "NEXO.example": true, "nexo.example:443": true, "other.example:8443": true, "other.example": false,
		"other.example:1": false, "evil.example": false, "": false, "nexo.example.evil.example": false, "localhost": true, "127.0.0.1:1": true,
		"[::1]:1": true, "[::1]": true, "127.0.0.1.evil.example": false,
	} {
		if got := g.knownHost(host); got != want {
			t.Errorf("knownHost(%q) = %v", host, got)
		}
	}
}

// brokenWriter is a client that is gone.
type brokenWriter struct{ *httptest.ResponseRecorder }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestClientThatIsGone(t *testing.T) {
	t.Parallel()
	g, c := newToy(t, nil)
	g.ServeHTTP(brokenWriter{httptest.NewRecorder()}, newPost(t.Context(), "admin", "", strings.NewReader(getBalance)))
	if len(c.calls) != 1 {
		t.Errorf("%d calls", len(c.calls))
	}
}

func TestTrustedOrigins(t *testing.T) {
	t.Parallel()
	const page = "http://localhost:6274"
	g, _ := newToy(t, func(o *Options) { o.TrustedOrigins = []string{page} })
	send := func(method, origin string, preflight bool) *httptest.ResponseRecorder {
		r := newPost(t.Context(), "admin", "", strings.NewReader(getBalance))
		r.Method = method
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "same-site")
		if preflight {
			r.Header.Del("Authorization")
			r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		}
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, r)
		return rec
	}
	for _, tt := range []struct {
		name, method, origin string
		preflight            bool
		status               int
		shared               string
	}{
		{"preflight", http.MethodOptions, page, true, http.StatusNoContent, page},
		{"call", http.MethodPost, page, false, http.StatusOK, page},
		{"preflight of another page", http.MethodOptions, "http://localhost:1", true, http.StatusUnauthorized, ""},
		{"call of another page", http.MethodPost, "http://localhost:1", false, http.StatusForbidden, ""},
		{"OPTIONS that is no preflight", http.MethodOptions, page, false, http.StatusMethodNotAllowed, page},
	} {
		rec := send(tt.method, tt.origin, tt.preflight)
		if got := rec.Header().Get("Access-Control-Allow-Origin"); rec.Code != tt.status || got != tt.shared {
			t.Errorf("%s: %d, shared with %q", tt.name, rec.Code, got)
		}
	}
}
