package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

var _ stock.Verifier = (*DB)(nil)

const (
	sqlVerifySession = `SET LOCAL statement_timeout = 0` // a replay of ten million movements takes longer than any question may

	sqlVerifySize = `SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'sga' AND c.relname IN ('movements', 'balances', 'asset_events')`

	sqlVerifyLog = `SELECT sequence, recorded_at, movement_type::text, part_number_key, project_key, source_location_key, destination_location_key,
			source_condition::text, condition::text, quantity, released, source_version, destination_version,
			actor_id = '00000000-0000-0000-0000-000000000000' OR operation = '' OR rule = '',
			task_id IS NOT NULL, coalesce(approved_by = actor_id, false), (task_id IS NULL) <> (approved_by IS NULL)
		FROM sga.movements ORDER BY sequence`

	sqlVerifyBalances = `SELECT part_number_key, location_key, project_key, condition::text, quantity_total, quantity_reserved, version
		FROM sga.balances ORDER BY part_number_key, location_key, project_key, condition`
)

// verifier is one run: a snapshot, and what was found so far.
type verifier struct {
	tx       pgx.Tx
	cat      *catalog
	out      *stock.Verification
	progress func(done, total int64)
	done     int64
	total    int64
}

// progressEvery rows the caller is told: often enough for a bar, too rarely to cost.
const progressEvery = 10_000

// Verify implements stock.Verifier. Memory grows with the number of balances, not with the log. The
// replay uses stock.Movement.Deltas, the formula by which the balances were made, so what it proves is
// that nothing but the log made them.
func (db *DB) Verify(ctx context.Context, progress func(done, total int64)) (*stock.Verification, error) {
	tx, err := db.reader.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, translate(fmt.Errorf("verify: %w", err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // read only
	v := &verifier{tx: tx, cat: db.catalog.Load(), out: &stock.Verification{}, progress: progress}
	if progress == nil {
		v.progress = func(int64, int64) {}
	}
	if _, err := tx.Exec(ctx, sqlVerifySession); err != nil {
		return nil, translate(fmt.Errorf("verify: %w", err))
	}
	if err := tx.QueryRow(ctx, sqlVerifySize).Scan(&v.total); err != nil {
		return nil, translate(fmt.Errorf("verify: %w", err))
	}
	for _, part := range []func(context.Context) error{v.log, v.timelines, v.links} {
		if err := part(ctx); err != nil {
			return nil, translate(fmt.Errorf("verify: %w", err))
		}
		if v.full() {
			break
		}
	}
	v.progress(max(v.done, v.total), max(v.done, v.total))
	return v.out, nil
}

func (v *verifier) full() bool { return len(v.out.Findings) >= stock.MaxFindings }

func (v *verifier) find(f stock.Finding, pt, en string, args ...any) {
	if !v.full() {
		f.Message, f.MessageEN = fmt.Sprintf(pt, args...), fmt.Sprintf(en, args...)
		v.out.Findings = append(v.out.Findings, f)
	}
}

func (v *verifier) step() {
	if v.done++; v.done%progressEvery == 0 {
		v.progress(v.done, max(v.done, v.total))
	}
}

// log replays every movement in order and then compares the balances.
func (v *verifier) log(ctx context.Context) error {
	rows, err := v.tx.Query(ctx, sqlVerifyLog)
	if err != nil {
		return err
	}
	defer rows.Close()
	held := map[stock.Key]stock.Balance{}
	for rows.Next() && !v.full() {
		var m stock.Movement
		var w witness
		if err := rows.Scan(&m.Sequence, &m.RecordedAt, (*string)(&m.Type), (*int32)(&m.Part), (*int32)(&m.Project), (*int32)(&m.Source), (*int32)(&m.Destination),
			(*string)(&m.SourceCondition), (*string)(&m.Condition), &m.Quantity, &m.Released, &m.SourceVersion, &m.DestVersion,
			&w.nameless, &w.approved, &w.selfApproved, &w.halfApproved); err != nil {
			return err
		}
		v.out.Movements++
		v.step()
		v.witnesses(&m, w)
		if err := v.apply(held, &m); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || v.full() {
		return err
	}
	rows.Close()
	return v.balances(ctx, held)
}

// witness is who answers for a movement.
type witness struct{ nameless, approved, selfApproved, halfApproved bool }

// witnesses holds a movement to I7.
func (v *verifier) witnesses(m *stock.Movement, w witness) {
	at := stock.Finding{Invariant: "I7", Sequence: m.Sequence, RecordedAt: m.RecordedAt}
	switch {
	case w.nameless:
		v.find(at, "O movimento %d não diz quem, o quê ou por qual regra.", "Movement %d does not say who, what or under which rule.", m.Sequence)
	case w.halfApproved:
		v.find(at, "O movimento %d tem tarefa sem aprovador, ou aprovador sem tarefa.", "Movement %d has a task without approver, or an approver without task.", m.Sequence)
	case w.selfApproved:
		v.find(at, "O movimento %d foi aprovado por quem o propôs.", "Movement %d was approved by who proposed it.", m.Sequence)
	}
}

// apply adds a movement to the balances that it touches: none may fall below zero or promise more than
// it has (I2), and its versions must follow without a gap (I5).
func (v *verifier) apply(held map[stock.Key]stock.Balance, m *stock.Movement) error {
	at := func(invariant string) stock.Finding {
		return stock.Finding{Invariant: invariant, Sequence: m.Sequence, RecordedAt: m.RecordedAt}
	}
	if m.Source == m.Destination != (m.Type == stock.Reserva || m.Type == stock.Liberacao) || m.Quantity.IsZero() {
		v.find(at("I4"), "O movimento %d não leva nada de um lugar a outro.", "Movement %d takes nothing from one place to another.", m.Sequence)
	}
	for i, d := range m.Deltas() {
		b := held[d.Key]
		var err error
		if b.Total, err = b.Total.Add(d.Total); err != nil {
			return err
		}
		if b.Reserved, err = b.Reserved.Add(d.Reserved); err != nil {
			return err
		}
		b.Version++
		held[d.Key] = b
		if b.Total.IsNeg() || b.Reserved.IsNeg() || b.Available().IsNeg() {
			v.find(at("I2"), "Depois do movimento %d o saldo é %s, com %s reservados.", "After movement %d the balance is %s, with %s reserved.", m.Sequence, b.Total, b.Reserved)
		}
		recorded := m.DestVersion
		if i == 0 && m.Source != stock.OutsideKey {
			recorded = m.SourceVersion
		}
		if recorded != b.Version {
			v.find(at("I5"), "O movimento %d é a versão %d do saldo, e não %d.", "Movement %d is version %d of the balance, not %d.", m.Sequence, b.Version, recorded)
		}
	}
	return nil
}

// balances compares what the replay left with the table, row by row (I1, I9).
func (v *verifier) balances(ctx context.Context, held map[stock.Key]stock.Balance) error {
	rows, err := v.tx.Query(ctx, sqlVerifyBalances)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && !v.full() {
		var k stock.Key
		var have stock.Balance
		if err := rows.Scan((*int32)(&k.Part), (*int32)(&k.Location), (*int32)(&k.Project), (*string)(&k.Condition), &have.Total, &have.Reserved, &have.Version); err != nil {
			return err
		}
		v.out.Balances++
		v.step()
		want := held[k]
		delete(held, k)
		if want.Total.Cmp(have.Total) != 0 || want.Reserved.Cmp(have.Reserved) != 0 || want.Version != have.Version {
			v.find(stock.Finding{Invariant: "I1"}, "O saldo %s é %s (%s reservados, versão %d); o livro dá %s (%s, %d).",
				"Balance %s is %s (%s reserved, version %d); the log gives %s (%s, %d).", v.name(k), have.Total, have.Reserved, have.Version, want.Total, want.Reserved, want.Version)
		}
	}
	for k, want := range held {
		if !v.full() && (!want.Total.IsZero() || !want.Reserved.IsZero() || want.Version != 0) {
			v.find(stock.Finding{Invariant: "I9"}, "Falta o saldo %s; o livro dá %s.", "Balance %s is missing; the log gives %s.", v.name(k), want.Total)
		}
	}
	return rows.Err()
}

// name writes a key in codes, or in inner keys where the catalogue has none.
func (v *verifier) name(k stock.Key) string {
	part, place, owner := v.cat.partByKey[k.Part], v.cat.locationByKey[k.Location], v.cat.projectByKey[k.Project]
	if part == nil || place == nil || owner == nil {
		return fmt.Sprintf("%d @ %d / %d %s", k.Part, k.Location, k.Project, k.Condition)
	}
	return fmt.Sprintf("%s @ %s / %s %s", part.Number, place.Code, owner.Code, k.Condition)
}

// firstOf reports the row that a statement finds, which must be none: a sequence, a moment and a text.
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
