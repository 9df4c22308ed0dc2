package simtest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// Model is the desk in memory: the same Decide and Apply over a state in which nothing lies outside.
// It knows no policy, so nothing waits.
type Model struct {
	Catalog stock.Catalog
	State   *stock.State
}

// NewModel is an empty ledger at a moment and business day of the database.
func NewModel(cat stock.Catalog, now time.Time, today stock.Date) *Model {
	s := stock.NewState(now, today)
	s.Complete = true
	return &Model{Catalog: cat, State: s}
}

// Submit decides steps that succeed or fail together, and returns the events of each.
func (m *Model) Submit(steps []approval.Step) ([][]stock.Event, error) {
	commands := make([]stock.Command, len(steps))
	for i, s := range steps {
		c, err := m.command(s)
		if err != nil {
			return nil, inStep(err, i, len(steps))
		}
		commands[i] = c
	}
	mark := m.State.Mark()
	out := make([][]stock.Event, len(steps))
	for i, c := range commands {
		events, err := stock.Decide(m.State, c)
		if err != nil {
			m.State.Rollback(mark)
			return nil, inStep(err, i, len(steps))
		}
		for _, e := range events {
			if err := stock.Apply(m.State, e); err != nil {
				m.State.Rollback(mark)
				return nil, err
			}
		}
		out[i] = events
	}
	return out, nil
}

func (m *Model) command(s approval.Step) (stock.Command, error) {
	switch {
	case s.Move != nil:
		return stock.Resolve(m.Catalog, *s.Move)
	case s.Reversal != nil:
		return s.Reversal, nil
	}
	p, err := stock.FindPart(m.Catalog, s.StateChange.PartNumber, "part_number")
	if err != nil {
		return nil, err
	}
	return &stock.StateChange{Key: stock.AssetKey{Part: p.Key, Serial: stock.SerialKey(s.StateChange.Serial)}, To: s.StateChange.To}, nil
}

// inStep names the step of several that was refused, as the desk does.
func inStep(err error, i, n int) error {
	f := fault.Of(err)
	if n == 1 {
		return f
	}
	field := f.Field
	if field != "" {
		field = "." + field
	}
	return f.On(fmt.Sprintf("movements[%d]%s", i, field))
}

// Held lists the balances that hold something, in key order.
func (m *Model) Held() []stock.Key {
	keys := slices.SortedFunc(maps.Keys(m.State.Balances), stock.Key.Compare)
	return slices.DeleteFunc(keys, func(k stock.Key) bool { return !m.State.Balances[k].Total.IsPos() })
}

// AssetsAt lists the assets at a balance key, in key order.
func (m *Model) AssetsAt(k stock.Key) []stock.AssetKey {
	keys := slices.SortedFunc(maps.Keys(m.State.Assets), stock.AssetKey.Compare)
	return slices.DeleteFunc(keys, func(a stock.AssetKey) bool {
		v := m.State.Assets[a]
		return stock.Key{Part: a.Part, Location: v.Location, Project: v.Project, Condition: v.Condition} != k
	})
}

// Broken says which laws the model's state breaks: no balance below nothing, no more promised than there
// is, as many assets at a place as its balance says, and every unit come from outside.
func (m *Model) Broken() []string {
	var out []string
	inside := map[stock.PartKey]stock.Quantity{}
	for k, b := range m.State.Balances {
		if b.Total.IsNeg() || b.Reserved.IsNeg() || b.Available().IsNeg() {
			out = append(out, fmt.Sprintf("I2: %v holds %s, reserved %s", k, b.Total, b.Reserved))
		}
		p, _ := m.Catalog.PartByKey(k.Part)
		if n := stock.Whole(int64(len(m.AssetsAt(k)))); p.Serialized && n.Cmp(b.Total) != 0 {
			out = append(out, fmt.Sprintf("I3: %v holds %s and %s assets", k, b.Total, n))
		}
		inside[k.Part] = plus(inside[k.Part], b.Total)
	}
	for _, r := range m.State.Recorded {
		v := &r.Movement
		if v.Source == stock.OutsideKey {
			inside[v.Part] = plus(inside[v.Part], v.Quantity.Neg())
		}
		if v.Destination == stock.OutsideKey {
			inside[v.Part] = plus(inside[v.Part], v.Quantity)
		}
	}
	for p, rest := range inside {
		if !rest.IsZero() {
			out = append(out, fmt.Sprintf("I4: %s of part %d came from nowhere", rest, p))
		}
	}
	return append(out, m.brokenPromises()...)
}

// brokenPromises compares what is reserved with the reservations that are active.
func (m *Model) brokenPromises() []string {
	promised := map[stock.Key]stock.Quantity{}
	for _, r := range m.State.Reservations {
		if r.Status == stock.ReservationActive {
			promised[r.Key] = plus(promised[r.Key], r.Quantity)
		}
	}
	var out []string
	for k, b := range m.State.Balances {
		if b.Reserved.Cmp(promised[k]) != 0 {
			out = append(out, fmt.Sprintf("I2: %v has %s reserved and %s promised", k, b.Reserved, promised[k]))
		}
	}
	for k, a := range m.State.Assets {
		if r, ok := m.State.Reservations[a.Reserved]; ok && r.Status != stock.ReservationActive {
			out = append(out, fmt.Sprintf("I3: %v is held by a reservation that is %s", k, r.Status))
		}
	}
	return out
}

func plus(a, b stock.Quantity) stock.Quantity {
	s, err := a.Add(b)
	if err != nil {
		return a
	}
	return s
}
