package stock

import (
	"time"

	"github.com/google/uuid"
)

// MoveRequest is a movement as it is asked for, in business codes. It is what a proposal stores and
// what its fingerprint covers, so its JSON form is part of the contract with past proposals.
type MoveRequest struct {
	ID           uuid.UUID    `json:"movement_id"`
	Type         MovementType `json:"movement_type"`
	PartNumber   string       `json:"part_number"`
	Quantity     Quantity     `json:"quantity"`
	Source       string       `json:"source_location,omitempty"`
	Destination  string       `json:"destination_location,omitempty"`
	Project      string       `json:"project,omitempty"`
	Condition    Condition    `json:"condition,omitempty"`
	NewCondition Condition    `json:"new_condition,omitempty"`
	Serials      []string     `json:"serial_numbers,omitempty"`
	Reservation  uuid.UUID    `json:"reservation_id,omitzero"`
	ExpiresAt    time.Time    `json:"expires_at,omitzero"`
	Expired      bool         `json:"expired,omitempty"` // a LIBERACAO that the clock asked for, not a person
	MovementOn   Date         `json:"movement_on"`
	Papers       Papers       `json:"papers"`
	Asset        *AssetFacts  `json:"asset,omitempty"` // of the asset that an entry brings in
}

// AssetFacts is what is known of an asset beside where it is and in which state.
type AssetFacts struct {
	Ownership       Ownership `json:"ownership,omitempty"`
	PurchaseDate    *Date     `json:"purchase_date,omitempty"`
	WarrantyEnd     *Date     `json:"warranty_end_date,omitempty"`
	AcquisitionCost *Quantity `json:"acquisition_cost,omitempty"`
	CurrentValue    *Quantity `json:"current_value,omitempty"`
	Tag             *string   `json:"tag,omitempty"`
}

// Papers is what a movement carries for people and auditors; it changes no stock.
type Papers struct {
	NFNumber    string      `json:"nf_number,omitempty"`
	NFDate      Date        `json:"nf_date,omitzero"`
	NFKey       string      `json:"nf_key,omitempty"`
	Reason      string      `json:"reason,omitempty"`
	ReasonCode  ReasonCode  `json:"reason_code,omitempty"`
	Ticket      string      `json:"ticket,omitempty"`
	Reference   string      `json:"reference_document,omitempty"`
	EvidenceIDs []uuid.UUID `json:"evidence_ids,omitempty"`
	Confidence  *Quantity   `json:"confidence,omitempty"`
	CountID     uuid.UUID   `json:"count_id,omitzero"`
}

// Move is a MoveRequest whose codes were found in the catalogue.
type Move struct {
	MoveRequest
	Part      *Part
	From      *Location // nil when not given
	To        *Location // nil when not given
	Owner     *Project
	Assets    []AssetKey // SerialKey forms, in the order asked
	Ownership Ownership
}

// Movement is a row of the log: immutable, in the order of Sequence.
type Movement struct {
	Sequence        int64
	ID              uuid.UUID
	Type            MovementType
	MovementOn      Date
	RecordedAt      time.Time
	Part            PartKey
	Project         ProjectKey
	Source          LocationKey
	Destination     LocationKey
	SourceCondition Condition
	Condition       Condition
	Quantity        Quantity    // negative in a reversal only
	Released        Quantity    // how much of a reservation at the source the movement ended
	Delivery        LocationKey // where a dispatch is going; 0 when it is not said
	Reservation     uuid.UUID
	ReversalOf      uuid.UUID
	SourceVersion   int64 // stream version of the source balance after the movement; 0 where it keeps none
	DestVersion     int64
	Papers          Papers
}

// Deltas is the effect of the movement on balances: the one formula of the ledger, which replay and
// every query of the past repeat in SQL. EXTERNO keeps no balance.
func (m *Movement) Deltas() []Delta {
	source := Key{m.Part, m.Source, m.Project, m.SourceCondition}
	switch m.Type {
	case Reserva:
		return []Delta{{Key: source, Reserved: m.Quantity}}
	case Liberacao:
		return []Delta{{Key: source, Reserved: m.Quantity.Neg()}}
	}
	out := make([]Delta, 0, 2)
	if m.Source != OutsideKey {
		out = append(out, Delta{Key: source, Total: m.Quantity.Neg(), Reserved: m.Released.Neg()})
	}
	if m.Destination != OutsideKey {
		out = append(out, Delta{Key: Key{m.Part, m.Destination, m.Project, m.Condition}, Total: m.Quantity})
	}
	return out
}

// AssetEvent is what happened to one asset: with a movement, or a change of state on its own.
type AssetEvent struct {
	Key        AssetKey
	Before     *Asset // nil when the event created the asset
	After      Asset
	SerialText string
}

// ReservationEvent opens or ends a reservation.
type ReservationEvent struct {
	After Reservation
}

// Event is one thing that happened. Everything in it is recorded in one transaction.
type Event struct {
	Movement    *Movement // nil for a change of an asset's state
	Assets      []AssetEvent
	Reservation *ReservationEvent
	Reason      string // of a change of state; a movement's is in its papers
}
