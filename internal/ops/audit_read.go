package ops

import (
	"context"
	"github.com/faiston/nexo/internal/fault"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type listAuditIn struct {
	Actor     string `json:"actor,omitzero" max:"200" doc:"Login, id da pessoa ou nome do programa | Login, id of the person or name of the program"`
	Operation string `json:"operation,omitzero" max:"200" doc:"Nome da operação | Name of the operation"`
	EntityID  ID     `json:"entity_id,omitzero" doc:"O que foi feito ou alterado | What was made or changed"`
	Result    string `json:"result,omitzero" max:"50" doc:"ok, pending_approval, replay, expired ou o código da recusa | ok, pending_approval, replay, expired or the code of the refusal"`
	Session   string `json:"session,omitzero" max:"200" doc:"Sessão | Session"`
	Door      string `json:"door,omitzero" max:"50" doc:"Por onde veio: mcp, rest, cli, … | Where it came in: mcp, rest, cli, …"`
	StartDate Date   `json:"start_date,omitzero" doc:"Primeiro dia | First day"`
	EndDate   Date   `json:"end_date,omitzero" doc:"Último dia, incluído | Last day, included"`
	pageArgs
}

// auditItem is a call. Arguments and Change are the JSON that was kept, as a text, so that a table has them too.
type auditItem struct {
	AuditID    int64  `json:"audit_id"`
	RecordedAt Time   `json:"recorded_at"`
	ActorID    ID     `json:"actor_id"`
	ActorName  string `json:"actor_name"` // empty where it is not known, or was erased
	ActorKind  string `json:"actor_kind"`
	OnBehalfOf string `json:"on_behalf_of"`
	Client     string `json:"client_id"`
	Door       string `json:"door"`
	Origin     string `json:"origin"` // address and user agent; empty in rows of before it was kept
	Session    string `json:"session"`
	Operation  string `json:"operation"`
	Result     string `json:"result"`
	Rule       string `json:"rule"`
	Sequence   *int64 `json:"sequence"`
	EntityID   ID     `json:"entity_id"`
	Arguments  string `json:"arguments"` // JSON as received; empty for none
	Change     string `json:"change"`    // JSON: balances before and after; empty for none
	Sealed     bool   `json:"sealed"`    // in a block of the chain of hashes
}

type listAuditOut struct {
	Count      int         `json:"count"`
	Items      []auditItem `json:"items"` // the newest first
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitzero"`
}

// listAudit answers the auditor. Rows show what everybody did everywhere, so only an administrator may ask; asking is
// audited itself.
func (d *Deps) listAudit() *Operation {
	return define(spec{name: "sga_list_audit", text: textListAudit(), risk: Read, roles: []identity.Role{identity.Admin}},
		func(ctx context.Context, c *Call, in *listAuditIn) (*listAuditOut, error) {
			if !c.Actor.Projects.All || !c.Actor.Locations.All { // a row names whatever was done, anywhere
				return nil, fault.PermissionDenied.With("A auditoria é de todos os projetos e lugares; seu acesso é limitado.",
					"The audit is of all projects and places; your access is limited.")
			}
			p, err := d.Store.AuditRows(ctx, stock.AuditFilter{Actor: in.Actor, Operation: in.Operation, Entity: in.EntityID.UUID, Result: in.Result,
				Session: in.Session, Door: in.Door, From: in.StartDate.Date, To: in.EndDate.Date}, in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]uuid.UUID, len(p.Rows))
			for i := range p.Rows {
				ids[i] = p.Rows[i].Actor
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listAuditOut{Count: len(p.Rows), Items: make([]auditItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				r := &p.Rows[i]
				out.Items[i] = auditItem{AuditID: r.ID, RecordedAt: Time{r.RecordedAt}, ActorID: ID{r.Actor}, ActorName: people[r.Actor].Display,
					ActorKind: r.ActorKind, OnBehalfOf: r.OnBehalf, Client: r.Client, Door: r.Door, Origin: r.Origin, Session: r.Session,
					Operation: r.Operation, Result: r.Result, Rule: r.Rule, EntityID: ID{r.Entity}, Arguments: string(r.Arguments),
					Change: string(r.Change), Sealed: r.ID <= p.Sealed}
				if r.Sequence != 0 {
					out.Items[i].Sequence = &r.Sequence
				}
			}
			return out, nil
		})
}
