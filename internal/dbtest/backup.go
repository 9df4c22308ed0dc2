package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Backup is a physical copy of a running cluster, from which a standby or the past may be started once.
type Backup struct {
	of  *DB
	dir string
}

// ArchiveDir makes a folder that PostgreSQL's user can write to, and the settings that archive WAL into it.
func ArchiveDir(t testing.TB) (dir string, settings []string) {
	t.Helper()
	dir = filepath.Join(openDir(t), "wal")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)); err != nil {
		t.Fatalf("dbtest: make the archive: %v", err)
	}
	// A file is there whole or not at all, and is never replaced.
	command := fmt.Sprintf("test ! -f %[1]s/%%f && cp %%p %[1]s/%%f.part && mv %[1]s/%%f.part %[1]s/%%f", dir)
	return dir, []string{"archive_mode=on", "archive_command=" + command}
}

// Backup copies the cluster while it works, as pg_basebackup does (PostgreSQL 15, section 26.3.3); only of an
// Own cluster.
func (db *DB) Backup(t testing.TB) *Backup {
	t.Helper()
	if db.own == nil {
		t.Fatal("dbtest: only a database of an own cluster may be backed up")
	}
	b := &Backup{of: db, dir: openDir(t)}
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	conn, err := db.connect(ctx, adminDatabase)
	if err != nil {
		t.Fatalf("dbtest: back up: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // it wrote nothing
	if err := b.take(ctx, conn); err != nil {
		t.Fatalf("dbtest: back up: %v", err)
	}
	return b
}

func (b *Backup) take(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `SELECT pg_backup_start('nexo', true)`); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	root := filepath.Join(b.dir, "postgres")
	if err := errors.Join(os.Mkdir(root, 0o711), os.Chmod(root, 0o711)); err != nil {
		return err
	}
	if err := copyTree(b.of.own.Dir(), b.data()); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	var label string
	if err := conn.QueryRow(ctx, `SELECT labelfile FROM pg_backup_stop()`).Scan(&label); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return b.write("backup_label", label)
}

func (b *Backup) data() string { return filepath.Join(b.dir, "postgres", "data") }

// write makes a file of PostgreSQL's user.
func (b *Backup) write(name, text string) error {
	path := filepath.Join(b.data(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return giveLike(b.data(), path)
}

// Standby starts the copy as a streaming standby of the server that was copied. The primary must still have the WAL
// since then (wal_keep_size).
func (b *Backup) Standby(t testing.TB, name string, settings ...string) *DB {
	t.Helper()
	socket := b.of.own.DSN("", "")
	host := socketOf(t, socket)
	conninfo := fmt.Sprintf("primary_conninfo=host=%s port=5432 user=nexo application_name=%s", host, name)
	if err := b.write("standby.signal", ""); err != nil {
		t.Fatalf("dbtest: standby: %v", err)
	}
	return b.start(t, append(settings, conninfo)...)
}

// Restore starts the copy and replays the archive up to a moment, and then opens it for writing: a database as it was.
func (b *Backup) Restore(t testing.TB, archive string, to time.Time) *DB {
	t.Helper()
	if err := b.write("recovery.signal", ""); err != nil {
		t.Fatalf("dbtest: restore: %v", err)
	}
	db := b.start(t, fmt.Sprintf("restore_command=cp %s/%%f %%p", archive), "recovery_target_action=promote",
		"recovery_target_time="+to.UTC().Format("2006-01-02 15:04:05.999999")+"+00")
	db.waitFor(t, `SELECT NOT pg_is_in_recovery()`)
	return db
}

func (b *Backup) start(t testing.TB, settings ...string) *DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	c := Own{Dir: b.dir, Settings: settings}.open(ctx, t)
	return &DB{Name: b.of.Name, server: clusterServer{c}, own: c}
}

// Promote ends the standby's following: it becomes a server that writes.
func (db *DB) Promote(t testing.TB) {
	t.Helper()
	conn, err := db.connect(t.Context(), adminDatabase)
	if err != nil {
		t.Fatalf("dbtest: promote: %v", err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // it wrote nothing
	var done bool
	if err := conn.QueryRow(t.Context(), `SELECT pg_promote(true, 60)`).Scan(&done); err != nil || !done {
		t.Fatalf("dbtest: promote: %v, %v", done, err)
	}
}

// Await makes every commit of the primary wait for the standby of that name, and returns when it follows.
func (db *DB) Await(t testing.TB, name string) {
	t.Helper()
	conn, err := db.connect(t.Context(), adminDatabase)
	if err != nil {
		t.Fatalf("dbtest: await: %v", err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // it wrote nothing
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = " + quote(name), "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("dbtest: await: %v", err)
		}
	}
	db.waitFor(t, `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')`)
}

// Stop ends an own cluster at once, as when a machine is taken away; it cannot be started again.
func (db *DB) Stop(t testing.TB) {
	t.Helper()
	if db.own.PID() != 0 {
		db.Crash(t)
	}
	if err := db.own.Close(t.Context()); err != nil {
		t.Errorf("dbtest: stop the cluster: %v", err)
	}
}

// waitFor asks until the answer is true. The server does the waiting between.
func (db *DB) waitFor(t testing.TB, question string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	for {
		yes, err := db.ask(ctx, question)
		if yes {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("dbtest: %s: never true: %v", question, err)
		}
	}
}

func (db *DB) ask(ctx context.Context, question string) (yes bool, err error) {
	conn, err := db.connect(ctx, adminDatabase)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx) //nolint:errcheck // it wrote nothing
	if err := conn.QueryRow(ctx, question).Scan(&yes); err != nil || yes {
		return yes, err
	}
	_, err = conn.Exec(ctx, `SELECT pg_sleep(0.02)`)
	return false, err
}

func socketOf(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return cfg.Host
}

// copyTree copies a data directory that is in use. What belongs to the running process, or is rebuilt from WAL, is left
// out; files may go while it works.
func copyTree(from, to string) error { return copyBut(from, to, leftOut) }

// copyAll copies a directory that nobody uses, with its owners.
func copyAll(from, to string) error { return copyBut(from, to, func(string) bool { return false }) }

func copyBut(from, to string, leftOut func(rel string) bool) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if leftOut(rel) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		return copyOne(path, filepath.Join(to, rel), d)
	})
}

func leftOut(rel string) bool {
	dir, name := filepath.Split(rel)
	if strings.HasPrefix(name, "pgsql_tmp") || slices.Contains([]string{"postmaster.pid", "postmaster.opts", "standby.signal", "recovery.signal",
		"backup_label", "backup_label.old", "postgresql.auto.conf", "pg_internal.init"}, name) {
		return true
	}
	top := strings.TrimSuffix(dir, "/")
	return slices.Contains([]string{"pg_wal", "pg_replslot", "pg_stat_tmp", "pg_subtrans", "pg_notify", "pg_serial", "pg_snapshots", "pg_dynshmem"}, top) &&
		name != "archive_status"
}

func copyOne(from, to string, d fs.DirEntry) error {
	if d.IsDir() {
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		return giveLike(from, to)
	}
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return giveLike(filepath.Dir(to), to) // the file itself may be gone by now
}

// giveLike gives a file to the owner of another one.
func giveLike(like, path string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return os.Lchown(path, int(stat.Uid), int(stat.Gid))
}
