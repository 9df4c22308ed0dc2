package item

import (
	"errors"

	"github.com/faiston/nexo/internal/fault"
)

// Conflict says which condition did not hold. It is a fault of code conflict: the same call would fail
// again, so a caller reads the item and decides anew (Update does).
type Conflict struct {
	Index   int   // of the action in the transaction; 0 of a single write
	Current *Item // what is stored; nil when nothing is there or it is not known
	cause   error
}

var _ error = (*Conflict)(nil)

// NewConflict makes a Conflict; cause is for the log and may be nil.
func NewConflict(index int, current *Item, cause error) *Conflict {
	f := fault.Conflict.With("O registro foi alterado por outra operação.", "The record was changed by another operation.").Final()
	if cause != nil {
		f = f.Because(cause)
	}
	return &Conflict{Index: index, Current: current, cause: f}
}

func (c *Conflict) Error() string { return c.cause.Error() }

// Unwrap gives the fault, so that fault.Of finds it.
func (c *Conflict) Unwrap() error { return c.cause }

// IsConflict reports whether err is a condition that did not hold.
func IsConflict(err error) bool {
	var c *Conflict
	return errors.As(err, &c)
}

// Busy is the one error for what another writer held at the same moment: nothing was written, and the
// same call may succeed when it is repeated.
func Busy(cause error) error {
	return fault.Unavailable.With("O registro está em uso por outra operação; tente de novo.", "Another operation holds the record; try again.").Because(cause)
}

// Holds reports whether a condition holds of what is stored, nil for nothing (also for what has expired);
// written is the version of the item to be written, which IfNewer compares.
func (c Condition) Holds(stored *Item, written int64) bool {
	switch c.Kind {
	case Always:
		return true
	case IfAbsent:
		return stored == nil
	case IfPresent:
		return stored != nil
	case IfVersion:
		return stored != nil && stored.Version == c.Version
	case IfNewer:
		return stored == nil || stored.Version < written
	}
	return false
}
