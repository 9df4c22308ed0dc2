package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"sort"

	"github.com/faiston/nexo/internal/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock under which migrations run: the first 63 bits of
// sha256("nexo/sga/migrations"), so that it meets no other program's by chance.
const migrationLock = 0x2f6e_78f3_61d2_b94a

const (
	sqlMigrationLock   = `SELECT pg_advisory_lock($1)`
	sqlMigrationUnlock = `SELECT pg_advisory_unlock($1)`
	sqlChecksumTable   = `CREATE TABLE IF NOT EXISTS public.nexo_migration_checksums (
		version bigint PRIMARY KEY, file text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`
	sqlChecksums      = `SELECT version, sha256 FROM public.nexo_migration_checksums`
	sqlInsertChecksum = `INSERT INTO public.nexo_migration_checksums (version, file, sha256) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	sqlServerVersion  = `SELECT current_setting('server_version_num')::int`
)

// minServer is the oldest PostgreSQL that the schema is written for.
const minServer = 150000

// Migrate applies the embedded migrations to the database at url, as its owner.
func Migrate(ctx context.Context, url string) (int, error) { return Migration{URL: url}.Run(ctx) }

// Migration brings a database up to date. URL signs in as the owner of the schema.
type Migration struct {
	URL     string
	Connect Connect
	To      int64 // the last migration to apply; 0: all
}

// Run applies what is missing, in order, each in a transaction unless its file says otherwise, under an
// advisory lock: of several programs that start at once one migrates and the others wait. A file that was
// changed after it was applied is refused. It returns how many were applied.
func (m Migration) Run(ctx context.Context) (int, error) {
	conn, err := m.open(ctx)
	if err != nil {
		return 0, translate(fmt.Errorf("migrate: %w", err))
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, sqlMigrationLock, int64(migrationLock)); err != nil {
		return 0, translate(fmt.Errorf("migrate: lock: %w", err))
	}
	defer conn.Exec(context.WithoutCancel(ctx), sqlMigrationUnlock, int64(migrationLock)) //nolint:errcheck // closing the connection unlocks too
	var version int
	if err := conn.QueryRow(ctx, sqlServerVersion).Scan(&version); err != nil {
		return 0, translate(fmt.Errorf("migrate: version: %w", err))
	}
	if version < minServer {
		return 0, fault.Unavailable.With("O PostgreSQL é antigo demais: é preciso o 15 ou mais novo.",
			"PostgreSQL is too old: version 15 or newer is needed.").Detail("server_version_num", version)
	}
	if err := checkChecksums(ctx, conn); err != nil {
		return 0, err
	}
	return m.apply(ctx, conn)
}

// open signs in, with a password of the moment where there is one.
func (m Migration) open(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := m.config(ctx)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg)
}

func (m Migration) config(ctx context.Context) (*pgx.ConnConfig, error) {
	pool, err := m.Connect.poolConfig(m.URL)
	if err != nil {
		return nil, err
	}
	cfg := pool.ConnConfig
	if pool.BeforeConnect != nil {
		if err := pool.BeforeConnect(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

func (m Migration) apply(ctx context.Context, conn *pgx.Conn) (int, error) {
	cfg, err := m.config(ctx)
	if err != nil {
		return 0, err
	}
	sqlDB := stdlib.OpenDB(*cfg)
	defer sqlDB.Close()
	provider, err := newProvider(sqlDB)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	last := m.To
	if last == 0 {
		last = math.MaxInt64
	}
	done, err := provider.UpTo(ctx, last)
	if err != nil {
		return 0, translate(fmt.Errorf("migrate: %w", err))
	}
	for version, sum := range migrationChecksums() {
		if version > last {
			continue
		}
		if _, err := conn.Exec(ctx, sqlInsertChecksum, version, sum.file, sum.sha256); err != nil {
			return 0, translate(fmt.Errorf("migrate: checksum: %w", err))
		}
	}
	return len(done), nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	store, err := database.NewStore(goose.DialectPostgres, "public.nexo_migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectCustom, db, files, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
}

type checksum struct{ file, sha256 string }

// migrationChecksums gives the SHA-256 of every embedded file by its version.
func migrationChecksums() map[int64]checksum {
	out := map[int64]checksum{}
	names, _ := fs.Glob(migrations, "migrations/*.sql")
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			continue
		}
		body, err := migrations.ReadFile(name)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(body)
		out[version] = checksum{name, hex.EncodeToString(sum[:])}
	}
	return out
}

// MigrationHash identifies the whole set of migrations; test templates are keyed by it.
func MigrationHash() string {
	sums := migrationChecksums()
	versions := make([]int64, 0, len(sums))
	for v := range sums {
		versions = append(versions, v)
	}
	sort.Slice(versions, func(i, j int) bool { return versions[i] < versions[j] })
	h := sha256.New()
	for _, v := range versions {
		fmt.Fprintln(h, v, sums[v].sha256)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func checkChecksums(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, sqlChecksumTable); err != nil {
		return translate(fmt.Errorf("migrate: checksums: %w", err))
	}
	rows, err := conn.Query(ctx, sqlChecksums)
	if err != nil {
		return translate(fmt.Errorf("migrate: checksums: %w", err))
	}
	have := migrationChecksums()
	var version int64
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&version, &sum}, func() error {
		if known, ok := have[version]; ok && known.sha256 != sum {
			return fault.Conflict.With("A migração %d foi alterada depois de aplicada.", "Migration %d was changed after it was applied.", version).Final()
		}
		return nil // a version we do not know was applied by a newer program: forward-only, so we can run beside it
	})
	return translate(err)
}
