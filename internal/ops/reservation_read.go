package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type listReservationsIn struct {
	PartNumber    string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	LocationID    string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID     string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Status        string `json:"status,omitzero" enum:"reservation_status" doc:"Situação | Status"`
	Ticket        string `json:"ticket,omitzero" max:"100" doc:"Chamado | Ticket"`
	ExpiresBefore Time   `json:"expires_before,omitzero" doc:"Só as que vencem antes deste instante | Only those that expire before this instant"`
	pageArgs
}

type reservationItem struct {
	ReservationID   ID       `json:"reservation_id"`
	PartNumber      string   `json:"part_number"`
	Description     string   `json:"description"`
	LocationCode    string   `json:"location_code"`
	LocationName    string   `json:"location_name"`
	ProjectCode     string   `json:"project_code"`
	Condition       string   `json:"condition" enum:"condition"`
	Quantity        Number   `json:"quantity"`
	SerialNumbers   []string `json:"serial_numbers"`
	Status          string   `json:"status" enum:"reservation_status"`
	Ticket          string   `json:"ticket"`
	ReservedBy      string   `json:"reserved_by"`
	ReservedAt      Time     `json:"reserved_at"`
	ExpiresAt       Time     `json:"expires_at"`
	EndedAt         *Time    `json:"ended_at"`
	MovementID      ID       `json:"movement_id"`
	EndedMovementID ID       `json:"ended_movement_id"`
}

type listReservationsOut struct {
	Count      int               `json:"count"`
	Items      []reservationItem `json:"items"` // the newest first
	HasMore    bool              `json:"has_more"`
	NextCursor string            `json:"next_cursor,omitzero"`
}

func (d *Deps) listReservations() *Operation {
	return define(spec{name: "sga_list_reservations", text: textListReservations(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listReservationsIn) (*listReservationsOut, error) {
			f := stock.ReservationFilter{Ticket: in.Ticket, Before: in.ExpiresBefore.Time}
			var err error
			if f.Part, f.Location, f.Project, err = d.find(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}); err != nil {
				return nil, err
			}
			if f.Status, err = word(stock.ReservationStatuses(), in.Status, "status"); err != nil {
				return nil, err
			}
			p, err := d.Store.Reservations(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]uuid.UUID, len(p.Rows))
			for i, r := range p.Rows {
				ids[i] = r.ReservedBy
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listReservationsOut{Count: len(p.Rows), Items: make([]reservationItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.reservation(&p.Rows[i], people)
			}
			return out, nil
		})
}

func (n names) reservation(r *stock.ReservationRow, people map[uuid.UUID]identity.Name) reservationItem {
	part, at := n.part(r.Key.Part), n.place(r.Key.Location)
	return reservationItem{ReservationID: ID{r.ID}, PartNumber: part.Number, Description: part.Description, LocationCode: at.Code, LocationName: at.Name,
		ProjectCode: n.project(r.Key.Project).Code, Condition: string(r.Key.Condition), Quantity: Num(r.Quantity), SerialNumbers: r.Serials,
		Status: string(r.Status), Ticket: r.Ticket, ReservedBy: people[r.ReservedBy].Display, ReservedAt: Time{r.ReservedAt}, ExpiresAt: Time{r.ExpiresAt},
		EndedAt: timePtr(r.EndedAt), MovementID: ID{r.MovementID}, EndedMovementID: ID{r.EndedBy}}
}
