package pglocal

import (
	"archive/tar"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const noLinks = "package/native/" + linkFile

func TestUnpack(t *testing.T) {
	t.Parallel()
	many := make([]tar.Header, maxEntries+1)
	for i := range many {
		many[i] = file(fmt.Sprintf("package/native/%d", i), "")
	}
	symlink := tar.Header{Typeflag: tar.TypeSymlink, Name: "package/native/lib/evil", Linkname: "/etc"}
	tests := map[string]struct {
		files []tar.Header
		want  string // part of the error, or ""
	}{
		"good":            {[]tar.Header{file("package/native/bin/a", "x"), file(noLinks, "[]")}, ""},
		"other parts":     {[]tar.Header{file("package/../../x", "x"), file("x", "y"), file(noLinks, "[]")}, ""},
		"links of tar":    {[]tar.Header{symlink, file(noLinks, "[]")}, ""},
		"path out":        {[]tar.Header{file("package/native/../../../x", "x")}, "escapes"},
		"twice the same":  {[]tar.Header{file("package/native/a", "x"), file("package/native/a", "y")}, "exists"},
		"too many":        {many, "entries"},
		"no link list":    {[]tar.Header{file("package/native/a", "x")}, linkFile},
		"link over file":  {[]tar.Header{file("package/native/b", "x"), file(noLinks, `[{"source":"native/a","target":"native/b"}]`)}, "exists"},
		"link leads out":  {[]tar.Header{file(noLinks, `[{"source":"native/../../x","target":"native/y"}]`)}, "refused"},
		"link made there": {[]tar.Header{file(noLinks, `[{"source":"native/x","target":"native/../../y"}]`)}, "refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			from, tree := filepath.Join(dir, "a.tgz"), filepath.Join(dir, "sub", "sub", "tree")
			if err := os.MkdirAll(filepath.Dir(tree), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(from, archive(t, tt.files...), 0o600); err != nil {
				t.Fatal(err)
			}
			err := unpack(from, tree)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("unpack = %v, want %q", err, tt.want)
			}
			if tt.want == "" {
				if err := writeManifest(tree); err != nil {
					t.Error(err)
				}
				if err := verifyManifest(tree); err != nil {
					t.Error(err)
				}
			}
			outside, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(outside) != 2 {
				t.Errorf("files outside of the tree: %v, %v", outside, err)
			}
		})
	}
}

func TestManifestSeesEveryChange(t *testing.T) {
	t.Parallel()
	changes := map[string]func(tree string) error{
		"changed": func(tree string) error { return os.WriteFile(filepath.Join(tree, "a"), []byte("other"), 0o600) },
		"removed": func(tree string) error { return os.Remove(filepath.Join(tree, "a")) },
		"added":   func(tree string) error { return os.WriteFile(filepath.Join(tree, "b"), nil, 0o600) },
		"relinked": func(tree string) error {
			if err := os.Remove(filepath.Join(tree, "l")); err != nil {
				return err
			}
			return os.Symlink("b", filepath.Join(tree, "l"))
		},
		"unfinished": func(tree string) error { return os.Remove(filepath.Join(tree, manifestName)) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := t.TempDir()
			if err := os.WriteFile(filepath.Join(tree, "a"), []byte("one"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("a", filepath.Join(tree, "l")); err != nil {
				t.Fatal(err)
			}
			if err := writeManifest(tree); err != nil {
				t.Fatal(err)
			}
			if err := verifyManifest(tree); err != nil {
				t.Fatalf("untouched: %v", err)
			}
			if err := change(tree); err != nil {
				t.Fatal(err)
			}
			if verifyManifest(tree) == nil {
				t.Error("the change was not seen")
			}
		})
	}
}

func TestParsePIDFile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want pidFile
		ok   bool
	}{
		"ready":     {"77\n/d\n1700000000\n5432\n/s\n\n  5  1\nready   \n", pidFile{77, "/d", 5432, "/s", "ready"}, true},
		"starting":  {"77\n/d\n1700000000\n5432\n/s\n\n  5  1\nstarting\n", pidFile{77, "/d", 5432, "/s", "starting"}, true},
		"growing":   {"77\n/d\n", pidFile{PID: 77, DataDir: "/d"}, true},
		"bootstrap": {"-77\n/d\n", pidFile{}, false},
		"empty":     {"", pidFile{}, false},
		"no port":   {"77\n/d\n1\nx\n", pidFile{}, false},
		"overflow":  {"99999999999999999999\n", pidFile{}, false},
	}
	for name, tt := range tests {
		got, err := parsePIDFile(tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != tt.ok {
			t.Errorf("%s: error %v, (-want +got):\n%s", name, err, diff)
		}
	}
}

func FuzzParsePIDFile(f *testing.F) {
	f.Add("77\n/d\n1700000000\n5432\n/s\n\n  5  1\nready   \n")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parsePIDFile(text); err == nil && p.PID <= 0 {
			t.Errorf("process id %d", p.PID)
		}
	})
}

func FuzzParseLinks(f *testing.F) {
	f.Add([]byte(`[{"source":"native/lib/a.so.5","target":"native/lib/a.so"}]`))
	f.Add([]byte(`[{"source":"native/../a","target":"native/../b"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		links, err := parseLinks(data)
		if err != nil {
			return
		}
		for _, l := range links {
			to := filepath.Join("/tree", filepath.Dir(l.Target), filepath.Base(l.Source))
			if !strings.HasPrefix(to, "/tree/") || !filepath.IsLocal(l.Target) {
				t.Errorf("link %q leads to %q", l.Target, to)
			}
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	f.Add("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
	f.Fuzz(func(t *testing.T, out string) {
		if v, err := parseVersion(out); err == nil && v != Major && !strings.HasPrefix(v, Major+".") {
			t.Errorf("version %q", v)
		}
	})
}

func TestBoundLog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	if err := boundLog(log, 10); err != nil {
		t.Errorf("no log: %v", err)
	}
	// The server keeps the file open for appending while it is bounded.
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, line := range []string{"first line\n", "second line\n", "third\n"} {
		if _, err := f.WriteString(line); err != nil {
			t.Fatal(err)
		}
		if err := boundLog(log, 10); err != nil {
			t.Fatal(err)
		}
	}
	now, err := os.ReadFile(log)
	old, errOld := os.ReadFile(log + ".1")
	if err != nil || errOld != nil || string(now) != "third\n" || string(old) != "second line\n" {
		t.Errorf("log %q, %v; before %q, %v", now, err, old, errOld)
	}
}
