package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says how to reach the database. The three addresses may be of one user; then the pools take
// the writer's and the reader's role on connecting.
type Config struct {
	WriterURL  string
	ReaderURL  string
	MaxWriters int32 // 0: 8, more than two cores can use
	MaxReaders int32 // 0: 16
	Log        *slog.Logger
	NewID      func() uuid.UUID // UUIDv7; nil: uuid.NewV7
	Connect    Connect
}

// DB is an open database: two pools, the catalogue kept in memory, and the desk that writes.
type DB struct {
	writer    *pgxpool.Pool
	reader    *pgxpool.Pool
	search    *pgxpool.Pool // reads too; its plans are made once, for any values
	log       *slog.Logger
	newID     func() uuid.UUID
	catalog   atomic.Pointer[catalog]
	poke      chan struct{} // wakes the leader that assigns positions
	people    *peopleCache
	verifying chan struct{}         // one at a time: two that each hold some of their connections would wait for ever
	terms     atomic.Pointer[terms] // the catalogue as searches read it
	schema    atomic.Pointer[keptSchema]
	desk      *desk
	audit     *auditor
	proof     atomic.Pointer[Proof]       // nil: what lies outside the database is not known
	vault     atomic.Pointer[personVault] // nil: names stay as they are
}

// acquireTimeout bounds the wait for a free connection: a saturated pool must answer "unavailable" while
// others are still served.
const acquireTimeout = 3 * time.Second

// leastReaders is what one verification takes, and one for everybody else.
const leastReaders = 1 + verifyConns + 1

// Open connects the pools and reads the catalogue. The schema must be migrated.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.NewID == nil {
		cfg.NewID = newUUIDv7
	}
	db := &DB{log: cfg.Log, newID: cfg.NewID, poke: make(chan struct{}, 1), verifying: make(chan struct{}, 1), people: newPeopleCache()}
	var err error
	if db.writer, err = cfg.Connect.openPool(ctx, cfg.WriterURL, writerRole(), orDefault(cfg.MaxWriters, 8)); err != nil {
		return nil, err
	}
	if db.reader, err = cfg.Connect.openPool(ctx, cfg.ReaderURL, readerRole(), max(orDefault(cfg.MaxReaders, 16), leastReaders)); err != nil {
		db.writer.Close()
		return nil, err
	}
	if db.search, err = cfg.Connect.openPool(ctx, cfg.ReaderURL, searchRole(), maxSearchers); err != nil {
		db.writer.Close()
		db.reader.Close()
		return nil, err
	}
	db.catalog.Store(newCatalog())
	if err := db.refreshCatalog(ctx); err != nil {
		db.Close()
		return nil, err
	}
	db.desk = newDesk(db)
	db.audit = newAuditor(db)
	return db, nil
}

// Close flushes what waits to be written and closes the pools.
func (db *DB) Close() {
	if db.desk != nil {
		db.desk.close()
	}
	if db.audit != nil {
		db.audit.close()
	}
	db.writer.Close()
	db.reader.Close()
	db.search.Close()
}

// Ping reports whether both pools reach the database.
func (db *DB) Ping(ctx context.Context) error {
	for _, p := range []*pgxpool.Pool{db.writer, db.reader, db.search} {
		if err := p.Ping(ctx); err != nil {
			return translate(fmt.Errorf("ping: %w", err))
		}
	}
	return nil
}

func orDefault(n, def int32) int32 {
	if n == 0 {
		return def
	}
	return n
}

func newUUIDv7() uuid.UUID {
	id, err := uuid.NewV7()
	if err != nil { // only if the system has no randomness left, and then nothing is safe to make
		return uuid.Nil
	}
	return id
}

// translate turns what the driver says into the vocabulary of the program. What it does not know
// stays as it is, and becomes internal at the door.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	busy := fault.Unavailable.With("O banco de dados está indisponível; tente de novo.", "The database is unavailable; try again.").Because(err)
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return translateServer(pg, err, busy)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
		return busy
	}
	if errors.Is(err, context.Canceled) {
		return fault.Unavailable.With("A chamada foi cancelada.", "The call was cancelled.").Because(err)
	}
	if pgconn.SafeToRetry(err) || isConnectionLoss(err) {
		return busy
	}
	return err
}

// translateServer maps SQLSTATE classes (PostgreSQL 15, appendix A).
func translateServer(pg *pgconn.PgError, err error, busy *fault.Error) error {
	switch pg.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return fault.Conflict.With("Outra operação mexeu nos mesmos dados; tente de novo.",
			"Another operation touched the same data; try again.").Because(err)
	case "55P03", "57014", "57P01", "57P02", "57P03", "53300", "25006": // lock or statement timeout, shutdown, too many connections, no longer the server that writes
		return busy
	case "28000", "28P01": // the sign-in was refused: a token that ran out, or a user who is not set up
		return fault.Unavailable.With("O banco de dados recusou a credencial do programa.", "The database refused the program's credential.").Because(err)
	case "53100", "58030": // disk full, I/O error
		return fault.Unavailable.With("O disco do banco de dados está cheio ou com defeito.", "The database's disk is full or failing.").Because(err)
	case "42P01", "42703", "42883", "3F000": // no such table, column, function or schema: the migrations of this version have not run
		return fault.Unavailable.With("O esquema do banco de dados é anterior a este programa: execute `nexo migrate`.",
			"The database's schema is older than this program: run `nexo migrate`.").Because(err).Final()
	case "22021": // a NUL or broken UTF-8 in a text
		return fault.InvalidArgument.With("O texto tem caracteres inválidos.", "The text has invalid characters.").Because(err)
	}
	return err
}

func isConnectionLoss(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return false
	}
	var network net.Error
	return pgconn.SafeToRetry(err) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}
