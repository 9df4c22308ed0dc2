package dbtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// sample is a template of one table; builds counts how often it was built by this process.
func sample(builds *atomic.Int32, hash string) Template {
	return Template{Name: "sample", Hash: hash, Build: func(ctx context.Context, dsn string) error {
		builds.Add(1)
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, `CREATE TABLE thing (id int PRIMARY KEY)`)
		return err
	}}
}

func TestDatabasesAreSeparateAndBuiltOnce(t *testing.T) {
	t.Parallel()
	var builds atomic.Int32
	tpl := sample(&builds, randomName())
	t.Run("each", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				conn := New(t, tpl).Conn(t)
				var n int
				err := conn.QueryRow(t.Context(), `WITH a AS (INSERT INTO thing VALUES ($1) RETURNING id)
					SELECT (SELECT count(*) FROM thing) + (SELECT count(*) FROM a)`, i).Scan(&n)
				if err != nil || n != 1 {
					t.Errorf("rows in a fresh database = %d, %v; want the one just written", n, err)
				}
			})
		}
	})
	if builds.Load() != 1 {
		t.Errorf("the template was built %d times, want once", builds.Load())
	}
	dropTemplate(t, tpl)
}

// dropTemplate removes a template that no other run can use, as its hash is random.
func dropTemplate(t *testing.T, tpl Template) {
	t.Helper()
	name, err := tpl.database()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(t).Conn(t).Exec(t.Context(), "DROP DATABASE "+quote(name)); err != nil {
		t.Errorf("drop template: %v", err)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		db := New(t)
		name = db.Name
		pool := db.Pool(t)
		if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
			t.Error(err)
		}
	})
	if there, err := exists(t.Context(), New(t).Conn(t), name); err != nil || there {
		t.Errorf("the database is left: %v, %v", there, err)
	}
}

func TestSweepDropsOnlyTheDead(t *testing.T) {
	t.Parallel()
	db := New(t)
	conn := adminConn(t, db)
	orphan := "nexo_test_" + randomName() // as a killed test leaves it: without the lock
	if err := clone(t.Context(), conn, orphan, "template0"); err != nil {
		t.Fatal(err)
	}
	for range 100 { // other tests may sweep it first, and each sweep takes four
		if there, err := exists(t.Context(), conn, orphan); err != nil || !there {
			break
		}
		if err := sweep(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := exists(t.Context(), conn, orphan); err != nil || there {
		t.Errorf("the orphan is left: %v, %v", there, err)
	}
	if there, err := exists(t.Context(), conn, db.Name); err != nil || !there {
		t.Errorf("the database of a living test was swept: %v, %v", there, err)
	}
}

// adminConn is connected where New works: advisory locks count within one database only.
func adminConn(t *testing.T, db *DB) *pgx.Conn {
	t.Helper()
	conn, err := db.connect(t.Context(), adminDatabase)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func TestFailedBuildIsNoTemplate(t *testing.T) {
	t.Parallel()
	db := New(t)
	conn := adminConn(t, db)
	var builds atomic.Int32
	good := sample(&builds, randomName())
	name, err := good.database()
	if err != nil {
		t.Fatal(err)
	}
	bad := good
	boom := errors.New("boom")
	bad.Build = func(ctx context.Context, dsn string) error { return errors.Join(good.Build(ctx, dsn), boom) }
	if err := db.ensureTemplate(t.Context(), conn, name, bad); !errors.Is(err, boom) {
		t.Errorf("ensureTemplate = %v, want the build's error", err)
	}
	if there, err := exists(t.Context(), conn, name); err != nil || there {
		t.Errorf("a half-built template is there: %v, %v", there, err)
	}
	if err := db.ensureTemplate(t.Context(), conn, name, good); err != nil {
		t.Errorf("second build, over what the first left: %v", err)
	}
	dropTemplate(t, good)
}

func TestOldTemplatesGo(t *testing.T) {
	t.Parallel()
	db := New(t, Durable()) // a server without the templates of other tests
	conn := adminConn(t, db)
	var builds atomic.Int32
	var names []string
	for range keptTemplates + 2 {
		tpl := sample(&builds, randomName())
		name, err := tpl.database()
		if err != nil {
			t.Fatal(err)
		}
		if err := db.ensureTemplate(t.Context(), conn, name, tpl); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for i, name := range names {
		if there, err := exists(t.Context(), conn, name); err != nil || there != (i >= 2) {
			t.Errorf("template %d of %d is there: %v, %v", i+1, len(names), there, err)
		}
	}
}

func TestTemplateNames(t *testing.T) {
	t.Parallel()
	build := func(context.Context, string) error { return nil }
	long := strings.Repeat("a", 64)
	for _, tt := range []struct {
		tpl  Template
		want string
	}{
		{Template{}, "template0"},
		{Template{"core", "0123456789ab", build}, "nexo_tpl_core_0123456789ab"},
		{Template{"core", long, build}, "nexo_tpl_core_aaaaaaaaaaaa"},
		{Template{"core", "short", build}, ""},
		{Template{long, long, build}, ""},
	} {
		if got, err := tt.tpl.database(); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("name of %q, %q = %q, %v; want %q", tt.tpl.Name, tt.tpl.Hash, got, err, tt.want)
		}
	}
}

func TestAsAnotherRole(t *testing.T) {
	t.Parallel()
	db := New(t)
	role := "nexo_role_" + randomName()
	conn := db.Conn(t)
	if _, err := conn.Exec(t.Context(), "CREATE ROLE "+quote(role)+" LOGIN"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+quote(role)); err != nil {
			t.Error(err)
		}
	})
	other, err := pgx.Connect(t.Context(), db.As(role))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(t.Context()) }()
	var who string
	if err := other.QueryRow(t.Context(), "SELECT current_user::text").Scan(&who); err != nil || who != role {
		t.Errorf("current_user = %q, %v; want %q", who, err, role)
	}
}

func TestGivenServerIsUsed(t *testing.T) {
	own := New(t, Durable())
	t.Setenv(urlEnv, own.server.dsn("", adminDatabase))
	var builds atomic.Int32
	db := New(t, sample(&builds, randomName()))
	if builds.Load() != 1 {
		t.Errorf("the template was built %d times on a new server", builds.Load())
	}
	if there, err := exists(t.Context(), own.Conn(t), db.Name); err != nil || !there {
		t.Errorf("the database is not on the given server: %v, %v", there, err)
	}
}

func TestDurableSurvivesACrash(t *testing.T) {
	t.Parallel()
	var builds atomic.Int32
	db := New(t, Durable(), sample(&builds, randomName()))
	pool := db.Pool(t)
	var fsync string
	if err := pool.QueryRow(t.Context(), "SELECT current_setting('fsync')").Scan(&fsync); err != nil || fsync != "on" {
		t.Errorf("fsync = %q, %v", fsync, err)
	}
	for i := range 3 {
		if _, err := pool.Exec(t.Context(), "INSERT INTO thing VALUES ($1)", i); err != nil {
			t.Fatal(err)
		}
		db.Crash(t)
		if _, err := pgx.Connect(t.Context(), db.DSN()); err == nil {
			t.Error("the killed server answers")
		}
		db.Restart(t)
		pool.Reset()
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM thing").Scan(&n); err != nil || n != i+1 {
			t.Errorf("after crash %d there are %d rows, %v; want %d", i+1, n, err, i+1)
		}
	}
}
