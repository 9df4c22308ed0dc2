package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Password gives the password for one sign-in, such as a token that is good for some minutes. It is asked
// at each new connection and never for one that is open; it must answer at once from memory as a rule.
type Password func(ctx context.Context, host string, port uint16, user string) (string, error)

// Connect says how connections are made, beside their address. The zero value takes all from the address.
type Connect struct {
	Password  Password // nil: the one of the address
	VerifyTLS bool     // refuse an address whose sslmode is less than verify-full; none means verify-full
	CAFile    string   // PEM of the authorities that are trusted; "": the address's sslrootcert, or the system's
	// Proxied says that a pooler such as RDS Proxy is between: no statement is left prepared under a name, which would
	// pin the session to one server connection ("Avoiding pinning an RDS Proxy", Amazon RDS user guide).
	Proxied bool
}

const (
	// connectTimeout bounds a connection attempt: a person gives up after about as long.
	connectTimeout = 5 * time.Second
	// maxLifetime and lifetimeJitter renew connections far before RDS Proxy's limit of 24 hours, and never
	// all at once; after a failover that nobody noticed they also find the new server.
	maxLifetime    = 45 * time.Minute
	lifetimeJitter = 15 * time.Minute
	// maxIdle is below RDS Proxy's default of 30 minutes for idle clients, so that we hang up and not it.
	maxIdle = 10 * time.Minute
	// healthEvery is how often idle connections are looked over.
	healthEvery = 15 * time.Second
	// maxSearchers bounds the searches that run at once: they are short, and more would only share processors.
	maxSearchers = 8
	// renewEvery is the least time between two renewals of a pool: a failover breaks all connections at about once.
	renewEvery = time.Second
)

// role is who a pool acts as. Its settings belong to the role (migration 00003), so that nothing is SET
// where a proxy would pin the session; a connection that comes as another user takes the role and is
// told them.
type role struct{ name, settings string }

const (
	sqlWriterSettings = `SET statement_timeout = '30s'; SET lock_timeout = '5s'; SET plan_cache_mode = force_generic_plan;
	SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off`
	sqlReaderSettings = `SET default_transaction_read_only = on; SET statement_timeout = '10s';
	SET random_page_cost = 1.1; SET jit = off; SET max_parallel_workers_per_gather = 0`
	sqlSearchSettings = sqlReaderSettings + `; SET plan_cache_mode = force_generic_plan;
	SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off`
)

func writerRole() role { return role{"nexo_writer", sqlWriterSettings} }
func readerRole() role { return role{"nexo_reader", sqlReaderSettings} }
func searchRole() role { return role{"nexo_search", sqlSearchSettings} }

// openPool opens up to most connections that act as r.
func (c Connect) openPool(ctx context.Context, address string, r role, most int32) (*pgxpool.Pool, error) {
	cfg, err := c.poolConfig(address)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = most
	cfg.MaxConnLifetime, cfg.MaxConnLifetimeJitter, cfg.MaxConnIdleTime = maxLifetime, lifetimeJitter, maxIdle
	cfg.HealthCheckPeriod = healthEvery
	if r.name == "nexo_search" && cfg.ConnConfig.User == "nexo_reader" {
		cfg.ConnConfig.User = r.name // who may sign in as the reader may search
	}
	takeRole := cfg.ConnConfig.User != r.name
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		registerDecimal(conn.TypeMap())
		if !takeRole {
			return nil
		}
		if _, err := conn.Exec(ctx, "SET ROLE "+pgx.Identifier{r.name}.Sanitize()); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, r.settings)
		return err
	}
	var again *renewal
	if r.name == "nexo_writer" {
		again = followWriter(cfg.ConnConfig)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, translate(fmt.Errorf("open pool: %w", err))
	}
	if again != nil {
		again.pool.Store(pool)
	}
	return pool, nil
}

// poolConfig reads the address and lays the way of connecting over it.
func (c Connect) poolConfig(address string) (*pgxpool.Config, error) {
	secured, err := c.secured(address)
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(secured)
	if err != nil {
		return nil, badAddress(err)
	}
	if c.VerifyTLS && !verified(cfg.ConnConfig) {
		return nil, weakTLS()
	}
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	if c.Proxied {
		cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if c.Password == nil {
		return cfg, nil
	}
	if len(cfg.ConnConfig.Fallbacks) > 0 { // the token of one server is no password of another
		return nil, fault.InvalidArgument.With("Com senha por token o endereço do banco nomeia um só servidor.",
			"With a token for a password the database address names one server.")
	}
	cfg.BeforeConnect = func(ctx context.Context, conn *pgx.ConnConfig) error {
		password, err := c.Password(ctx, conn.Host, conn.Port, conn.User)
		if err != nil {
			return noPassword(err)
		}
		conn.Password = password
		return nil
	}
	return cfg, nil
}

// secured asks for verify-full where the address says nothing, and names the trusted authorities.
func (c Connect) secured(address string) (string, error) {
	if !c.VerifyTLS && c.CAFile == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", badAddress(err)
	}
	query := u.Query()
	if c.VerifyTLS {
		switch query.Get("sslmode") {
		case "":
			query.Set("sslmode", "verify-full")
		case "verify-full":
		default:
			return "", weakTLS()
		}
	}
	if c.CAFile != "" {
		if _, err := os.Stat(c.CAFile); err != nil {
			return "", fault.InvalidArgument.With("NEXO_DATABASE_CA_FILE não pode ser lido.", "NEXO_DATABASE_CA_FILE cannot be read.").
				On("NEXO_DATABASE_CA_FILE").Because(err)
		}
		query.Set("sslrootcert", c.CAFile)
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // the driver takes a plus sign literally
	return u.String(), nil
}

// verified reports whether every way to the server checks its certificate and its name.
func verified(cfg *pgx.ConnConfig) bool {
	good := func(host string, t *tls.Config) bool {
		return t != nil && !t.InsecureSkipVerify && t.ServerName == host && host != ""
	}
	if !good(cfg.Host, cfg.TLSConfig) {
		return false
	}
	for _, f := range cfg.Fallbacks {
		if !good(f.Host, f.TLSConfig) {
			return false
		}
	}
	return true
}

// renewal closes what a failover leaves behind: connections to a server that no longer writes.
type renewal struct {
	pool atomic.Pointer[pgxpool.Pool]
	last atomic.Int64 // Unix nanoseconds
}

// followWriter keeps a pool on the server that writes. A new connection to a server that only reads is
// refused at once; an error that tells of a failover ends the connection and renews the pool, so that
// the next one is made by the endpoint's present address.
func followWriter(cfg *pgx.ConnConfig) *renewal {
	r := &renewal{}
	if cfg.ValidateConnect == nil {
		cfg.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	before := cfg.OnPgError
	cfg.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		if !isFailover(err.Code) {
			return before == nil || before(conn, err)
		}
		r.renew()
		return false
	}
	return r
}

// renew runs beside the connection whose error it is called from, as closing the others takes time.
func (r *renewal) renew() {
	now, last := time.Now().UnixNano(), r.last.Load()
	if now-last < int64(renewEvery) || !r.last.CompareAndSwap(last, now) {
		return
	}
	if pool := r.pool.Load(); pool != nil {
		go pool.Reset()
	}
}

// isFailover names the SQLSTATEs of a server that no longer is the one that writes, or is going down
// (PostgreSQL 15, appendix A): a transaction that met one of them before COMMIT left nothing behind.
func isFailover(code string) bool {
	switch code {
	case "25006", // read_only_sql_transaction: the old primary
		"57P01", "57P02", "57P03": // admin_shutdown, crash_shutdown, cannot_connect_now
		return true
	}
	return false
}

// isDown reports a failure that every other request would meet too: no server, or not the one that
// writes. What became of a COMMIT is not in question: that is isLost.
func isDown(err error) bool {
	if err == nil || isLost(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false // no free connection in time is saturation, and waiting again would make it worse
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return isFailover(pg.Code)
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || isConnectionLoss(err)
}

func badAddress(err error) error {
	return fault.Unavailable.With("O endereço do banco de dados é inválido.", "The database address is invalid.").Because(err)
}

func weakTLS() error {
	return fault.InvalidArgument.With("O endereço do banco de dados precisa de sslmode=verify-full: sem isso a senha iria a qualquer um que se passe pelo servidor.",
		"The database address needs sslmode=verify-full: without it the password would go to anybody who poses as the server.").On("NEXO_DATABASE_URL")
}

func noPassword(err error) error {
	return fault.Unavailable.With("Não foi possível obter a credencial do banco de dados; tente de novo.",
		"The database credential could not be had; try again.").Because(err)
}
