package approval

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
)

// Risk says how much a wrong decision on a task would cost.
type Risk string

// Risk classes, from the least to the most.
const (
	RiskLow      Risk = "LOW"
	RiskMedium   Risk = "MEDIUM"   // stock is adjusted, or nothing proves what an agent says
	RiskHigh     Risk = "HIGH"     // much money, an unknown value, or an agent that is not sure
	RiskCritical Risk = "CRITICAL" // it leaves the books for ever, or takes several persons
)

// Risks lists them, from the least to the most.
func Risks() []Risk { return []Risk{RiskLow, RiskMedium, RiskHigh, RiskCritical} }

// Risk classifies a task. The figures are those of the policy: the value above which exits wait, and the
// confidence below which an agent's entry waits.
func (t *Task) Risk() Risk {
	sure := decimal.MustNew(80, 2)
	switch {
	case t.Needed > 1 || t.Type == ApprovalDisposal:
		return RiskCritical
	case t.ValueUnknown || BandOf(t.Value) == BandHuge || t.Confidence != nil && t.Confidence.Cmp(sure) < 0:
		return RiskHigh
	case t.Type == ApprovalAdjustment || t.Type == DivergenceResolution || t.ProposedAs.Kind != "person" && len(t.Evidence) == 0:
		return RiskMedium
	}
	return RiskLow
}

// Group is tasks that are alike: one operation, rule, type, risk class and set of projects. What differs among
// them is never hidden: every fact that is not the same in all is listed, and so is every task that has another
// value than most.
type Group struct {
	Operation string
	Rule      string
	Type      TaskType
	Risk      Risk
	Projects  []string
	Tasks     []Alike // those that differ first, then the oldest
	Low, High *stock.Quantity
	Unknown   int // tasks of which the value is not known
	Oldest    time.Time
	Facts     []Fact // those that are not the same in all tasks
}

// Alike is a task in its group, with the facts in which it differs from most of it.
type Alike struct {
	Task    *Task
	Differs []string
}

// Fact is something that is not the same in all tasks of a group.
type Fact struct {
	Name     string
	Values   []FactValue // the most frequent first, at most maxFactValues
	Distinct int
}

// FactValue is one value of a fact and how many tasks have it.
type FactValue struct {
	Value string
	Count int
}

// maxFactValues is how many values of a fact are listed: what is rare in a long list shows at its tasks.
const maxFactValues = 10

// farOff is how many times the median, or what part of it, makes a quantity or value stand out. Orders of one kind
// vary by a factor of two or three; a slip of the keyboard is a factor of ten.
const farOff = 4

// GroupTasks puts alike tasks together: the riskiest group first, then those with differing tasks, then the oldest.
func GroupTasks(tasks []*Task) []Group {
	byKey := map[string]*Group{}
	var order []*Group
	for _, t := range tasks {
		projects := slices.Sorted(slices.Values(t.Projects))
		key := strings.Join(append([]string{t.Operation, t.Rule, string(t.Type), string(t.Risk())}, projects...), "\x00")
		g := byKey[key]
		if g == nil {
			g = &Group{Operation: t.Operation, Rule: t.Rule, Type: t.Type, Risk: t.Risk(), Projects: projects, Oldest: t.CreatedAt}
			byKey[key] = g
			order = append(order, g)
		}
		g.add(t)
	}
	out := make([]Group, len(order))
	for i, g := range order {
		g.compare()
		out[i] = *g
	}
	slices.SortStableFunc(out, func(a, b Group) int {
		return cmp.Or(slices.Index(Risks(), b.Risk)-slices.Index(Risks(), a.Risk), cmp.Compare(min(1, b.differing()), min(1, a.differing())),
			a.Oldest.Compare(b.Oldest))
	})
	return out
}

func (g *Group) add(t *Task) {
	g.Tasks = append(g.Tasks, Alike{Task: t})
	if t.CreatedAt.Before(g.Oldest) {
		g.Oldest = t.CreatedAt
	}
	if t.ValueUnknown {
		g.Unknown++
	}
	if v := t.Value; v != nil {
		if g.Low == nil || v.Cmp(*g.Low) < 0 {
			g.Low = v
		}
		if g.High == nil || v.Cmp(*g.High) > 0 {
			g.High = v
		}
	}
}

func (g *Group) differing() int {
	n := 0
	for _, a := range g.Tasks {
		n += min(1, len(a.Differs))
	}
	return n
}

// compare finds what is not the same in all tasks, and which tasks have another value than more than half.
func (g *Group) compare() {
	facts := make([][]string, len(g.Tasks))
	for i := range g.Tasks {
		facts[i] = factsOf(g.Tasks[i].Task)
	}
	for f, name := range factNames() {
		counts := map[string]int{}
		for i := range facts {
			counts[facts[i][f]]++
		}
		if len(counts) < 2 {
			continue
		}
		fact, common := summary(name, counts)
		g.Facts = append(g.Facts, fact)
		for i := range facts {
			if 2*counts[common] > len(facts) && facts[i][f] != common {
				g.Tasks[i].Differs = append(g.Tasks[i].Differs, name)
			}
		}
	}
	g.farOff("quantity", func(t *Task) *stock.Quantity { q := t.quantity(); return &q })
	g.farOff("value", func(t *Task) *stock.Quantity { return t.Value })
	slices.SortStableFunc(g.Tasks, func(a, b Alike) int {
		return cmp.Or(cmp.Compare(len(b.Differs), len(a.Differs)), a.Task.CreatedAt.Compare(b.Task.CreatedAt))
	})
}

func summary(name string, counts map[string]int) (f Fact, common string) {
	f = Fact{Name: name, Distinct: len(counts)}
	for v, n := range counts {
		f.Values = append(f.Values, FactValue{v, n})
	}
	slices.SortFunc(f.Values, func(a, b FactValue) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value)) })
	common = f.Values[0].Value
	f.Values = f.Values[:min(len(f.Values), maxFactValues)]
	return f, common
}

// farOff marks tasks whose figure is far from the median of the group.
func (g *Group) farOff(name string, figure func(*Task) *stock.Quantity) {
	var all []stock.Quantity
	for i := range g.Tasks {
		if q := figure(g.Tasks[i].Task); q != nil {
			all = append(all, q.Abs())
		}
	}
	if len(all) < 3 {
		return // of two nobody can say which is the odd one
	}
	slices.SortFunc(all, stock.Quantity.Cmp)
	median := all[len(all)/2]
	for i := range g.Tasks {
		q := figure(g.Tasks[i].Task)
		if q != nil && (times(q.Abs(), median) || times(median, q.Abs())) {
			g.Tasks[i].Differs = append(g.Tasks[i].Differs, name)
		}
	}
}

// times reports whether a is at least farOff times b.
func times(a, b stock.Quantity) bool {
	least, err := b.Mul(stock.Whole(farOff))
	return err != nil || a.Cmp(least) >= 0 && a.Cmp(b) > 0
}

// quantity is how much a task moves in all.
func (t *Task) quantity() stock.Quantity {
	sum := stock.Whole(0)
	for i := range t.Steps {
		if m := t.Steps[i].Move; m != nil {
			if both, err := sum.Add(m.Quantity); err == nil {
				sum = both
			}
		}
	}
	return sum
}

// factNames are the facts by which tasks are compared, in the order of factsOf.
func factNames() []string {
	return []string{"movement_type", "reason_code", "part_number", "locations", "condition", "proposer", "proposed_by_kind", "on_behalf_of", "evidence",
		"ticket", "invoice", "backdated", "confidence", "value_band", "steps"}
}

func factsOf(t *Task) []string {
	moves := map[string][]string{}
	add := func(name, v string) {
		if v != "" && !slices.Contains(moves[name], v) {
			moves[name] = append(moves[name], v)
		}
	}
	for i := range t.Steps {
		m := t.Steps[i].Move
		if m == nil {
			continue
		}
		add("type", string(m.Type))
		add("reason", string(m.Papers.ReasonCode))
		add("part", m.PartNumber)
		add("condition", string(m.Condition))
		add("ticket", yesNo(m.Papers.Ticket != ""))
		add("invoice", yesNo(m.Papers.NFKey != "" || m.Papers.NFNumber != ""))
		add("backdated", yesNo(!m.MovementOn.IsZero() && m.MovementOn.Before(stock.DateOf(t.CreatedAt.AddDate(0, 0, -1)))))
	}
	join := func(name string) string { slices.Sort(moves[name]); return strings.Join(moves[name], " ") }
	return []string{join("type"), join("reason"), join("part"), strings.Join(slices.Sorted(slices.Values(t.Locations)), " "), join("condition"),
		t.ProposedBy.String(), t.ProposedAs.Kind, t.ProposedAs.OnBehalf, yesNo(len(t.Evidence) > 0), join("ticket"), join("invoice"), join("backdated"),
		sureness(t.Confidence), string(BandOf(t.Value)), yesNo(len(t.Steps) > 1)}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// sureness puts a confidence into one of the bands of the policy.
func sureness(c *stock.Quantity) string {
	switch {
	case c == nil:
		return "none"
	case c.Cmp(decimal.MustNew(60, 2)) < 0:
		return "below 0.60"
	case c.Cmp(decimal.MustNew(80, 2)) < 0:
		return "0.60 to 0.79"
	case c.Cmp(decimal.MustNew(95, 2)) < 0:
		return "0.80 to 0.94"
	}
	return "0.95 or more"
}

// MaxTogether is how many tasks are decided by one call: a page that a person can have looked at.
const MaxTogether = 50

// SameRisk refuses to decide tasks of different types or risk classes by one word: invalid_argument.
func SameRisk(tasks []*Task) error {
	for _, t := range tasks {
		if first := tasks[0]; t.Type != first.Type || t.Risk() != first.Risk() {
			return fault.InvalidArgument.With("As tarefas são de tipos ou riscos diferentes: decida cada tipo e cada classe de risco por si.",
				"The tasks are of different types or risks: decide each type and each class of risk by itself.").On("tasks").
				Detail("task_id", t.ID.String()).Detail("task_types", []string{string(first.Type), string(t.Type)}).
				Detail("risk_classes", []string{string(first.Risk()), string(t.Risk())})
		}
	}
	return nil
}
