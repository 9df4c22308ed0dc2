package postgres

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

const sqlBlocksAfter = `SELECT number, format, first_id, last_id, row_count, previous_hash, root_hash, hash, sealed_at, leaves
	FROM sga.seal_blocks WHERE chain = $1 AND number > $2 ORDER BY number LIMIT $3`

// blocksAtOnce is how many blocks are read at a time: less than 2 MB.
const blocksAtOnce = 50

// chainCheck holds the rows of a chain, as they come, against its blocks.
type chainCheck struct {
	*verifier
	chain  seal.Chain
	head   seal.Head
	blocks []*seal.Block   // the next ones
	rows   seal.Builder    // of blocks[0]
	agreed seal.Block      // the last block before anything that was signed is not here; without leaves
	other  seal.Checkpoint // the first that signs another block; zero for none
}

func (v *verifier) newChainCheck(ctx context.Context, c seal.Chain) (*chainCheck, error) {
	k := &chainCheck{verifier: v, chain: c, head: seal.Head{Chain: c}}
	return k, k.more(ctx)
}

// more reads the blocks that follow, when none is left.
func (k *chainCheck) more(ctx context.Context) error {
	if len(k.blocks) > 0 {
		return nil
	}
	rows, err := k.tx.Query(ctx, sqlBlocksAfter, k.chain, k.head.Number, blocksAtOnce)
	if err != nil {
		return err
	}
	k.blocks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*seal.Block, error) { return scanBlock(row, k.chain) })
	return err
}

// add takes the next row.
func (k *chainCheck) add(ctx context.Context, id int64, leaf seal.Hash) error {
	for len(k.blocks) > 0 && id > k.blocks[0].Last {
		if err := k.close(ctx); err != nil {
			return err
		}
	}
	if len(k.blocks) == 0 {
		k.out.Unsealed++
		return nil
	}
	k.rows.Add(id, leaf)
	return nil
}

// close holds what came against the block that it belongs to.
func (k *chainCheck) close(ctx context.Context) error {
	b := k.blocks[0]
	k.out.Blocks++
	whole := k.inOrder(b)
	switch {
	case k.rows.Root() == b.Root && bytes.Equal(k.rows.Leaves(), b.Leaves):
	case k.rows.Len() == 0 && k.proof.anchored(b):
	case whole && k.rows.Len() == 0 && k.chain == seal.Audit && b.Count > 1:
		k.findSeal(stock.Finding{Invariant: "I5", RecordedAt: b.SealedAt},
			"As %d linhas da auditoria do bloco %d, de %s, foram apagadas, e nenhuma âncora assinada responde por elas.",
			"The %d rows of the audit of block %d, of %s, were deleted, and no signed anchor stands for them.", b.Count, b.Number, sealDate(b.SealedAt))
	case whole:
		if err := k.explain(ctx, b); err != nil {
			return err
		}
	}
	k.signed(b)
	k.head = b.Head()
	k.blocks = k.blocks[1:]
	k.rows.Reset()
	if k.full() {
		return errEnough
	}
	return k.more(ctx)
}

// enough ends a run that has found too much, with what the seal says of the block at hand.
func (k *chainCheck) enough(ctx context.Context) error {
	if len(k.blocks) > 0 {
		if err := k.explain(ctx, k.blocks[0]); err != nil {
			return err
		}
	}
	return errEnough
}

// inOrder checks the block by itself, and against the one before.
func (k *chainCheck) inOrder(b *seal.Block) bool {
	f := stock.Finding{Invariant: "I5", RecordedAt: b.SealedAt}
	switch err := b.Check(k.head); {
	case errors.Is(err, seal.ErrEdited):
		k.findSeal(f, "O bloco %d de %s, de %s, foi alterado.", "Block %d of %s, of %s, was edited.", b.Number, k.chain, sealDate(b.SealedAt))
		return false
	case errors.Is(err, seal.ErrBroken) && b.Number != k.head.Number+1:
		k.findSeal(f, "Falta o bloco %d de %s, de até %s.", "Block %d of %s, of no later than %s, is missing.", k.head.Number+1, k.chain, sealDate(b.SealedAt))
	case err != nil:
		k.findSeal(f, "O bloco %d de %s, de %s, não segue o anterior.", "Block %d of %s, of %s, does not follow the one before.", b.Number, k.chain, sealDate(b.SealedAt))
	}
	return true
}

// signed compares the block with the checkpoints outside that speak of it. Of a past that was replaced only the first one
// is told: the others follow from it.
func (k *chainCheck) signed(b *seal.Block) {
	for _, mark := range k.proof.marks[k.chain][b.Number] {
		if mark.Hash == hexOf(b.Hash) || k.proof.superseded(mark) || k.other.Number > 0 {
			continue
		}
		k.other = mark
		k.findSeal(stock.Finding{Invariant: "I5", RecordedAt: mark.SealedAt}, "O bloco %d de %s não é o que foi assinado em %s: a história foi trocada.",
			"Block %d of %s is not the one that was signed on %s: the past was replaced.", b.Number, k.chain, sealDate(mark.SignedAt))
	}
	if k.other.Number == 0 {
		k.agreed = *b
		k.agreed.Leaves = nil
	}
}

// end closes the last blocks and looks for checkpoints of blocks that are gone.
func (k *chainCheck) end(ctx context.Context) error {
	for len(k.blocks) > 0 {
		if err := k.close(ctx); err != nil {
			return err
		}
	}
	newest := k.other
	for number, marks := range k.proof.marks[k.chain] {
		for _, mark := range marks {
			if number > newest.Number && (number > k.head.Number || k.other.Number > 0) && !k.proof.superseded(mark) {
				newest = mark
			}
		}
	}
	if newest.Number == 0 {
		return nil
	}
	if k.other.Number == 0 {
		k.findSeal(stock.Finding{Invariant: "I5", RecordedAt: newest.SealedAt},
			"O fim de %s foi cortado, ou uma cópia antiga foi restaurada: o banco termina no bloco %d; o ponto de controle de %s conhece o bloco %d.",
			"The end of %s was cut off, or an old copy was restored: the database ends with block %d; the checkpoint of %s knows block %d.",
			k.chain, k.head.Number, sealDate(newest.SignedAt), newest.Number)
	}
	k.out.Setbacks = append(k.out.Setbacks, stock.Setback{Chain: string(k.chain), Kept: k.agreed.Number, KeptID: k.agreed.Last, KeptAt: k.agreed.SealedAt,
		Signed: newest.Number, SignedID: newest.Last, SignedAt: newest.SignedAt, HasOtherRows: k.other.Number > 0})
	return nil
}

// sealDate writes a moment for a sentence.
func sealDate(t time.Time) string { return t.UTC().Format(time.RFC3339) }
