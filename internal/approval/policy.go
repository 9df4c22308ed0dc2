package approval

import (
	"slices"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// Action is what a rule does with a write.
type Action string

// Actions, from the freest to the strictest.
const (
	Execute Action = "execute" // post it
	Mark    Action = "mark"    // post it, marked for review
	Review  Action = "review"  // post it and open a task for a person to look at it
	Wait    Action = "wait"    // change nothing until a person has decided
)

// Rule is one row of the policy. Empty conditions match anything.
type Rule struct {
	Name          string
	MovementTypes []string
	Operations    []string
	ActorKinds    []string
	ReasonCodes   []string
	Projects      []string
	Locations     []string
	Restricted    *bool
	ClosedPeriod  *bool
	MasterData    *bool
	ByAdmin       *bool
	HasEvidence   *bool
	HasTicket     *bool
	MinValue      *stock.Quantity // BRL
	MinQuantity   *stock.Quantity
	MaxConfidence *stock.Quantity // matches a given confidence below it
	MinConfidence *stock.Quantity // matches a given confidence of at least it
	Action        Action
	TaskType      TaskType
	Priority      Priority
	Reason        string // pt-BR
	ReasonEN      string
	Approvals     int   // by different persons, of what waits; 0 is 1
	Level         Level // of the agent that asked, where one is set; not part of the table
}

// Facts is what the policy may look at: only what is known before anything is written.
type Facts struct {
	Operation    string
	MovementType stock.MovementType // empty for master data and changes of state
	ReasonCode   stock.ReasonCode
	ActorKind    identity.Kind
	Client       string // no rule looks at it; the levels of agents do
	ByAdmin      bool
	MasterData   bool
	Projects     []string
	Locations    []string
	Restricted   bool // a place that it touches is restricted
	ClosedPeriod bool // its business date lies in a closed period
	HasEvidence  bool
	HasTicket    bool
	Quantity     stock.Quantity
	Value        *stock.Quantity // BRL; nil when no cost is known, and then no value rule matches
	Confidence   *stock.Quantity // 0 to 1; nil when nobody has said
}

// Policy is the table in order of rank.
type Policy struct {
	Rules         []Rule
	ClosedThrough stock.Date // business days up to here are closed
}

// Judge finds the first rule that matches. A policy without a match waits: what nobody has allowed is
// not allowed.
func (p *Policy) Judge(f Facts) Rule {
	for i := range p.Rules {
		if p.Rules[i].matches(f) {
			return p.Rules[i]
		}
	}
	return Rule{Name: "none", Action: Wait, TaskType: Escalation, Priority: High,
		Reason: "Nenhuma regra permite.", ReasonEN: "No rule allows it."}
}

func (r *Rule) matches(f Facts) bool {
	return oneOf(r.MovementTypes, string(f.MovementType)) && oneOf(r.Operations, f.Operation) &&
		oneOf(r.ActorKinds, string(f.ActorKind)) && oneOf(r.ReasonCodes, string(f.ReasonCode)) &&
		overlap(r.Projects, f.Projects) && overlap(r.Locations, f.Locations) &&
		same(r.Restricted, f.Restricted) && same(r.ClosedPeriod, f.ClosedPeriod) && same(r.MasterData, f.MasterData) &&
		same(r.ByAdmin, f.ByAdmin) && same(r.HasEvidence, f.HasEvidence) && same(r.HasTicket, f.HasTicket) &&
		r.matchesFigures(f)
}

func (r *Rule) matchesFigures(f Facts) bool {
	return (r.MinValue == nil || f.Value != nil && f.Value.Cmp(*r.MinValue) > 0) &&
		(r.MinQuantity == nil || f.Quantity.Cmp(*r.MinQuantity) >= 0) &&
		(r.MaxConfidence == nil || f.Confidence != nil && f.Confidence.Cmp(*r.MaxConfidence) < 0) &&
		(r.MinConfidence == nil || f.Confidence != nil && f.Confidence.Cmp(*r.MinConfidence) >= 0)
}

func oneOf(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }

func overlap(list, have []string) bool {
	return len(list) == 0 || slices.ContainsFunc(have, func(v string) bool { return slices.Contains(list, v) })
}

func same(want *bool, have bool) bool { return want == nil || *want == have }
