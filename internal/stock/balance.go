package stock

import "cmp"

// Key names one balance: how much of a part, in a condition, lies at a place for a project.
type Key struct {
	Part      PartKey
	Location  LocationKey
	Project   ProjectKey
	Condition Condition
}

// Compare orders keys as the database does, which is the order in which rows are locked.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Part, o.Part), cmp.Compare(k.Location, o.Location),
		cmp.Compare(k.Project, o.Project), cmp.Compare(k.Condition.rank(), o.Condition.rank()))
}

// Balance is what lies at a key. Available is total less reserved; none of the three is negative.
type Balance struct {
	Total    Quantity
	Reserved Quantity
	Version  int64 // of the key's stream: grows by one with every movement that touches it
}

// Available is what may be promised.
func (b Balance) Available() Quantity {
	q, err := sub(b.Total, b.Reserved)
	if err != nil {
		return Quantity{}
	}
	return q
}

// Delta is what one movement does to one balance.
type Delta struct {
	Key      Key
	Total    Quantity
	Reserved Quantity
}
