// Package dbtest gives every test a database of its own on a real PostgreSQL 15.
//
// New clones a template that holds the schema, which takes some 15 ms, on one private cluster that all
// test processes of a user share. The cluster starts by itself, and stops by itself when no test has
// used it for a while, also when the tests were killed. With NEXO_TEST_DATABASE_URL set, a superuser's
// URL, that server is used instead. Tests never skip for want of a database: they fail and say why.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faiston/nexo/internal/pglocal"
)

// urlEnv names the server to use instead of a private one.
const urlEnv = "NEXO_TEST_DATABASE_URL"

const (
	// idle is how long the shared cluster waits for the next test process: one package to the next.
	idle = 30 * time.Second
	// setupTimeout bounds New: a first download, initdb and the migrations on a busy machine.
	setupTimeout = 5 * time.Minute
	// dropTimeout bounds the removal of a database at the end of a test.
	dropTimeout = time.Minute
	// maxConnections serves many packages with many parallel tests and their pools at once.
	maxConnections = 400
)

// DB is one test's database.
type DB struct {
	Name   string
	server server
	own    *pglocal.Cluster // of Durable, else nil
}

// Option changes what New makes: Template and Own.
type Option interface{ apply(*plan) }

type plan struct {
	template Template
	own      *Own
}

// New makes a database and drops it when the test ends. Without a Template it is empty.
func New(t testing.TB, opts ...Option) *DB {
	t.Helper()
	var p plan
	for _, o := range opts {
		o.apply(&p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	db := &DB{Name: "nexo_test_" + randomName()}
	if p.own != nil {
		db.own = p.own.open(ctx, t)
		db.server = clusterServer{db.own}
	} else {
		db.server = commonServer(ctx, t)
	}
	if err := db.create(ctx, t, p.template); err != nil {
		t.Fatalf("dbtest: make a database: %v", err)
	}
	return db
}

// DSN is the connection string of the superuser.
func (db *DB) DSN() string { return db.server.dsn("", db.Name) }

// As is the connection string of another role, which has no password.
func (db *DB) As(role string) string { return db.server.dsn(role, db.Name) }

// Pool is a pool of the superuser, closed when the test ends.
func (db *DB) Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), db.DSN())
	if err != nil {
		t.Fatalf("dbtest: open pool: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Conn is one connection of the superuser, closed when the test ends.
func (db *DB) Conn(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN())
	if err != nil {
		t.Fatalf("dbtest: connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// server is where databases are made: the shared cluster, an own one, or one given by URL.
type server interface {
	dsn(role, database string) string // role "": the superuser
}

type clusterServer struct{ cluster *pglocal.Cluster }

func (s clusterServer) dsn(role, database string) string {
	if role == "" {
		role = pglocal.Superuser
	}
	return s.cluster.DSN(role, database)
}

type urlServer struct{ base url.URL }

func (s urlServer) dsn(role, database string) string {
	u := s.base
	u.Path = "/" + database
	if role != "" {
		u.User = url.User(role)
	}
	return u.String()
}

// commonServer joins the server that all tests share, and lets go of it after the test.
func commonServer(ctx context.Context, t testing.TB) server {
	t.Helper()
	if given := os.Getenv(urlEnv); given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Scheme == "" {
			t.Fatalf("dbtest: %s is not a URL such as postgres://user:password@host/database", urlEnv)
		}
		return urlServer{*u}
	}
	dir, err := commonDir()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	c, err := pglocal.Share(ctx, pglocal.Options{
		DataDir:        dir,
		MaxConnections: maxConnections,
		OnProgress:     func(s pglocal.Step) { t.Log("dbtest:", s.Note().EN) },
	}, idle)
	if err != nil {
		t.Fatalf("dbtest: tests need PostgreSQL 15: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("dbtest: let go of the cluster: %v", err)
		}
	})
	return clusterServer{c}
}

// commonDir makes the directory of the shared cluster, one a user. Anybody may write to the temporary
// directory, so what is there already must be ours.
func commonDir() (string, error) {
	dir := filepath.Join(os.TempDir(), "nexo-dbtest-"+strconv.Itoa(os.Geteuid()))
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("look at directory: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() {
		return "", fmt.Errorf("%s is not a directory of this user", dir)
	}
	return dir, nil
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

func (db *DB) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, db.server.dsn("", database))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", database, err)
	}
	return conn, nil
}
