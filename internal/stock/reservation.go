package stock

import (
	"time"

	"github.com/google/uuid"
)

// ReservationStatus is where a reservation stands.
type ReservationStatus string

// A reservation is active until exactly one of the others ends it.
const (
	ReservationActive    ReservationStatus = "ACTIVE"
	ReservationFulfilled ReservationStatus = "FULFILLED"
	ReservationCancelled ReservationStatus = "CANCELLED"
	ReservationExpired   ReservationStatus = "EXPIRED"
)

// ReservationStatuses lists them.
func ReservationStatuses() []ReservationStatus {
	return []ReservationStatus{ReservationActive, ReservationFulfilled, ReservationCancelled, ReservationExpired}
}

// Reservation promises part of a balance until it is dispatched, cancelled or has expired.
type Reservation struct {
	ID        uuid.UUID
	Key       Key
	Quantity  Quantity
	Serials   []string // SerialKey form; may be empty also for a serialised part
	Status    ReservationStatus
	Ticket    string
	ExpiresAt time.Time
}
