package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/pglocal"
	"github.com/faiston/nexo/internal/postgres"
)

// database is where the data is, for each role, and the cluster when it is ours.
type database struct {
	owner, writer, reader string
	connect               postgres.Connect
	cluster               *pglocal.Cluster
}

// openDatabase reaches the database and migrates it, except where the migrator does.
func openDatabase(ctx context.Context, o *Options) (*database, error) {
	db, err := reachDatabase(ctx, o)
	if err != nil || !o.Config.Connection.Migrate && !o.Config.Private() {
		return db, err
	}
	n, err := db.migrate(ctx)
	if err != nil {
		return nil, errors.Join(err, db.close(context.WithoutCancel(ctx)))
	}
	if n > 0 {
		o.Log.LogAttrs(ctx, slog.LevelInfo, "migrations applied", slog.Int("count", n))
	}
	return db, nil
}

// reachDatabase starts or joins the private cluster, or takes the address that was given.
func reachDatabase(ctx context.Context, o *Options) (*database, error) {
	c := o.Config
	if !c.Private() {
		if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
			return nil, dataDirFault(c.DataDir, err)
		}
		connect, err := connection(ctx, o)
		if err != nil {
			return nil, err
		}
		return &database{owner: or(c.Cloud.OwnerURL, c.DatabaseURL), writer: c.DatabaseURL, reader: or(c.Cloud.ReaderURL, readerOf(c.DatabaseURL)), connect: connect}, nil
	}
	cluster, err := pglocal.Open(ctx, clusterOptions(o))
	if err != nil {
		return nil, err
	}
	db := &database{cluster: cluster, owner: cluster.DSN(pglocal.Superuser, config.Database),
		writer: cluster.DSN("nexo_writer", config.Database), reader: cluster.DSN("nexo_reader", config.Database)}
	if err := createDatabase(ctx, cluster.DSN(pglocal.Superuser, "postgres")); err != nil {
		return nil, errors.Join(err, db.close(context.WithoutCancel(ctx)))
	}
	return db, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func clusterOptions(o *Options) pglocal.Options {
	notify, log := o.Notify, o.Log
	return pglocal.Options{DataDir: o.Config.DataDir,
		OnProgress: func(s pglocal.Step) {
			if notify != nil && s != pglocal.StepStart { // a warm start is too short to speak of
				notify(Note(s.Note()))
			}
		},
		OnEvent: func(e pglocal.Event) {
			if log == nil {
				return
			}
			level := slog.LevelWarn
			if e.Kind == pglocal.Up || e.Kind == pglocal.TookOver {
				level = slog.LevelInfo
			}
			log.Log(context.Background(), level, "postgres "+string(e.Kind), "error", e.Err)
		}}
}

// createDatabase makes our database in a new cluster. It is the one statement that runs outside the schema.
func createDatabase(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fault.Unavailable.With("O PostgreSQL local não respondeu.", "The local PostgreSQL did not answer.").Because(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be written
	var known bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, config.Database).Scan(&known); err != nil || known {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{config.Database}.Sanitize())
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42P04" || pg.Code == "23505") { // duplicate_database; the same, at the same moment
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// close stops PostgreSQL if this process runs it.
func (d *database) close(ctx context.Context) error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Close(ctx)
}

func dataDirFault(dir string, err error) error {
	return fault.Unavailable.With("O diretório de dados %s não pode ser criado.", "The data directory %s cannot be made.", dir).Because(err)
}
