package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var _ stock.AuditFollower = (*DB)(nil)

const (
	sqlAuditLast = `SELECT coalesce(max(audit_id), 0) FROM sga.audit_log`

	// sqlAuditWriters names the transactions that have inserted into the audit and are not over yet.
	sqlAuditWriters = `SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}') FROM pg_locks l
		WHERE l.locktype = 'relation' AND l.relation = 'sga.audit_log'::regclass AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()`

	auditRowColumns = `audit_id, recorded_at, coalesce(actor_id, '00000000-0000-0000-0000-000000000000'), actor_kind, subject, on_behalf_of, client_id,
		door, coalesce(origin, ''), session, operation, result, rule, coalesce(sequence, 0), coalesce(entity_id, '00000000-0000-0000-0000-000000000000'),
		arguments, change`

	sqlAuditAfter = `SELECT ` + auditRowColumns + ` FROM sga.audit_log WHERE audit_id > $1 AND audit_id <= $2 ORDER BY audit_id LIMIT $3`
)

// maxAuditRows bounds one page of the audit: with the longest arguments it is 32 MiB.
const maxAuditRows = 2000

// auditFence knows up to which number the audit is settled.
//
// A row gets its number before its transaction commits, so rows become visible in another order than that of their
// numbers, and a number may never come. What is certain: whoever draws a number holds the lock of an insert on the
// table until its transaction is over, and is visible before it lets go. So take the highest visible number M, and
// after that the transactions that hold the lock: a number up to M was drawn before M was visible, and who drew it
// is visible by then, or gone, or among them. When none of those is left, nothing will ever be added up to M.
//
// Asking for the lock's holders, and not for the oldest transaction of the server, keeps a long transaction that
// has nothing to do with the audit from holding up everybody who follows it.
type auditFence struct {
	mu      sync.Mutex
	settled int64    // no row up to here is missing
	mark    int64    // M, which will be settled …
	waiting []string // … when these transactions are over
}

// advance asks the server how far the audit is settled.
func (f *auditFence) advance(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var last int64
	var writers []string
	b := &pgx.Batch{}
	b.Queue(sqlAuditLast).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	b.Queue(sqlAuditWriters).QueryRow(func(row pgx.Row) error { return row.Scan(&writers) })
	if err := pool.SendBatch(ctx, b).Close(); err != nil {
		return 0, err
	}
	if f.waiting = intersection(f.waiting, writers); len(f.waiting) == 0 {
		f.settled = max(f.settled, f.mark)
		f.mark, f.waiting = last, writers
		if len(writers) == 0 {
			f.settled = last
		}
	}
	return f.settled, nil
}

// intersection keeps of a what is in b, too.
func intersection(a, b []string) []string {
	return slices.DeleteFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// AuditAfter implements stock.AuditFollower. It reads where the audit is written, not a copy that lags behind.
// What a
// call finds while others write is settled for one of the next calls.
func (db *DB) AuditAfter(ctx context.Context, afterID int64, limit int) ([]stock.AuditRow, error) {
	settled, err := db.audit.fence.advance(ctx, db.writer)
	if err != nil {
		return nil, translate(fmt.Errorf("audit: %w", err))
	}
	if settled <= afterID {
		return nil, nil
	}
	rows, err := db.writer.Query(ctx, sqlAuditAfter, afterID, settled, min(max(limit, 1), maxAuditRows))
	if err != nil {
		return nil, translate(fmt.Errorf("audit: %w", err))
	}
	out, err := pgx.CollectRows(rows, scanAuditRow)
	if err != nil {
		return nil, translate(fmt.Errorf("audit: %w", err))
	}
	return out, nil
}

func scanAuditRow(row pgx.CollectableRow) (r stock.AuditRow, err error) {
	err = row.Scan(&r.ID, &r.RecordedAt, &r.Actor, &r.ActorKind, &r.Subject, &r.OnBehalf, &r.Client, &r.Door, &r.Origin, &r.Session,
		&r.Operation, &r.Result, &r.Rule, &r.Sequence, &r.Entity, &r.Arguments, &r.Change)
	return r, err
}
