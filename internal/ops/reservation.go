package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type createReservationIn struct {
	PartNumber     string   `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Quantity       Number   `json:"quantity" req:"1" doc:"Quantidade | Quantity"`
	Source         string   `json:"source_location_id" req:"1" max:"50" doc:"Código do local onde se reserva | Code of the location to reserve at"`
	ExpiresAt      Time     `json:"expires_at" req:"1" doc:"Validade | Expiry"`
	Project        string   `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition      string   `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	Serials        []string `json:"serial_numbers,omitzero" max:"10000" doc:"Números de série; sem eles, qualquer unidade | Serial numbers; any unit without them"`
	Ticket         string   `json:"ticket,omitzero" max:"100" doc:"Chamado | Ticket"`
	Reason         string   `json:"reason,omitzero" doc:"Motivo | Reason"`
	IdempotencyKey string   `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

func (d *Deps) createReservation() *Operation {
	return defineWrite[createReservationIn, movementOut](spec{name: "sga_create_reservation", text: textCreateReservation(), risk: Write, roles: reservers()},
		func(ctx context.Context, c *Call, in *createReservationIn) ([]byte, error) {
			step, err := d.moveStep(ctx, c, &movementArgs{MovementType: string(stock.Reserva), PartNumber: in.PartNumber, Quantity: in.Quantity,
				Source: in.Source, Project: in.Project, Condition: in.Condition, Serials: in.Serials, Ticket: in.Ticket, Reason: in.Reason, ExpiresAt: in.ExpiresAt})
			if err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{step}, d.renderMovement(c)})
		})
}

func reservers() []identity.Role {
	return []identity.Role{identity.Admin, identity.Logistics, identity.Operations}
}

type cancelReservationIn struct {
	ReservationID  ID     `json:"reservation_id" req:"1" doc:"Reserva | Reservation"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

func (d *Deps) cancelReservation() *Operation {
	return defineWrite[cancelReservationIn, movementOut](spec{name: "sga_cancel_reservation", text: textCancelReservation(), risk: Write, roles: reservers()},
		func(ctx context.Context, c *Call, in *cancelReservationIn) ([]byte, error) {
			m := &stock.MoveRequest{ID: d.NewID(), Type: stock.Liberacao, Reservation: in.ReservationID.UUID, Papers: stock.Papers{Reason: in.Reason}}
			if err := d.fillFromReservation(ctx, c.Actor, m); err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Move: m}}, d.renderMovement(c)})
		})
}

// ReservationReader reads reservations as commands need them.
type ReservationReader interface {
	// Reservation finds one by id; not_found when there is none.
	Reservation(ctx context.Context, id uuid.UUID) (*stock.Reservation, error)
	// ActiveReservations lists the active ones of a part at a place, in any project and condition.
	ActiveReservations(ctx context.Context, part stock.PartKey, at stock.LocationKey) ([]stock.Reservation, error)
}

// fillFromReservation completes a movement from the reservation that it names, or, for a release that
// names none, from the only active one that it can mean.
func (d *Deps) fillFromReservation(ctx context.Context, a *identity.Actor, m *stock.MoveRequest) error {
	r, err := d.meantReservation(ctx, a, m)
	if err != nil {
		return err
	}
	cat := d.Store.Catalog()
	part, _ := cat.PartByKey(r.Key.Part)
	at, _ := cat.LocationByKey(r.Key.Location)
	owner, _ := cat.ProjectByKey(r.Key.Project)
	if part == nil || at == nil || owner == nil || !a.Projects.Has(owner.Code) || !a.Locations.Has(at.Code) {
		return reservationNotFound()
	}
	m.Reservation = r.ID
	fill(&m.PartNumber, part.Number)
	fill(&m.Source, at.Code)
	fill(&m.Project, owner.Code)
	if m.Condition == "" {
		m.Condition = r.Key.Condition
	}
	if m.Type == stock.Liberacao && !m.Quantity.IsPos() {
		m.Quantity = r.Quantity
	}
	if m.Type == stock.Liberacao && m.Quantity.Cmp(r.Quantity) != 0 {
		return fault.InvalidArgument.With("A reserva é liberada inteira: %s.", "A reservation is released whole: %s.", r.Quantity).On("quantity")
	}
	return nil
}

func fill(s *string, v string) {
	if *s == "" {
		*s = v
	}
}

func reservationNotFound() error {
	return fault.NotFound.With("Reserva não encontrada.", "Reservation not found.").On("reservation_id")
}

func (d *Deps) meantReservation(ctx context.Context, a *identity.Actor, m *stock.MoveRequest) (*stock.Reservation, error) {
	if m.Reservation != uuid.Nil {
		return d.Store.Reservation(ctx, m.Reservation)
	}
	cat := d.Store.Catalog()
	part, err := stock.FindPart(cat, m.PartNumber, "part_number")
	if err != nil {
		return nil, err
	}
	at, err := location(a, cat, m.Source, "source_location_id")
	if err != nil {
		return nil, err
	}
	if at == nil {
		return nil, fault.InvalidArgument.With("Informe a reserva ou o local de origem.", "Give the reservation or the source location.").On("reservation_id")
	}
	list, err := d.Store.ActiveReservations(ctx, part.Key, at.Key)
	if err != nil {
		return nil, err
	}
	var meant []stock.Reservation
	var ids []string
	for _, r := range list {
		owner, ok := cat.ProjectByKey(r.Key.Project)
		if ok && a.Projects.Has(owner.Code) && r.Quantity.Cmp(m.Quantity) == 0 && (m.Project == "" || stock.Fold(m.Project) == owner.Code) {
			meant, ids = append(meant, r), append(ids, r.ID.String())
		}
	}
	if len(meant) == 1 {
		return &meant[0], nil
	}
	return nil, fault.InvalidArgument.With("Informe qual reserva liberar.", "Say which reservation to release.").On("reservation_id").Detail("candidates", nonNil(ids))
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
