package gateway

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
)

// oneKey is a key set that does not change.
type oneKey struct{ key *rsa.PublicKey }

func (k oneKey) Key(context.Context, string) (*rsa.PublicKey, error) { return k.key, nil }
func (k oneKey) Generation() (uint64, bool)                          { return 1, true }

// realDoor has the real verifier and a token for it; the operation does nothing.
func realDoor(t testing.TB) (*Gateway, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const issuer = "http://127.0.0.1:8080"
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer, "sub": "6f1c2a34-0000-7000-8000-000000000001", "client_id": "web", "token_use": "access", "username": "logistics",
		"scope": "sga/tools openid", "cognito:groups": []string{"logistics"}, "jti": "j", "origin_jti": "o",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "k1"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := oidc.NewVerifier(oidc.VerifierConfig{Issuer: issuer, ClientIDs: []string{"web"}, Keys: oneKey{&key.PublicKey}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	g, c := newToy(t, func(o *Options) { o.Verifier = verifier })
	c.add(ops.Operation{Name: "noop", Risk: ops.Read, Roles: identity.Roles()}, `{"type":"object"}`, nil)
	answer := []byte(`{"ok":true}`)
	g.o.Client = quickClient{c, answer}
	g.tools["noop"] = &tool{name: "noop", op: c.list[len(c.list)-1], def: definition(c.list[len(c.list)-1])}
	return g, signed
}

// quickClient answers at once.
type quickClient struct {
	*toyClient
	answer []byte
}

func (c quickClient) Call(context.Context, ops.Invocation) ([]byte, error) { return c.answer, nil }

func noopRequest(era, token string) string {
	headers, params := "Mcp-Protocol-Version: 2025-11-25\r\n", `"name":"noop","arguments":{"part_number":"PN-0001","location_id":"SP-01"}`
	if era == newEra {
		headers = "Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: noop\r\n"
		params = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},` + params
	}
	body := `{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{` + params + `}}`
	return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n" +
		"Accept: application/json, text/event-stream\r\n" + headers + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// discard is a response writer that keeps nothing.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkHandler is the door alone, without a network.
func BenchmarkHandler(b *testing.B) {
	for _, era := range []string{"2025-11-25", newEra} {
		for _, way := range []string{"lean", "sdk"} {
			b.Run(era+"/"+way, func(b *testing.B) {
				g, token := realDoor(b)
				g.onlySDK = way == "sdk"
				parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(noopRequest(era, token))))
				if err != nil {
					b.Fatal(err)
				}
				body, _ := io.ReadAll(parsed.Body)
				b.ReportAllocs()
				for b.Loop() {
					r := *parsed
					r.Body = io.NopCloser(strings.NewReader(string(body)))
					g.ServeHTTP(&discard{http.Header{}}, &r)
				}
			})
		}
	}
}

// serveFor is set in the child process that BenchmarkServer measures.
const serveFor = "NEXO_BENCH_GATEWAY"

// TestServeForBenchmark is no test: it is the server of BenchmarkServer, in a process of its own.
func TestServeForBenchmark(t *testing.T) {
	what := os.Getenv(serveFor)
	if what == "" {
		t.Skip("only BenchmarkServer starts it")
	}
	g, token := realDoor(t)
	g.onlySDK = strings.HasSuffix(what, "sdk")
	mux := http.NewServeMux()
	mux.Handle("/mcp", g)
	if what == "floor" {
		mux = http.NewServeMux()
		mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"jsonrpc":"2.0","id":12345,"result":{"structuredContent":{"ok":true},"content":[{"type":"text","text":"{\"ok\":true}"}]}}`)
		})
	}
	mux.HandleFunc("GET /cpu", func(w http.ResponseWriter, _ *http.Request) {
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		fmt.Fprint(w, u.Utime.Nano()+u.Stime.Nano())
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	fmt.Printf("LISTEN %s %s\n", srv.Listener.Addr(), token)
	io.Copy(io.Discard, os.Stdin) // until the benchmark has ended
}

// BenchmarkServer measures what a call costs the server in CPU, all in: HTTP, token, envelope, answer.
// Eight clients keep their connections. cpu-µs/op is the figure; ns/op has the clients in it.
func BenchmarkServer(b *testing.B) {
	for _, what := range []string{"floor", "2025-11-25/lean", newEra + "/lean", "2025-11-25/sdk", newEra + "/sdk"} {
		b.Run(what, func(b *testing.B) {
			addr, token := startServer(b, what)
			era, _, _ := strings.Cut(what, "/")
			request := []byte(noopRequest(era, token))
			hammer(b, addr, request, 2000) // connections, caches, the heap's size
			before := cpuOf(b, addr)
			b.ResetTimer()
			hammer(b, addr, request, b.N)
			b.StopTimer()
			b.ReportMetric(float64(cpuOf(b, addr)-before)/1000/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

func startServer(b *testing.B, what string) (addr, token string) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeForBenchmark$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), serveFor+"="+what, "GOGC=400")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanErr := fmt.Sscanf(line, "LISTEN %s %s", &addr, &token); err != nil || scanErr != nil {
		b.Fatalf("the server said %q: %v", line, err)
	}
	return addr, token
}

// hammer sends n requests over eight connections. The client does as little as it can.
func hammer(b *testing.B, addr string, request []byte, n int) {
	b.Helper()
	const clients = 8
	var wg sync.WaitGroup
	for i := range clients {
		share := n / clients
		if i < n%clients {
			share++
		}
		wg.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			answer := make([]byte, 4096)
			for range share {
				if _, err := conn.Write(request); err != nil {
					b.Error(err)
					return
				}
				n, err := conn.Read(answer) // an answer of this size comes in one piece
				if err != nil || !strings.HasPrefix(string(answer[:min(n, 12)]), "HTTP/1.1 200") {
					b.Errorf("answer %q, %v", answer[:n], err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func cpuOf(b *testing.B, addr string) int64 {
	b.Helper()
	r, err := http.Get("http://" + addr + "/cpu")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
