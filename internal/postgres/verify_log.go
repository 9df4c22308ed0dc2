package postgres

import (
	"context"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

const (
	sqlVerifyPositions = `SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM sga.event_log`

	sqlVerifyOutboxed = `SELECT sequence, kind FROM sga.outbox ORDER BY sequence`

	sqlVerifyBalances = `SELECT part_number_key, location_key, project_key, condition::text, quantity_total, quantity_reserved, version
		FROM sga.balances ORDER BY part_number_key, location_key, project_key, condition`
)

// logReplay follows the log from its first position to its last.
type logReplay struct {
	*verifier
	seed    maphash.Seed
	chain   *chainCheck
	held    map[stock.Key]*stock.Balance
	tallies tallies
	loose   map[looseRow]bool // rows that no event has named so far
	next    int64             // position
	high    int64             // the highest sequence so far
	known   time.Time
	strays  bool // the positions are not what they should be: the slow way names the rows
}

// log replays every event in order, and then compares the balances.
func (v *verifier) log(ctx context.Context) error {
	r := &logReplay{verifier: v, seed: maphash.MakeSeed(), held: map[stock.Key]*stock.Balance{}, loose: map[looseRow]bool{}, next: 1}
	var err error
	if r.chain, err = v.newChainCheck(ctx, seal.Events); err != nil {
		return err
	}
	var low, last int64
	if err := v.tx.QueryRow(ctx, sqlVerifyPositions).Scan(&low, &last); err != nil {
		return err
	}
	s := stream[*logChunk]{from: low, to: last, read: readLog(r.seed), take: func(c *logChunk) error { return r.take(ctx, c) },
		empty: func() *logChunk { return &logChunk{decoder: newMovementDecoder()} }}
	if err := s.run(ctx, v.streams); err != nil {
		return err
	}
	if err := r.chain.end(ctx); err != nil {
		return err
	}
	if err := r.rest(ctx); err != nil || v.full() {
		return err
	}
	if err := r.balances(ctx); err != nil || v.full() {
		return err
	}
	return r.compare(ctx)
}

// take looks at the next stretch.
func (r *logReplay) take(ctx context.Context, c *logChunk) error {
	for _, l := range c.loose {
		r.loose[l] = true
	}
	for i := range c.events {
		e := &c.events[i]
		r.place(e, c.known[i])
		if err := r.chain.add(ctx, e.position, e.leaf); err != nil {
			return err
		}
		if e.late {
			delete(r.loose, looseRow{e.sequence, false})
			delete(r.loose, looseRow{e.sequence, true})
		}
		if c.move[i] >= 0 {
			if err := r.replay(&c.moves[c.move[i]]); err != nil {
				return err
			}
		}
		if r.full() {
			return r.chain.enough(ctx)
		}
	}
	r.tallies.plus(&c.tallies)
	r.step(int64(len(c.events)))
	return nil
}

// place holds an event to its place: positions have no gap, what is known does not go back, and late is what came late.
func (r *logReplay) place(e *sealedEvent, known time.Time) {
	r.out.Events++
	if e.position != r.next || known.Before(r.known) || e.flagged != (e.sequence < r.high) {
		r.strays = true
		r.find(stock.Finding{Invariant: "I12", Sequence: e.sequence, RecordedAt: known}, "A posição %d está fora de ordem.", "Position %d is out of order.", e.position)
	}
	r.next, r.known, r.high = e.position+1, known, max(r.high, e.sequence)
}

// replay adds a movement to the balances.
func (r *logReplay) replay(d *loggedMove) error {
	r.out.Movements++
	at := stock.Finding{Invariant: "I7", Sequence: d.sequence, RecordedAt: d.at}
	switch {
	case d.nameless:
		r.find(at, "O movimento %d não diz quem, o quê ou por qual regra.", "Movement %d does not say who, what or under which rule.", d.sequence)
	case d.halfTasked:
		r.find(at, "O movimento %d tem tarefa sem aprovador, ou aprovador sem tarefa.", "Movement %d has a task without approver, or an approver without task.", d.sequence)
	case d.selfApproved:
		r.find(at, "O movimento %d foi aprovado por quem o propôs.", "Movement %d was approved by who proposed it.", d.sequence)
	}
	m := stock.Movement{Sequence: d.sequence, Type: d.kind, RecordedAt: d.at, Part: d.part, Project: d.project, Source: d.source, Destination: d.destination,
		SourceCondition: d.sourceCondition, Condition: d.condition, Quantity: d.quantity, Released: d.released,
		SourceVersion: d.sourceVersion, DestVersion: d.destinationVersion}
	return r.apply(&m)
}

// apply adds a movement to the balances that it touches: none may fall below zero or promise more than
// it has (I2), and its versions must follow without a gap (I5).
func (r *logReplay) apply(m *stock.Movement) error {
	at := func(invariant string) stock.Finding {
		return stock.Finding{Invariant: invariant, Sequence: m.Sequence, RecordedAt: m.RecordedAt}
	}
	if m.Source == m.Destination != (m.Type == stock.Reserva || m.Type == stock.Liberacao) || m.Quantity.IsZero() {
		r.find(at("I4"), "O movimento %d não leva nada de um lugar a outro.", "Movement %d takes nothing from one place to another.", m.Sequence)
	}
	for i, d := range m.Deltas() {
		b := r.held[d.Key]
		if b == nil {
			b = &stock.Balance{}
			r.held[d.Key] = b
		}
		var err error
		if b.Total, err = b.Total.Add(d.Total); err != nil {
			return err
		}
		if b.Reserved, err = b.Reserved.Add(d.Reserved); err != nil {
			return err
		}
		b.Version++
		if b.Total.IsNeg() || b.Reserved.IsNeg() || b.Total.Cmp(b.Reserved) < 0 {
			r.find(at("I2"), "Depois do movimento %d o saldo é %s, com %s reservados.", "After movement %d the balance is %s, with %s reserved.", m.Sequence, b.Total, b.Reserved)
		}
		recorded := m.DestVersion
		if i == 0 && m.Source != stock.OutsideKey {
			recorded = m.SourceVersion
		}
		if recorded != b.Version {
			r.find(at("I5"), "O movimento %d é a versão %d do saldo, e não %d.", "Movement %d is version %d of the balance, not %d.", m.Sequence, b.Version, recorded)
		}
	}
	return nil
}

// rest replays what has committed and has no position yet, in the order of its sequence: it comes after everything
// that has one. Each must wait in the outbox.
func (r *logReplay) rest(ctx context.Context) error {
	waiting := map[int64]bool{}
	rows, err := r.tx.Query(ctx, sqlVerifyOutboxed)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var sequence int64
		var kind string
		if err := rows.Scan(&sequence, &kind); err != nil {
			return err
		}
		waiting[sequence] = true
		if kind == "movement" {
			r.tallies.events.add(r.seed, sequenceBytes(sequence))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	decoder, scratch := newMovementDecoder(), []byte(nil)
	replay := func(tuple []byte) error {
		if !waiting[firstInt(tuple)] {
			r.strays = true
		}
		m, err := decoder.decode(tuple)
		if err != nil || r.full() {
			return err
		}
		return r.replay(&m)
	}
	for l := range r.loose {
		if !waiting[l.sequence] {
			r.stray(l)
		}
	}
	if err := copyList(ctx, r.tx, copyLateMovements, r.looseMovements(), replay); err != nil {
		return err
	}
	if err := copyRange(ctx, r.tx, copyMovements, idRange{r.high + 1, math.MaxInt64}, func(tuple []byte) error {
		r.tallies.saw(r.seed, tuple, false, &scratch)
		return replay(tuple)
	}); err != nil {
		return err
	}
	return copyRange(ctx, r.tx, copyAssetEvents, idRange{r.high + 1, math.MaxInt64}, func(tuple []byte) error {
		r.tallies.saw(r.seed, tuple, true, &scratch)
		if sequence := firstInt(tuple); !waiting[sequence] {
			r.stray(looseRow{sequence, true})
		}
		return nil
	})
}

// stray notes a row that no event names. Movements are named by a statement later.
func (r *logReplay) stray(l looseRow) {
	r.strays = true
	if l.asset {
		r.find(stock.Finding{Invariant: "I12", Sequence: l.sequence}, "A história de um item (sequência %d) não tem evento.",
			"The history of an asset (sequence %d) has no event.", l.sequence)
	}
}

func (r *logReplay) looseMovements() []int64 {
	var out []int64
	for l := range maps.Keys(r.loose) {
		if !l.asset {
			out = append(out, l.sequence)
		}
	}
	slices.Sort(out)
	return out
}

// balances compares what the replay left with the table, row by row (I1, I9).
func (r *logReplay) balances(ctx context.Context) error {
	rows, err := r.tx.Query(ctx, sqlVerifyBalances)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && !r.full() {
		var k stock.Key
		var have, want stock.Balance
		if err := rows.Scan((*int32)(&k.Part), (*int32)(&k.Location), (*int32)(&k.Project), (*string)(&k.Condition), &have.Total, &have.Reserved, &have.Version); err != nil {
			return err
		}
		r.out.Balances++
		r.step(1)
		if b := r.held[k]; b != nil {
			want = *b
		}
		delete(r.held, k)
		if want.Total.Cmp(have.Total) != 0 || want.Reserved.Cmp(have.Reserved) != 0 || want.Version != have.Version {
			r.find(stock.Finding{Invariant: "I1"}, "O saldo %s é %s (%s reservados, versão %d); o livro dá %s (%s, %d).",
				"Balance %s is %s (%s reserved, version %d); the log gives %s (%s, %d).", r.name(k), have.Total, have.Reserved, have.Version, want.Total, want.Reserved, want.Version)
		}
	}
	for k, want := range r.held {
		if !r.full() && (!want.Total.IsZero() || !want.Reserved.IsZero() || want.Version != 0) {
			r.find(stock.Finding{Invariant: "I9"}, "Falta o saldo %s; o livro dá %s.", "Balance %s is missing; the log gives %s.", r.name(k), want.Total)
		}
	}
	return rows.Err()
}
