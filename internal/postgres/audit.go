package postgres

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const sqlInsertAudit = `INSERT INTO sga.audit_log (recorded_at, actor_id, actor_kind, subject, on_behalf_of, client_id, door, session, operation,
	result, rule, sequence, entity_id, arguments, change, origin)
	SELECT a, b, c, d, e, f, g, h, i, j, k, l, m, n::json, o::json, p
	FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
	$11::text[], $12::bigint[], $13::uuid[], $14::text[], $15::text[], $16::text[]) AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)`

// auditColumns is rows of sga.audit_log, column by column.
type auditColumns struct {
	recordedAt                                     []time.Time
	actor, entity                                  []pgtype.UUID
	kind, subject, onBehalf, client, door, session []string
	origin, operation, result, rule                []string
	sequence                                       []pgtype.Int8
	arguments, change                              []*string
}

// auditFacts is how a call ended.
type auditFacts struct {
	result   string
	rule     string
	sequence int64
	entity   uuid.UUID
	changes  []stock.Change
	catalog  *catalog
}

// auditOf adds the audit row of a request or decision, to be written with its effect.
func (e *effects) auditOf(p *pending, at time.Time, f auditFacts) {
	if d := p.decision; d != nil {
		e.audit.add(at, d.Actor, approval.CallRecord{Door: d.Door, Origin: d.Origin, Operation: d.Operation, Arguments: d.Arguments}, f)
		return
	}
	r := p.request
	e.audit.add(at, r.Actor, approval.CallRecord{Door: r.Door, Origin: r.Origin, Operation: r.Operation, Arguments: r.Arguments}, f)
}

// maxAuditedArguments is how much of the arguments one row keeps; longer ones are told by their size.
const maxAuditedArguments = 16 << 10

func (c *auditColumns) add(at time.Time, a *identity.Actor, call approval.CallRecord, f auditFacts) {
	if a == nil {
		a = &identity.Actor{Kind: "unknown"}
	}
	c.recordedAt, c.actor, c.kind = append(c.recordedAt, at), append(c.actor, optionalID(a.PersonID)), append(c.kind, string(a.Kind))
	c.subject, c.onBehalf, c.client = append(c.subject, a.Subject), append(c.onBehalf, a.OnBehalf), append(c.client, a.Client)
	c.door, c.session, c.operation = append(c.door, call.Door), append(c.session, a.Session), append(c.operation, call.Operation)
	c.origin, c.result, c.rule = append(c.origin, call.Origin), append(c.result, f.result), append(c.rule, f.rule)
	c.sequence = append(c.sequence, pgtype.Int8{Int64: f.sequence, Valid: f.sequence != 0})
	c.entity = append(c.entity, optionalID(f.entity))
	c.arguments, c.change = append(c.arguments, auditText(call.Arguments)), append(c.change, changeText(f))
}

func auditText(raw []byte) *string {
	if len(raw) == 0 {
		return nil
	}
	s := string(raw)
	switch {
	case len(raw) > maxAuditedArguments:
		s = `{"truncated_bytes":` + itoa(len(raw)) + `}`
	case !jsontext.Value(raw).IsValid(): // a refusal may be of something that is no JSON
		s = string(appendJSONString(nil, strings.ToValidUTF8(s, "?")))
	}
	return &s
}

// changeText writes balances before and after: [part, place, project, condition, total, reserved, total, reserved].
func changeText(f auditFacts) *string {
	if len(f.changes) == 0 {
		return nil
	}
	const most = 50 // rows of a large batch; the movements themselves hold the rest
	b := make([]byte, 0, 64*min(len(f.changes), most))
	b = append(b, '[')
	for i, c := range f.changes {
		if i == most {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendChange(b, f.catalog, c)
	}
	s := string(append(b, ']'))
	return &s
}

func appendChange(b []byte, cat *catalog, c stock.Change) []byte {
	b = append(b, '[')
	if p, ok := cat.PartByKey(c.Key.Part); ok {
		b = appendJSONString(b, p.Number)
	}
	b = append(b, ',')
	if l, ok := cat.LocationByKey(c.Key.Location); ok {
		b = appendJSONString(b, l.Code)
	}
	b = append(b, ',')
	if p, ok := cat.ProjectByKey(c.Key.Project); ok {
		b = appendJSONString(b, p.Code)
	}
	b = append(b, ',')
	b = appendJSONString(b, string(c.Key.Condition))
	for _, q := range []stock.Quantity{c.Before.Total, c.Before.Reserved, c.After.Total, c.After.Reserved} {
		b = append(b, ',', '"')
		b = append(b, q.String()...)
		b = append(b, '"')
	}
	return append(b, ']')
}

func (c *auditColumns) cut(n int) {
	if n == len(c.recordedAt) {
		return
	}
	c.recordedAt, c.actor, c.entity, c.kind, c.subject = c.recordedAt[:n], c.actor[:n], c.entity[:n], c.kind[:n], c.subject[:n]
	c.onBehalf, c.client, c.door, c.session = c.onBehalf[:n], c.client[:n], c.door[:n], c.session[:n]
	c.operation, c.result, c.rule, c.sequence = c.operation[:n], c.result[:n], c.rule[:n], c.sequence[:n]
	c.arguments, c.change, c.origin = c.arguments[:n], c.change[:n], c.origin[:n]
}

func (c *auditColumns) queue(b *pgx.Batch) {
	if len(c.recordedAt) == 0 {
		return
	}
	b.Queue(sqlInsertAudit, c.recordedAt, c.actor, c.kind, c.subject, c.onBehalf, c.client, c.door, c.session, c.operation, c.result, c.rule,
		c.sequence, c.entity, c.arguments, c.change, c.origin)
}

// Limits of the queue of reads and refusals: it is flushed every fifth of a second, and one that is
// full refuses service rather than forget (I11).
const (
	maxAuditQueue = 20_000
	auditEvery    = 200 * time.Millisecond
	auditTimeout  = 10 * time.Second
)

// auditor writes the audit of calls without an effect of their own.
type auditor struct {
	db    *DB
	mu    sync.Mutex
	rows  auditColumns
	turn  sync.Mutex // one flush at a time: who waits for it finds everything written that was queued before
	quit  chan struct{}
	done  chan struct{}
	fence auditFence // how far followers may read
}

func newAuditor(db *DB) *auditor {
	a := &auditor{db: db, quit: make(chan struct{}), done: make(chan struct{})}
	go a.run()
	return a
}

func (a *auditor) close() {
	close(a.quit)
	<-a.done
}

// RecordCall queues the audit row of a read or of a refusal.
func (db *DB) RecordCall(at time.Time, actor *identity.Actor, call approval.CallRecord) error {
	a := db.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.rows.recordedAt) >= maxAuditQueue {
		return fault.Unavailable.With("A auditoria está atrasada; tente de novo em instantes.", "The audit is behind; try again shortly.")
	}
	a.rows.add(at, actor, call, auditFacts{result: call.Result})
	return nil
}

// FlushAudit writes the audit rows that are queued now, before something that must have them all, as the last seal.
func (db *DB) FlushAudit() { db.audit.flush() }

func (a *auditor) run() {
	defer close(a.done)
	tick := time.NewTicker(auditEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			a.flush()
		case <-a.quit:
			a.flush()
			return
		}
	}
}

// flush writes what is queued; what cannot be written stays queued.
func (a *auditor) flush() {
	a.turn.Lock()
	defer a.turn.Unlock()
	a.mu.Lock()
	rows := a.rows
	a.rows = auditColumns{}
	a.mu.Unlock()
	if len(rows.recordedAt) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), auditTimeout)
	defer cancel()
	b := &pgx.Batch{}
	rows.queue(b)
	if err := a.db.writer.SendBatch(ctx, b).Close(); err != nil {
		a.db.log.Error("audit not written; kept and tried again", "rows", len(rows.recordedAt), "error", err)
		a.mu.Lock()
		a.rows.prepend(rows)
		a.mu.Unlock()
	}
}

// prepend puts rows back before those that came since.
func (c *auditColumns) prepend(old auditColumns) {
	for i := range c.recordedAt {
		old.recordedAt, old.actor, old.entity = append(old.recordedAt, c.recordedAt[i]), append(old.actor, c.actor[i]), append(old.entity, c.entity[i])
		old.kind, old.subject, old.onBehalf = append(old.kind, c.kind[i]), append(old.subject, c.subject[i]), append(old.onBehalf, c.onBehalf[i])
		old.client, old.door, old.session = append(old.client, c.client[i]), append(old.door, c.door[i]), append(old.session, c.session[i])
		old.operation, old.result, old.rule = append(old.operation, c.operation[i]), append(old.result, c.result[i]), append(old.rule, c.rule[i])
		old.sequence, old.origin = append(old.sequence, c.sequence[i]), append(old.origin, c.origin[i])
		old.arguments, old.change = append(old.arguments, c.arguments[i]), append(old.change, c.change[i])
	}
	*c = old
}

func appendJSONString(b []byte, text string) []byte {
	out, err := jsontext.AppendQuote(b, text)
	if err != nil { // only invalid UTF-8, which has been replaced or refused before
		return append(b, `""`...)
	}
	return out
}
