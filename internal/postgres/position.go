package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var _ stock.EventReader = (*DB)(nil)

const (
	// positionLock is the advisory lock of the leader: the first 63 bits of sha256("nexo/sga/positions").
	positionLock = 0x070b_4b21_32fd_9a81
	// positionBatch keeps the leader's transaction to some 50 ms, far below noticePeriod.
	positionBatch = 5000
	// positionGap is the least time between two runs, so that a storm of writes shares one commit.
	positionGap = 10 * time.Millisecond
	// maxEvents bounds one page of the log.
	maxEvents = 1000
)

const (
	sqlPositionLock = `SELECT pg_try_advisory_xact_lock($1)`

	sqlAssignPositions = `WITH taken AS (
			DELETE FROM sga.outbox WHERE sequence IN (SELECT sequence FROM sga.outbox ORDER BY sequence LIMIT $1)
			RETURNING sequence, kind, entity_id, recorded_at, payload),
		last AS (SELECT coalesce(max(position), 0) AS position, max(known_at) AS known_at
			FROM (SELECT position, known_at FROM sga.event_log ORDER BY position DESC LIMIT 1) l),
		high AS (SELECT coalesce(max(sequence), 0) AS sequence
			FROM (SELECT sequence FROM sga.event_log WHERE NOT is_late ORDER BY position DESC LIMIT 1) l)
		INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at, is_late, payload)
		SELECT last.position + row_number() OVER w, t.sequence, t.kind, t.entity_id,
			greatest(last.known_at, max(t.recorded_at) OVER w, clock_timestamp() - $2::interval), t.sequence < high.sequence, t.payload
		FROM taken t CROSS JOIN last CROSS JOIN high
		WINDOW w AS (ORDER BY t.sequence)`

	sqlEventsAfter = `SELECT position, sequence, kind, entity_id, known_at, payload FROM sga.event_log
		WHERE position > $1 ORDER BY position LIMIT $2`

	sqlLastPosition = `SELECT coalesce(max(position), 0) FROM sga.event_log`
)

// AssignPositions gives consecutive positions to the events that have committed since it last ran, and
// returns how many. One caller leads; to others, and while nothing waits, it answers 0.
//
// Among the visible rows of the outbox the order is that of their sequences. A writer draws its
// sequence numbers after it holds its row locks, so an event that builds on another one, in the same
// balance or asset, has the higher number, and is never visible without it. Positions therefore keep
// the order of every stream. As a position is only ever given to a committed row, and after all
// positions that were given before, a reader that goes on from a position never misses an event; there
// is no need to wait for the oldest open transaction.
//
// known_at is when the event was recorded, but never before its predecessor's, and never more than
// noticePeriod ago: what is noticed late is known late, so that answers about the past stay as they were.
func (db *DB) AssignPositions(ctx context.Context) (int, error) {
	return assignPositions(ctx, db.writer)
}

func assignPositions(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	n := int64(0)
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var leads bool
		if err := tx.QueryRow(ctx, sqlPositionLock, int64(positionLock)).Scan(&leads); err != nil || !leads {
			return err
		}
		// A statement of its own: its snapshot begins after the lock, so it sees all that the last leader did.
		tag, err := tx.Exec(ctx, sqlAssignPositions, positionBatch, noticePeriod)
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, translate(fmt.Errorf("assign positions: %w", err))
	}
	return int(n), nil
}

// PokePositions tells RunPositions that something has committed. It never blocks.
func (db *DB) PokePositions() {
	select {
	case db.poke <- struct{}{}:
	default:
	}
}

// RunPositions assigns positions until ctx ends, on a connection of its own: when it is poked, and at
// least once in every period, since other processes write too. Failures are logged and tried again. Each of
// told is called after positions were assigned; it must not block.
func (db *DB) RunPositions(ctx context.Context, every time.Duration, told ...func()) error {
	cfg := db.writer.Config()
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = 1, 0, 0
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return translate(fmt.Errorf("positions: %w", err))
	}
	defer pool.Close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if db.drainOutbox(ctx, pool) > 0 {
			for _, tell := range told {
				tell()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(positionGap):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-db.poke:
		}
	}
}

func (db *DB) drainOutbox(ctx context.Context, pool *pgxpool.Pool) (assigned int) {
	for {
		n, err := assignPositions(ctx, pool)
		assigned += n
		if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
			db.log.LogAttrs(ctx, slog.LevelWarn, "positions not assigned", slog.Any("error", err))
		}
		if err != nil || n < positionBatch {
			return assigned
		}
	}
}

// EventsAfter implements stock.EventReader.
func (db *DB) EventsAfter(ctx context.Context, position int64, limit int) ([]stock.LogEvent, error) {
	return eventsAfter(ctx, db.reader, position, limit)
}

// LastPosition implements stock.EventReader.
func (db *DB) LastPosition(ctx context.Context) (int64, error) {
	var n int64
	err := db.reader.QueryRow(ctx, sqlLastPosition).Scan(&n)
	return n, translate(err)
}
