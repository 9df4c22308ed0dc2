package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/seal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	sqlSealLock = `SELECT pg_try_advisory_xact_lock($1)`

	sqlSealHead = `SELECT number, last_id, hash FROM sga.seal_blocks WHERE chain = $1 ORDER BY number DESC LIMIT 1`

	sqlInsertBlock = `INSERT INTO sga.seal_blocks (chain, number, format, first_id, last_id, row_count, previous_hash, root_hash, hash, sealed_at, leaves)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	sqlFirstAudit = `SELECT coalesce(min(audit_id), 0) FROM sga.audit_log WHERE audit_id > $1`

	sqlNthAudit = `SELECT audit_id FROM sga.audit_log WHERE audit_id > $1 AND audit_id <= $2 ORDER BY audit_id OFFSET $3 LIMIT 1`
)

// The advisory locks of the leaders: the first 63 bits of sha256("nexo/sga/seal/events") and …/audit.
const (
	sealEventsLock = 0x3c1f_0a52_9d7e_b611
	sealAuditLock  = 0x51d8_77c0_24ab_e90f
)

// auditPartition is how many numbers a partition of the audit has (migration 00005). No block reaches over the end of
// one, so that a partition can go without taking half a block with it.
const auditPartition = 4_000_000

// Sealer seals what has been written. Several processes may run one: each transaction has one leader.
type Sealer struct {
	db      *DB
	pool    *pgxpool.Pool
	proof   *Proof
	fence   auditFence
	waiting map[seal.Chain]waitingRows
	chunk   eventChunk
}

// waitingRows is since when a head has had rows behind it that are not sealed.
type waitingRows struct {
	head  int64
	since time.Time
}

// NewSealer opens a sealer with connections of its own; Close it.
func (db *DB) NewSealer(ctx context.Context, p Proof) (*Sealer, error) {
	cfg := db.writer.Config()
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = 2, 0, 0
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, translate(fmt.Errorf("seal: %w", err))
	}
	return &Sealer{db: db, pool: pool, proof: &p, waiting: map[seal.Chain]waitingRows{}}, nil
}

// Close closes the connections.
func (s *Sealer) Close() { s.pool.Close() }

// Seal closes every block that is due and says how many. Writers never wait for it: it reads what has committed.
// hurry closes blocks that are not due yet, as at the end of a process.
func (s *Sealer) Seal(ctx context.Context, hurry bool) (int, error) {
	sealed := 0
	for _, c := range seal.Chains() {
		for {
			ok, err := s.sealOne(ctx, c, hurry)
			if err != nil {
				return sealed, translate(fmt.Errorf("seal %s: %w", c, err))
			}
			if !ok {
				break
			}
			sealed++
		}
	}
	return sealed, nil
}

// sealOne seals one block of a chain, if one is due and nobody else is about to.
func (s *Sealer) sealOne(ctx context.Context, c seal.Chain, hurry bool) (done bool, err error) {
	high, err := s.settled(ctx, c)
	if err != nil {
		return false, err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var leads bool
		if err := tx.QueryRow(ctx, sqlSealLock, lockOf(c)).Scan(&leads); err != nil || !leads {
			return err
		}
		// Statements of their own: their snapshots begin after the lock, so they see all that the last leader did.
		head, err := headOf(ctx, tx, c)
		if err != nil || high <= head.Last {
			return err
		}
		high, due, err := s.due(ctx, tx, head, high)
		if err != nil || !due && !hurry {
			return err
		}
		block, err := s.build(ctx, tx, head, high)
		if err != nil || block == nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlInsertBlock, c, block.Number, block.Format, block.First, block.Last, block.Count, block.Previous[:], block.Root[:],
			block.Hash[:], block.SealedAt, block.Leaves)
		done = err == nil
		return err
	})
	return done && err == nil, err
}

func lockOf(c seal.Chain) int64 {
	if c == seal.Events {
		return sealEventsLock
	}
	return sealAuditLock
}

// settled is the id up to which the rows of a chain will never be more than they are.
func (s *Sealer) settled(ctx context.Context, c seal.Chain) (high int64, err error) {
	if c == seal.Audit {
		return s.fence.advance(ctx, s.pool)
	}
	err = s.pool.QueryRow(ctx, sqlLastPosition).Scan(&high) // positions are given to what has committed, in order
	return high, err
}

func headOf(ctx context.Context, tx pgx.Tx, c seal.Chain) (seal.Head, error) {
	h := seal.Head{Chain: c}
	var hash []byte
	err := tx.QueryRow(ctx, sqlSealHead, c).Scan(&h.Number, &h.Last, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, nil
	}
	copy(h.Hash[:], hash)
	return h, err
}

// due says up to where the next block goes, and whether it has enough rows or has waited for long enough.
func (s *Sealer) due(ctx context.Context, tx pgx.Tx, head seal.Head, high int64) (int64, bool, error) {
	first := head.Last + 1
	if head.Chain == seal.Audit {
		if err := tx.QueryRow(ctx, sqlFirstAudit, head.Last).Scan(&first); err != nil {
			return 0, false, err
		}
		high = min(high, first-first%auditPartition+auditPartition-1)
		var last int64
		if err := tx.QueryRow(ctx, sqlNthAudit, head.Last, high, seal.MaxRows-1).Scan(&last); err == nil {
			high = last
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return 0, false, err
		}
	} else {
		high = min(high, first+seal.MaxRows-1)
	}
	now := s.proof.Now()
	w, ok := s.waiting[head.Chain]
	if !ok || w.head != head.Number {
		w = waitingRows{head.Number, now}
		s.waiting[head.Chain] = w
	}
	return high, high-first+1 >= seal.MinRows || now.Sub(w.since) >= seal.MaxWait, nil
}

// build reads the rows behind head up to high and makes their block; nil when there are none.
func (s *Sealer) build(ctx context.Context, tx pgx.Tx, head seal.Head, high int64) (*seal.Block, error) {
	var b seal.Builder
	if head.Chain == seal.Audit {
		if err := copyRange(ctx, tx, copyAudit, idRange{head.Last + 1, high}, func(tuple []byte) error {
			b.Add(firstInt(tuple), seal.Leaf(tuple))
			return nil
		}); err != nil {
			return nil, err
		}
	} else {
		if err := s.chunk.read(ctx, tx, head.Last+1, high); err != nil {
			return nil, err
		}
		for i := range s.chunk.events {
			b.Add(s.chunk.events[i].position, s.chunk.events[i].leaf)
		}
	}
	if b.Len() == 0 {
		return nil, nil
	}
	return b.Block(head, s.proof.Now()), nil
}
