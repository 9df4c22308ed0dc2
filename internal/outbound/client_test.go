package outbound

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// S-13 as a text: forms of addresses that never get as far as a connection.
func TestCheck(t *testing.T) {
	t.Parallel()
	c := New(Options{Allow: []string{"Receiver.plant:8443", "10.1.2.3:9000", "[fd00::7]:9000"}})
	tests := map[string]bool{
		"https://hooks.example.com/in": true, "https://hooks.example.com:8443/in?x=1": true, "https://8.8.8.8/": true, "https://[2606:4700::1]/": true,
		"https://receiver.plant:8443/": true, "http://receiver.plant:8443/in": true, "http://10.1.2.3:9000/": true, "http://[fd00::7]:9000/": true,
		"HTTPS://HOOKS.EXAMPLE.COM/": true,

		"": false, "hooks.example.com": false, "//hooks.example.com/": false, "https://": false, "https:hooks.example.com": false,
		"http://hooks.example.com/": false, "http://receiver.plant:8444/": false, "http://receiver.plant/": false,
		"file:///etc/passwd": false, "gopher://127.0.0.1:6379/_INFO": false, "ftp://example.com/": false, "data:text/plain,x": false, "unix:///run/x.sock": false,
		"https://user:pw@hooks.example.com/": false, "https://8.8.8.8@127.0.0.1/": false, "https://hooks.example.com/#x": false,
		"https://hooks.example.com:22/": false, "https://hooks.example.com:80/": false, "https://hooks.example.com:0/": false, "https://hooks.example.com:70000/": false,
		"https://127.0.0.1/": false, "https://[::1]/": false, "https://[::ffff:127.0.0.1]/": false, "https://169.254.169.254/latest/meta-data/": false,
		"https://[fd00:ec2::254]/": false, "https://100.64.0.1/": false, "https://0177.0.0.1/": false, "https://2130706433/": false, "https://0x7f.1/": false,
		"https://0x7f000001/": false, "https://127.1/": false, "https://0/": false, "https://[fe80::1%25eth0]/": false, "https://[64:ff9b::7f00:1]/": false,
		"https://localhost/": false, "https://localhost./": false, "https://db.internal/": false, "https://metadata.google.internal/": false,
		"https://printer.local/": false, "https://intranet/": false, "https://ex%61mple.com\\@127.0.0.1/": false,
		"https://hooks.example.com/" + strings.Repeat("a", maxURL): false,
	}
	for address, want := range tests {
		err := c.Check(address)
		if (err == nil) != want {
			t.Errorf("Check(%q) = %v", address, err)
		}
		if err != nil && (fault.CodeOf(err) != fault.InvalidArgument || fault.Of(err).Field != "url") {
			t.Errorf("Check(%q) = %v", address, err)
		}
	}
}

// The address is judged where it is connected to, whatever its name was when somebody looked.
func TestNamesAreJudgedAtEachConnection(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{"127.0.0.1", "169.254.169.254", "100.64.0.1", "10.0.0.1", "192.168.0.1", "0.0.0.0"} {
		n := &names{answers: []string{inside}}
		c := New(Options{Resolver: n.resolver(t)})
		if _, err := get(t, c, "https://hooks.example.com/"); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", inside, err)
		}
	}
}

// DNS that answers something else the second time: the first answer was good, the second is not used
// for a connection unless it is good as well.
func TestAnswersThatChange(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 1)
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(inside.Close)
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n := &names{answers: []string{"8.8.8.8", "127.0.0.1"}}
	resolver := n.resolver(t)
	if found, err := resolver.LookupHost(t.Context(), "hooks.example.com"); err != nil || found[0] != "8.8.8.8" {
		t.Fatalf("the first answer is public: %v %v", found, err)
	}
	c := New(Options{Resolver: resolver})
	address := "https://hooks.example.com:" + port + "/"
	if err := c.Check(address); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, c, address); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	select {
	case <-reached:
		t.Error("the request got inside")
	default:
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	followed := make(chan string, 8)
	c, self := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			followed <- r.URL.Path
		}
		w.Header().Set("Location", map[string]string{"a": "/again", "b": "http://169.254.169.254/", "c": "file:///etc/passwd", "d": "gopher://127.0.0.1/"}[r.URL.RawQuery])
		w.WriteHeader(http.StatusMovedPermanently)
	})
	for _, to := range []string{"a", "b", "c", "d"} {
		a, err := get(t, c, self+"/?"+to)
		if err != nil || a.StatusCode != http.StatusMovedPermanently {
			t.Errorf("%s: %v %v", to, a, err)
		}
	}
	if len(followed) > 0 {
		t.Errorf("followed to %s", <-followed)
	}
}

// S-14: bodies and headers have an end.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	c, at := serve(t, Options{Body: 1000}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			fmt.Fprint(w, strings.Repeat("x", 1000))
		case "/long":
			fmt.Fprint(w, strings.Repeat("x", 1001))
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		case "/header":
			w.Header().Set("X-Big", strings.Repeat("x", 10<<20))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(make([]byte, 500_000))
			_ = z.Close()
			_, _ = w.Write(b.Bytes())
		case "/asked":
			fmt.Fprint(w, r.Header.Get("Accept-Encoding"), r.Header.Get("Cookie"))
		}
	})
	for path, want := range map[string]int{"/exact": 1000, "/asked": 0} {
		a, err := get(t, c, at+path)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := io.ReadAll(a.Body); err != nil || len(raw) != want {
			t.Errorf("%s: %d bytes, %v", path, len(raw), err)
		}
	}
	for _, path := range []string{"/long", "/endless"} {
		a, err := get(t, c, at+path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(a.Body)
		if !errors.Is(err, ErrTooLong) || len(raw) != 1000 {
			t.Errorf("%s: %d bytes, %v", path, len(raw), err)
		}
		if n, err := a.Body.Read(make([]byte, 10)); n != 0 || !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: reads on: %d %v", path, n, err)
		}
	}
	if _, err := get(t, c, at+"/header"); err == nil {
		t.Error("a header of 10 MB passed")
	}
	a, err := get(t, c, at+"/gzip")
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(a.Body); err != nil || len(raw) > 1000 {
		t.Errorf("the answer was unpacked to %d bytes: %v", len(raw), err)
	}
}

func TestAnswersEnd(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	c, at := serve(t, Options{Time: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	})
	t.Cleanup(func() { close(gone) })
	if _, err := get(t, c, at+"/header"); err == nil {
		t.Error("a receiver that never answers was waited for")
	}
	a, err := get(t, c, at+"/body")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(a.Body); err == nil {
		t.Error("a body that never ends was waited for")
	}
}

// Nothing of the environment or of an earlier answer goes along.
func TestNoProxyNoCookies(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	c, at := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, r.Header.Get("Cookie"))
	})
	for range 2 {
		a, err := get(t, c, at)
		if err != nil {
			t.Fatal(err)
		}
		if raw, _ := io.ReadAll(a.Body); len(raw) > 0 {
			t.Errorf("a cookie came back: %s", raw)
		}
	}
}

// Another server behind the same port is not the one that was allowed.
func TestTheAllowListNamesOneServer(t *testing.T) {
	t.Parallel()
	c, at := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {})
	if _, err := get(t, c, at); err != nil {
		t.Error(err)
	}
	for _, other := range []string{strings.Replace(at, "127.0.0.1", "127.0.0.2", 1), strings.Replace(at, "127.0.0.1", "localhost", 1)} {
		if _, err := get(t, c, other); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", other, err)
		}
	}
}
