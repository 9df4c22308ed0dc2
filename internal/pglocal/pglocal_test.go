package pglocal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/fault"
)

func TestOpenMakesARealCluster(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	var steps []Step
	o := Options{DataDir: dir, SharedBuffers: "32MB", Settings: []string{"work_mem=5MB"},
		OnProgress: func(s Step) { steps = append(steps, s) }}
	c := mustOpen(t, o)
	dsn := c.DSN(Superuser, "postgres")
	got := map[string]string{}
	for _, name := range []string{"server_encoding", "lc_collate", "fsync", "synchronous_commit", "full_page_writes", "data_checksums",
		"listen_addresses", "max_connections", "shared_buffers", "max_wal_size", "wal_segment_size", "jit", "timezone",
		"shared_preload_libraries", "work_mem"} {
		got[name] = ask(t, dsn, "SELECT current_setting($1)", name)
	}
	want := map[string]string{"server_encoding": "UTF8", "lc_collate": "C", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"data_checksums": "on", "listen_addresses": "", "max_connections": "60", "shared_buffers": "32MB", "max_wal_size": "2GB",
		"wal_segment_size": "16MB", "jit": "off", "timezone": "UTC", "shared_preload_libraries": "", "work_mem": "5MB"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if v := ask(t, dsn, "SHOW server_version"); !strings.HasPrefix(v, c.Version()) || !strings.HasPrefix(v, Major+".") {
		t.Errorf("the server is %q and says so as %q", v, c.Version())
	}
	if steps[len(steps)-1] != StepStart || steps[len(steps)-2] != StepInit {
		t.Errorf("steps = %v, want initdb and start at the end", steps)
	}
	checkBoundary(t, c)
}

// checkBoundary asserts who runs the server and who can come near it.
func checkBoundary(t *testing.T, c *Cluster) {
	t.Helper()
	socket, err := os.Stat(c.socketDir())
	if err != nil || socket.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v, %v; want mode 0700", socket, err)
	}
	proc, err := os.Stat(filepath.Join("/proc", itoa(c.PID())))
	if err != nil {
		t.Fatal(err)
	}
	if stat, ok := proc.Sys().(*syscall.Stat_t); !ok || stat.Uid == 0 || int(stat.Uid) != c.place.who.uid {
		t.Errorf("the server runs as user %d, want %d and never root", stat.Uid, c.place.who.uid)
	}
}

func TestCloseStopsAndKeepsData(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, c.DSN(Superuser, "postgres"), "CREATE TABLE kept AS SELECT 'yes' AS v")
	pid, socket := c.PID(), c.socketDir()
	if err := c.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
	waitGone(t, pid)
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket directory is left: %v", err)
	}
	if err := c.Restart(t.Context()); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("Restart of a closed cluster = %v, want a conflict", err)
	}
	again := mustOpen(t, o)
	if v := ask(t, again.DSN(Superuser, "postgres"), "SELECT v FROM kept"); v != "yes" {
		t.Errorf("after a restart the row is %q", v)
	}
}

func TestKilledOwnerTakesTheServerWithIt(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	owner := startChild(t, "open", dir, -1)
	ask(t, owner.dsn, "CREATE TABLE kept AS SELECT 'yes' AS v")
	owner.kill(t)
	c := mustOpen(t, Options{DataDir: dir}) // at once, while the old server is still dying
	waitGone(t, owner.pid)
	if c.Joined() {
		t.Error("joined a dead owner's server")
	}
	if v := ask(t, c.DSN(Superuser, "postgres"), "SELECT v FROM kept"); v != "yes" {
		t.Errorf("after kill -9 of the owner the committed row is %q", v)
	}
}

func TestKilledServerIsRestarted(t *testing.T) {
	t.Parallel()
	events := make(chan Event, 16)
	c := mustOpen(t, Options{DataDir: openDir(t), OnEvent: func(e Event) { events <- e }})
	dsn := c.DSN(Superuser, "postgres")
	ask(t, dsn, "CREATE TABLE kept AS SELECT 'yes' AS v")
	busy, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	cut := make(chan error, 1)
	// A backend in a long statement would hold the shared memory and keep the next server out.
	go func() {
		_, err := busy.Exec(context.Background(), "SELECT pg_sleep(600)")
		cut <- err
	}()
	for ask(t, dsn, "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()") != "1" {
		continue
	}
	for range 3 {
		if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for _, want := range []EventKind{Down, Up} {
			if e := <-events; e.Kind != want {
				t.Fatalf("event %v (%v), want %v", e.Kind, e.Err, want)
			}
		}
		if v := ask(t, dsn, "SELECT v FROM kept"); v != "yes" {
			t.Errorf("after kill -9 of the server the committed row is %q", v)
		}
	}
	if err := <-cut; err == nil {
		t.Error("a statement outlived the server that ran it")
	}
}

func TestUnsupervisedStaysDownUntilRestart(t *testing.T) {
	t.Parallel()
	events := make(chan Event, 16)
	c := mustOpen(t, Options{DataDir: openDir(t), Unsupervised: true, OnEvent: func(e Event) { events <- e }})
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e.Kind != Down || c.PID() != 0 {
		t.Errorf("event %v with process %d, want down and none", e.Kind, c.PID())
	}
	if _, err := pgx.Connect(t.Context(), c.DSN(Superuser, "postgres")); err == nil {
		t.Error("a dead server answered")
	}
	for range 2 { // from down, and from up
		if err := c.Restart(t.Context()); err != nil {
			t.Fatalf("Restart: %v", err)
		}
		ask(t, c.DSN(Superuser, "postgres"), "SELECT 'up'")
	}
}

func TestJoinAndTakeOver(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	owner := startChild(t, "open", dir, -1)
	short := startChild(t, "open", dir, -1)
	if owner.joined || !short.joined || short.pid != owner.pid {
		t.Fatalf("owner %+v, second %+v: want one server", owner, short)
	}
	short.close(t)
	ask(t, owner.dsn, "CREATE TABLE kept AS SELECT 'yes' AS v")

	events := make(chan Event, 16)
	c := mustOpen(t, Options{DataDir: dir, OnEvent: func(e Event) { events <- e }})
	if !c.Joined() || c.PID() != owner.pid || !strings.HasPrefix(c.Version(), Major+".") {
		t.Errorf("joined = %v, process %d, version %q", c.Joined(), c.PID(), c.Version())
	}
	if err := c.Restart(t.Context()); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("Restart by one who joined = %v, want a conflict", err)
	}
	dsn := c.DSN(Superuser, "postgres")
	owner.kill(t)
	for _, want := range []EventKind{TookOver, Up} {
		if e := <-events; e.Kind != want {
			t.Fatalf("event %v (%v), want %v", e.Kind, e.Err, want)
		}
	}
	if c.Joined() || c.DSN(Superuser, "postgres") != dsn {
		t.Error("after the take-over it must own the server, under the same address")
	}
	if v := ask(t, dsn, "SELECT v FROM kept"); v != "yes" {
		t.Errorf("after the take-over the row is %q", v)
	}
}

func TestOpensAtOnceGiveOneOwner(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	var wg sync.WaitGroup
	clusters := make([]*Cluster, 6)
	for i := range clusters {
		wg.Go(func() { clusters[i] = mustOpen(t, Options{DataDir: dir}) })
	}
	wg.Wait()
	owners := 0
	for _, c := range clusters {
		if !c.Joined() {
			owners++
		}
		if c.PID() != clusters[0].PID() {
			t.Errorf("servers %d and %d, want one", c.PID(), clusters[0].PID())
		}
		ask(t, c.DSN(Superuser, "postgres"), "SELECT 'here'")
	}
	if owners != 1 {
		t.Errorf("%d owners, want 1", owners)
	}
}

func TestStalePIDFile(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// After a restart of the machine the id may be that of any process: here of this one.
	stale := itoa(os.Getpid()) + "\n" + c.Dir() + "\n1700000000\n5432\n/run/nexo-gone\n\n  1   1\nready   \n"
	if err := os.WriteFile(filepath.Join(c.Dir(), "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, o)
	if again.Joined() || again.PID() == os.Getpid() {
		t.Error("took another process for the server")
	}
	ask(t, again.DSN(Superuser, "postgres"), "SELECT 'up'")
}

func TestCloseInsistsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	c, err := Open(t.Context(), Options{DataDir: openDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	pid := c.PID()
	// A stopped process answers no signal but SIGKILL.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Close(ctx); err == nil {
		t.Error("Close says that a server that had to be killed stopped well")
	}
	waitGone(t, pid)
}

func TestOtherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	pl, err := settle(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(pl.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pl.data(), "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{DataDir: dir})
	if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || !strings.Contains(f.MessageEN, "PostgreSQL 14") || !strings.Contains(f.Message, "PostgreSQL 14") {
		t.Errorf("Open = %v, want words about version 14", err)
	}
}
