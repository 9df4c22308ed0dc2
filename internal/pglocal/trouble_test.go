package pglocal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/fault"
)

// TestForeignProcessInTheDataDirectoryIsSpared starts a cluster while somebody's shell stands in its
// directory: only PostgreSQL's own processes are leftovers.
func TestForeignProcessInTheDataDirectoryIsSpared(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("/bin/sh", "-c", "read line")
	shell.Dir = c.Dir()
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, o)
	if _, err := in.Write([]byte("go\n")); err != nil {
		t.Error(err)
	}
	if err := shell.Wait(); err != nil {
		t.Errorf("the shell ended with %v", err)
	}
}

// TestOrphanedServerIsStopped opens a directory whose server runs though its owner is gone, as on a
// system without the parent-death signal.
func TestOrphanedServerIsStopped(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	shared, err := Share(t.Context(), Options{DataDir: dir}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	dsn, orphan := shared.DSN(Superuser, "postgres"), shared.PID()
	ask(t, dsn, "CREATE TABLE kept AS SELECT 'yes' AS v")
	ask(t, dsn, "CHECKPOINT")
	// The running server makes Open join; without its socket it cannot be joined, only ended.
	if err := os.Remove(socketFile(shared.socketDir())); err != nil {
		t.Fatal(err)
	}
	if err := shared.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := mustOpen(t, Options{DataDir: dir})
	waitGone(t, orphan)
	if v := ask(t, c.DSN(Superuser, "postgres"), "SELECT v FROM kept"); v != "yes" || c.Joined() {
		t.Errorf("row %q, joined %v", v, c.Joined())
	}
}

func TestKilledWatcherIsReplaced(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	first, err := Share(t.Context(), o, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	pid := first.PID()
	for _, watcher := range watchersOf(t, first) {
		if err := syscall.Kill(-watcher, syscall.SIGKILL); err != nil { // with its flock or sleep
			t.Fatal(err)
		}
		waitGone(t, watcher)
	}
	// Its children share its lock and may take a moment to go.
	free, err := waitLock(t.Context(), first.place.watchFile(), exclusive, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := free.release(); err != nil {
		t.Fatal(err)
	}
	second, err := Share(t.Context(), o, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if second.PID() != pid {
		t.Errorf("server %d, want the one that runs, %d", second.PID(), pid)
	}
	if err := errors.Join(first.Close(t.Context()), second.Close(t.Context())); err != nil {
		t.Error(err)
	}
	waitGone(t, pid)
}

// watchersOf waits until the watcher has its lock and finds it by its command line.
func watchersOf(t *testing.T, c *Cluster) []int {
	t.Helper()
	for {
		free, err := tryLock(c.place.watchFile(), exclusive)
		if errors.Is(err, errLocked) {
			break
		}
		if err := errors.Join(err, free.release(), pause(t.Context(), pollEvery)); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range lines {
		line, err := os.ReadFile(path)
		args := strings.Split(string(line), "\x00")
		if err == nil && len(args) > 5 && args[0] == "/bin/sh" && args[3] == "nexo-pglocal-watch" && args[4] == c.place.usersFile() {
			run := pidFile{}
			if run, err = parsePIDFile(filepath.Base(filepath.Dir(path))); err != nil {
				t.Fatal(err)
			}
			pids = append(pids, run.PID)
		}
	}
	return pids
}

func TestInterruptedInitdbLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Open(ctx, Options{DataDir: dir, OnProgress: func(s Step) {
		if s == StepInit {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("Open went on after its context had ended")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "postgres", "new-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	// As a kill -9 in the middle would leave it.
	if err := os.MkdirAll(filepath.Join(dir, "postgres", "new-killed", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{DataDir: dir})
	if left, err := filepath.Glob(filepath.Join(dir, "postgres", "new-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestForeignFilesAreNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	pl, err := settle(dir)
	if err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(pl.data(), "thesis.txt")
	if err := os.MkdirAll(pl.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{DataDir: dir}); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("Open = %v, want unavailable", err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "text" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

func TestFailedStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	_, err := Open(t.Context(), Options{DataDir: dir, Settings: []string{"no_such_setting=1"}})
	f := fault.Of(err)
	if f == nil || f.Code != fault.Unavailable || !strings.Contains(f.MessageEN, "postgres.log") || !strings.Contains(f.Message, "postgres.log") {
		t.Fatalf("Open = %v, want words that name the log", err)
	}
	if !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("the cause does not have the server's last words: %v", err)
	}
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	name := "nexo-" + placeHash(filepath.Join(dir, "postgres")+":"+itoa(who.uid))
	for _, base := range socketBases() {
		if _, err := os.Lstat(filepath.Join(base, name)); !os.IsNotExist(err) {
			t.Errorf("the socket directory is left in %s: %v", base, err)
		}
	}
}

// TestServerThatCannotComeBack takes the cluster's files away from under a dying server: the supervisor
// tries on, tells each failure, heals when it can, and Close interrupts it.
func TestServerThatCannotComeBack(t *testing.T) {
	t.Parallel()
	events := make(chan Event, 64)
	c := mustOpen(t, Options{DataDir: openDir(t), OnEvent: func(e Event) { events <- e }})
	control := filepath.Join(c.Dir(), "global", "pg_control")
	await := func(kind EventKind) {
		t.Helper()
		for e := range events {
			if e.Kind == kind {
				return
			}
		}
	}
	breakIt := func() {
		t.Helper()
		if err := os.Rename(control, control+".away"); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		await(Down)
		await(Failed)
		await(Failed)
	}
	breakIt()
	if err := os.Rename(control+".away", control); err != nil {
		t.Fatal(err)
	}
	await(Up)
	ask(t, c.DSN(Superuser, "postgres"), "SELECT 'up'")
	breakIt() // and let Close end the attempts
}

func TestOpenWaitsForOneWhoIsStarting(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	pl, err := settle(dir)
	if err != nil {
		t.Fatal(err)
	}
	held, err := tryLock(pl.lockFile(), exclusive)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{DataDir: dir, StartTimeout: 50 * time.Millisecond})
	if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || !f.Retryable || !strings.Contains(f.MessageEN, "Another process") {
		t.Errorf("Open = %v, want to be told of the other process", err)
	}
	if err := held.release(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{DataDir: dir})
}

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	kinds := map[string]struct {
		held, wanted lockKind
		free         bool
	}{
		"exclusive, exclusive": {exclusive, exclusive, false},
		"exclusive, shared":    {exclusive, shared, false},
		"shared, exclusive":    {shared, exclusive, false},
		"shared, shared":       {shared, shared, true},
	}
	for name, tt := range kinds {
		held, err := tryLock(path, tt.held)
		if err != nil {
			t.Fatal(err)
		}
		second, err := tryLock(path, tt.wanted)
		if (err == nil) != tt.free || err != nil && !errors.Is(err, errLocked) {
			t.Errorf("%s: %v, want free = %v", name, err, tt.free)
		}
		if err == nil {
			err = second.release()
		}
		if err := held.release(); err != nil {
			t.Error(err)
		}
	}
	if err := os.Symlink(path, path+".link"); err != nil {
		t.Fatal(err)
	}
	if _, err := tryLock(path+".link", exclusive); err == nil {
		t.Error("a lock was opened through a symbolic link")
	}
}

func TestWaitLockEndsWithItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, err := tryLock(path, exclusive)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := waitLock(ctx, path, shared, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("waitLock = %v, want the context's end", err)
	}
	if err := held.release(); err != nil {
		t.Error(err)
	}
}

func TestSocketDirectory(t *testing.T) {
	t.Parallel()
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	pl := place{root: openDir(t), who: who}
	long := filepath.Join(openDir(t), strings.Repeat("x", maxSocketPath))
	dir, err := pl.socketDir(long) // too long: another is made
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 || dir == long {
		t.Errorf("socket directory %s: %v, %v", dir, info, err)
	}
	again, err := pl.socketDir(dir)
	if err != nil || again != dir {
		t.Errorf("second call gives %s, %v; want the same", again, err)
	}
	// Whoever plants a link under the expected name gets nothing: the next base is used, or none.
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(openDir(t), dir); err != nil {
		t.Fatal(err)
	}
	if other, err := pl.socketDir(dir); err == nil {
		if other == dir {
			t.Error("a planted link was used")
		}
		if err := os.Remove(other); err != nil {
			t.Error(err)
		}
	}
}

func TestDSNIsReadByPgx(t *testing.T) {
	t.Parallel()
	c := newCluster(Options{}, place{})
	c.socket = "/run/with space/nexo-1"
	cfg, err := pgx.ParseConfig(c.DSN("o'user:@", "sga_inventory"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Host != c.socket || cfg.User != "o'user:@" || cfg.Database != "sga_inventory" || cfg.Port != port || cfg.TLSConfig != nil {
		t.Errorf("read as host %q user %q database %q port %d", cfg.Host, cfg.User, cfg.Database, cfg.Port)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	last := func(set []string, name string) string {
		value := "(absent)"
		for _, s := range set {
			if k, v, _ := strings.Cut(s, "="); k == name {
				value = v
			}
		}
		return value
	}
	tests := []struct {
		o           Options
		name, value string
	}{
		{Options{}, "fsync", "on"},
		{Options{}, "synchronous_commit", "on"},
		{Options{}, "listen_addresses", ""},
		{Options{}, "unix_socket_permissions", "0700"},
		{Options{}, "shared_buffers", "128MB"},
		{Options{SharedBuffers: "1GB"}, "shared_buffers", "1GB"},
		{Options{MaxConnections: 7}, "max_connections", "7"},
		{Options{Settings: []string{"max_connections=9"}, MaxConnections: 7}, "max_connections", "9"},
		{Options{Disposable: true}, "fsync", "off"},
		{Options{Disposable: true}, "listen_addresses", ""},
		{Options{}, "autovacuum", "(absent)"},
	}
	for _, tt := range tests {
		if got := last(tt.o.settings(), tt.name); got != tt.value {
			t.Errorf("%+v: %s = %q, want %q", tt.o, tt.name, got, tt.value)
		}
	}
	for _, disposable := range []bool{true, false} {
		args := strings.Join(Options{Disposable: disposable}.initArgs("/d"), " ")
		if !strings.Contains(args, "--data-checksums") || !strings.Contains(args, "--locale=C") || strings.Contains(args, " -N ") != disposable {
			t.Errorf("initdb %s", args)
		}
	}
}

func TestWordsInBothLanguages(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range []Step{StepFetch, StepCopy, StepInit, StepStart, StepShared} {
		n := s.Note()
		if n.PT == "" || n.EN == "" || n.PT == n.EN || seen[n.EN] {
			t.Errorf("%s: %+v", s, n)
		}
		seen[n.EN] = true
	}
}

func TestNoDataDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(openDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if _, err := Open(t.Context(), Options{DataDir: dir}); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("Open(%q) = %v, want unavailable", dir, err)
		}
		if r := Doctor(t.Context(), Options{DataDir: dir}); dir == filepath.Join(file, "below") && r.Ready {
			t.Errorf("Doctor is content with %q", dir)
		}
	}
}
