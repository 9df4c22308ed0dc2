package simtest

import (
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Move is a movement as a test asks for it, with a fresh id.
func Move(kind stock.MovementType, qty, part, from, to string, serials ...string) approval.Step {
	var q stock.Quantity
	if err := q.UnmarshalText([]byte(qty)); err != nil {
		q = stock.Quantity{}
	}
	return approval.Step{Move: &stock.MoveRequest{ID: uuid.Must(uuid.NewV7()), Type: kind, Quantity: q, PartNumber: part,
		Source: from, Destination: to, Serials: serials}}
}

// Reserve is a RESERVA that expires at until.
func Reserve(qty, part, at string, until time.Time, serials ...string) approval.Step {
	s := Move(stock.Reserva, qty, part, at, "", serials...)
	s.Move.Reservation, s.Move.ExpiresAt = uuid.Must(uuid.NewV7()), until
	return s
}
