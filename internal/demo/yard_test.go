package demo

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/simtest"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// paper is a store without a database: the catalogue that the load would write.
type paper struct {
	Store
	book *simtest.Book
}

func (p paper) Catalog() stock.Catalog { return p.book }

func inMemory(seed uint64, movements int) *loader {
	l := &loader{Options: Options{Seed: seed, Movements: movements, Technicians: technicians()}, ids: newIDs(seed, "catalogue"),
		anchor: stock.Date{Year: 2026, Month: 3, Day: 13}}
	edits := append([][]approval.Step{l.projects()}, l.places()...)
	l.Store = paper{book: simtest.NewBook(append(edits, l.parts()))}
	return l
}

func play(t *testing.T, l *loader, number int) *yard {
	t.Helper()
	var parts []*stock.Part
	n := 0
	for _, f := range families() {
		for i := range f.members {
			if p, _ := l.Store.Catalog().Part(l.numberOf(f, i, n)); n%yards == number {
				parts = append(parts, p)
			}
			n++
		}
	}
	y := newYard(l, number, parts)
	if err := y.play(); err != nil {
		t.Fatal(err)
	}
	return y
}

// TestYardsAreLawful plays the past in memory: no law is broken, every kind of movement occurs, nothing
// is in the future, goods arrive after they left, and what the policy holds goes alone.
func TestYardsAreLawful(t *testing.T) {
	t.Parallel()
	l := inMemory(1, 16_000)
	types := map[stock.MovementType]int{}
	for number := range yards {
		y := play(t, l, number)
		if broken := (&simtest.Model{Catalog: y.cat, State: y.state}).Broken(); broken != nil {
			t.Errorf("yard %d: %v", number, broken)
		}
		var last stock.Date
		for _, e := range y.plan {
			m := e.step.Move
			if m == nil {
				continue
			}
			types[m.Type]++
			if m.MovementOn.Before(last) || l.anchor.Before(m.MovementOn) {
				t.Fatalf("yard %d: %s on %v after %v", number, m.Type, m.MovementOn, last)
			}
			last = m.MovementOn
			adjusts := m.Type == stock.AjustePositivo || m.Type == stock.AjusteNegativo
			if e.waits != (adjusts || m.Source == "COFRE" || m.Destination == "COFRE") {
				t.Errorf("yard %d: %s %s → %s waits: %v", number, m.Type, m.Source, m.Destination, e.waits)
			}
		}
		for from := 0; from < len(y.plan); {
			n := max(1, len(y.batch(from)))
			if n > 1 && slices.ContainsFunc(y.plan[from:from+n], func(e entry) bool { return e.waits }) {
				t.Error("a movement that waits goes with others")
			}
			from += n
		}
	}
	for _, kind := range stock.MovementTypes() {
		if types[kind] == 0 {
			t.Errorf("no %s: %v", kind, types)
		}
	}
}

// TestYardsDependOnTheSeed alone: the same seed tells the same story, another one another.
func TestYardsDependOnTheSeed(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) []string {
		var out []string
		for _, e := range play(t, inMemory(seed, 3_000), 3).plan {
			if m := e.step.Move; m != nil {
				out = append(out, strings.Join(append([]string{m.ID.String(), string(m.Type), m.PartNumber, m.Quantity.String(), m.Source, m.Destination,
					m.Project, m.Papers.NFKey, m.MovementOn.String()}, m.Serials...), " "))
			}
		}
		return out
	}
	if diff := cmp.Diff(story(7), story(7)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(story(7), story(8)) {
		t.Error("two seeds tell one story")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	day := stock.Date{Year: 2026, Month: 3, Day: 1}
	g, again, other := newIDs(1, "a"), newIDs(1, "a"), newIDs(1, "b")
	seen := map[uuid.UUID]bool{}
	for range 1000 {
		id := g.next(day)
		if id != again.next(day) || id == other.next(day) || seen[id] {
			t.Fatalf("%s is not a matter of the seed and its part", id)
		}
		seen[id] = true
		sec, _ := id.Time().UnixTime()
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 || sec < day.Time().Unix() || sec >= day.AddDays(1).Time().Unix() {
			t.Fatalf("%s: version %d of second %d", id, id.Version(), sec)
		}
	}
}

func TestAmountsStayBelowTheLimit(t *testing.T) {
	t.Parallel()
	l := inMemory(1, 100)
	y := newYard(l, 0, nil)
	limit := decimal.MustNew(50_000, 0)
	for _, s := range l.parts() {
		p, _ := l.Store.Catalog().Part(s.Part.Number)
		for _, n := range []int{1, 30, 5000} {
			q := y.amount(p, n)
			v, err := q.Mul(*p.UnitCost)
			if err != nil || v.Cmp(limit) > 0 && n > 1 || !q.IsPos() || q.Trim(0).Scale() > 0 && !p.Fractional {
				t.Errorf("%s of %s is worth %s, %v", q, p.Number, v, err)
			}
		}
	}
}

func TestInvoices(t *testing.T) {
	t.Parallel()
	y := newYard(inMemory(1, 100), 4, nil)
	y.today = stock.Date{Year: 2025, Month: 7, Day: 9}
	shape := regexp.MustCompile(`^35250799999999\d{6}55001\d{19}$`)
	for range 200 {
		m := &stock.MoveRequest{}
		y.invoice(m, 35)
		if k := m.Papers.NFKey; len(k) != 44 || int(k[43]-'0') != checkDigit(k[:43]) || !shape.MatchString(k) {
			t.Fatalf("%q (%d digits)", k, len(k))
		}
	}
}

func TestErrandsAreDoneInOrder(t *testing.T) {
	t.Parallel()
	y := newYard(inMemory(1, 100), 0, nil)
	start := y.anchor.AddDays(-20)
	y.today = start
	var done []int
	for i, days := range []int{5, 1, 9, 1, 5, 40} { // the last falls after the company's last day
		y.later(days, days, func() *stock.MoveRequest { done = append(done, i); return nil })
	}
	for y.today = start; !y.anchor.Before(y.today); y.today = y.today.AddDays(1) {
		for e, ok := y.nextErrand(); ok; e, ok = y.nextErrand() {
			e.do()
		}
	}
	if diff := cmp.Diff([]int{1, 3, 0, 4, 2}, done); diff != "" {
		t.Error(diff)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	task := &approval.Task{ID: uuid.New()}
	for name, tc := range map[string]struct {
		out  *approval.Outcome
		want bool
	}{
		"posted":            {&approval.Outcome{Status: approval.StatusPosted}, false},
		"waits":             {&approval.Outcome{Status: approval.StatusWaiting, Task: task}, true},
		"posted, repeated":  {&approval.Outcome{Replay: true, Answer: render(&approval.Outcome{Status: approval.StatusPosted, Task: task})}, false},
		"waiting, repeated": {&approval.Outcome{Replay: true, Answer: render(&approval.Outcome{Status: approval.StatusWaiting, Task: task})}, true},
	} {
		if got := waits(tc.out); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOperationsAreNamed(t *testing.T) {
	t.Parallel()
	move := approval.Step{Move: &stock.MoveRequest{}}
	for want, steps := range map[string][]approval.Step{
		"sga_create_movement":    {move},
		"sga_create_movements":   {move, move},
		"sga_reverse_movement":   {{Reversal: &stock.Reversal{}}},
		"sga_change_asset_state": {{StateChange: &approval.AssetChange{}}},
		"sga_create_project":     {{Project: &approval.ProjectEdit{}}, {Project: &approval.ProjectEdit{}}},
		"sga_create_location":    {{Location: &approval.LocationEdit{}}},
		"sga_create_part_number": {{Part: &approval.PartEdit{}}},
		"sga_open_count":         {{CountOpen: &approval.CountOpen{}}},
		"sga_submit_count":       {{CountSubmit: &approval.CountSubmit{}}},
		"sga_close_count":        {{CountClose: &approval.CountClose{}}},
	} {
		if got := operation(steps); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
