package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	sqlAuditPartitions = `SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9]+)''\)')::bigint AS bound
		FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'sga.audit_log'::regclass ORDER BY bound`

	// sqlPartitionSeals is the blocks of a partition, and what stands behind them: a block of the next one, a signature, and
	// everybody who follows the audit; a rebuild at its beginning waits for nothing.
	sqlPartitionSeals = `SELECT coalesce(min(number), 0), coalesce(max(number), 0), coalesce(max(last_id), 0), max(sealed_at),
			coalesce(max(sealed_at) < $3::date::timestamp AT TIME ZONE 'America/Sao_Paulo', false),
			EXISTS (SELECT FROM sga.seal_blocks n WHERE n.chain = 'audit' AND n.first_id >= $2),
			coalesce((SELECT max(k.number) FROM sga.seal_checkpoints k WHERE k.chain = 'audit'), 0) >= coalesce(max(number), 0),
			coalesce((SELECT min(c.position) FROM sga.relay_cursors c WHERE c.source = 'audit'
				AND (c.position > 0 OR c.consumer NOT LIKE 'rebuild:%')) >= coalesce(max(last_id), 0), true)
		FROM sga.seal_blocks WHERE chain = 'audit' AND first_id >= $1 AND first_id < $2`

	sqlShortLocks = `SET LOCAL lock_timeout = '500ms'`
)

// AuditToDrop lists the partitions of the audit that lie before a day as a whole, the oldest first, each with the anchor
// that will stand for it. Every row of them is read and held against its seal: what does not agree is not dropped. It fails
// with conflict, and says why, when there is none.
func (db *DB) AuditToDrop(ctx context.Context, before stock.Date) ([]seal.Anchor, error) {
	var out []seal.Anchor
	err := pgx.BeginTxFunc(ctx, db.reader, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, setting := range []string{sqlVerifySession, sqlVerifyIdle} {
			if _, err := tx.Exec(ctx, setting); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, sqlAuditPartitions)
		if err != nil {
			return err
		}
		parts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auditPart])
		if err != nil {
			return err
		}
		for i := range parts {
			if i > 0 {
				parts[i].from = parts[i-1].Bound
			}
			anchor, why, err := parts[i].anchor(ctx, tx, before)
			if err != nil {
				return err
			}
			if why != nil && i == 0 {
				return why
			}
			if why != nil {
				return nil
			}
			out = append(out, *anchor)
		}
		return nil
	})
	return out, translate(err)
}

// auditPart is a partition: its numbers go up to Bound, which is not included.
type auditPart struct {
	Name  string
	Bound int64
	from  int64
}

// anchor makes the anchor of a partition, or says why it has to stay.
func (p auditPart) anchor(ctx context.Context, tx pgx.Tx, before stock.Date) (anchor *seal.Anchor, why *fault.Error, err error) {
	a := &seal.Anchor{Chain: seal.Audit, Partition: p.Name}
	var last int64
	var sealed *time.Time
	var old, followed, signed, delivered bool
	if err := tx.QueryRow(ctx, sqlPartitionSeals, p.from, p.Bound, optionalDate(before)).Scan(&a.First, &a.Last, &last, &sealed, &old, &followed, &signed,
		&delivered); err != nil {
		return nil, nil, err
	}
	stays := func(pt, en string) (*seal.Anchor, *fault.Error, error) {
		return nil, fault.Conflict.With("Nada a descartar: a partição mais antiga da auditoria, %[1]s, %[2]s.", "Nothing to drop: the oldest partition of the audit, %[1]s, %[3]s.",
			p.Name, pt, en).Final(), nil
	}
	switch {
	case a.First == 0 || !followed:
		return stays("ainda não está cheia e selada por inteiro", "is not full and sealed as a whole yet")
	case !old:
		return stays("tem linhas seladas em "+sealDate(timeOf(sealed))+", depois da data", "has rows that were sealed on "+sealDate(timeOf(sealed))+", after the date")
	case !signed:
		return stays("ainda não tem um ponto de controle assinado", "has no signed checkpoint yet")
	case !delivered:
		return stays("ainda não foi entregue à tabela de auditoria", "is not delivered to the audit table yet")
	}
	return a, nil, prove(ctx, tx, a)
}

// prove reads every row that an anchor is to stand for, holds it against the blocks, and completes the anchor.
func prove(ctx context.Context, tx pgx.Tx, a *seal.Anchor) error {
	head := seal.Head{Chain: seal.Audit}
	if a.First > 1 {
		b, err := blockOf(ctx, tx, seal.Audit, a.First-1)
		if err != nil {
			return err
		}
		head = b.Head()
	}
	var columns [][]byte
	var rows seal.Builder
	for number := a.First; number <= a.Last; number++ {
		b, err := blockOf(ctx, tx, seal.Audit, number)
		if err != nil {
			return err
		}
		rows.Reset()
		if err := copyRange(ctx, tx, copyAudit, idRange{head.Last + 1, b.Last}, func(tuple []byte) error {
			columns = columnsOf(tuple, columns)
			a.Saw(momentOf(columns[1]))
			rows.Add(firstInt(tuple), seal.Leaf(tuple))
			return nil
		}); err != nil {
			return err
		}
		if b.Check(head) != nil || rows.Root() != b.Root {
			return fault.Conflict.With("Nada foi descartado: o bloco %d da auditoria não confere; rode `nexo verify`.",
				"Nothing was dropped: block %d of the audit does not agree; run `nexo verify`.", number).Final()
		}
		if number == a.First {
			a.FirstHash, a.FirstID = hexOf(b.Hash), b.First
		}
		a.LastHash, a.LastID, a.Rows, head = hexOf(b.Hash), b.Last, a.Rows+int64(b.Count), b.Head()
	}
	return nil
}

// AuditDrop is who drops partitions of the audit, and why.
type AuditDrop struct {
	Owner  Migration // signs in as the owner: no other role may
	By     string    // who ran the command, for the anchor
	Reason string
	Actor  *identity.Actor
	Call   approval.CallRecord
}

// DropAudit drops what AuditToDrop has listed. For each partition the signed anchor lies in the object store before the
// partition goes; the drop and its own row of the audit are one transaction. It fails with unavailable when nothing can be
// signed; what was dropped until then stays dropped.
func (db *DB) DropAudit(ctx context.Context, anchors []seal.Anchor, d AuditDrop) error {
	proof := db.proof.Load()
	if proof == nil || proof.Objects == nil {
		return fault.Unavailable.With("Sem chave de selo (NEXO_SEAL_KEY) nada da auditoria pode ser descartado.",
			"Without a seal key (NEXO_SEAL_KEY) nothing of the audit can be dropped.").On("NEXO_SEAL_KEY").Final()
	}
	if err := proof.publish(ctx); err != nil {
		return translate(fmt.Errorf("audit drop: key: %w", err))
	}
	conn, err := d.Owner.open(ctx)
	if err != nil {
		return translate(fmt.Errorf("audit drop: %w", err))
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // every transaction is over
	for _, a := range anchors {
		a.By, a.Reason, a.At = d.By, d.Reason, proof.Now().UTC()
		key, err := proof.keepAnchor(ctx, a)
		if err != nil {
			return translate(fmt.Errorf("audit drop: anchor: %w", err))
		}
		if err := patiently(ctx, func() error { return d.drop(ctx, conn, a, key) }); err != nil {
			return translate(fmt.Errorf("audit drop: %w", err))
		}
	}
	return nil
}

// keepAnchor stores an anchor. One that is there already for the same blocks does; one of others, as of a past that a
// restore has set back, stays beside it.
func (p *Proof) keepAnchor(ctx context.Context, a seal.Anchor) (string, error) {
	key := prefixAnchors + a.Partition
	for _, name := range []string{key + ".json", key + "-" + a.LastHash[:16] + ".json"} {
		err := p.put(ctx, name, seal.KindAnchor, a)
		if fault.CodeOf(err) != fault.AlreadyExists {
			return name, err
		}
		var there seal.Anchor
		ring, err := p.ring(ctx)
		if err != nil {
			return "", err
		}
		if p.open(ctx, ring, name, seal.KindAnchor, &there) == nil && there.LastHash == a.LastHash && there.FirstHash == a.FirstHash &&
			there.First == a.First && there.Last == a.Last {
			return name, nil
		}
	}
	return "", fault.Conflict.With("Já existe outra âncora para essa partição.", "Another anchor for that partition is there already.").Final()
}

func (d *AuditDrop) drop(ctx context.Context, conn *pgx.Conn, a seal.Anchor, key string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlShortLocks); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DROP TABLE "+pgx.Identifier{"sga", a.Partition}.Sanitize()); err != nil {
			return err
		}
		call := d.Call
		call.Arguments = appendJSONString([]byte(`{"partition":`), a.Partition)
		call.Arguments = append(appendJSONString(append(call.Arguments, `,"anchor":`...), key), '}')
		var rows auditColumns
		rows.add(a.At, d.Actor, call, auditFacts{result: call.Result})
		b := &pgx.Batch{}
		rows.queue(b)
		return tx.SendBatch(ctx, b).Close()
	})
}

// How long a drop waits for its lock: in short turns, between which writers go on.
const (
	dropAttempts = 60
	dropPause    = 200 * time.Millisecond
)

// patiently repeats what did not get its lock.
func patiently(ctx context.Context, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		var pg *pgconn.PgError
		if attempt == dropAttempts || !errors.As(err, &pg) || pg.Code != "55P03" { // lock_not_available
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(dropPause):
		}
	}
}

// AcceptRestore signs that the chains were set back on purpose, as v has found them: from then on checkpoints of before
// that speak of later blocks are no loss. It fails with conflict when something else is wrong, too, or when nothing that was
// signed is there, and with unavailable when nothing can be signed. It gives the name of the signed statement.
func (db *DB) AcceptRestore(ctx context.Context, v *stock.Verification, by, reason string) (string, error) {
	if !v.OnlySetBack() {
		return "", fault.Conflict.With("Só um banco que está atrás dos seus pontos de controle, e no qual nada mais está errado, pode ser aceito.",
			"Only a database that is behind its checkpoints, and in which nothing else is wrong, can be accepted.").Final()
	}
	proof := db.proof.Load()
	if proof == nil || proof.Objects == nil {
		return "", fault.Unavailable.With("Sem chave de selo (NEXO_SEAL_KEY) nada pode ser aceito.", "Without a seal key (NEXO_SEAL_KEY) nothing can be accepted.").
			On("NEXO_SEAL_KEY").Final()
	}
	r := seal.Restore{Numbers: map[seal.Chain]int64{}, Reason: strings.TrimSpace(reason), By: by, At: proof.Now().UTC()}
	for _, s := range v.Setbacks {
		if s.Kept == 0 {
			return "", fault.Conflict.With("Nada do que foi assinado de %[1]s está neste banco: não é uma cópia dele.",
				"Nothing that was signed of %[1]s is in this database: it is no copy of it.", s.Chain).Final()
		}
		r.Numbers[seal.Chain(s.Chain)] = s.Kept
	}
	if err := proof.publish(ctx); err != nil {
		return "", translate(fmt.Errorf("accept restore: key: %w", err))
	}
	key := prefixRestores + r.At.Format(timestampOfNames) + ".json"
	return key, translate(proof.put(ctx, key, seal.KindRestore, r))
}
