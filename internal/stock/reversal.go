package stock

import (
	"slices"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// Reversal takes a movement back by its mirror image: same type, places and business date, the
// quantity negated. The log is never edited.
type Reversal struct {
	ID       uuid.UUID `json:"movement_id"`
	Original uuid.UUID `json:"reversal_of"`
	Papers   Papers    `json:"papers"`

	// What the original touches, resolved before locking; the state under lock has the last word.
	Keys   []Key      `json:"keys,omitempty"`
	Assets []AssetKey `json:"assets,omitempty"`
}

// Needs implements Command.
func (r *Reversal) Needs() Needs {
	return Needs{Keys: r.Keys, Assets: r.Assets, Movements: []uuid.UUID{r.Original}}
}

func (r *Reversal) decide(s *State) ([]Event, error) {
	rec, ok := s.Recorded[r.Original]
	if !ok {
		return nil, fault.NotFound.With("Movimento não encontrado.", "Movement not found.").On("movement_id")
	}
	if err := rec.mayReverse(); err != nil {
		return nil, err
	}
	row := rec.Movement
	row.ID, row.ReversalOf, row.Papers = r.ID, r.Original, r.Papers
	row.Sequence, row.Quantity, row.Released = 0, row.Quantity.Neg(), Quantity{}
	row.SourceVersion, row.DestVersion = 0, 0
	for _, d := range row.Deltas() {
		if !s.sees(d.Key) {
			return nil, &NotLoaded{[]Key{d.Key}}
		}
		b := s.Balances[d.Key]
		if left, err := add(b.Available(), d.Total); err != nil || left.IsNeg() {
			return nil, fault.InsufficientStock.With("O destino já não tem o que seria devolvido: há %s.",
				"The destination no longer has what would go back: %s available.", b.Available().Trim(0)).
				On("movement_id").Detail("available", b.Available().Trim(0).String()).
				Detail("requested", d.Total.Neg().Trim(0).String())
		}
	}
	e := Event{Movement: &row}
	byKey := func(a, b AssetEvent) int { return a.Key.Compare(b.Key) } // so that a refusal names the same item everywhere
	for _, was := range slices.SortedFunc(slices.Values(rec.Assets), byKey) {
		ev, err := r.restore(s, was)
		if err != nil {
			return nil, err
		}
		e.Assets = append(e.Assets, ev)
	}
	return []Event{e}, row.version(s)
}

func (rec Recorded) mayReverse() error {
	m := rec.Movement
	switch {
	case rec.Reversed:
		return fault.Conflict.With("O movimento já foi estornado.", "The movement has already been reversed.").On("movement_id").Final()
	case m.ReversalOf != uuid.Nil:
		return fault.Conflict.With("Um estorno não se estorna: registre o movimento de novo.",
			"A reversal is not reversed: post the movement again.").On("movement_id").Final()
	case m.Type == Reserva || m.Type == Liberacao:
		return fault.Conflict.With("Reservas não se estornam: cancele a reserva ou reserve de novo.",
			"Reservations are not reversed: cancel the reservation or reserve again.").On("movement_id").Final()
	}
	return nil
}

// restore puts an asset back to where the movement found it, if nothing has happened to it since.
func (r *Reversal) restore(s *State, was AssetEvent) (AssetEvent, error) {
	now, ok := s.Assets[was.Key]
	if !ok || now.Version != was.After.Version {
		return AssetEvent{}, fault.Conflict.With("O item %s já foi movido ou alterado depois.", "Item %s has been moved or changed since.",
			was.SerialText).On("movement_id").Final().Detail("serial_number", was.SerialText)
	}
	after := now
	if was.Before == nil { // the entry that created it did not happen: it is on its way, not received
		after.Location, after.Status, after.Active = OutsideKey, InTransit, false
	} else {
		b := was.Before
		after.Location, after.Status, after.Condition, after.Project, after.Active = b.Location, b.Status, b.Condition, b.Project, b.Active
		if b.Reserved != uuid.Nil {
			after.Status = InStock // the promise was used up; it does not come back
		}
	}
	after.LastMove, after.Version, after.UpdatedAt = r.ID, now.Version+1, s.Now
	return AssetEvent{Key: was.Key, Before: &now, After: after, SerialText: now.Serial}, nil
}
