package approval

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// entry is the i-th of many alike proposals of an agent.
func entry(i int) *Task {
	at := time.Date(2026, 3, 1, 8, 0, i, 0, time.UTC)
	m := &stock.MoveRequest{Type: stock.Entrada, Quantity: stock.Whole(int64(10 + i%5)), PartNumber: fmt.Sprint("PN-", i%40), Destination: "CD"}
	m.Papers.NFKey = "k"
	return &Task{ID: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), Type: ApprovalEntry, Status: Pending, Priority: Medium, Operation: "sga_create_movement",
		Rule: "agente-entrada-espera", Projects: []string{"NTT"}, Locations: []string{"CD"}, Value: q("100"), Confidence: q("0.9"), Evidence: []uuid.UUID{{1}},
		ProposedAs: Proposer{Kind: "agent", Client: "a"}, ProposedBy: uuid.UUID{9}, CreatedAt: at, ExpiresAt: at.Add(Lifetime), Needed: 1,
		Steps: []Step{{Move: m}}}
}

// among 500 proposals the five that differ are seen at once, each with what differs, and the riskier rank first.
func TestGroupingHidesNothing(t *testing.T) {
	t.Parallel()
	planted := map[int]struct {
		change func(*Task)
		fact   string // in which it differs; empty: it is in another group
	}{
		17:  {func(t *Task) { t.Steps[0].Move.Quantity = stock.Whole(5000) }, "quantity"},
		101: {func(t *Task) { t.Evidence = nil }, ""},
		222: {func(t *Task) { t.Locations = []string{"RJ"}; t.Steps[0].Move.Destination = "RJ" }, "locations"},
		333: {func(t *Task) { t.Value = q("4000") }, "value"},
		444: {func(t *Task) { t.Confidence = q("0.31") }, ""},
	}
	var tasks []*Task
	for i := range 500 {
		one := entry(i)
		if p, bad := planted[i]; bad {
			p.change(one)
		}
		tasks = append(tasks, one)
	}
	groups := GroupTasks(tasks)
	var risks []Risk
	total := 0
	for _, g := range groups {
		risks = append(risks, g.Risk)
		total += len(g.Tasks)
	}
	if diff := cmp.Diff([]Risk{RiskHigh, RiskMedium, RiskLow}, risks); diff != "" || total != 500 {
		t.Fatalf("%s; %d tasks", diff, total)
	}
	main := groups[2]
	if len(main.Tasks) != 498 || main.Unknown != 0 || main.Low.String() != "100" || main.High.String() != "4000" || !main.Oldest.Equal(tasks[0].CreatedAt) {
		t.Errorf("%d tasks, from %v to %v, oldest %v", len(main.Tasks), main.Low, main.High, main.Oldest)
	}
	for i, p := range planted {
		if p.fact == "" {
			continue
		}
		at := slices.IndexFunc(main.Tasks, func(a Alike) bool { return a.Task == tasks[i] })
		if at > 2 || !slices.Contains(main.Tasks[at].Differs, p.fact) {
			t.Errorf("the planted %d is at %d and differs in %v", i, at, main.Tasks[at].Differs)
		}
	}
	for _, a := range main.Tasks[3:] {
		if len(a.Differs) > 0 {
			t.Errorf("%v differs in %v", a.Task.Summary, a.Differs)
			break
		}
	}
	parts := slices.IndexFunc(main.Facts, func(f Fact) bool { return f.Name == "part_number" })
	if parts < 0 || main.Facts[parts].Distinct != 40 || len(main.Facts[parts].Values) != maxFactValues {
		t.Errorf("the parts are many and are said to be: %+v", main.Facts)
	}
}

// Whatever single thing is different about one of a few tasks, it shows: as a group of its own or at the task.
func TestEveryFactShows(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Task){
		"operation": func(t *Task) { t.Operation = "sga_create_movements" }, "rule": func(t *Task) { t.Rule = "x" }, "type": func(t *Task) { t.Type = ApprovalExit },
		"project": func(t *Task) { t.Projects = []string{"NTT", "ITAU"} }, "place": func(t *Task) { t.Locations = []string{"RJ"} },
		"movement": func(t *Task) { t.Steps[0].Move.Type = stock.Reversa }, "reason": func(t *Task) { t.Steps[0].Move.Papers.ReasonCode = stock.ReasonLost },
		"part": func(t *Task) { t.Steps[0].Move.PartNumber = "OTHER" }, "condition": func(t *Task) { t.Steps[0].Move.Condition = "USED" },
		"proposer": func(t *Task) { t.ProposedBy = uuid.UUID{8} }, "behind": func(t *Task) { t.ProposedAs.OnBehalf = "sub" },
		"person": func(t *Task) { t.ProposedAs.Kind = "person" }, "evidence": func(t *Task) { t.Evidence = nil },
		"ticket": func(t *Task) { t.Steps[0].Move.Papers.Ticket = "1" }, "invoice": func(t *Task) { t.Steps[0].Move.Papers.NFKey = "" },
		"date":       func(t *Task) { t.Steps[0].Move.MovementOn = stock.DateOf(t.CreatedAt.AddDate(0, -1, 0)) },
		"confidence": func(t *Task) { t.Confidence = q("0.99") }, "unsure": func(t *Task) { t.Confidence = nil }, "value": func(t *Task) { t.Value = q("400") },
		"unknown": func(t *Task) { t.Value, t.ValueUnknown = nil, true }, "quorum": func(t *Task) { t.Needed = 2 },
		"quantity": func(t *Task) { t.Steps[0].Move.Quantity = stock.Whole(100) }, "steps": func(t *Task) { t.Steps = append(t.Steps, t.Steps[0]) },
	} {
		var tasks []*Task
		for i := range 5 {
			tasks = append(tasks, entry(i*40))
		}
		change(tasks[3])
		groups := GroupTasks(tasks)
		shows := len(groups) == 2
		for _, a := range groups[0].Tasks {
			shows = shows || a.Task == tasks[3] && len(a.Differs) > 0
		}
		if !shows {
			t.Errorf("%s: hidden among the others", name)
		}
	}
	if len(factNames()) != len(factsOf(entry(0))) {
		t.Error("every fact has a name")
	}
}

func TestDecidedTogetherAreAlike(t *testing.T) {
	t.Parallel()
	if err := SameRisk(nil); err != nil {
		t.Error(err)
	}
	if err := SameRisk([]*Task{entry(1), entry(2)}); err != nil {
		t.Error(err)
	}
	risky, other := entry(3), entry(4)
	risky.ValueUnknown, other.Type = true, ApprovalExit
	for _, odd := range []*Task{risky, other} {
		if err := SameRisk([]*Task{entry(1), odd}); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("got %v", err)
		}
	}
}

func TestRisk(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*Task)
		want   Risk
	}{
		{"alike", func(*Task) {}, RiskLow}, {"disposal", func(t *Task) { t.Type = ApprovalDisposal }, RiskCritical},
		{"quorum", func(t *Task) { t.Needed = 2 }, RiskCritical}, {"much money", func(t *Task) { t.Value = q("50000.01") }, RiskHigh},
		{"unknown value", func(t *Task) { t.ValueUnknown = true }, RiskHigh}, {"not sure", func(t *Task) { t.Confidence = q("0.79") }, RiskHigh},
		{"adjustment", func(t *Task) { t.Type = ApprovalAdjustment }, RiskMedium}, {"nothing proves it", func(t *Task) { t.Evidence = nil }, RiskMedium},
		{"a person", func(t *Task) { t.Evidence, t.ProposedAs.Kind = nil, "person" }, RiskLow},
	} {
		one := entry(0)
		tc.change(one)
		if got := one.Risk(); got != tc.want {
			t.Errorf("%s: %s", tc.name, got)
		}
	}
}

// S-25 as a table, without a database: who may decide.
func TestMayDecide(t *testing.T) {
	t.Parallel()
	limit := func(s string) func(*Task, *identity.Actor) {
		return func(_ *Task, a *identity.Actor) { a.Approver.Limit = q(s) }
	}
	tests := []struct {
		name   string
		change func(*Task, *identity.Actor)
		want   fault.Code
	}{
		{"an approver", func(*Task, *identity.Actor) {}, ""},
		{"the proposer", func(t *Task, a *identity.Actor) { a.PersonID = t.ProposedBy }, fault.PermissionDenied},
		{"whom the agent names", func(t *Task, a *identity.Actor) { t.ProposedAs.OnBehalf = a.Subject }, fault.PermissionDenied},
		{"whom the agent names, with another login", func(t *Task, a *identity.Actor) { t.Barred = []Barred{{a.PersonID, BarredBehind}} }, fault.PermissionDenied},
		{"who counted", func(t *Task, a *identity.Actor) { t.Barred = []Barred{{a.PersonID, BarredCounter}} }, fault.PermissionDenied},
		{"somebody else counted", func(t *Task, _ *identity.Actor) { t.Barred = []Barred{{uuid.UUID{7}, BarredCounter}} }, ""},
		{"no approver", func(_ *Task, a *identity.Actor) { a.Approver.May = false }, fault.PermissionDenied},
		{"limit below", limit("99.99"), fault.PermissionDenied},
		{"limit at it", limit("100"), ""},
		{"limit, value unknown", func(t *Task, a *identity.Actor) { t.ValueUnknown = true; a.Approver.Limit = q("1000000") }, fault.PermissionDenied},
		{"no limit, value unknown", func(t *Task, _ *identity.Actor) { t.ValueUnknown = true }, ""},
		{"limit, nothing of value", func(t *Task, a *identity.Actor) { t.Value = nil; a.Approver.Limit = q("1") }, ""},
		{"another project", func(_ *Task, a *identity.Actor) { a.Approver.Projects = identity.Only("ITAU") }, fault.PermissionDenied},
		{"an agent", func(_ *Task, a *identity.Actor) { a.Kind = identity.Agent }, fault.PermissionDenied},
		{"in another's name", func(_ *Task, a *identity.Actor) { a.OnBehalf = "x" }, fault.PermissionDenied},
		{"no scope", func(_ *Task, a *identity.Actor) { a.Scopes = nil }, fault.PermissionDenied},
		{"over", func(t *Task, _ *identity.Actor) { t.Status = Approved }, fault.Conflict},
		{"too late", func(t *Task, _ *identity.Actor) { t.ExpiresAt = t.CreatedAt }, fault.Conflict},
	}
	for _, tc := range tests {
		one := entry(0)
		a := &identity.Actor{PersonID: uuid.UUID{1}, Subject: "sub-lead", Username: "lead", Kind: identity.Person, Scopes: []string{identity.ScopeApprove},
			Approver: identity.Approver{May: true, Projects: identity.Everywhere()}}
		tc.change(one, a)
		err := one.MayDecide(a, one.CreatedAt.Add(time.Hour))
		if got := fault.CodeOf(err); got != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
