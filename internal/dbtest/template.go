package dbtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Template is a database that is built once and cloned for each test. Name is a short word for people;
// Hash stands for everything that Build does (of the migrations, say), at least 12 characters: another
// hash is another template. Build fills the empty database at dsn, as the superuser, and closes its
// connections.
type Template struct {
	Name  string
	Hash  string
	Build func(ctx context.Context, dsn string) error
}

func (tpl Template) apply(p *plan) { p.template = tpl }

const (
	// adminDatabase is where all locks are taken: advisory locks count within one database only.
	adminDatabase = "postgres"
	// buildLock is the advisory lock under which templates are built, one at a time in a server, as
	// migrations also make roles, which databases share.
	buildLock = 0x6e65786f_74706c
	// keptTemplates of one name stay when a new one is built; each takes 8 MB or more.
	keptTemplates = 4
	// minHash characters keep two versions of the migrations apart.
	minHash = 12
	// maxName is PostgreSQL's limit on identifiers (NAMEDATALEN - 1).
	maxName = 63
)

func (tpl Template) database() (string, error) {
	if tpl.Build == nil {
		return "template0", nil
	}
	if len(tpl.Hash) < minHash {
		return "", fmt.Errorf("template %q: the hash has fewer than %d characters", tpl.Name, minHash)
	}
	name := "nexo_tpl_" + tpl.Name + "_" + tpl.Hash
	if len(name) > maxName {
		name = "nexo_tpl_" + tpl.Name + "_" + tpl.Hash[:minHash]
	}
	if len(name) > maxName-len("_new") {
		return "", fmt.Errorf("template %q: the name is too long", tpl.Name)
	}
	return name, nil
}

// create makes the database from its template. The connection that made it stays open and holds a lock
// on its name, so that other tests can tell it from one whose test was killed.
func (db *DB) create(ctx context.Context, t testing.TB, tpl Template) error {
	admin, err := db.connect(ctx, adminDatabase)
	if err != nil {
		return err
	}
	t.Cleanup(func() { db.drop(t, admin) })
	source, err := tpl.database()
	if err != nil {
		return err
	}
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, db.Name); err != nil {
		return fmt.Errorf("lock name: %w", err)
	}
	if err := sweep(ctx, admin); err != nil {
		return err
	}
	if tpl.Build != nil {
		if err := db.ensureTemplate(ctx, admin, source, tpl); err != nil {
			return err
		}
	}
	return clone(ctx, admin, db.Name, source)
}

func clone(ctx context.Context, admin *pgx.Conn, name, source string) error {
	_, err := admin.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(source)+" STRATEGY wal_log")
	if err != nil {
		return fmt.Errorf("clone %s: %w", source, err)
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// ensureTemplate builds the template unless it is there. It is built under another name and renamed, so
// that one whose building was interrupted is never cloned.
func (db *DB) ensureTemplate(ctx context.Context, admin *pgx.Conn, name string, tpl Template) error {
	if there, err := exists(ctx, admin, name); err != nil || there {
		return err
	}
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(buildLock)); err != nil {
		return fmt.Errorf("lock templates: %w", err)
	}
	err := db.buildTemplate(ctx, admin, name, tpl)
	_, unlock := admin.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(buildLock))
	return errors.Join(err, unlock)
}

func (db *DB) buildTemplate(ctx context.Context, admin *pgx.Conn, name string, tpl Template) error {
	if there, err := exists(ctx, admin, name); err != nil || there {
		return err
	}
	draft := name + "_new"
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(draft)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop unfinished template: %w", err)
	}
	if err := clone(ctx, admin, draft, "template0"); err != nil {
		return err
	}
	if err := tpl.Build(ctx, db.server.dsn("", draft)); err != nil {
		return fmt.Errorf("build template %s: %w", tpl.Name, err)
	}
	for _, statement := range []string{
		"ALTER DATABASE " + quote(draft) + " ALLOW_CONNECTIONS false",
		// A pool closes its connections a moment after its Close returns; a clone accepts none.
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" + draft + "'",
		"ALTER DATABASE " + quote(draft) + " RENAME TO " + quote(name),
	} {
		if _, err := admin.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("finish template: %w", err)
		}
	}
	return prune(ctx, admin, "nexo_tpl_"+tpl.Name+"_")
}

// prune drops the older templates of one name: each change of the migrations leaves one. A few stay for
// other working copies; one who misses his builds it again.
func prune(ctx context.Context, admin *pgx.Conn, prefix string) error {
	rows, err := admin.Query(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid DESC OFFSET $2`, prefix, keptTemplates)
	if err != nil {
		return fmt.Errorf("look for old templates: %w", err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for old templates: %w", err)
	}
	for _, name := range old {
		if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)); err != nil {
			return fmt.Errorf("drop old template: %w", err)
		}
	}
	return nil
}

func exists(ctx context.Context, admin *pgx.Conn, name string) (bool, error) {
	var there bool
	err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", name, err)
	}
	return there, nil
}

// sweep drops a few databases of tests that were killed: nobody holds the lock on their names.
func sweep(ctx context.Context, admin *pgx.Conn) error {
	rows, err := admin.Query(ctx, `
		WITH mine AS MATERIALIZED (SELECT datname FROM pg_database WHERE datname LIKE 'nexo\_test\_%')
		SELECT datname FROM mine WHERE pg_try_advisory_lock(hashtextextended(datname, 0)) LIMIT 4`)
	if err != nil {
		return fmt.Errorf("look for old databases: %w", err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for old databases: %w", err)
	}
	for _, name := range old {
		if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop old database: %w", err)
		}
		if _, err := admin.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, name); err != nil {
			return fmt.Errorf("unlock old database: %w", err)
		}
	}
	return nil
}

// drop removes the database when its test ends. Of a server that the test killed nothing is left to do.
func (db *DB) drop(t testing.TB, admin *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), dropTimeout)
	defer cancel()
	defer func() { _ = admin.Close(ctx) }()
	if db.own != nil {
		return // the whole cluster goes
	}
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(db.Name)+" WITH (FORCE)"); err != nil {
		t.Errorf("dbtest: drop the database: %v", err)
	}
}
