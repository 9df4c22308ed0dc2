package approval

import (
	"math"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// Level is how far an agent may go in one kind of work (product.md §2). What the policy makes wait always
// waits, whatever the level.
type Level string

// Levels of autonomy. Where none was set, the policy alone decides.
const (
	LevelNone Level = ""  // as the policy says
	LevelA    Level = "A" // suggests: every write waits for a person
	LevelB    Level = "B" // executes what the policy allows, and each time asks a person to look at it
	LevelC    Level = "C" // executes what the policy allows; what the policy wants reviewed is only marked
)

// Levels lists those that can be set, from the least to the most.
func Levels() []Level { return []Level{LevelA, LevelB, LevelC} }

// rank orders levels by how much they let pass. The policy alone stands between B, which reviews more, and C,
// which reviews less.
func (l Level) rank() int {
	switch l {
	case LevelA:
		return 0
	case LevelB:
		return 1
	case LevelC:
		return 3
	}
	return 2
}

// Raises reports whether going from l to other lets more pass.
func (l Level) Raises(other Level) bool { return other.rank() > l.rank() }

// Below is one level less. The policy alone goes down to B; A stays A.
func (l Level) Below() Level {
	switch l {
	case LevelC, LevelNone:
		return LevelB
	}
	return LevelA
}

// Above is the next level to earn; LevelC is the last.
func (l Level) Above() Level {
	if l == LevelA {
		return LevelB
	}
	return LevelC
}

// Band is how much a piece of work is worth.
type Band string

// Bands of value in BRL. The last but one ends where the policy makes people wait for every exit and entry
// (rules valor-saida and valor-entrada); the steps below it are a tenth each.
const (
	BandSmall   Band = "UP_TO_500"
	BandMedium  Band = "UP_TO_5000"
	BandLarge   Band = "UP_TO_50000"
	BandHuge    Band = "ABOVE_50000"
	BandUnknown Band = "UNKNOWN" // no cost is known, or nothing is moved
)

// Bands lists them, the unknown one last.
func Bands() []Band { return []Band{BandSmall, BandMedium, BandLarge, BandHuge, BandUnknown} }

// BandOf finds the band of a value in BRL; nil is unknown.
func BandOf(v *stock.Quantity) Band {
	if v == nil {
		return BandUnknown
	}
	switch value := v.Abs(); {
	case value.Cmp(stock.Whole(500)) <= 0:
		return BandSmall
	case value.Cmp(stock.Whole(5_000)) <= 0:
		return BandMedium
	case value.Cmp(stock.Whole(50_000)) <= 0:
		return BandLarge
	}
	return BandHuge
}

// Work is one kind of work of one agent: what a level is earned for. A level may be set without the movement type or
// the project: it then holds for all of them, and its evidence is that of all.
type Work struct {
	Client       string             `json:"client_id"`
	Operation    string             `json:"operation"`
	MovementType stock.MovementType `json:"movement_type,omitempty"`
	Band         Band               `json:"value_band"`
	Project      string             `json:"project,omitempty"`
}

// Covering lists the kinds of work whose levels hold for w: its own first, and those that name no movement type or no
// project.
func (w Work) Covering() []Work {
	out := []Work{w}
	if w.MovementType != "" {
		all := w
		all.MovementType = ""
		out = append(out, all)
	}
	if w.Project != "" {
		for _, all := range out {
			all.Project = ""
			out = append(out, all)
		}
	}
	return out
}

// LevelIn is the level that holds for w: the lowest of those set for what covers it, LevelNone where none is.
func (w Work) LevelIn(levels map[Work]Level) Level {
	held := LevelNone
	for _, c := range w.Covering() {
		if l := levels[c]; l != LevelNone && (held == LevelNone || l.rank() < held.rank()) {
			held = l
		}
	}
	return held
}

// Result is what people made of one piece of an agent's work.
type Result string

// Results. A bad one is work that was done and had to be taken back.
const (
	Agreed    Result = "agreed"
	Disagreed Result = "disagreed"
	Bad       Result = "bad"
)

// Evidence is what is known of an agent in one kind of work within EvidenceWindow.
type Evidence struct {
	Agreed    int
	Disagreed int
	Bad       int
	LastBad   time.Time // zero for never, however long ago
}

// What a level must show.
const (
	// EvidenceWindow is a quarter: older agreement says little of the present model, prompt and goods.
	EvidenceWindow = 90 * 24 * time.Hour
	// QuietTime is how long after a bad outcome nothing is raised: a count or a reconciliation, which find out what
	// went wrong, come at least once a month.
	QuietTime = 30 * 24 * time.Hour
	// wilson95 is the 97.5 % point of the normal distribution: a two-sided interval of 95 %.
	wilson95 = 1.959963984540054
)

// Bar is what a level asks for.
type Bar struct {
	Decisions int     // at least so many within EvidenceWindow
	Agreement float64 // the lower bound of the interval of 95 % must reach it
}

// BarOf is the bar before a level. B, where somebody looks at everything afterwards, asks for twenty
// decisions without one that was refused (lower bound 0.84); C, where nobody looks, for fifty (0.93), or one refused in a hundred (0.94).
func BarOf(l Level) Bar {
	if l == LevelB {
		return Bar{20, 0.80}
	}
	return Bar{50, 0.90}
}

// Decisions is how many decisions the evidence rests on.
func (e Evidence) Decisions() int { return e.Agreed + e.Disagreed + e.Bad }

// Agreement is the lower bound of the Wilson interval of 95 % for the share of decisions that agreed (Wilson
// 1927): with few decisions it stays low however well they went. It is 0 without any.
func (e Evidence) Agreement() float64 {
	n := float64(e.Decisions())
	if n == 0 {
		return 0
	}
	const z2 = wilson95 * wilson95
	p := float64(e.Agreed) / n
	low := (p + z2/(2*n) - wilson95*math.Sqrt(p*(1-p)/n+z2/(4*n*n))) / (1 + z2/n)
	return max(0, low)
}

// Gap is what is missing before a level may be set.
type Gap struct {
	Skipped   bool          // a level between is missing
	Decisions int           // so many more
	Agreement bool          // the agreement is too low
	Quiet     time.Duration // so long until the last bad outcome is far enough away
}

// None reports whether nothing is missing.
func (g Gap) None() bool { return g == Gap{} }

// GapTo says what is missing to go from one level to another at an instant. Going down misses nothing.
func GapTo(from, to Level, e Evidence, now time.Time) Gap {
	if !from.Raises(to) {
		return Gap{}
	}
	bar := BarOf(to)
	g := Gap{Skipped: to != from.Above(), Decisions: max(0, bar.Decisions-e.Decisions()), Agreement: e.Agreement() < bar.Agreement}
	if left := QuietTime - now.Sub(e.LastBad); !e.LastBad.IsZero() && left > 0 {
		g.Quiet = left
	}
	return g
}

// Under is what becomes of the policy's answer for an agent at a level. The rule keeps its name: it is still
// the rule that a person sees and that is asked again when a task is approved.
func (r Rule) Under(l Level, m stock.MovementType) Rule {
	if r.Action == Wait {
		return r
	}
	switch l {
	case LevelA:
		r.Action, r.TaskType, r.Priority = Wait, heldAs(r, m), priorityOf(r)
		r.Reason, r.ReasonEN = "O agente está no nível A: sugere, e uma pessoa decide.", "The agent is at level A: it suggests, and a person decides."
	case LevelB:
		r.Action, r.Priority = Review, priorityOf(r)
		if r.TaskType == "" {
			r.TaskType = QualityCheck
		}
	case LevelC:
		if r.Action == Review {
			r.Action = Mark
		}
	}
	return r
}

func priorityOf(r Rule) Priority {
	if r.Priority == "" {
		return Medium
	}
	return r.Priority
}

// heldAs is the type of a task that only the level made wait.
func heldAs(r Rule, m stock.MovementType) TaskType {
	switch m {
	case stock.Entrada, stock.Reversa:
		return ApprovalEntry
	case stock.Saida, stock.Expedicao:
		return ApprovalExit
	case stock.Transferencia, stock.Reserva, stock.Liberacao:
		return ApprovalTransfer
	case stock.AjustePositivo, stock.AjusteNegativo:
		return ApprovalAdjustment
	}
	if r.TaskType != "" {
		return r.TaskType
	}
	return Escalation
}

// Standing is where an agent stands in one kind of work.
type Standing struct {
	Work
	Level    Level // LevelNone: none was set
	Held     Level // the one that holds: the lowest of Level and those set for all movement types or all projects
	Evidence Evidence
	History  []LevelChange // the newest first, at most ten
}

// LevelChange is one change of a level.
type LevelChange struct {
	From   Level
	To     Level
	Cause  string // set, or bad_outcome
	Reason string
	By     uuid.UUID
	At     time.Time
}

// AutonomyFilter narrows a list of standings. Work of no project is seen by those who see all.
type AutonomyFilter struct {
	Client      string
	AllProjects bool
	Projects    []string // codes, unless AllProjects
	Cursor      string
	Limit       int
}
