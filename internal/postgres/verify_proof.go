package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// maxCheckpoints is how many checkpoints of a chain are read, the newest first: a day and a half of them. Older ones
// are looked for by name only: what the newest signs covers all blocks before it.
const maxCheckpoints = 5000

// evidence is what lies outside the database.
type evidence struct {
	present  bool // there is an object store to ask
	marks    map[seal.Chain]map[int64][]seal.Checkpoint
	names    map[string]bool // of all checkpoints
	anchors  []seal.Anchor
	restores []seal.Restore
	forged   []stock.Finding // statements that are not what they should be
}

// gatherEvidence reads signed statements; of nil it is empty.
func gatherEvidence(ctx context.Context, p *Proof) (*evidence, error) {
	e := &evidence{marks: map[seal.Chain]map[int64][]seal.Checkpoint{}, names: map[string]bool{}}
	if p == nil || p.Objects == nil {
		return e, nil
	}
	e.present = true
	ring, err := p.ring(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range seal.Chains() {
		if err := e.checkpoints(ctx, p, ring, c); err != nil {
			return nil, err
		}
	}
	if err := p.list(ctx, prefixAnchors, func(key string) error {
		var a seal.Anchor
		ok, err := e.read(ctx, p, ring, statement{key, seal.KindAnchor, &a})
		if ok {
			e.anchors = append(e.anchors, a)
		}
		return err
	}); err != nil {
		return nil, err
	}
	return e, p.list(ctx, prefixRestores, func(key string) error {
		var r seal.Restore
		ok, err := e.read(ctx, p, ring, statement{key, seal.KindRestore, &r})
		if ok {
			e.restores = append(e.restores, r)
		}
		return err
	})
}

// statement is an object to read.
type statement struct {
	key, kind string
	payload   any
}

// read reads a statement, or notes why it does not count.
func (e *evidence) read(ctx context.Context, p *Proof, ring seal.Ring, s statement) (bool, error) {
	err := p.open(ctx, ring, s.key, s.kind, s.payload)
	if err == nil {
		return true, nil
	}
	if !isForged(err) {
		return false, err
	}
	f := stock.Finding{Invariant: "I5"}
	switch err {
	case seal.ErrUnknownKey:
		f.Message, f.MessageEN = "O documento assinado "+s.key+" tem a assinatura de uma chave desconhecida.", "The signed statement "+s.key+" is signed with an unknown key."
	default:
		f.Message, f.MessageEN = "O documento assinado "+s.key+" foi alterado: a assinatura não confere.", "The signed statement "+s.key+" was edited: its signature does not fit."
	}
	e.forged = append(e.forged, f)
	return false, nil
}

func (e *evidence) checkpoints(ctx context.Context, p *Proof, ring seal.Ring, c seal.Chain) error {
	e.marks[c] = map[int64][]seal.Checkpoint{}
	var keys []string
	if err := p.list(ctx, checkpointPrefix(c), func(key string) error {
		keys = append(keys, key)
		e.names[key] = true
		return nil
	}); err != nil {
		return err
	}
	for _, key := range keys[max(0, len(keys)-maxCheckpoints):] {
		var mark seal.Checkpoint
		ok, err := e.read(ctx, p, ring, statement{key, seal.KindCheckpoint, &mark})
		if err != nil {
			return err
		}
		number, valid := numberOf(key, c)
		switch {
		case !ok:
		case !valid || mark.Chain != c || mark.Number != number:
			e.forged = append(e.forged, stock.Finding{Invariant: "I5", RecordedAt: mark.SignedAt, Message: "O ponto de controle " + key + " é de outro bloco.",
				MessageEN: "Checkpoint " + key + " is that of another block."})
		default:
			e.marks[c][number] = append(e.marks[c][number], mark)
		}
	}
	return nil
}

// numberOf reads the number of a block out of the name of its checkpoint.
func numberOf(key string, c seal.Chain) (int64, bool) {
	name := strings.TrimSuffix(strings.TrimPrefix(key, checkpointPrefix(c)), ".json")
	name, _, _ = strings.Cut(name, "-")
	n, err := strconv.ParseInt(name, 10, 64)
	return n, err == nil
}

// anchored says whether rows of the block were dropped by policy, and says so only if the block is the anchor's own.
func (e *evidence) anchored(b *seal.Block) bool {
	return slices.ContainsFunc(e.anchors, func(a seal.Anchor) bool {
		return a.Chain == b.Chain && a.First <= b.Number && b.Number <= a.Last &&
			(b.Number != a.First || a.FirstHash == hexOf(b.Hash)) && (b.Number != a.Last || a.LastHash == hexOf(b.Hash))
	})
}

// superseded says whether a checkpoint speaks of blocks that a restore has set back on purpose.
func (e *evidence) superseded(mark seal.Checkpoint) bool {
	return slices.ContainsFunc(e.restores, func(r seal.Restore) bool {
		kept, named := r.Numbers[mark.Chain]
		return named && mark.Number > kept && mark.SignedAt.Before(r.At)
	})
}

func hexOf(h seal.Hash) string { return fmt.Sprintf("%x", h[:]) }

const sqlVerifyCheckpoints = `SELECT chain, number, object_key, signed_at FROM sga.seal_checkpoints ORDER BY signed_at`

// noted looks for every checkpoint that the database knows of.
func (v *verifier) noted(ctx context.Context) error {
	if !v.proof.present {
		return nil
	}
	for _, f := range v.proof.forged {
		v.findSeal(f, "%[1]s", "%[2]s", f.Message, f.MessageEN)
	}
	rows, err := v.tx.Query(ctx, sqlVerifyCheckpoints)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && !v.full() {
		var chain, key string
		var number int64
		f := stock.Finding{Invariant: "I5"}
		if err := rows.Scan(&chain, &number, &key, &f.RecordedAt); err != nil {
			return err
		}
		v.out.Checkpoints++
		if f.RecordedAt.After(v.out.CheckpointAt) {
			v.out.CheckpointAt = f.RecordedAt
		}
		if !v.proof.names[key] {
			v.findSeal(f, "Falta o ponto de controle %s, assinado em %s.", "Checkpoint %s, signed on %s, is missing.", key, sealDate(f.RecordedAt))
		}
	}
	return rows.Err()
}
