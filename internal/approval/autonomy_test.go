package approval

import (
	"math"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// The lower bound against figures of the literature (Wilson 1927; 95 %).
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		agreed, other int
		want          float64
	}{{0, 0, 0}, {1, 0, 0.2065}, {10, 0, 0.7225}, {20, 0, 0.8389}, {19, 1, 0.7639}, {50, 0, 0.9287}, {99, 1, 0.9455}, {0, 10, 0}, {81, 19, 0.7222}} {
		got := Evidence{Agreed: tc.agreed, Disagreed: tc.other}.Agreement()
		if math.Abs(got-tc.want) > 0.0001 {
			t.Errorf("%d of %d: %.4f, want %.4f", tc.agreed, tc.agreed+tc.other, got, tc.want)
		}
	}
	if a, b := (Evidence{Agreed: 20, Bad: 1}).Agreement(), (Evidence{Agreed: 20, Disagreed: 1}).Agreement(); a != b {
		t.Errorf("a bad outcome is a decision like another: %v, %v", a, b)
	}
}

func TestWhatALevelMustShow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	tests := []struct {
		name     string
		from, to Level
		e        Evidence
		want     Gap
	}{
		{"down is free", LevelC, LevelA, Evidence{Bad: 9, LastBad: now}, Gap{}},
		{"the policy down to B", LevelNone, LevelB, Evidence{}, Gap{}},
		{"the policy down to A", LevelNone, LevelA, Evidence{}, Gap{}},
		{"nothing shown", LevelA, LevelB, Evidence{}, Gap{Decisions: 20, Agreement: true}},
		{"one too few", LevelA, LevelB, Evidence{Agreed: 19}, Gap{Decisions: 1}},
		{"enough", LevelA, LevelB, Evidence{Agreed: 20}, Gap{}},
		{"one was refused", LevelA, LevelB, Evidence{Agreed: 20, Disagreed: 1}, Gap{Agreement: true}},
		{"one of many was refused", LevelA, LevelB, Evidence{Agreed: 30, Disagreed: 1}, Gap{}},
		{"no jump", LevelA, LevelC, Evidence{Agreed: 500}, Gap{Skipped: true}},
		{"C asks for more", LevelB, LevelC, Evidence{Agreed: 20}, Gap{Decisions: 30, Agreement: true}},
		{"C from B", LevelB, LevelC, Evidence{Agreed: 50}, Gap{}},
		{"C from the policy", LevelNone, LevelC, Evidence{Agreed: 50}, Gap{}},
		{"a bad outcome too near", LevelB, LevelC, Evidence{Agreed: 200, LastBad: ago(29)}, Gap{Quiet: 24 * time.Hour}},
		{"a bad outcome long ago", LevelB, LevelC, Evidence{Agreed: 200, LastBad: ago(30)}, Gap{}},
	}
	for _, tc := range tests {
		if diff := cmp.Diff(tc.want, GapTo(tc.from, tc.to, tc.e, now)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestLevelsGoDownOneByOne(t *testing.T) {
	t.Parallel()
	var went []Level
	for l := LevelC; l != LevelA; {
		l = l.Below()
		went = append(went, l)
	}
	if diff := cmp.Diff([]Level{LevelB, LevelA}, went); diff != "" || LevelA.Below() != LevelA || LevelNone.Below() != LevelB {
		t.Error(diff)
	}
	if LevelA.Above() != LevelB || LevelB.Above() != LevelC || LevelNone.Above() != LevelC || LevelB.Raises(LevelB) {
		t.Error("up is A, B, C")
	}
}

// What the policy makes wait waits at any level; A makes all wait, B has all reviewed, C leaves the marks.
func TestTheLevelNeverWidensThePolicy(t *testing.T) {
	t.Parallel()
	want := map[Level]map[Action]Action{
		LevelNone: {Execute: Execute, Mark: Mark, Review: Review, Wait: Wait},
		LevelA:    {Execute: Wait, Mark: Wait, Review: Wait, Wait: Wait},
		LevelB:    {Execute: Review, Mark: Review, Review: Review, Wait: Wait},
		LevelC:    {Execute: Execute, Mark: Mark, Review: Mark, Wait: Wait},
	}
	for level, row := range want {
		for from, to := range row {
			got := Rule{Name: "x", Action: from}.Under(level, stock.Entrada)
			if got.Action != to || got.Name != "x" {
				t.Errorf("%q, %s: %s", level, from, got.Action)
			}
			if (got.Action == Wait || got.Action == Review) && from != got.Action && (got.TaskType == "" || got.Priority == "") {
				t.Errorf("%q, %s: a task without type or priority: %+v", level, from, got)
			}
		}
	}
	for m, as := range map[stock.MovementType]TaskType{stock.Entrada: ApprovalEntry, stock.Saida: ApprovalExit, stock.Reserva: ApprovalTransfer,
		stock.AjusteNegativo: ApprovalAdjustment, "": Escalation} {
		if got := (Rule{Action: Execute}).Under(LevelA, m); got.TaskType != as {
			t.Errorf("%q is held as %s", m, got.TaskType)
		}
	}
}

func TestBands(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]Band{"0": BandSmall, "500": BandSmall, "-500.01": BandMedium, "5000": BandMedium, "50000": BandLarge, "50000.01": BandHuge} {
		if got := BandOf(q(v)); got != want {
			t.Errorf("%s: %s", v, got)
		}
	}
	if BandOf(nil) != BandUnknown || len(Bands()) != 5 || len(Levels()) != 3 {
		t.Error("an unknown value has a band of its own")
	}
}

// A task is raised before it expires, however often.
func TestDueTimes(t *testing.T) {
	t.Parallel()
	for _, p := range Priorities() {
		total := DueIn(p)
		for range MaxEscalations {
			p = Raised(p)
			total += DueIn(p)
		}
		if total > 2*Lifetime || DueIn(p) >= Lifetime {
			t.Errorf("%s: %v", p, total)
		}
	}
	if Raised(Urgent) != Urgent || Raised(Low) != Medium || DueIn(Urgent) >= DueIn(High) || DueIn(High) >= DueIn(Medium) || DueIn(Medium) >= DueIn(Low) {
		t.Error("the more urgent, the sooner")
	}
}

// A level that names no project or no movement type holds for all of them; of several the lowest holds.
func TestLevelIn(t *testing.T) {
	t.Parallel()
	own := Work{Client: "c", Operation: "o", MovementType: stock.Reserva, Band: BandSmall, Project: "NTT"}
	all, any, both, other := own, own, own, own
	all.Project, any.MovementType, other.Project = "", "", "ITAU"
	both.Project, both.MovementType = "", ""
	tests := []struct {
		name   string
		levels map[Work]Level
		want   Level
	}{
		{"none", nil, LevelNone},
		{"its own", map[Work]Level{own: LevelC}, LevelC},
		{"another project's", map[Work]Level{other: LevelA}, LevelNone},
		{"for all projects", map[Work]Level{all: LevelA}, LevelA},
		{"for all movement types", map[Work]Level{any: LevelB}, LevelB},
		{"for all of both", map[Work]Level{both: LevelA}, LevelA},
		{"the lower one for all", map[Work]Level{own: LevelC, all: LevelA}, LevelA},
		{"the lower one of its own", map[Work]Level{own: LevelA, all: LevelC, both: LevelB}, LevelA},
		{"B is lower than C", map[Work]Level{any: LevelB, both: LevelC}, LevelB},
	}
	for _, tc := range tests {
		if got := own.LevelIn(tc.levels); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := len(both.Covering()); got != 1 {
		t.Errorf("what covers all is covered by %d", got)
	}
	if got := len(own.Covering()); got != 4 {
		t.Errorf("covered by %d", got)
	}
}
