package relay

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// SourceAudit is the name of the audit as a log. Its positions are the ids of its rows.
const SourceAudit = "audit"

// auditKind is the kind of the events that rows of the audit travel as.
const auditKind = "audit"

// auditLog is the audit as a log of events.
type auditLog struct {
	rows stock.AuditFollower
	last func(context.Context) (int64, error)
}

// NewAuditSource makes the audit a log that a relay can follow: each row is an event whose payload is the row.
// last gives the highest id there is, settled or not.
func NewAuditSource(rows stock.AuditFollower, last func(context.Context) (int64, error)) stock.EventReader {
	return &auditLog{rows, last}
}

// LastPosition implements stock.EventReader.
func (a *auditLog) LastPosition(ctx context.Context) (int64, error) { return a.last(ctx) }

// EventsAfter implements stock.EventReader.
func (a *auditLog) EventsAfter(ctx context.Context, position int64, limit int) ([]stock.LogEvent, error) {
	rows, err := a.rows.AuditAfter(ctx, position, limit)
	if err != nil {
		return nil, err
	}
	out := make([]stock.LogEvent, len(rows))
	for i := range rows {
		r := &rows[i]
		raw, err := json.Marshal(r)
		if err != nil {
			return nil, fault.Internal.With("Uma linha da auditoria não pode ser lida.", "A row of the audit cannot be read.").Because(err)
		}
		out[i] = stock.LogEvent{Position: r.ID, Sequence: r.Sequence, Kind: auditKind, EntityID: r.Entity, KnownAt: r.RecordedAt, Payload: raw}
	}
	return out, nil
}

// NewAudit makes the consumer that fills the audit table.
func NewAudit(store item.Store) Consumer {
	p := &projection{name: AuditConsumer, table: item.Audit(), store: store}
	p.items = func(_ context.Context, events []stock.LogEvent) ([]item.Write, error) {
		w := &writes{table: p.table, list: make([]item.Write, 0, len(events))}
		for i := range events {
			if events[i].Kind != auditKind {
				continue
			}
			var r stock.AuditRow
			if err := json.Unmarshal(events[i].Payload, &r); err != nil {
				return nil, fault.InvalidArgument.With("Uma linha da auditoria está estragada.", "A row of the audit is broken.").Because(err)
			}
			w.audit(&r)
		}
		return w.list, w.err
	}
	return p
}

// auditBody is a row without what may name a person: subjects, addresses and arguments stay in the ledger.
type auditBody struct {
	ID         int64          `json:"audit_id"`
	Type       string         `json:"event_type"`
	RecordedAt string         `json:"recorded_at"`
	ActorID    string         `json:"actor_id,omitempty"`
	ActorKind  string         `json:"actor_type"`
	ClientID   string         `json:"client_id,omitempty"`
	Door       string         `json:"door"`
	Session    string         `json:"session_id,omitempty"`
	Operation  string         `json:"action"`
	Result     string         `json:"result"`
	Rule       string         `json:"rule,omitempty"`
	Sequence   int64          `json:"sequence,omitzero"`
	EntityID   string         `json:"entity_id,omitempty"`
	Change     jsontext.Value `json:"change,omitzero"` // balances before and after, in codes and decimal strings
}

// instant is the form of instants in the tables: fixed width, so that text sorts as time.
const instant = "2006-01-02T15:04:05.000000Z"

func (w *writes) audit(r *stock.AuditRow) {
	at, family := r.RecordedAt.UTC().Format(instant), FamilyOf(r.Operation)
	id := fmt.Sprintf("%019d", r.ID)
	order := at + "#" + id
	b := &auditBody{ID: r.ID, Type: family, RecordedAt: at, ActorID: textOf(r.Actor), ActorKind: r.ActorKind, ClientID: r.Client, Door: r.Door,
		Session: r.Session, Operation: r.Operation, Result: r.Result, Rule: r.Rule, Sequence: r.Sequence, EntityID: textOf(r.Entity)}
	if len(r.Change) > 0 {
		b.Change = r.Change
	}
	index := map[string]item.Key{
		item.AuditByType:  {Partition: sharded(key("TYPE", family), id), Sort: order},
		item.AuditByActor: {Partition: key("ACTOR", r.ActorKind, b.ActorID), Sort: order},
	}
	if b.EntityID != "" {
		index[item.AuditByEntity] = item.Key{Partition: key("ENTITY", family, b.EntityID), Sort: order}
	}
	if r.Session != "" {
		index[item.AuditBySession] = item.Key{Partition: key("SESSION", r.Session), Sort: order}
	}
	w.add(entry{key: item.Key{Partition: sharded("LOG#"+at[:len(time.DateOnly)], id), Sort: order}, version: r.ID, kind: item.IfAbsent, index: index, body: b})
}

func textOf(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// FamilyOf is the family of an operation, by which the audit table is asked: MOVEMENT, ASSET, TASK, AUTH, AGENT or SYSTEM.
func FamilyOf(operation string) string {
	families := []struct {
		name  string
		words []string
	}{
		{"TASK", []string{"task", "autonomy"}}, {"ASSET", []string{"asset"}}, {"AUTH", []string{"login", "token", "session", "sign"}},
		{"AGENT", []string{"agent"}},
		{"MOVEMENT", []string{"movement", "reservation", "balance", "inventory", "stock", "count", "divergence", "reconcil", "return"}},
	}
	for _, f := range families {
		for _, w := range f.words {
			if strings.Contains(operation, w) {
				return f.name
			}
		}
	}
	return "SYSTEM"
}
