package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/simtest/netproxy"
)

func migrated() dbtest.Template {
	return dbtest.Template{Name: "sga", Hash: MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := Migrate(ctx, dsn)
		return err
	}}
}

// vault plays AWS: tokens that rotate, of which only the last few are good.
type vault struct {
	mu    sync.Mutex
	n     int
	made  map[string]string // token → user
	asked []string
	down  error
}

func (v *vault) token(_ context.Context, host string, port uint16, user string) (string, time.Time, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down != nil {
		return "", time.Time{}, v.down
	}
	v.n++
	text := fmt.Sprintf("%s:%d/?Action=connect&DBUser=%s&n=%d", host, port, user, v.n)
	v.made[text] = user
	v.asked = append(v.asked, user)
	return text, time.Now().Add(15 * time.Minute), nil
}

func (v *vault) admit(user, password string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.made[password] == user
}

// expire makes every token that was given bad.
func (v *vault) expire() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.made)
}

// TestIAM: the program signs in as on AWS, through a proxy that takes TLS and tokens only. Open connections
// outlive their token, new ones take a new one; no role is set, nothing stays prepared under a name.
func TestIAM(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t, migrated())
	v := &vault{made: map[string]string{}}
	p := netproxy.Start(t, db.DSN(), &netproxy.Gate{Admit: v.admit})
	now := time.Now()
	var clock sync.Mutex
	at := func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return now
	}
	open, err := Open(t.Context(), Config{WriterURL: p.URL(t, "nexo_writer", db.Name, ""), ReaderURL: p.URL(t, "nexo_reader", db.Name, ""),
		MaxWriters: 2, MaxReaders: 2, Connect: Connect{Password: Remembered(v.token, at), VerifyTLS: true, CAFile: p.CAFile(), Proxied: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := open.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.expire()
	if _, err := open.LastPosition(t.Context()); err != nil {
		t.Errorf("an open connection needs no token: %v", err)
	}
	open.reader.Reset()
	if _, err := open.LastPosition(t.Context()); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("with a token that ran out: %v", err)
	}
	clock.Lock()
	now = now.Add(13 * time.Minute)
	clock.Unlock()
	if _, err := open.LastPosition(t.Context()); err != nil {
		t.Errorf("with the next token: %v", err)
	}
	heard := p.Heard()
	for _, word := range []string{"SET ROLE", "SET statement_timeout", "stmtcache_", "LISTEN", "pg_advisory_lock("} {
		if bytes.Contains(heard, []byte(word)) {
			t.Errorf("%q went to the proxy, which pins the session", word)
		}
	}
	namedStatements(t, open)
}

// namedStatements fails when a connection has left a statement prepared under a name.
func namedStatements(t *testing.T, db *DB) {
	t.Helper()
	for _, pool := range []*pgxpool.Pool{db.writer, db.reader, db.search} {
		for _, c := range pool.AcquireAllIdle(t.Context()) {
			var n int
			if err := c.QueryRow(t.Context(), `SELECT count(*) FROM pg_prepared_statements WHERE name <> ''`).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d named statements on the server, %v", n, err)
			}
			c.Release()
		}
	}
}

// TestUnproxiedPreparesStatements shows that the count of TestIAM counts: without the flag there are some.
func TestUnproxiedPreparesStatements(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	var n int
	for range 2 {
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_prepared_statements WHERE name <> ''`).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Error("no named statement: the driver's default has changed")
	}
}

func TestConnectRefuses(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	v := &vault{made: map[string]string{}}
	p := netproxy.Start(t, db.DSN(), &netproxy.Gate{Admit: v.admit})
	good := func(Connect) Connect {
		return Connect{Password: Remembered(v.token, time.Now), VerifyTLS: true, CAFile: p.CAFile()}
	}
	tests := []struct {
		name    string
		address string
		change  func(Connect) Connect
		code    fault.Code
		says    string
	}{
		{"TLS that encrypts and checks nothing", p.URL(t, "nexo_reader", db.Name, "require"), good, fault.InvalidArgument, "verify-full"},
		{"TLS that does not check the name", p.URL(t, "nexo_reader", db.Name, "verify-ca"), good, fault.InvalidArgument, "verify-full"},
		{"no TLS", p.URL(t, "nexo_reader", db.Name, "disable"), good, fault.InvalidArgument, "verify-full"},
		{"a Unix socket has no certificate", db.As("nexo_reader"), good, fault.InvalidArgument, "verify-full"},
		{"a socket that does not say how", "postgres://nexo_reader@/x?host=/tmp", good, fault.InvalidArgument, "verify-full"},
		{"an authority that nobody knows", p.URL(t, "nexo_reader", db.Name, ""), func(c Connect) Connect { c = good(c); c.CAFile = ""; return c }, fault.Unavailable, ""},
		{"another name than the certificate's", strings.Replace(p.URL(t, "nexo_reader", db.Name, ""), netproxy.Host, "127.0.0.1", 1), good, fault.Unavailable, ""},
		{"a file of authorities that is not there", p.URL(t, "nexo_reader", db.Name, ""), func(c Connect) Connect { c = good(c); c.CAFile = "/nowhere/ca.pem"; return c }, fault.InvalidArgument, "NEXO_DATABASE_CA_FILE"},
		{"a wrong password", p.URL(t, "nexo_reader", db.Name, ""), func(c Connect) Connect {
			c = good(c)
			c.Password = func(context.Context, string, uint16, string) (string, error) { return "guess", nil }
			return c
		}, fault.Unavailable, ""},
		{"no credentials", p.URL(t, "nexo_reader", db.Name, ""), func(c Connect) Connect {
			c = good(c)
			c.Password = func(context.Context, string, uint16, string) (string, error) { return "", errors.New("no role") }
			return c
		}, fault.Unavailable, "credential"},
		{"one token for two servers", "postgres://nexo_reader@a.example,b.example/x", good, fault.InvalidArgument, "one server"},
		{"no address", "mysql://x", good, fault.Unavailable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool, err := tt.change(Connect{}).openPool(t.Context(), tt.address, readerRole(), 1)
			if err == nil {
				defer pool.Close()
				err = translate(pool.Ping(t.Context()))
			}
			f := fault.Of(err)
			if f == nil || f.Code != tt.code || !strings.Contains(f.MessageEN, tt.says) {
				t.Errorf("%v", err)
			}
			if f != nil && strings.Contains(f.Message+f.MessageEN, "/nowhere") {
				t.Errorf("the message shows a path: %v", f)
			}
		})
	}
}

func TestRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{made: map[string]string{}}
		ask := Remembered(v.token, time.Now)
		want := func(n int, user string) {
			t.Helper()
			got, err := ask(t.Context(), "h", 5432, user)
			if err != nil || !strings.HasSuffix(got, fmt.Sprintf("DBUser=%s&n=%d", user, n)) {
				t.Errorf("%q, %v; want token %d", got, err, n)
			}
		}
		want(1, "a")
		want(1, "a")
		want(2, "b")
		time.Sleep(11 * time.Minute)
		want(1, "a")
		time.Sleep(time.Minute + time.Second)
		want(3, "a")
		v.down = errors.New("no network")
		want(2, "b") // old, and still good
		time.Sleep(3 * time.Minute)
		if got, err := ask(t.Context(), "h", 5432, "b"); err == nil {
			t.Errorf("a token that ran out is given: %q", got)
		}
		want(3, "a")
		v.down = nil
		want(4, "b")
		for i := range 3 * maxTokens {
			want(5+i, fmt.Sprint("u", i))
		}
	})
}

// TestOneTokenForAll: connections that open together wait for one token.
func TestOneTokenForAll(t *testing.T) {
	t.Parallel()
	v := &vault{made: map[string]string{}}
	ask := Remembered(v.token, time.Now)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := ask(t.Context(), "h", 1, "u"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(v.asked) != 1 {
		t.Errorf("%d tokens were made", len(v.asked))
	}
}

func TestIsDown(t *testing.T) {
	t.Parallel()
	server := func(code string) error { return fmt.Errorf("write: %w", &pgconn.PgError{Code: code}) }
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"the old primary", server("25006"), true},
		{"a shutdown", server("57P01"), true},
		{"a start", server("57P03"), true},
		{"a shutdown while COMMIT was on its way", &lost{server("57P01")}, false},
		{"a lock", server("55P03"), false},
		{"a full disk", server("53100"), false},
		{"no free connection", fault.Unavailable.With("a", "b").Because(context.DeadlineExceeded), false},
		{"a caller that has gone", context.Canceled, false},
		{"something else", errors.New("x"), false},
	} {
		if got := isDown(tt.err); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if tt.want && !mayRetry(tt.err) {
			t.Errorf("%s: not tried again", tt.name)
		}
	}
	if mayRetry(&lost{server("25006")}) {
		t.Error("what may have been committed is tried again without looking")
	}
}
