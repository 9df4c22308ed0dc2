package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.Verifier = (*DB)(nil)

const (
	// A replay of ten million movements takes longer than any question may, and long scans repay a second process.
	sqlVerifySession = `SET LOCAL statement_timeout = 0`
	sqlVerifyIdle    = `SET LOCAL idle_in_transaction_session_timeout = 0`

	sqlVerifySnapshot = `SELECT pg_export_snapshot()`

	sqlVerifySize = `SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'sga' AND (c.relname IN ('event_log', 'movement_ids', 'assets', 'balances') OR c.relispartition AND c.relkind = 'r')`
)

// verifyConns is how many connections read at once: two cores are kept busy by two of them and their reader.
const verifyConns = 2

// verifier is one run: a snapshot, and what was found so far. Only one goroutine, that of Verify, touches it; those
// that read hand over what they have read.
type verifier struct {
	tx       pgx.Tx   // for everything but streams
	streams  []pgx.Tx // of the same snapshot
	cat      *catalog
	out      *stock.Verification
	progress func(done, total int64)
	done     int64
	total    int64
	told     int64
	proof    *evidence
	seals    []stock.Finding // what the seals show: it names the row, where the replay may only show what follows from it
}

// progressEvery rows the caller is told: often enough for a bar, too rarely to cost.
const progressEvery = 10_000

// Verify implements stock.Verifier. It reads every event with its movement and what happened to assets once, in the
// order of positions, hashes them for the seals and replays them for the balances: with stock.Movement.Deltas, the
// formula by which the balances were made, so what it proves is that nothing but the log made them. Memory grows with
// the number of balances, not with the log. What has to be compared row by row in other tables is compared by sums
// of keyed hashes, which do not depend on the order; only when two sums differ the row is looked for.
func (db *DB) Verify(ctx context.Context, progress func(done, total int64)) (*stock.Verification, error) {
	v := &verifier{cat: db.catalog.Load(), out: &stock.Verification{}, progress: progress}
	if progress == nil {
		v.progress = func(int64, int64) {}
	}
	select {
	case db.verifying <- struct{}{}:
		defer func() { <-db.verifying }()
	case <-ctx.Done():
		return nil, translate(fmt.Errorf("verify: %w", ctx.Err()))
	}
	var err error
	if v.proof, err = gatherEvidence(ctx, db.proof.Load()); err != nil {
		return nil, translate(fmt.Errorf("verify: %w", err))
	}
	end, err := v.begin(ctx, db)
	defer end()
	if err != nil {
		return nil, translate(fmt.Errorf("verify: %w", err))
	}
	for _, part := range []func(context.Context) error{v.log, v.links, v.audit} {
		if err := part(ctx); err != nil && !errors.Is(err, errEnough) {
			return nil, translate(fmt.Errorf("verify: %w", err))
		}
		if v.full() {
			break
		}
	}
	v.progress(max(v.done, v.total), max(v.done, v.total))
	v.out.Findings = append(v.seals, v.out.Findings...)
	v.out.Findings = v.out.Findings[:min(len(v.out.Findings), stock.MaxFindings)]
	return v.out, nil
}

// errEnough ends a stream when a person has been told enough.
var errEnough = errors.New("postgres: enough findings")

// begin opens one snapshot on all connections. end, which is never nil, closes what was opened.
func (v *verifier) begin(ctx context.Context, db *DB) (end func(), err error) {
	var open []pgx.Tx
	end = func() {
		for _, tx := range open {
			tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // read only
		}
	}
	snapshot := ""
	for range 1 + verifyConns {
		tx, err := db.reader.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return end, err
		}
		open = append(open, tx)
		if snapshot == "" {
			err = tx.QueryRow(ctx, sqlVerifySnapshot).Scan(&snapshot)
		} else {
			err = adopt(ctx, tx, snapshot)
		}
		if err != nil {
			return end, err
		}
		for _, setting := range []string{sqlVerifySession, sqlVerifyIdle} {
			if _, err := tx.Exec(ctx, setting); err != nil {
				return end, err
			}
		}
	}
	v.tx, v.streams = open[0], open[1:]
	return end, v.tx.QueryRow(ctx, sqlVerifySize).Scan(&v.total)
}

var snapshotName = regexp.MustCompile(`^[0-9A-F-]{1,64}$`)

// adopt gives a transaction the snapshot of another. The command takes no parameters; the name is the server's own.
func adopt(ctx context.Context, tx pgx.Tx, snapshot string) error {
	if !snapshotName.MatchString(snapshot) {
		return fault.Internal.With("Instantâneo inválido.", "Invalid snapshot.")
	}
	_, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+snapshot+`'`)
	return err
}

func (v *verifier) full() bool {
	return len(v.out.Findings) >= stock.MaxFindings || len(v.seals) >= stock.MaxFindings
}

func (v *verifier) find(f stock.Finding, pt, en string, args ...any) {
	v.out.Findings = noteFinding(v.out.Findings, f, pt, en, args)
}

func (v *verifier) findSeal(f stock.Finding, pt, en string, args ...any) {
	v.seals = noteFinding(v.seals, f, pt, en, args)
}

func noteFinding(list []stock.Finding, f stock.Finding, pt, en string, args []any) []stock.Finding {
	if len(list) >= stock.MaxFindings {
		return list
	}
	f.Message, f.MessageEN = fmt.Sprintf(pt, args...), fmt.Sprintf(en, args...)
	return append(list, f)
}

func (v *verifier) step(rows int64) {
	if v.done += rows; v.done-v.told >= progressEvery {
		v.told = v.done
		v.progress(v.done, max(v.done, v.total))
	}
}

// name writes a key in codes, or in inner keys where the catalogue has none.
func (v *verifier) name(k stock.Key) string {
	part, place, owner := v.cat.partByKey[k.Part], v.cat.locationByKey[k.Location], v.cat.projectByKey[k.Project]
	if part == nil || place == nil || owner == nil {
		return fmt.Sprintf("%d @ %d / %d %s", k.Part, k.Location, k.Project, k.Condition)
	}
	return fmt.Sprintf("%s @ %s / %s %s", part.Number, place.Code, owner.Code, k.Condition)
}

// firstOf reports the rows that a statement finds, of which there must be none: a sequence, a moment and a text.
func (v *verifier) firstOf(ctx context.Context, invariant, statement, pt, en string) error {
	rows, err := v.tx.Query(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && !v.full() {
		var sequence *int64
		var at *time.Time
		var what string
		if err := rows.Scan(&sequence, &at, &what); err != nil {
			return err
		}
		f := stock.Finding{Invariant: invariant, RecordedAt: timeOf(at)}
		if sequence != nil {
			f.Sequence = *sequence
		}
		v.find(f, pt, en, what)
	}
	return rows.Err()
}
