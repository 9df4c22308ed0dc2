package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

const (
	sqlBlock = `SELECT number, format, first_id, last_id, row_count, previous_hash, root_hash, hash, sealed_at, leaves
		FROM sga.seal_blocks WHERE chain = $1 AND number = $2`

	sqlLastCheckpoint = `SELECT coalesce(max(number), 0) FROM sga.seal_checkpoints WHERE chain = $1`

	sqlInsertCheckpoint = `INSERT INTO sga.seal_checkpoints (chain, number, object_key, key_id, signed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`

	sqlSealStatus = `SELECT c.chain, coalesce(b.number, 0), coalesce(b.last_id, 0), b.sealed_at, coalesce(k.number, 0), k.signed_at,
			CASE c.chain WHEN 'events' THEN (SELECT coalesce(max(position), 0) - coalesce(b.last_id, 0) FROM sga.event_log)
				ELSE (SELECT greatest(coalesce(max(audit_id), 0) - coalesce(b.last_id, 0), 0) FROM sga.audit_log) END,
			CASE c.chain WHEN 'events' THEN (SELECT known_at FROM sga.event_log WHERE position > coalesce(b.last_id, 0) ORDER BY position LIMIT 1)
				ELSE (SELECT recorded_at FROM sga.audit_log WHERE audit_id > coalesce(b.last_id, 0) ORDER BY audit_id LIMIT 1) END
		FROM (VALUES ('events'), ('audit')) AS c(chain)
		LEFT JOIN LATERAL (SELECT number, last_id, sealed_at FROM sga.seal_blocks WHERE chain = c.chain ORDER BY number DESC LIMIT 1) b ON true
		LEFT JOIN LATERAL (SELECT number, signed_at FROM sga.seal_checkpoints WHERE chain = c.chain ORDER BY number DESC LIMIT 1) k ON true`
)

// Checkpoint signs the last block of each chain that has grown since its last checkpoint, puts what it signed into the
// object store, and then notes it in the database. One process leads. What was stored and could not be noted is found
// by the next attempt.
func (s *Sealer) Checkpoint(ctx context.Context) error {
	if s.proof.Objects == nil {
		return nil
	}
	if err := s.proof.publish(ctx); err != nil {
		return translate(fmt.Errorf("seal: key: %w", err))
	}
	for _, c := range seal.Chains() {
		if err := s.checkpoint(ctx, c); err != nil {
			return translate(fmt.Errorf("seal: checkpoint of %s: %w", c, err))
		}
	}
	return nil
}

func (s *Sealer) checkpoint(ctx context.Context, c seal.Chain) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var leads bool
		if err := tx.QueryRow(ctx, sqlSealLock, lockOf(c)).Scan(&leads); err != nil || !leads {
			return err
		}
		head, err := headOf(ctx, tx, c)
		if err != nil {
			return err
		}
		var signed int64
		if err := tx.QueryRow(ctx, sqlLastCheckpoint, c).Scan(&signed); err != nil || signed >= head.Number {
			return err
		}
		block, err := blockOf(ctx, tx, c, head.Number)
		if err != nil {
			return err
		}
		mark := seal.Checkpoint{Chain: c, Number: block.Number, Last: block.Last, Hash: hex.EncodeToString(block.Hash[:]), SealedAt: block.SealedAt,
			SignedAt: s.proof.Now().UTC()}
		key, err := s.proof.keepCheckpoint(ctx, mark)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sqlInsertCheckpoint, c, mark.Number, key, s.proof.Key.ID(), mark.SignedAt)
		return err
	})
}

// keepCheckpoint stores a checkpoint. Where its name is taken by one of another block, as after an old copy of the
// database was restored, it stands beside it: which of them counts is for people to say.
func (p *Proof) keepCheckpoint(ctx context.Context, mark seal.Checkpoint) (string, error) {
	key := checkpointKey(mark.Chain, mark.Number)
	for _, name := range []string{key, strings.TrimSuffix(key, ".json") + "-" + mark.Hash[:16] + ".json"} {
		err := p.put(ctx, name, seal.KindCheckpoint, mark)
		if fault.CodeOf(err) != fault.AlreadyExists {
			return name, err
		}
		var there seal.Checkpoint
		if err := p.open(ctx, seal.Ring{p.Key.ID(): p.Key.Public()}, name, seal.KindCheckpoint, &there); err == nil && there.Hash == mark.Hash {
			return name, nil // of this block: it was stored before, and not noted
		}
	}
	return "", fault.Conflict.With("Já existe outro ponto de controle com esse número.", "Another checkpoint has that number.").Final()
}

func blockOf(ctx context.Context, tx pgx.Tx, c seal.Chain, number int64) (*seal.Block, error) {
	rows, err := tx.Query(ctx, sqlBlock, c, number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (*seal.Block, error) { return scanBlock(row, c) })
}

func scanBlock(row pgx.CollectableRow, c seal.Chain) (*seal.Block, error) {
	b := &seal.Block{Chain: c}
	var previous, root, hash []byte
	if err := row.Scan(&b.Number, &b.Format, &b.First, &b.Last, &b.Count, &previous, &root, &hash, &b.SealedAt, &b.Leaves); err != nil {
		return nil, err
	}
	if len(previous) != len(b.Previous) || len(root) != len(b.Root) || len(hash) != len(b.Hash) {
		return nil, errors.New("postgres: a hash of the wrong size") // a constraint forbids it
	}
	copy(b.Previous[:], previous)
	copy(b.Root[:], root)
	copy(b.Hash[:], hash)
	return b, nil
}

// SealStatus implements stock.SealReader.
func (db *DB) SealStatus(ctx context.Context) ([]stock.SealStatus, error) {
	rows, err := db.reader.Query(ctx, sqlSealStatus)
	if err != nil {
		return nil, translate(fmt.Errorf("seal status: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (st stock.SealStatus, err error) {
		var sealed, signed, oldest *time.Time
		err = row.Scan(&st.Chain, &st.Block, &st.Last, &sealed, &st.Checkpoint, &signed, &st.Unsealed, &oldest)
		st.SealedAt, st.CheckpointAt, st.OldestUnsealed = timeOf(sealed), timeOf(signed), timeOf(oldest)
		return st, err
	})
	return out, translate(err)
}
