package postgres

import (
	"context"

	"github.com/faiston/nexo/internal/seal"
	"github.com/jackc/pgx/v5"
)

const sqlVerifyAudit = `SELECT coalesce(min(audit_id), 1), coalesce(max(audit_id), 0) FROM sga.audit_log`

// auditChunk is a stretch of the audit: ids and leaves.
type auditChunk struct {
	ids    []int64
	leaves []seal.Hash
}

func readAudit(ctx context.Context, tx pgx.Tx, low, high int64, c *auditChunk) error {
	c.ids, c.leaves = c.ids[:0], c.leaves[:0]
	return copyRange(ctx, tx, copyAudit, idRange{low, high}, func(tuple []byte) error {
		c.ids, c.leaves = append(c.ids, firstInt(tuple)), append(c.leaves, seal.Leaf(tuple))
		return nil
	})
}

// audit holds the audit against its chain, and the database against what lies outside.
func (v *verifier) audit(ctx context.Context) error {
	chain, err := v.newChainCheck(ctx, seal.Audit)
	if err != nil {
		return err
	}
	var low, last int64
	if err := v.tx.QueryRow(ctx, sqlVerifyAudit).Scan(&low, &last); err != nil {
		return err
	}
	s := stream[*auditChunk]{from: low, to: last, read: readAudit, empty: func() *auditChunk { return &auditChunk{} }, take: func(c *auditChunk) error {
		for i, id := range c.ids {
			if err := chain.add(ctx, id, c.leaves[i]); err != nil {
				return err
			}
		}
		v.out.AuditRows += int64(len(c.ids))
		v.step(int64(len(c.ids)))
		return nil
	}}
	if err := s.run(ctx, v.streams); err != nil {
		return err
	}
	if err := chain.end(ctx); err != nil {
		return err
	}
	return v.noted(ctx)
}
