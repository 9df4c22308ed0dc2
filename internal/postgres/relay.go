package postgres

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// RelayConfig says where the relay finds the ledger.
type RelayConfig struct {
	WriterURL string
	ReaderURL string
	Connect   Connect
	MaxConns  int32 // of each of its two pools; 0: 4
}

// Relay is what the relay needs of the database: the log, the facts of the ledger, and its own book. Its
// pools are its own: it can neither starve the desk nor be starved by it.
type Relay struct {
	writer *pgxpool.Pool
	reader *pgxpool.Pool
}

var _ stock.EventReader = (*Relay)(nil)

// OpenRelay opens the pools. Nothing is connected before the first call.
func OpenRelay(ctx context.Context, cfg RelayConfig) (*Relay, error) {
	most := orDefault(cfg.MaxConns, 4)
	writer, err := cfg.Connect.openPool(ctx, cfg.WriterURL, writerRole(), most)
	if err != nil {
		return nil, err
	}
	reader, err := cfg.Connect.openPool(ctx, cfg.ReaderURL, readerRole(), most)
	if err != nil {
		writer.Close()
		return nil, err
	}
	return &Relay{writer: writer, reader: reader}, nil
}

// Close closes the pools.
func (r *Relay) Close() {
	r.writer.Close()
	r.reader.Close()
}

// EventsAfter implements stock.EventReader.
func (r *Relay) EventsAfter(ctx context.Context, position int64, limit int) ([]stock.LogEvent, error) {
	return eventsAfter(ctx, r.reader, position, limit)
}

// LastPosition implements stock.EventReader.
func (r *Relay) LastPosition(ctx context.Context) (int64, error) {
	var n int64
	err := r.reader.QueryRow(ctx, sqlLastPosition).Scan(&n)
	return n, translate(err)
}

func eventsAfter(ctx context.Context, pool *pgxpool.Pool, position int64, limit int) ([]stock.LogEvent, error) {
	rows, err := pool.Query(ctx, sqlEventsAfter, position, min(max(limit, 1), maxEvents))
	if err != nil {
		return nil, translate(fmt.Errorf("events: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e stock.LogEvent, err error) {
		err = row.Scan(&e.Position, &e.Sequence, &e.Kind, &e.EntityID, &e.KnownAt, &e.Payload)
		return e, err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("events: %w", err))
	}
	return out, nil
}

const sqlLastAudit = `SELECT coalesce(max(audit_id), 0) FROM sga.audit_log`

// LastAudit is the highest id of the audit, settled or not.
func (r *Relay) LastAudit(ctx context.Context) (int64, error) {
	var n int64
	err := r.writer.QueryRow(ctx, sqlLastAudit).Scan(&n)
	return n, translate(err)
}
