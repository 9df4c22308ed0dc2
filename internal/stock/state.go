package stock

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// State is the part of the ledger that a group of commands may touch, as it stands under lock.
type State struct {
	Today        Date      // of the database, in America/Sao_Paulo
	Now          time.Time // of the database
	Balances     map[Key]Balance
	Assets       map[AssetKey]Asset
	Reservations map[uuid.UUID]Reservation
	Recorded     map[uuid.UUID]Recorded // movements that reversals name
	Complete     bool                   // nothing lies outside: what is not here does not exist
	Locked       map[Place]bool         // the places whose balances, in every condition, are here
	undo         []func()
}

// Recorded is a movement of the log with what it did to assets, as a reversal needs it.
type Recorded struct {
	Movement Movement
	Assets   []AssetEvent
	Reversed bool
}

// NewState is an empty state at a moment of database time.
func NewState(now time.Time, today Date) *State {
	return &State{
		Today: today, Now: now, Balances: map[Key]Balance{}, Assets: map[AssetKey]Asset{},
		Reservations: map[uuid.UUID]Reservation{}, Recorded: map[uuid.UUID]Recorded{}, Locked: map[Place]bool{},
	}
}

// Place is a Key without its condition: what is locked together, since the condition of what leaves
// may only be known once the rows are seen.
type Place struct {
	Part     PartKey
	Location LocationKey
	Project  ProjectKey
}

// Place gives the place of a key.
func (k Key) Place() Place { return Place{k.Part, k.Location, k.Project} }

// sees reports whether the balances at the place of k are in the state.
func (s *State) sees(k Key) bool { return s.Complete || s.Locked[k.Place()] }

// NotLoaded is Decide's answer when a balance row that it must write was not loaded: lock these keys,
// creating zero rows, and decide again. It never reaches a caller.
type NotLoaded struct{ Keys []Key }

func (m *NotLoaded) Error() string { return fmt.Sprintf("balances not loaded: %v", m.Keys) }

// Mark remembers where the state stands, for Rollback.
func (s *State) Mark() int { return len(s.undo) }

// Rollback takes back every Apply since the mark.
func (s *State) Rollback(mark int) {
	for i := len(s.undo) - 1; i >= mark; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:mark]
}

// put stores v under k and remembers how to take that back.
func put[K comparable, V any](s *State, m map[K]V, k K, v V) {
	old, had := m[k]
	m[k] = v
	s.undo = append(s.undo, func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	})
}

// conditionsAt lists the keys of a part at a place for a project that hold something, in order.
func (s *State) conditionsAt(part PartKey, at LocationKey, owner ProjectKey) []Key {
	var keys []Key
	for _, c := range Conditions() {
		k := Key{part, at, owner, c}
		if b, ok := s.Balances[k]; ok && b.Total.IsPos() {
			keys = append(keys, k)
		}
	}
	return keys
}

// Apply folds an event into the state. It cannot fail on an event that Decide made from the same
// state; an error means that the two were mixed up, and the state is then to be thrown away.
func Apply(s *State, e Event) error {
	if e.Movement != nil {
		for _, d := range e.Movement.Deltas() {
			b, err := s.Balances[d.Key].plus(d)
			if err != nil {
				return err
			}
			put(s, s.Balances, d.Key, b)
		}
		put(s, s.Recorded, e.Movement.ID, Recorded{Movement: *e.Movement, Assets: e.Assets})
		if of := e.Movement.ReversalOf; of != uuid.Nil {
			r := s.Recorded[of]
			r.Reversed = true
			put(s, s.Recorded, of, r)
		}
	}
	for _, a := range e.Assets {
		put(s, s.Assets, a.Key, a.After)
	}
	if e.Reservation != nil {
		put(s, s.Reservations, e.Reservation.After.ID, e.Reservation.After)
	}
	return nil
}

func (b Balance) plus(d Delta) (Balance, error) {
	total, err := add(b.Total, d.Total)
	if err != nil {
		return b, err
	}
	reserved, err := add(b.Reserved, d.Reserved)
	if err != nil {
		return b, err
	}
	return Balance{Total: total, Reserved: reserved, Version: b.Version + 1}, nil
}

// Change is a balance before and after, for previews and answers.
type Change struct {
	Key    Key
	Before Balance
	After  Balance
}

// Changes compares the balances of two moments, in key order; before holds those that were touched.
func (s *State) Changes(before map[Key]Balance) []Change {
	keys := slices.SortedFunc(maps.Keys(before), Key.Compare)
	out := make([]Change, len(keys))
	for i, k := range keys {
		out[i] = Change{k, before[k], s.Balances[k]}
	}
	return out
}

// Touched gives the balances that events will change, as they stand now.
func (s *State) Touched(events []Event) map[Key]Balance {
	out := map[Key]Balance{}
	for _, e := range events {
		if e.Movement == nil {
			continue
		}
		for _, d := range e.Movement.Deltas() {
			if _, ok := out[d.Key]; !ok {
				out[d.Key] = s.Balances[d.Key]
			}
		}
	}
	return out
}
