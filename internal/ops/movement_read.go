package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type getMovementsIn struct {
	StartDate    Date   `json:"start_date,omitzero" doc:"Primeiro dia | First day"`
	EndDate      Date   `json:"end_date,omitzero" doc:"Último dia, incluído | Last day, included"`
	MovementType string `json:"movement_type,omitzero" enum:"movement_type" doc:"Tipo do movimento | Movement type"`
	ProjectID    string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	LocationID   string `json:"location_id,omitzero" max:"50" doc:"Código do local, origem ou destino; inclui os locais dentro dele | Location code, source or destination; includes the places below it"`
	PartNumber   string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Ticket       string `json:"ticket,omitzero" max:"100" doc:"Chamado | Ticket"`
	SerialNumber string `json:"serial_number,omitzero" max:"100" doc:"Número de série | Serial number"`
	Review       bool   `json:"review,omitzero" doc:"Só os marcados para revisão | Only those marked for review"`
	pageArgs
	momentArgs
}

// movementItem is a movement as lists show it.
type movementItem struct {
	MovementID   ID      `json:"movement_id"`
	Sequence     int64   `json:"sequence"`
	MovementType string  `json:"movement_type" enum:"movement_type"`
	MovementDate Time    `json:"movement_date"`
	MovementOn   Date    `json:"movement_on"`
	PartNumber   string  `json:"part_number"`
	Description  string  `json:"description"`
	Quantity     Number  `json:"quantity"`
	Unit         string  `json:"unit_of_measure"`
	Source       string  `json:"source_location"`
	Destination  string  `json:"destination_location"`
	ProjectCode  string  `json:"project_code"`
	Condition    string  `json:"condition" enum:"condition"`
	NFNumber     *string `json:"nf_number"`
	NFDate       *Date   `json:"nf_date"`
	Reason       string  `json:"reason"`
	Ticket       string  `json:"ticket"`
	CreatedBy    string  `json:"created_by"`
	CreatedAt    Time    `json:"created_at"`
	Review       bool    `json:"review"`
	ReversalOf   ID      `json:"reversal_of"`
}

type getMovementsOut struct {
	Count      int            `json:"count"`
	Items      []movementItem `json:"items"`
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

func (d *Deps) getMovements() *Operation {
	return define(spec{name: "sga_get_movements", text: textGetMovements(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getMovementsIn) (*getMovementsOut, error) {
			f, err := d.movementFilter(c.Actor, in)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.Movements(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &getMovementsOut{Count: len(p.Rows), Items: make([]movementItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.movementItem(c.Actor, &p.Rows[i])
			}
			return out, nil
		})
}

func (d *Deps) movementFilter(a *identity.Actor, in *getMovementsIn) (f stock.MovementFilter, err error) {
	f = stock.MovementFilter{From: in.StartDate.Date, To: in.EndDate.Date, KnownAt: in.KnownAt.Time, Ticket: in.Ticket,
		Serial: stock.SerialKey(in.SerialNumber), Review: in.Review}
	if err := f.Check(); err != nil {
		return f, err
	}
	if on := in.AsOf.Date; !on.IsZero() && (f.To.IsZero() || on.Before(f.To)) {
		f.To = on
	}
	if in.SerialNumber != "" && f.Serial == "" {
		return f, fault.InvalidArgument.With("Número de série vazio.", "Empty serial number.").On("serial_number")
	}
	if f.Part, f.Location, f.Project, err = d.find(a, where{in.PartNumber, in.LocationID, in.ProjectID}); err != nil {
		return f, err
	}
	f.Type, err = word(stock.MovementTypes(), in.MovementType, "movement_type")
	return f, err
}

func (n names) movementItem(a *identity.Actor, m *stock.MovementRow) movementItem {
	part := n.part(m.Part)
	item := movementItem{MovementID: ID{m.ID}, Sequence: m.Sequence, MovementType: string(m.Type), MovementDate: Time{m.RecordedAt},
		MovementOn: Day(m.MovementOn), PartNumber: part.Number, Description: part.Description, Quantity: Num(m.Quantity), Unit: part.Unit,
		Source: n.place(m.Source).Code, Destination: n.place(m.Destination).Code, ProjectCode: n.project(m.Project).Code,
		Condition: string(m.Condition), NFNumber: fiscal(a, m.Papers.NFNumber), Reason: m.Papers.Reason, Ticket: m.Papers.Ticket,
		CreatedBy: m.Actor, CreatedAt: Time{m.RecordedAt}, Review: m.Review, ReversalOf: ID{m.ReversalOf}}
	if seesFiscal(a) {
		item.NFDate = dayPtr(m.Papers.NFDate)
	}
	return item
}

type getMovementIn struct {
	MovementID ID `json:"movement_id" req:"1" doc:"Identificador do movimento | Movement id"`
}

// movedAsset is an asset that a movement moved.
type movedAsset struct {
	AssetID      ID     `json:"asset_id"`
	SerialNumber string `json:"serial_number"`
	FromStatus   string `json:"from_status,omitzero" enum:"asset_status"`
	ToStatus     string `json:"to_status" enum:"asset_status"`
}

type getMovementOut struct {
	movementItem
	SourceCondition  string       `json:"source_condition" enum:"condition"`
	Released         Number       `json:"quantity_released"`
	Delivery         string       `json:"delivery_location,omitzero"`
	ReservationID    ID           `json:"reservation_id"`
	ReversedBy       ID           `json:"reversed_by"`
	NFKey            *string      `json:"nf_key"`
	Reference        string       `json:"reference_document"`
	ReasonCode       string       `json:"reason_code,omitzero" enum:"reason_code"`
	EvidenceIDs      []ID         `json:"evidence_ids"`
	Confidence       *Number      `json:"confidence"`
	CountID          ID           `json:"count_id"`
	ActorKind        string       `json:"actor_kind"`
	OnBehalfOf       string       `json:"on_behalf_of"`
	Autonomy         string       `json:"autonomy_level"`
	Operation        string       `json:"operation"`
	Rule             string       `json:"rule"`
	ApprovalRequired bool         `json:"approval_required"`
	TaskID           ID           `json:"task_id"`
	ApprovedBy       string       `json:"approved_by"`
	ApprovedAt       *Time        `json:"approved_at"`
	Assets           []movedAsset `json:"assets"`
}

func (d *Deps) getMovement() *Operation {
	return define(spec{name: "sga_get_movement", text: textGetMovement(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getMovementIn) (*getMovementOut, error) {
			m, assets, err := d.Store.Movement(ctx, scopeOf(c.Actor, d.Store.Catalog()), in.MovementID.UUID)
			if err != nil {
				return nil, err
			}
			n, p := names{d.Store.Catalog()}, &m.Papers
			out := &getMovementOut{movementItem: n.movementItem(c.Actor, m), SourceCondition: string(m.SourceCondition), Released: Num(m.Released),
				Delivery: n.place(m.Delivery).Code, ReservationID: ID{m.Reservation}, ReversedBy: ID{m.ReversedBy}, NFKey: fiscal(c.Actor, p.NFKey),
				Reference: p.Reference, ReasonCode: string(p.ReasonCode), EvidenceIDs: make([]ID, len(p.EvidenceIDs)), Confidence: NumPtr(p.Confidence),
				CountID: ID{p.CountID}, ActorKind: m.ActorKind, OnBehalfOf: m.OnBehalfOf, Autonomy: m.Autonomy, Operation: m.Operation, Rule: m.Rule,
				ApprovalRequired: m.TaskID != uuid.Nil, TaskID: ID{m.TaskID}, ApprovedBy: m.Approver, ApprovedAt: timePtr(m.ApprovedAt),
				Assets: make([]movedAsset, len(assets))}
			for i, id := range p.EvidenceIDs {
				out.EvidenceIDs[i] = ID{id}
			}
			for i, a := range assets {
				out.Assets[i] = movedAsset{ID{a.ID}, a.Serial, string(a.FromStatus), string(a.ToStatus)}
			}
			return out, nil
		})
}
