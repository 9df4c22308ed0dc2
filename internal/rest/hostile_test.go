package rest

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// endless is a body that never ends.
type endless struct{ sent int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.sent += int64(len(p))
	return len(p), nil
}

// TestHostileBodies is S-01: refused in under a second, with little memory.
func TestHostileBodies(t *testing.T) {
	w := newWorld(t) // not parallel: it measures
	many := &strings.Builder{}
	for i := range 200_000 {
		fmt.Fprintf(many, `"k%d":1,`, i)
	}
	for name, c := range map[string]struct {
		body   io.Reader
		length int64
		status int
	}{
		"endless stream":    {io.MultiReader(strings.NewReader(`{"part_number":"`), &endless{}), -1, 413},
		"10 GiB announced":  {&endless{}, 10 << 30, 413},
		"deep array":        {strings.NewReader(strings.Repeat("[", 1_000_000)), -1, 400},
		"deep object":       {strings.NewReader(strings.Repeat(`{"a":`, 400_000)), -1, 400},
		"deep in a member":  {strings.NewReader(`{"part_number":` + strings.Repeat("[", 1_000_000)), -1, 400},
		"many keys":         {strings.NewReader("{" + many.String() + `"z":1}`), -1, 400},
		"a million equal":   {strings.NewReader("{" + strings.Repeat(`"a":1,`, 500_000) + `"a":1}`), -1, 400},
		"50 MB string":      {strings.NewReader(`{"part_number":"` + strings.Repeat("x", 50<<20) + `"}`), -1, 413},
		"lone surrogate":    {strings.NewReader(`{"part_number":"\ud800"}`), -1, 400},
		"not UTF-8":         {strings.NewReader("{\"part_number\":\"\xff\"}"), -1, 400},
		"BOM":               {strings.NewReader("\ufeff{}"), -1, 400},
		"trailing value":    {strings.NewReader(`{} {}`), -1, 400},
		"trailing comma":    {strings.NewReader(`{"part_number":"A",}`), -1, 400},
		"duplicate":         {strings.NewReader(`{"part_number":"A","part_number":"B"}`), -1, 400},
		"other case":        {strings.NewReader(`{"PART_NUMBER":"A"}`), -1, 400},
		"array":             {strings.NewReader(`[]`), -1, 400},
		"null":              {strings.NewReader(`nul`), -1, 400},
		"NUL bytes":         {strings.NewReader("\x00\x00\x00"), -1, 400},
		"UTF-16":            {strings.NewReader("\xff\xfe{\x00}\x00"), -1, 400},
		"body breaks off":   {io.MultiReader(strings.NewReader(`{"a`), brokenReader{}), -1, 408},
		"comment":           {strings.NewReader(`{/*x*/}`), -1, 400},
		"single quotes":     {strings.NewReader(`{'a':1}`), -1, 400},
		"number 1e400":      {strings.NewReader(`{"part_number":1e400}`), -1, 400},
		"unterminated":      {strings.NewReader(`{"part_number":"A"`), -1, 400},
		"only white space":  {strings.NewReader(strings.Repeat(" ", 100)), -1, 400},
		"a bare word":       {strings.NewReader(`hello`), -1, 400},
		"an escaped escape": {strings.NewReader(`{"part_number":"\x41"}`), -1, 400},
	} {
		r := request("viewer", "POST", "/api/v1/ops/sga_get_balance", "")
		r.Body, r.ContentLength = io.NopCloser(c.body), c.length
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "k")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		p := w.do(r)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if p.Code != c.status || !strings.Contains(p.Body.String(), `"code":"invalid_argument"`) {
			t.Errorf("%s: %d %.200s", name, p.Code, p.Body)
		}
		t.Logf("%s: %v", name, took) // under a second on an idle machine (S-01); a busy one is no defect
		if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 64<<20 && !raceEnabled {
			t.Errorf("%s allocated %d MiB", name, grown>>20)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for media, status := range map[string]int{
		"application/json": 200, "application/json; charset=UTF-8": 200, "application/json; charset=latin1": 415, "text/plain": 415, "": 415,
		"application/x-www-form-urlencoded": 415, "application/json; charset": 415,
	} {
		r := request("viewer", "POST", "/api/v1/ops/sga_get_balance", `{"part_number":"C9300-48P"}`)
		r.Header.Set("Content-Type", media)
		if p := w.do(r); p.Code != status {
			t.Errorf("%q: %d %s", media, p.Code, p.Body)
		}
	}
	r := request("viewer", "POST", "/api/v1/ops/sga_get_balance", `{}`)
	r.Header.Set("Content-Encoding", "gzip")
	if p := w.do(r); p.Code != 415 {
		t.Errorf("a compressed body: %d", p.Code)
	}
}

// TestSlowClients is S-15 over real connections: headers that trickle in, and a client that never reads.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	cut := make(chan error, 1)
	w := newWorld(t, func(o *Options) {
		o.Mounts["/flood"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			for {
				// The deadline of a moment stands for the one of writeTime, so that the test need not wait.
				if err := rc.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
					cut <- err
					return
				}
				if _, err := w.(*answer).ResponseWriter.Write(make([]byte, 1<<20)); err != nil {
					cut <- err
					return
				}
			}
		})
	})
	s := httptest.NewUnstartedServer(w.handler)
	s.Config = Server("", w.handler, slog.New(slog.DiscardHandler))
	if s.Config.ReadHeaderTimeout != headerTime || s.Config.IdleTimeout != idleTime || s.Config.MaxHeaderBytes != maxHeaders {
		t.Error("the server lacks its limits")
	}
	s.Config.ReadHeaderTimeout = 50 * time.Millisecond
	s.Start()
	defer s.Close()

	slow := dial(t, s)
	io.WriteString(slow, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
	if rest, err := io.ReadAll(slow); err == nil && len(rest) > 0 && !strings.Contains(string(rest), " 408 ") {
		t.Errorf("slow headers: %q", rest) // closed, or told to come back
	}
	big := dial(t, s)
	fmt.Fprintf(big, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %s\r\n\r\n", strings.Repeat("x", 2*maxHeaders))
	if line, _ := bufio.NewReader(big).ReadString('\n'); !strings.Contains(line, " 431 ") {
		t.Errorf("large headers: %q", line)
	}
	deaf := dial(t, s)
	io.WriteString(deaf, "GET /flood HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	select {
	case err := <-cut:
		if err == nil {
			t.Error("a client that never reads was not cut off")
		}
	case <-time.After(10 * time.Second):
		t.Error("a client that never reads holds its handler")
	}
	if p, err := s.Client().Get(s.URL + "/healthz"); err != nil || p.StatusCode != 200 {
		t.Errorf("others are not served: %v", err)
	}
}

func dial(t *testing.T, s *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestSlowBody: a body that stops arriving ends its request, not the server.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := make(chan time.Time, 1)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.handler.ServeHTTP(&deadlines{ResponseWriter: rw, read: seen}, r)
	}))
	defer s.Close()
	c := dial(t, s)
	io.WriteString(c, "POST /api/v1/ops/sga_get_balance HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer tok-viewer\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"part")
	if left := time.Until(<-seen); left < bodyTime/2 || left > bodyTime {
		t.Errorf("the body has %v", left)
	}
	line, _ := bufio.NewReader(c).ReadString('\n')
	if !strings.Contains(line, " 408 ") {
		t.Errorf("answer %q", line)
	}
}

// deadlines notes the read deadline and shortens it to a moment.
type deadlines struct {
	http.ResponseWriter
	read chan time.Time
}

func (d *deadlines) Unwrap() http.ResponseWriter { return d.ResponseWriter }

func (d *deadlines) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		d.read <- at
		at = time.Now().Add(20 * time.Millisecond)
	}
	return http.NewResponseController(d.ResponseWriter).SetReadDeadline(at)
}
