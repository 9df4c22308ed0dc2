package gateway

import (
	"bytes"
	stdjson "encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConversations plays testdata/*.txtar over both ways of tools/call. A file is a list of exchanges:
// a section "what it shows" with header lines, an empty line and the body, then its answer. Headers that
// are not given are those of a good client; "-Name:" leaves one out. "as: ROLE" changes the token,
// "page: N" the size of a page, and stays so.
func TestConversations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			lean, want := play(t, file, false)
			sdk, _ := play(t, file, true)
			if diff := cmp.Diff(lean, sdk); diff != "" {
				t.Errorf("the two ways differ (-lean +sdk):\n%s", diff)
			}
			if *update() {
				if err := os.WriteFile(file, []byte(lean), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, lean); diff != "" {
				t.Errorf("the answers changed (-want +got); -update writes them:\n%s", diff)
			}
		})
	}
}

// updating holds the flag: package testing wants flags before the tests start.
var updating = flag.Bool("update", false, "write the answers of testdata/*.txtar")

func update() *bool { return updating }

// play sends every request of a file and gives the file with the answers that came, and as it was.
func play(t *testing.T, file string, onlySDK bool) (got, was string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := &player{role: "logistics"}
	var b strings.Builder
	for i, s := range sections(string(raw)) {
		switch {
		case i == 0:
			b.WriteString(s.body)
		case s.name == "answer":
		default:
			fmt.Fprintf(&b, "-- %s --\n%s-- answer --\n%s\n", s.name, s.body, w.exchange(t, s.body, onlySDK))
		}
	}
	return b.String(), string(raw)
}

type section struct{ name, body string }

// sections splits txtar: what stands before the first marker is section 0.
func sections(text string) []section {
	out := []section{{}}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(name, " --\n") {
			out = append(out, section{name: strings.TrimSuffix(name, " --\n")})
			continue
		}
		out[len(out)-1].body += line
	}
	return out
}

type player struct {
	role string
	page int
}

func (w *player) exchange(t *testing.T, text string, onlySDK bool) string {
	t.Helper()
	var head string
	body := text
	if headerLine().MatchString(text) {
		head, body, _ = strings.Cut(text, "\n\n")
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/mcp", strings.NewReader(unquoted(strings.TrimSuffix(body, "\n"))))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case key == "":
		case key == "as":
			w.role = value
		case key == "page":
			w.page, _ = strconv.Atoi(value)
		case key == "method":
			r.Method = value
		case key == "query":
			r.URL.RawQuery = value
		case key == "Host":
			r.Host = value
		case key[0] == '-':
			r.Header.Del(key[1:])
		default:
			r.Header.Set(key, value)
		}
	}
	if _, given := r.Header["Authorization"]; !given && w.role != "" {
		r.Header.Set("Authorization", "Bearer "+w.role)
	}
	g, _ := newToy(t, func(o *Options) { o.Limits.Page = w.page })
	g.onlySDK = onlySDK
	rec := httptest.NewRecorder()
	g.ServeHTTP(rec, r)
	return shown(rec)
}

// headerLine tells a section that begins with headers from one that is all body.
func headerLine() *regexp.Regexp { return regexp.MustCompile(`\A-?[A-Za-z-]+:( |\n)`) }

// unquoted turns a body of the form GO:"…" into what it says, for bytes that a text file cannot show.
func unquoted(body string) string {
	if quoted, ok := strings.CutPrefix(body, "GO:"); ok {
		if s, err := strconv.Unquote(quoted); err == nil {
			return s
		}
	}
	return body
}

// shown prints an answer: status, the headers that matter, and JSON in one form.
func shown(rec *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", rec.Code, rec.Header().Get("Content-Type"))
	for _, name := range []string{"WWW-Authenticate", "Allow", "Retry-After"} {
		if v := rec.Header().Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	b.WriteString(pretty(rec.Body.Bytes()))
	return strings.TrimSuffix(b.String(), "\n")
}

func pretty(body []byte) string {
	d := stdjson.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return string(body)
	}
	var out bytes.Buffer
	e := stdjson.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
	return out.String()
}
