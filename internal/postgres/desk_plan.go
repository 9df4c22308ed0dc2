package postgres

import (
	"slices"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// plan is a request with its codes found: what each step needs under lock and what the policy may know.
type plan struct {
	catalog  *catalog
	commands []stock.Command // nil for a step that edits master data or a count
	facts    []approval.Facts
	needs    stock.Needs
	edits    bool
	stored   bool // the steps of a task, which the policy alone judges: its agent's level made it wait once
}

func planRequest(cat *catalog, r *approval.Request) (*plan, error) {
	return planSteps(cat, r.Steps, r.Operation, r.Actor)
}

func planSteps(cat *catalog, steps []approval.Step, operation string, a *identity.Actor) (*plan, error) {
	p := &plan{catalog: cat, commands: make([]stock.Command, len(steps)), facts: make([]approval.Facts, len(steps))}
	for i := range steps {
		f := approval.Facts{Operation: operation, ActorKind: a.Kind, Client: a.Client, ByAdmin: a.Is(identity.Admin)}
		c, err := p.step(&steps[i], &f)
		if err != nil {
			return nil, inStep(err, i, len(steps))
		}
		p.commands[i], p.facts[i] = c, f
		if c == nil {
			p.edits = true
			if e := steps[i].Asset; e != nil {
				part, _ := cat.Part(stock.Fold(e.PartNumber))
				p.needs.Assets = append(p.needs.Assets, stock.AssetKey{Part: part.Key, Serial: stock.SerialKey(e.Serial)})
			}
			continue
		}
		n := c.Needs()
		p.needs.Keys = append(p.needs.Keys, n.Keys...)
		p.needs.Assets = append(p.needs.Assets, n.Assets...)
		p.needs.Reservations = append(p.needs.Reservations, n.Reservations...)
		p.needs.Movements = append(p.needs.Movements, n.Movements...)
	}
	return p, nil
}

// inStep says which of several steps was refused.
func inStep(err error, i, n int) error {
	f := fault.Of(err)
	if n == 1 || f.Code == fault.Internal {
		return err
	}
	field := f.Field
	if field != "" {
		field = "." + field
	}
	return f.On("movements["+itoa(i)+"]"+field).Detail("index", i)
}

func (p *plan) step(s *approval.Step, f *approval.Facts) (stock.Command, error) {
	switch {
	case s.Move != nil:
		m, err := stock.Resolve(p.catalog, *s.Move)
		if err != nil {
			return nil, err
		}
		p.moveFacts(m, f)
		return m, nil
	case s.Reversal != nil:
		f.HasEvidence = len(s.Reversal.Papers.EvidenceIDs) > 0
		return s.Reversal, nil
	case s.StateChange != nil:
		part, err := stock.FindPart(p.catalog, s.StateChange.PartNumber, "part_number")
		if err != nil {
			return nil, err
		}
		f.HasEvidence = true // a change of state moves no stock; the movement rule lets it pass
		f.MovementType = stock.Transferencia
		return &stock.StateChange{Key: stock.AssetKey{Part: part.Key, Serial: stock.SerialKey(s.StateChange.Serial)},
			To: s.StateChange.To, Reason: s.StateChange.Reason}, nil
	}
	if err := checkEdit(p.catalog, s); err != nil {
		return nil, err
	}
	f.MasterData = s.CountOpen == nil && s.CountSubmit == nil && s.CountClose == nil
	return nil, nil
}

// moveFacts is what the policy may know of a movement before it happens.
func (p *plan) moveFacts(m *stock.Move, f *approval.Facts) {
	f.MovementType, f.ReasonCode = m.Type, lossReason(m)
	f.Projects = []string{m.Owner.Code}
	f.HasEvidence = len(m.Papers.EvidenceIDs) > 0 || m.Papers.NFKey != ""
	f.HasTicket = m.Papers.Ticket != ""
	f.Confidence = m.Papers.Confidence
	f.Quantity = m.Quantity
	f.Value = valueOf(m.Part, m.Quantity)
}

// lossReason is the reason by which a movement is judged: its effect and not its word. An adjustment that
// takes named items off makes them MISSING whatever it calls that, and is a loss. What a count did not find
// is proposed by the count, and its counters are barred from approving it.
func lossReason(m *stock.Move) stock.ReasonCode {
	said := m.Papers.ReasonCode
	if m.Type != stock.AjusteNegativo || len(m.Assets) == 0 || m.Papers.CountID != uuid.Nil ||
		said == stock.ReasonDisposal || said == stock.ReasonDamaged {
		return said
	}
	return stock.ReasonLost
}

// maxValue is the most that a task stores (numeric(18,2)). What is worth more is shown as that much, and
// no rule of the policy lets it pass for want of a figure.
func maxValue() stock.Quantity { return decimal.MustNew(9_999_999_999_999_999_99, 2) }

// valueOf is quantity × unit cost in BRL, at most maxValue; nil when no cost is known.
func valueOf(part *stock.Part, q stock.Quantity) *stock.Quantity {
	if part.UnitCost == nil {
		return nil
	}
	v, err := part.UnitCost.Mul(q.Abs())
	if most := maxValue(); err != nil || v.Cmp(most) > 0 {
		v = most
	}
	v = v.Round(2)
	return &v
}

// reversalFacts completes the facts of a reversal from the movement that it takes back.
func reversalFacts(cat *catalog, m *stock.Movement, f *approval.Facts) {
	f.MovementType, f.ReasonCode, f.Quantity = m.Type, m.Papers.ReasonCode, m.Quantity.Abs()
	if p, ok := cat.ProjectByKey(m.Project); ok {
		f.Projects = []string{p.Code}
	}
	if part, ok := cat.PartByKey(m.Part); ok {
		f.Value = valueOf(part, m.Quantity)
	}
}

// lockKey is a balance to lock, with whether a zero row is to be made for it first.
type lockKey = stock.Key

// gather merges the needs of a group into sorted lists without repeats: the fixed order of locking.
func gather(group []*pending, extra []lockKey) stock.Needs {
	var n stock.Needs
	n.Keys = append(n.Keys, extra...)
	for _, p := range group {
		if p.plan == nil {
			continue
		}
		n.Keys = append(n.Keys, p.plan.needs.Keys...)
		n.Assets = append(n.Assets, p.plan.needs.Assets...)
		n.Reservations = append(n.Reservations, p.plan.needs.Reservations...)
		n.Movements = append(n.Movements, p.plan.needs.Movements...)
	}
	slices.SortFunc(n.Keys, stock.Key.Compare)
	n.Keys = slices.Compact(n.Keys)
	slices.SortFunc(n.Assets, stock.AssetKey.Compare)
	n.Assets = slices.Compact(n.Assets)
	slices.SortFunc(n.Reservations, compareIDs)
	n.Reservations = slices.Compact(n.Reservations)
	slices.SortFunc(n.Movements, compareIDs)
	n.Movements = slices.Compact(n.Movements)
	return n
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
