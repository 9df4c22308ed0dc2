package dbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/faiston/nexo/internal/pglocal"
)

// Own gives the test a cluster of its own with fsync on, which it may kill and restart (Crash, Restart),
// back up (Backup) and give a standby. It takes about two seconds; NEXO_TEST_DATABASE_URL does not apply.
type Own struct {
	Dir        string   // where it lives, such as a small disk; "": a temporary directory
	WALDir     string   // where its write-ahead log lives, if on another disk
	Settings   []string // of the server, name=value
	Supervised bool     // started again when it dies, as in local mode; otherwise it stays down until Restart
}

func (o Own) apply(p *plan) { p.own = &o }

// Durable is an Own cluster without wishes.
func Durable() Option { return Own{} }

// open starts the cluster; it is removed when the test ends.
func (o Own) open(ctx context.Context, t testing.TB) *pglocal.Cluster {
	t.Helper()
	dir := o.Dir
	if dir == "" {
		dir = openDir(t)
	}
	options := pglocal.Options{DataDir: dir, MaxConnections: maxConnections, Unsupervised: !o.Supervised, Settings: o.Settings}
	c, err := pglocal.Open(ctx, options)
	if err == nil && o.WALDir != "" {
		err = errors.Join(c.Close(ctx), moveWAL(c.Dir(), o.WALDir))
		if err == nil {
			c, err = pglocal.Open(ctx, options)
		}
	}
	if err != nil {
		t.Fatalf("dbtest: tests need PostgreSQL 15: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("dbtest: stop the cluster: %v", err)
		}
		// It may live elsewhere, where PostgreSQL's user can enter.
		if err := os.RemoveAll(filepath.Dir(c.Dir())); err != nil {
			t.Errorf("dbtest: remove the cluster: %v", err)
		}
	})
	return c
}

// moveWAL lays the log of a stopped cluster on another disk, as initdb --waldir would have.
func moveWAL(data, disk string) error {
	from, to := filepath.Join(data, "pg_wal"), filepath.Join(disk, "pg_wal")
	return errors.Join(copyAll(from, to), os.RemoveAll(from), os.Symlink(to, from))
}

// openDir is a temporary directory that PostgreSQL's user can pass through when the tests run as root.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nexo-dbtest-own-")
	if err != nil {
		t.Fatalf("dbtest: make directory: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatalf("dbtest: open directory: %v", err)
	}
	return dir
}

// Crash kills the postmaster with SIGKILL, as a crash of the machine would; only for Durable. The server
// stays down until Restart.
func (db *DB) Crash(t testing.TB) {
	t.Helper()
	if db.own == nil {
		t.Fatal("dbtest: only a database of Durable may be crashed")
	}
	pid := db.own.PID()
	if pid == 0 {
		t.Fatal("dbtest: the server is down already")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("dbtest: kill the server: %v", err)
	}
}

// Restart starts the server again, with recovery if it crashed; only for Durable. The DSN stays the same.
func (db *DB) Restart(t testing.TB) {
	t.Helper()
	if db.own == nil {
		t.Fatal("dbtest: only a database of Durable may be restarted")
	}
	if err := db.own.Restart(t.Context()); err != nil {
		t.Fatalf("dbtest: restart the server: %v", err)
	}
}
