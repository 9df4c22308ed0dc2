package stock

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ReservationRow is a reservation with who made it and what ended it.
type ReservationRow struct {
	Reservation
	ReservedBy uuid.UUID
	ReservedAt time.Time
	EndedAt    time.Time // zero while it is active
	MovementID uuid.UUID // the RESERVA
	EndedBy    uuid.UUID // the movement that ended it; zero while it is active
}

// ReservationFilter chooses reservations. Zero fields choose everything; a place includes the places below it.
type ReservationFilter struct {
	Part     PartKey
	Location LocationKey
	Project  ProjectKey
	Status   ReservationStatus
	Ticket   string    // folded equality
	Before   time.Time // only those that expire before
}

// ReservationPage is a page of reservations, the newest first.
type ReservationPage struct {
	Rows []ReservationRow
	Next string
}

// ReservationReader lists promises.
type ReservationReader interface {
	// Reservations lists reservations.
	Reservations(ctx context.Context, scope Scope, filter ReservationFilter, page Page) (*ReservationPage, error)
}
