package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// yard is the past of some part numbers, played in memory by the ledger's own law before it is posted.
// No two yards share a part, so none needs to know what the others do, and they are posted side by side.
type yard struct {
	number  int
	cat     stock.Catalog
	parts   []*stock.Part
	rand    *rand.Rand
	ids     *ids
	state   *stock.State
	anchor  stock.Date
	today   stock.Date
	quota   int // movements to make
	assets  int // serialised assets to receive
	serial  int
	made    int
	due     []errand
	plan    []entry
	clients []string
	techs   []string
}

// entry is one step of the past. What the policy would hold back goes alone, and is approved.
type entry struct {
	step  approval.Step
	waits bool
}

// errand is what follows from a movement some days later: goods arrive, a promise ends.
type errand struct {
	on stock.Date
	do func() *stock.MoveRequest
}

// yards is how many pasts are posted side by side: enough for the desk to put several into one transaction.
const yards = 16

func newYard(l *loader, number int, parts []*stock.Part) *yard {
	y := &yard{number: number, cat: l.Store.Catalog(), parts: parts, rand: newRand(l.Seed, fmt.Sprint("yard ", number)), ids: newIDs(l.Seed, fmt.Sprint("yard ", number)),
		anchor: l.anchor, quota: (l.Movements + yards - 1) / yards, assets: (l.Movements/6+yards-1)/yards + 8}
	midnight := time.Date(l.anchor.Year, l.anchor.Month, l.anchor.Day, 0, 0, 0, 0, brazil())
	y.state = stock.NewState(midnight, l.anchor)
	y.state.Complete = true
	for _, c := range clients() {
		y.clients = append(y.clients, stock.Fold(c[:4]))
	}
	for i := range l.Technicians {
		y.techs = append(y.techs, fmt.Sprintf("TEC-%02d", i+1))
	}
	return y
}

// play makes the whole past: on every day first what was due, then new business.
func (y *yard) play() error {
	days := calendar(y.anchor)
	for i := 0; y.made < y.quota; i++ {
		y.today = days[min(y.made*len(days)/y.quota, len(days)-1)]
		if i > 40*y.quota { // the odds are made so that this cannot happen
			return fmt.Errorf("yard %d stands still after %d movements", y.number, y.made)
		}
		if e, ok := y.nextErrand(); ok {
			if m := e.do(); m != nil {
				y.try(m)
			}
			continue
		}
		y.business()
	}
	return nil
}

// calendar is the days of the past as often as there is business on them: working days most, and more
// of it as the company grows.
func calendar(anchor stock.Date) []stock.Date {
	first := stock.DateOf(anchor.Time().AddDate(0, -months, 0))
	var out []stock.Date
	for d, n := first, 0; !anchor.Before(d); d, n = d.AddDays(1), n+1 {
		weight := 8 + n/90
		switch d.Time().Weekday() {
		case time.Saturday:
			weight = 2
		case time.Sunday:
			weight = 0
		}
		for range weight {
			out = append(out, d)
		}
	}
	return out
}

func (y *yard) nextErrand() (errand, bool) {
	if len(y.due) == 0 || y.today.Before(y.due[0].on) {
		return errand{}, false
	}
	e := y.due[0]
	y.due = y.due[1:]
	return e, true
}

// later plans an errand in from least to most days; what would fall after the last day stays undone.
func (y *yard) later(least, most int, do func() *stock.MoveRequest) {
	on := y.today.AddDays(least + y.rand.IntN(most-least+1))
	if y.anchor.Before(on) {
		return
	}
	at, _ := slices.BinarySearchFunc(y.due, on, func(e errand, d stock.Date) int { return cmp.Or(e.on.Time().Compare(d.Time()), -1) })
	y.due = slices.Insert(y.due, at, errand{on, do})
}

// request begins a movement of today.
func (y *yard) request(kind stock.MovementType, p *stock.Part, owner string, n stock.Quantity) *stock.MoveRequest {
	return &stock.MoveRequest{ID: y.ids.next(y.today), Type: kind, PartNumber: p.Number, Project: owner, Quantity: n, MovementOn: y.today}
}

// try makes a movement if the law allows it today, and reports whether it did.
func (y *yard) try(m *stock.MoveRequest) bool {
	command, err := stock.Resolve(y.cat, *m)
	if err != nil {
		return false
	}
	return y.keep(command, entry{approval.Step{Move: m}, y.held(command)})
}

// held reports whether the policy makes the movement wait: adjustments and restricted places.
func (y *yard) held(m *stock.Move) bool {
	for _, at := range []*stock.Location{m.From, m.To} {
		if at != nil && at.Policies.Restricted {
			return true
		}
	}
	return m.Type == stock.AjustePositivo || m.Type == stock.AjusteNegativo
}

func (y *yard) keep(c stock.Command, e entry) bool {
	events, err := stock.Decide(y.state, c)
	if err != nil {
		return false
	}
	for _, event := range events {
		if err := stock.Apply(y.state, event); err != nil {
			return false
		}
	}
	y.plan = append(y.plan, e)
	y.made++
	return true
}

// undo takes back a movement of today by a reversal.
func (y *yard) undo(id uuid.UUID) {
	rec := y.state.Recorded[id]
	r := &stock.Reversal{ID: y.ids.next(y.today), Original: id, Papers: stock.Papers{Reason: pick(y, "Nota lançada em duplicidade", "Quantidade digitada errada",
		"Local de destino errado"), EvidenceIDs: nil}}
	for _, d := range rec.Movement.Deltas() {
		r.Keys = append(r.Keys, d.Key)
	}
	for _, a := range rec.Assets {
		r.Assets = append(r.Assets, a.Key)
	}
	y.keep(r, entry{step: approval.Step{Reversal: r}})
}

func pick[T any](y *yard, from ...T) T { return from[y.rand.IntN(len(from))] }
