package ops

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type explainBalanceIn struct {
	PartNumber string `json:"part_number" req:"1" max:"100" doc:"Part number exato | Exact part number"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	momentArgs
	pageArgs
}

// explainedItem is a movement with what it did to the balance, who answers for it and what it came to.
type explainedItem struct {
	movementItem
	TotalChange      Number  `json:"total_change"`
	ReservedChange   Number  `json:"reserved_change"`
	TotalAfter       Number  `json:"total_after"`
	ReservedAfter    Number  `json:"reserved_after"`
	NFKey            *string `json:"nf_key"`
	Reference        string  `json:"reference_document"`
	ReasonCode       string  `json:"reason_code,omitzero" enum:"reason_code"`
	EvidenceIDs      []ID    `json:"evidence_ids"`
	ReservationID    ID      `json:"reservation_id"`
	CountID          ID      `json:"count_id"`
	ActorKind        string  `json:"actor_kind"`
	OnBehalfOf       string  `json:"on_behalf_of"`
	Autonomy         string  `json:"autonomy_level"`
	Operation        string  `json:"operation"`
	Rule             string  `json:"rule"`
	ApprovalRequired bool    `json:"approval_required"`
	TaskID           ID      `json:"task_id"`
	ApprovedBy       string  `json:"approved_by"`
	ApprovedAt       *Time   `json:"approved_at"`
}

type explainBalanceOut struct {
	Found       bool            `json:"found"`
	PartNumber  string          `json:"part_number"`
	Description string          `json:"description"`
	Unit        string          `json:"unit_of_measure"`
	AsOf        *Date           `json:"as_of"`
	KnownAt     *Time           `json:"known_at"`
	Balance     balanceSummary  `json:"balance"`   // what all the movements add up to
	Opening     balanceSummary  `json:"opening"`   // before the first item of this page
	Movements   int64           `json:"movements"` // of all pages
	Count       int             `json:"count"`
	Items       []explainedItem `json:"items"` // oldest first
	HasMore     bool            `json:"has_more"`
	NextCursor  string          `json:"next_cursor,omitzero"`
}

// explainBalance answers why a balance is what it is.
func (d *Deps) explainBalance() *Operation {
	return define(spec{name: "sga_explain_balance", text: textExplainBalance(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *explainBalanceIn) (*explainBalanceOut, error) {
			f, err := d.balanceFilter(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition)
			if err != nil {
				return nil, err
			}
			e, err := d.Store.ExplainBalance(ctx, scopeOf(c.Actor, d.Store.Catalog()), stockAt(f, in.momentArgs), in.page())
			if err != nil {
				return nil, err
			}
			n := names{d.Store.Catalog()}
			part := n.part(f.Part)
			out := &explainBalanceOut{Found: true, PartNumber: part.Number, Description: part.Description, Unit: part.Unit,
				AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), Balance: summaryOf(e.Balance), Opening: summaryOf(e.Opening),
				Movements: e.Movements, Count: len(e.Rows), Items: make([]explainedItem, len(e.Rows)), HasMore: e.Next != "", NextCursor: e.Next}
			for i := range e.Rows {
				out.Items[i] = n.explained(c, &e.Rows[i])
			}
			return out, nil
		})
}

func stockAt(f stock.BalanceFilter, m momentArgs) stock.StockAtFilter {
	return stock.StockAtFilter{BalanceFilter: f, Moment: m.moment()}
}

func summaryOf(b stock.Balance) balanceSummary {
	return balanceSummary{Num(b.Total), Num(b.Reserved), Num(b.Available())}
}

func (n names) explained(c *Call, m *stock.ExplainedMovement) explainedItem {
	p := &m.Papers
	item := explainedItem{movementItem: n.movementItem(c.Actor, &m.MovementRow), TotalChange: Num(m.TotalChange), ReservedChange: Num(m.ReservedChange),
		TotalAfter: Num(m.Total), ReservedAfter: Num(m.Reserved), NFKey: fiscal(c.Actor, p.NFKey), Reference: p.Reference,
		ReasonCode: string(p.ReasonCode), EvidenceIDs: make([]ID, len(p.EvidenceIDs)), ReservationID: ID{m.Reservation}, CountID: ID{p.CountID},
		ActorKind: m.ActorKind, OnBehalfOf: m.OnBehalfOf, Autonomy: m.Autonomy, Operation: m.Operation, Rule: m.Rule,
		ApprovalRequired: m.TaskID != uuid.Nil, TaskID: ID{m.TaskID}, ApprovedBy: m.Approver, ApprovedAt: timePtr(m.ApprovedAt)}
	for i, id := range p.EvidenceIDs {
		item.EvidenceIDs[i] = ID{id}
	}
	return item
}
