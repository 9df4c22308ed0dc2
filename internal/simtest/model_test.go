package simtest

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"
)

// TestModel is R-07: random commands decided in memory and by the desk give the same events, the same
// refusals, and the same ledger in the end.
func TestModel(t *testing.T) {
	t.Parallel()
	c := Open(t)
	today := c.Today(t)
	var checks, posted, refused, waited atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		n := checks.Add(1)
		r := &race{dice: &dice{T: rt, prefix: fmt.Sprintf("S%06d", n)}, company: c}
		r.openProjects(n)
		r.model = NewModel(c.DB.Catalog(), time.Now(), today)
		for range 10 + r.below(30, "commands") {
			r.turn()
		}
		r.decideRest()
		r.compareLedgers()
		posted.Add(int64(r.posts))
		refused.Add(int64(r.refusals))
		waited.Add(int64(r.waits))
	})
	c.MustHold(t)
	t.Logf("%d runs: %d requests posted, %d refused, %d by way of a task", checks.Load(), posted.Load(), refused.Load(), waited.Load())
}

// race is one run of the same commands through both.
type race struct {
	*dice
	company                *Company
	waiting                []*approval.Task
	posts, refusals, waits int
}

func (r *race) openProjects(n int64) {
	var steps []approval.Step
	for i := range 3 {
		code := fmt.Sprintf("X%06d-%d", n, i)
		r.projects = append(r.projects, code)
		steps = append(steps, project(code))
	}
	if _, err := r.company.DB.Submit(r.Context(), r.company.Request(r.company.Ana, steps...)); err != nil {
		r.Fatal(err)
	}
}

// turn sends one request both ways, or decides one that waits.
func (r *race) turn() {
	if len(r.waiting) > 0 && r.chance(2) {
		r.decide(r.below(len(r.waiting), "task"))
		return
	}
	steps := make([]approval.Step, pick(r.dice, "steps", 1, 1, 1, 1, 1, 2, 3))
	for i := range steps {
		steps[i] = r.step()
	}
	out, err := r.company.DB.Submit(r.Context(), r.company.Request(r.company.Ana, steps...))
	if err == nil && out.Status == approval.StatusWaiting {
		r.waits++
		r.expectWaiting(out.Task)
		return
	}
	events, want := r.model.Submit(steps)
	r.same(want, err)
	if err != nil {
		r.refusals++
		return
	}
	r.posts++
	r.sameEvents(events, out)
	r.learn(events)
}

// expectWaiting holds a proposal to the model: it must be possible now, and is approved now or later.
func (r *race) expectWaiting(t *approval.Task) {
	mark := r.model.State.Mark()
	if _, err := r.model.Submit(t.Steps); err != nil {
		r.Fatalf("proposed what the model refuses: %v", err)
	}
	r.model.State.Rollback(mark)
	r.waiting = append(r.waiting, t)
	if r.chance(7) {
		r.decide(len(r.waiting) - 1)
	}
}

func (r *race) decideRest() {
	for len(r.waiting) > 0 {
		r.decide(len(r.waiting) - 1)
	}
}

// decide approves or rejects a task. When the world has changed both must leave it alone.
func (r *race) decide(i int) {
	t := r.waiting[i]
	r.waiting = slices.Delete(r.waiting, i, i+1)
	d := &approval.Decision{Actor: r.company.Bia, Door: "simtest", Operation: "sga_approve_task", TaskID: t.ID, Fingerprint: t.Fingerprint, Render: Render}
	if r.chance(1) {
		if _, err := r.company.DB.Reject(r.Context(), d); err != nil {
			r.Fatalf("reject: %v", err)
		}
		return
	}
	out, err := r.company.DB.Approve(r.Context(), d)
	if fault.CodeOf(err) == fault.Conflict {
		return // the preview is out of date; executing it may or may not be possible
	}
	if err == nil && out.Task.Status == approval.InProgress { // two are asked for, and nothing lies between their votes
		d.Actor = Person("caio", 0xcc)
		out, err = r.company.DB.Approve(r.Context(), d)
	}
	if err != nil {
		r.Fatalf("approve: %v", err)
	}
	events, err := r.model.Submit(t.Steps)
	if err != nil {
		r.Fatalf("approved what the model refuses: %v", err)
	}
	r.sameEvents(events, out)
	r.learn(events)
}

func (r *race) same(model, desk error) {
	m, d := fault.Of(model), fault.Of(desk)
	if model == nil || desk == nil || m.Code != d.Code || m.Field != d.Field || m.MessageEN != d.MessageEN {
		if model != nil || desk != nil {
			r.Fatalf("model: %v\ndesk:  %v", model, desk)
		}
	}
}

// sameDecimals compares quantities by value, and forgets what only a database gives.
func sameDecimals() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmpopts.IgnoreFields(stock.Movement{}, "Sequence", "RecordedAt"),
		cmpopts.IgnoreFields(stock.Asset{}, "ID", "UpdatedAt"),
		cmpopts.SortSlices(func(a, b stock.AssetEvent) int { return a.Key.Compare(b.Key) }), // a database has no order of its own
		cmpopts.EquateEmpty(),
	}
}

func (r *race) sameEvents(events [][]stock.Event, out *approval.Outcome) {
	for i, p := range out.Posted {
		want := approval.Posted{}
		for _, e := range events[i] {
			want.Movement, want.Assets = e.Movement, append(want.Assets, e.Assets...)
			if e.Reservation != nil {
				want.Reservation = &e.Reservation.After
			}
		}
		p.Changes = nil
		if diff := cmp.Diff(want, p, sameDecimals()); diff != "" {
			r.Fatalf("step %d, model - desk +\n%s", i, diff)
		}
	}
}

// compareLedgers reads all that the run left in the database.
func (r *race) compareLedgers() {
	codes := r.projects
	balances := map[stock.Key]stock.Balance{}
	var k stock.Key
	var b stock.Balance
	r.read(`SELECT part_number_key, location_key, project_key, condition::text, quantity_total, quantity_reserved, version
		FROM sga.balances JOIN sga.projects USING (project_key) WHERE project_code = ANY($1) AND version > 0`, codes,
		[]any{&k.Part, &k.Location, &k.Project, &k.Condition, &b.Total, &b.Reserved, &b.Version}, func() { balances[k] = b })
	if diff := cmp.Diff(r.model.State.Balances, balances, sameDecimals()); diff != "" {
		r.Fatalf("balances, model - desk +\n%s", diff)
	}
	assets := map[stock.AssetKey]stock.Asset{}
	var key stock.AssetKey
	var a stock.Asset
	var held, last pgtype.UUID
	r.read(`SELECT part_number_key, serial_key, serial_number, project_key, location_key, status::text, condition::text, ownership::text, reservation_id,
		last_movement_id, version, assets.is_active FROM sga.assets JOIN sga.projects USING (project_key) WHERE project_code = ANY($1)`, codes,
		[]any{&key.Part, &key.Serial, &a.Serial, &a.Project, &a.Location, &a.Status, &a.Condition, &a.Ownership, &held, &last, &a.Version, &a.Active},
		func() { a.Part, a.Reserved, a.LastMove = key.Part, held.Bytes, last.Bytes; assets[key] = a })
	if diff := cmp.Diff(r.model.State.Assets, assets, sameDecimals()); diff != "" {
		r.Fatalf("assets, model - desk +\n%s", diff)
	}
	ended := map[uuid.UUID]stock.ReservationStatus{}
	var id uuid.UUID
	var status stock.ReservationStatus
	r.read(`SELECT reservation_id, status::text FROM sga.reservations JOIN sga.projects USING (project_key) WHERE project_code = ANY($1)`, codes,
		[]any{&id, &status}, func() { ended[id] = status })
	want := map[uuid.UUID]stock.ReservationStatus{}
	for k, v := range maps.All(r.model.State.Reservations) {
		want[k] = v.Status
	}
	if diff := cmp.Diff(want, ended); diff != "" {
		r.Fatalf("reservations, model - desk +\n%s", diff)
	}
}

func (r *race) read(sql string, codes []string, into []any, each func()) {
	rows, err := r.company.Owner.Query(r.Context(), sql, codes)
	if err == nil {
		_, err = pgx.ForEachRow(rows, into, func() error { each(); return nil })
	}
	if err != nil {
		r.Fatal(err)
	}
}

// lawful plays random commands in memory alone and looks for a broken law after each.
func lawful(rt *rapid.T) {
	d := &dice{T: rt, prefix: "S", projects: []string{"P1", "P2", "P3"},
		model: NewModel(NewBook(Edits()), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), stock.Date{Year: 2026, Month: 3, Day: 1})}
	for range rapid.IntRange(5, 60).Draw(rt, "commands") {
		steps := []approval.Step{d.step()}
		events, err := d.model.Submit(steps)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				rt.Fatalf("%v", err)
			}
			continue
		}
		d.learn(events)
		if broken := d.model.Broken(); broken != nil {
			rt.Fatalf("%v", broken)
		}
	}
}

// TestDecideIsLawful: whatever is asked, nothing is negative, unbalanced or promised twice.
func TestDecideIsLawful(t *testing.T) {
	t.Parallel()
	rapid.Check(t, lawful)
}

// FuzzDecide lets the fuzzer choose the commands.
func FuzzDecide(f *testing.F) {
	f.Add([]byte("entrada, transferencia, reserva, expedicao, reversa"))
	f.Fuzz(rapid.MakeFuzz(lawful))
}
