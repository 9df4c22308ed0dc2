package blob_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/blobtest"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// S-11: links that somebody planted in the folder lead nowhere.
func TestSymlinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	s, outside := f.store(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Put(t, "dir/own", "own")
	bucket := filepath.Join(f.dir, string(document.Documents))
	for _, link := range [][2]string{{outside, "linked"}, {secret, "file#.json"}, {"../../..", "up"}} {
		if err := os.Symlink(link[0], filepath.Join(bucket, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"linked/secret", "linked/new", "file", "up/x"} {
		if _, _, err := f.Get(t.Context(), document.Documents, key, 0, 0); err == nil {
			t.Errorf("%s can be read", key)
		}
	}
	for _, key := range []string{"linked/new", "up/x"} {
		if _, err := f.Put(t.Context(), document.Put{Bucket: document.Documents, Key: key, Type: "text/plain", Size: 1, Body: strings.NewReader("x")}); err == nil {
			t.Errorf("%s can be written", key)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside there is %v, %v", left, err)
	}
	page, _, err := f.List(t.Context(), document.Documents, "", "", 100)
	if err != nil || len(page) != 1 {
		t.Errorf("listed: %v, %v", page, err)
	}
	// A content file that became a link is damage, not a way out.
	for _, name := range f.names(t) {
		if strings.Contains(name, "own#") && !strings.HasSuffix(name, ".json") {
			path := filepath.Join(f.dir, name)
			if err := errors.Join(os.Remove(path), os.Symlink(secret, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := f.Get(t.Context(), document.Documents, "dir/own", 0, 0); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("damage is %v", err)
	}
}

func FuzzKeys(f *testing.F) {
	for _, key := range append(blobtest.BadKeys(), "a/b-c_1.txt", "notas-fiscais/2026/01/x/original.xml") {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if blob.CheckKey(key) != nil {
			return
		}
		clean := filepath.Clean("/root/" + key)
		if clean != "/root/"+key || strings.ContainsAny(key, "\x00\\%#?:* \n") || len(key) > 1024 || !filepath.IsLocal(key) {
			t.Fatalf("%q passes", key)
		}
		if u, err := url.Parse("http://h/" + key); err != nil || u.EscapedPath() != "/"+key {
			t.Fatalf("%q is another path in a URL: %v", key, err)
		}
	})
}

// Every parameter of a URL is signed, and nothing else opens anything; what is wrong is not told.
func TestTamperedURLs(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	s := f.store()
	s.Put(t, "mine", "content")
	s.Put(t, "other", "secret")
	good, err := f.SignGet(t.Context(), document.Documents, "mine", "a.txt", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for name, change := range map[string]func(u *url.URL, q url.Values){
		"other key":      func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, "mine", "other", 1) },
		"other bucket":   func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, "sga-documents", "frontend", 1) },
		"no such bucket": func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, "sga-documents", "x", 1) },
		"dots":           func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, "mine", "x/../mine", 1) },
		"encoded dots": func(u *url.URL, _ url.Values) {
			u.RawPath = strings.Replace(u.Path, "mine", "%2e%2e/mine", 1)
			u.Path = strings.Replace(u.Path, "mine", "../mine", 1)
		},
		"longer":          func(_ *url.URL, q url.Values) { q.Set("expires", "9999999999") },
		"no end":          func(_ *url.URL, q url.Values) { q.Del("expires") },
		"other name":      func(_ *url.URL, q url.Values) { q.Set("filename", "b.html") },
		"no signature":    func(_ *url.URL, q url.Values) { q.Del("signature") },
		"empty signature": func(_ *url.URL, q url.Values) { q.Set("signature", "") },
	} {
		c, q := *u, u.Query()
		change(&c, q)
		c.RawQuery = q.Encode()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, answer.Status)
		}
		answers[string(body)] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers tell what is wrong: %v", answers)
	}
}

func TestHandlerProtects(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.store().Put(t, "x", "<script>")
	target, err := f.SignGet(t.Context(), document.Documents, "x", "página.html", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r, err := http.NewRequestWithContext(t.Context(), method, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		h := answer.Header
		if answer.StatusCode != http.StatusOK || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Set-Cookie") != "" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %s %v", method, answer.Status, h)
		}
	}
}

// A URL ends with its time, by the clock of the program.
func TestExpiredURLs(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.store().Put(t, "x", "y")
	f.now = time.Now().Add(-time.Hour)
	target, err := f.SignGet(t.Context(), document.Documents, "x", "x", 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for ago, want := range map[time.Duration]int{-time.Hour: 200, -46 * time.Minute: 200, -44 * time.Minute: 403, 0: 403} {
		f.now = time.Now().Add(ago)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%v: %s", ago, answer.Status)
		}
	}
}
