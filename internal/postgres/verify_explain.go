package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// explain reads the rows of a block again and names those that are not as they were sealed.
func (k *chainCheck) explain(ctx context.Context, b *seal.Block) error {
	rows, err := k.rowsOf(ctx, b)
	if err != nil {
		return err
	}
	differences := b.Explain(rows)
	for _, d := range differences {
		k.tell(b, d, rows)
	}
	if len(differences) == 0 && k.rows.Len() == b.Count { // the short leaves agree and the whole ones do not: nobody has ever seen it
		k.findSeal(stock.Finding{Invariant: "I5", RecordedAt: b.SealedAt}, "As linhas do bloco %d de %s, de %s, não são as que foram seladas.",
			"The rows of block %d of %s, of %s, are not those that were sealed.", b.Number, k.chain, sealDate(b.SealedAt))
	}
	return nil
}

func (k *chainCheck) rowsOf(ctx context.Context, b *seal.Block) ([]seal.Row, error) {
	var rows []seal.Row
	low := k.head.Last + 1
	if k.chain == seal.Audit {
		err := copyRange(ctx, k.tx, copyAudit, idRange{low, b.Last}, func(tuple []byte) error {
			rows = append(rows, seal.Row{ID: firstInt(tuple), Bytes: slices.Clone(tuple)})
			return nil
		})
		return rows, err
	}
	var c eventChunk
	if err := c.read(ctx, k.tx, low, b.Last); err != nil {
		return nil, err
	}
	for i := range c.events {
		rows = append(rows, seal.Row{ID: c.events[i].position, Bytes: slices.Clone(c.whole(&c.events[i]))})
	}
	return rows, nil
}

// tell makes a finding of a difference: which row, of when, what happened to it.
func (k *chainCheck) tell(b *seal.Block, d seal.Difference, rows []seal.Row) {
	f := stock.Finding{Invariant: "I5", RecordedAt: b.SealedAt}
	if i := slices.IndexFunc(rows, func(r seal.Row) bool { return r.ID == d.ID }); i >= 0 && d.Kind != seal.Deleted {
		f.Sequence, f.RecordedAt = k.factsOf(rows[i])
	}
	what, whatEN, end := "O evento da posição", "The event of position", "o"
	if k.chain == seal.Audit {
		what, whatEN, end = "A linha da auditoria", "The row of the audit", "a" // participles agree with their noun
	}
	on := sealDate(f.RecordedAt)
	switch d.Kind {
	case seal.Changed:
		k.findSeal(f, "%[1]s %[3]d, de %[4]s, foi alterad%[5]s depois de selad%[5]s.", "%[2]s %[3]d, of %[4]s, was changed after it was sealed.", what, whatEN, d.ID, on, end)
	case seal.Inserted:
		k.findSeal(f, "%[1]s %[3]d, de %[4]s, foi inserid%[6]s depois de selado o bloco %[5]d.", "%[2]s %[3]d, of %[4]s, was inserted after block %[5]d was sealed.",
			what, whatEN, d.ID, on, b.Number, end)
	case seal.Moved:
		k.findSeal(f, "%[1]s %[3]d, de %[4]s, foi trocad%[6]s: selad%[6]s como %[5]d.", "%[2]s %[3]d, of %[4]s, was swapped: it was sealed as %[5]d.",
			what, whatEN, d.ID, on, d.Other, end)
	case seal.Deleted:
		if b.Last-b.First != int64(b.Count)-1 {
			what, whatEN = "Uma linha da auditoria depois da", "A row of the audit after"
		}
		k.findSeal(f, "%[1]s %[3]d, selad%[5]s em %[4]s, foi apagad%[5]s.", "%[2]s %[3]d, sealed on %[4]s, was deleted.", what, whatEN, d.ID, on, end)
	}
}

// factsOf reads sequence and date of a row out of its bytes.
func (k *chainCheck) factsOf(r seal.Row) (sequence int64, at time.Time) {
	size, err := tupleSize(r.Bytes)
	if err != nil || size == 0 {
		return 0, at
	}
	f := columnsOf(r.Bytes[:size], nil)
	if k.chain == seal.Audit {
		return int64Of(f[12]), momentOf(f[1])
	}
	return int64Of(f[1]), momentOf(f[4])
}
