package stock

import (
	"slices"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
)

// StateChange moves an asset along the state machine without moving it in space.
type StateChange struct {
	Key    AssetKey    `json:"-"`
	To     AssetStatus `json:"status"`
	Reason string      `json:"reason,omitempty"`
}

// Needs implements Command.
func (c *StateChange) Needs() Needs { return Needs{Assets: []AssetKey{c.Key}} }

func (c *StateChange) decide(s *State) ([]Event, error) {
	a, ok := s.Assets[c.Key]
	if !ok {
		return nil, assetNotFound(c.Key.Serial)
	}
	allowed := a.Status.next()
	reserved := a.Reserved != uuid.Nil
	if a.Status == InStaging { // staging is left towards the promise it was picked for, or towards the shelf
		allowed = slices.DeleteFunc(allowed, func(t AssetStatus) bool { return (t == Reserved) != reserved })
	}
	if !slices.Contains(allowed, c.To) {
		return nil, fault.Conflict.With("De %s não se passa a %s.", "%s does not lead to %s.", a.Status, c.To).On("status").Final().
			Detail("allowed", Values(allowed))
	}
	after := a
	after.Status, after.Version, after.UpdatedAt = c.To, a.Version+1, s.Now
	return []Event{{Assets: []AssetEvent{{Key: c.Key, Before: &a, After: after, SerialText: a.Serial}}, Reason: c.Reason}}, nil
}
