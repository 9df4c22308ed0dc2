package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var _ stock.AuditReader = (*DB)(nil)

const (
	sqlAuditRows = `SELECT ` + auditRowColumns + ` FROM sga.audit_log
		WHERE audit_id > $1 AND audit_id < $2 AND ($3::uuid IS NULL OR actor_id = $3) AND ($4 = '' OR operation = $4) AND ($5::uuid IS NULL OR entity_id = $5)
			AND ($6 = '' OR result = $6) AND ($7 = '' OR session = $7) AND ($8 = '' OR door = $8)
			AND ($9::timestamptz IS NULL OR recorded_at >= $9) AND ($10::timestamptz IS NULL OR recorded_at < $10)
		ORDER BY audit_id DESC LIMIT $11`

	// sqlAuditActor finds who is meant: a login first, then a program.
	sqlAuditActor = `SELECT id FROM (SELECT person_id AS id, 1 AS choice FROM sga.logins WHERE username = $1 OR subject = $1
		UNION ALL SELECT person_id, 2 FROM sga.clients WHERE client_id = $1) AS x ORDER BY choice LIMIT 1`

	sqlAuditDays = `SELECT $1::date::timestamp AT TIME ZONE 'America/Sao_Paulo', ($2::date + 1)::timestamp AT TIME ZONE 'America/Sao_Paulo',
		coalesce((SELECT last_id FROM sga.seal_blocks WHERE chain = 'audit' ORDER BY number DESC LIMIT 1), 0),
		coalesce((SELECT number FROM sga.seal_blocks WHERE chain = 'audit' ORDER BY number DESC LIMIT 1), 0),
		coalesce((SELECT min(audit_id) FROM sga.audit_log), 1), coalesce((SELECT max(audit_id) FROM sga.audit_log), 0)`

	sqlAuditBlockAt = `SELECT sealed_at, last_id FROM sga.seal_blocks WHERE chain = 'audit' AND number = $1`

	sqlAuditMoment = `SELECT recorded_at FROM sga.audit_log WHERE audit_id >= $1 ORDER BY audit_id LIMIT 1`
)

// auditWindow is what the days of a filter come to.
type auditWindow struct {
	from, until   *time.Time // until is not included
	sealed, block int64
	first, last   int64 // numbers that there are
	above, below  int64 // only numbers between above and below can be meant
}

// AuditRows implements stock.AuditReader. Rows are in order of their numbers, and there is no index by time: days are
// turned into numbers first, so that a day of last year costs no more than today.
func (db *DB) AuditRows(ctx context.Context, f stock.AuditFilter, page stock.Page) (*stock.AuditPage, error) {
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		return nil, fault.InvalidArgument.With("A data final é anterior à inicial.", "The end date is before the start date.").On("end_date")
	}
	values, err := decodeCursor("audit", f, page.Cursor, 1)
	if err != nil {
		return nil, err
	}
	actor, err := db.auditActor(ctx, f.Actor)
	if err != nil {
		return nil, err
	}
	out := &stock.AuditPage{}
	err = pgx.BeginTxFunc(ctx, db.reader, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		w, err := windowOf(ctx, tx, f)
		if err != nil {
			return err
		}
		if values != nil {
			before, err := values.integer(0)
			if err != nil {
				return err
			}
			w.below = min(w.below, before)
		}
		out.Sealed = w.sealed
		rows, err := tx.Query(ctx, sqlAuditRows, planEachTime, w.above, w.below, actor, f.Operation, optionalID(f.Entity), f.Result, f.Session, f.Door,
			w.from, w.until, page.Size()+1)
		if err != nil {
			return err
		}
		out.Rows, err = pgx.CollectRows(rows, scanAuditRow)
		return err
	})
	if err != nil {
		return nil, translate(fmt.Errorf("audit: %w", err))
	}
	if n := page.Size(); len(out.Rows) > n {
		out.Rows = out.Rows[:n]
		out.Next, err = encodeCursor("audit", f, cursorInt(out.Rows[n-1].ID))
	}
	return out, err
}

// auditActor is who a filter means; nobody is everybody. Logins may be read by the writer's role only.
func (db *DB) auditActor(ctx context.Context, who string) (pgtype.UUID, error) {
	if who == "" {
		return pgtype.UUID{}, nil
	}
	if id, err := uuid.Parse(who); err == nil {
		var login uuid.UUID
		err := db.writer.QueryRow(ctx, sqlAuditActor, who).Scan(&login) // a subject may look like an id
		if errors.Is(err, pgx.ErrNoRows) {
			return optionalID(id), nil
		}
		return optionalID(login), translate(err)
	}
	var id uuid.UUID
	err := db.writer.QueryRow(ctx, sqlAuditActor, strings.ToLower(strings.TrimSpace(who))).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return pgtype.UUID{}, fault.NotFound.With("Pessoa ou programa %q não encontrado.", "Person or program %q not found.", who).On("actor")
	}
	return optionalID(id), translate(err)
}

// windowOf turns days into numbers. What was sealed before a day is not of that day, nor of a later one; and behind the
// first row that is a whole stock.AuditDelay younger than a day there is none of that day. Both are found by halving: the
// blocks are in order of time, and rows are, but for that delay. A row that was written late makes the second search go on
// too far, never stop too early.
func windowOf(ctx context.Context, tx pgx.Tx, f stock.AuditFilter) (*auditWindow, error) {
	w := &auditWindow{}
	err := tx.QueryRow(ctx, sqlAuditDays, optionalDate(f.From), optionalDate(f.To)).Scan(&w.from, &w.until, &w.sealed, &w.block, &w.first, &w.last)
	if err != nil {
		return nil, err
	}
	w.above, w.below = w.first-1, w.last+1
	if w.from != nil {
		limit := w.from.Add(-time.Minute) // between the clocks of two processes
		_, err := halve(1, w.block+1, func(number int64) (bool, error) {
			var at time.Time
			var last int64
			err := tx.QueryRow(ctx, sqlAuditBlockAt, number).Scan(&at, &last)
			if err == nil && at.Before(limit) {
				w.above = max(w.above, last)
				return false, nil
			}
			return true, ignoreNoRows(err)
		})
		if err != nil {
			return nil, err
		}
	}
	if w.until != nil {
		limit := w.until.Add(stock.AuditDelay)
		w.below, err = halve(w.first, w.last+1, func(id int64) (bool, error) {
			var at time.Time
			err := tx.QueryRow(ctx, sqlAuditMoment, id).Scan(&at)
			return err != nil || at.After(limit), ignoreNoRows(err)
		})
	}
	return w, err
}

// halve finds the first number from low on, below high, for which is says yes; high when there is none.
func halve(low, high int64, is func(int64) (bool, error)) (int64, error) {
	for low < high {
		mid := low + (high-low)/2
		yes, err := is(mid)
		switch {
		case err != nil:
			return 0, err
		case yes:
			high = mid
		default:
			low = mid + 1
		}
	}
	return low, nil
}
