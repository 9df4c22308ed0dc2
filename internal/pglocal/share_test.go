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

	"github.com/jackc/pgx/v5"
)

func TestSharedServerOutlivesItsUsersAWhile(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := startChild(t, "share", dir, -1)
	second := startChild(t, "share", dir, -1)
	if first.pid != second.pid {
		t.Fatalf("servers %d and %d, want one", first.pid, second.pid)
	}
	first.kill(t) // the one that started it
	ask(t, second.dsn, "CREATE TABLE kept AS SELECT 'yes' AS v")
	second.kill(t)
	waitGone(t, first.pid) // nobody is left, and nobody stopped it in order

	c, err := Share(t.Context(), Options{DataDir: dir}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if v := ask(t, c.DSN(Superuser, "postgres"), "SELECT v FROM kept"); v != "yes" {
		t.Errorf("after an orderly stop the row is %q", v)
	}
	if v := ask(t, c.DSN(Superuser, "postgres"), "SHOW fsync"); v != "off" {
		t.Errorf("fsync = %q, want off", v)
	}
	pid := c.PID()
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	waitGone(t, pid)
}

func TestSharedServerThatCrashedIsMadeAnew(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	first, err := Share(t.Context(), o, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, first.DSN(Superuser, "postgres"), "CREATE TABLE lost AS SELECT 1")
	pid := first.PID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitGone(t, pid)
	second, err := Share(t.Context(), o, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), second.DSN(Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT FROM lost"); err == nil || !strings.Contains(err.Error(), "42P01") {
		t.Errorf("the crashed cluster, which has no fsync, was used again: %v", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	pid = second.PID()
	for _, c := range []*Cluster{first, second} {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	waitGone(t, pid) // its watcher is the one of the first server, or a new one
}

func TestSharesAtOnceStartOneServer(t *testing.T) {
	t.Parallel()
	o := Options{DataDir: openDir(t)}
	clusters := make([]*Cluster, 6)
	var wg sync.WaitGroup
	for i := range clusters {
		wg.Go(func() {
			c, err := Share(t.Context(), o, time.Second)
			if err != nil {
				t.Errorf("Share: %v", err)
				return
			}
			clusters[i] = c
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	pid := clusters[0].PID()
	for _, c := range clusters {
		if c.PID() != pid {
			t.Errorf("servers %d and %d, want one", c.PID(), pid)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	waitGone(t, pid)
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "not-there-yet")
	lines := func(o Options) (bool, map[string]bool) {
		r := Doctor(t.Context(), o)
		seen := map[string]bool{}
		for _, c := range r.Checks {
			seen[c.Name] = c.OK
			if c.Text.PT == "" || c.Text.EN == "" {
				t.Errorf("%s says nothing", c.Name)
			}
		}
		return r.Ready, seen
	}
	ready, seen := lines(Options{DataDir: dir, Binaries: Lookup{CacheDir: dir, SystemDir: "/nonexistent", npm: "no-such-npm", pin: pinOf(nil)}})
	for name, want := range map[string]bool{"user": true, "place": true, "cache": false, "npm": false, "system": false} {
		if got, there := seen[name]; !there || got != want {
			t.Errorf("%s = %v (there: %v), want %v", name, got, there, want)
		}
	}
	if ready {
		t.Error("ready with nothing there")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("Doctor made the data directory: %v", err)
	}
	c := mustOpen(t, Options{DataDir: dir})
	if ready, seen := lines(Options{DataDir: dir}); !ready || !seen["server"] {
		t.Errorf("with server %d running: ready = %v, %v", c.PID(), ready, seen)
	}
}
