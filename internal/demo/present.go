package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/govalues/decimal"
)

// present makes what is under way on the company's last day: assets in the workshop, promises that
// hold, counts that found something, and proposals that wait.
func (l *loader) present(ctx context.Context) error {
	for _, y := range l.yards {
		y.today = l.anchor
	}
	for _, part := range []func(context.Context) error{l.workshop, l.promises, l.counts, l.proposals, l.readings, l.newParts} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// draw finds a lot in the yard whose turn it is, or in the next ones.
func (l *loader) draw(turn, most int, fits func(*lot) bool, kinds ...stock.LocationType) (*yard, *lot, error) {
	const tries = 200
	for i := range tries * len(l.yards) {
		y := l.yards[(turn+i/tries)%len(l.yards)]
		if found := y.find(most, kinds...); found != nil && found.amount.IsPos() && fits(found) {
			return y, found, nil
		}
	}
	return nil, nil, fault.Internal.With("Nenhum estoque serve para a demonstração.", "No stock fits the demo.")
}

func anyLot(*lot) bool       { return true }
func serialized(l *lot) bool { return len(l.serial) > 0 }
func counted(l *lot) bool    { return !l.part.Serialized && !l.part.Fractional }

// workshop moves assets along their states without moving them in space.
func (l *loader) workshop(ctx context.Context) error {
	ways := []struct {
		from stock.LocationType
		way  []stock.AssetStatus
	}{
		{stock.LogisticsCenter, []stock.AssetStatus{stock.UnderMaintenance}},
		{stock.Bin, []stock.AssetStatus{stock.InStaging}},
		{stock.Customer, []stock.AssetStatus{stock.AwaitingReverse}},
		{stock.Customer, []stock.AssetStatus{stock.AwaitingReverse, stock.InReverse}},
		{stock.Warehouse, []stock.AssetStatus{stock.Quarantine}},
	}
	var steps []approval.Step
	for turn := range 40 {
		w := ways[turn%len(ways)]
		y, found, err := l.draw(turn, 1, serialized, w.from)
		if err != nil {
			return err
		}
		for _, to := range w.way {
			if s, ok := y.change(found, to); ok {
				steps = append(steps, s)
			}
		}
	}
	return l.post(ctx, "workshop", l.Actors.Technician, steps)
}

// change makes a change of state if the law allows it.
func (y *yard) change(l *lot, to stock.AssetStatus) (approval.Step, bool) {
	key := stock.AssetKey{Part: l.part.Key, Serial: stock.SerialKey(l.serial[0])}
	step := approval.Step{StateChange: &approval.AssetChange{PartNumber: l.part.Number, Serial: l.serial[0], To: to, Reason: "Triagem"}}
	return step, y.keep(&stock.StateChange{Key: key, To: to}, entry{step: step})
}

// promises are reservations that hold today, some made by the agent for a ticket.
func (l *loader) promises(ctx context.Context) error {
	for turn := range 24 {
		y, found, err := l.draw(turn, 2, anyLot, stores()...)
		if err != nil {
			return err
		}
		m := y.take(stock.Reserva, found)
		m.Reservation, m.ExpiresAt = y.ids.next(l.anchor), y.state.Now.AddDate(0, 0, 2+turn%9)
		m.Papers.Ticket, m.Papers.Reason = y.ticket(), "Reserva para chamado"
		if !y.try(m) {
			continue
		}
		who := l.Actors.Operations
		if turn%3 == 0 {
			who = l.Actors.Agent
		}
		if err := l.post(ctx, fmt.Sprint("promise-", turn), who, []approval.Step{{Move: m}}); err != nil {
			return err
		}
	}
	return nil
}

// counts are made at five places; of what they found some was approved, some refused, some waits.
func (l *loader) counts(ctx context.Context) error {
	for i, place := range []string{"SVC-SP", "SVC-GOIANIA", "BASE-POA", "BASE-MANAUS", "SS-BELEM"} {
		id := l.yards[0].ids.next(l.anchor)
		open := &approval.CountOpen{ID: id, Name: "Contagem cíclica " + place, Type: "CYCLIC", Location: place, Blind: true}
		submit := &approval.CountSubmit{CountID: id, Results: l.results(place)}
		for j, step := range []approval.Step{{CountOpen: open}, {CountSubmit: submit}} {
			if err := l.post(ctx, fmt.Sprintf("count-%d-%d", i, j), l.Actors.Logistics, []approval.Step{step}); err != nil {
				return err
			}
		}
		if i == 4 {
			return nil // the last one is still open
		}
		out, err := l.submit(ctx, fmt.Sprintf("count-%d-close", i), l.Actors.Logistics, []approval.Step{{CountClose: &approval.CountClose{CountID: id}}})
		if err != nil {
			return err
		}
		if out.Task != nil && i < 2 {
			if err := l.decide(ctx, fmt.Sprintf("count-%d-decision", i), out.Task.ID, i == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// results are what somebody counted: mostly what is there.
func (l *loader) results(place string) []approval.CountResult {
	at, _ := l.Store.Catalog().Location(place)
	var out []approval.CountResult
	for _, y := range l.yards {
		for _, k := range slices.SortedFunc(maps.Keys(y.state.Balances), stock.Key.Compare) {
			if b := y.state.Balances[k]; k.Location == at.Key && b.Total.IsPos() {
				out = append(out, y.result(k, b, len(out)))
			}
		}
	}
	return out
}

func (y *yard) result(k stock.Key, b stock.Balance, n int) approval.CountResult {
	p, _ := y.cat.PartByKey(k.Part)
	owner, _ := y.cat.ProjectByKey(k.Project)
	r := approval.CountResult{ID: y.ids.next(y.anchor), PartNumber: p.Number, Project: owner.Code, Condition: k.Condition, Quantity: b.Total}
	one := stock.Whole(1)
	if !p.Serialized {
		if n%9 == 4 {
			one = one.Neg()
		}
		if sum, err := b.Total.Add(one); err == nil && n%9 < 5 && n%3 == 1 && b.Available().Cmp(stock.Whole(1)) >= 0 {
			r.Quantity, r.Notes = sum, "Recontado"
		}
		return r
	}
	for _, a := range slices.SortedFunc(maps.Keys(y.state.Assets), stock.AssetKey.Compare) {
		if v := y.state.Assets[a]; (stock.Key{Part: a.Part, Location: v.Location, Project: v.Project, Condition: v.Condition}) == k {
			r.Serials = append(r.Serials, v.Serial)
		}
	}
	switch n % 11 {
	case 3:
		r.Serials = r.Serials[1:]
	case 7:
		r.Serials = append(r.Serials, fmt.Sprintf("ZZ%05d", 100+n)) // nobody knows it
	}
	r.Quantity = stock.Whole(int64(len(r.Serials)))
	return r
}

// proposal is a movement that somebody proposes and the policy holds.
type proposal struct {
	who   *identity.Actor
	kind  stock.MovementType
	fits  func(*lot) bool
	from  stock.LocationType
	shape func(*yard, *stock.MoveRequest)
}

// possible finds goods with which the proposal could be executed today.
func (l *loader) possible(turn int, p proposal) (*stock.MoveRequest, error) {
	for try := 0; ; try++ {
		y, found, err := l.draw(turn+try, 2, p.fits, p.from)
		if err != nil {
			return nil, err
		}
		m := y.take(p.kind, found)
		p.shape(y, m)
		command, err := stock.Resolve(y.cat, *m)
		if err == nil {
			_, err = stock.Decide(y.state, command)
		}
		if err == nil || try > 4*len(l.yards) {
			return m, err
		}
	}
}

func (l *loader) proposals(ctx context.Context) error {
	a := l.Actors
	because := func(code stock.ReasonCode, why string) func(*yard, *stock.MoveRequest) {
		return func(_ *yard, m *stock.MoveRequest) { m.Papers.ReasonCode, m.Papers.Reason = code, why }
	}
	list := []proposal{
		{a.Logistics, stock.AjusteNegativo, counted, stock.Bin, because(stock.ReasonCount, "Faltou na conferência")},
		{a.Operations, stock.AjusteNegativo, serialized, stock.Warehouse, because(stock.ReasonLost, "Não localizado no inventário")},
		{a.Technician, stock.AjusteNegativo, serialized, stock.TechnicianPlace, because(stock.ReasonDisposal, "Queimado por descarga elétrica")},
		{a.Technician, stock.AjusteNegativo, counted, stock.TechnicianPlace, because(stock.ReasonDamaged, "Danificado no transporte")},
		{a.Logistics, stock.Transferencia, serialized, stock.LogisticsCenter, func(_ *yard, m *stock.MoveRequest) { m.Destination = "COFRE" }},
		{a.Agent, stock.Expedicao, serialized, stock.Warehouse, func(y *yard, m *stock.MoveRequest) { m.Papers.Ticket = y.ticket() }},
		{a.Agent, stock.Transferencia, counted, stock.Bin, func(y *yard, m *stock.MoveRequest) { m.Destination = pick(y, y.techs...) }},
	}
	for i := range 3 * len(list) {
		p := list[i%len(list)]
		m, err := l.possible(i, p)
		if err != nil {
			return err
		}
		id, err := l.propose(ctx, fmt.Sprint("proposal-", i), p.who, approval.Step{Move: m})
		if err != nil {
			return err
		}
		if i < 1 { // one was refused
			if err := l.decide(ctx, fmt.Sprint("proposal-", i, "-decision"), id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// readings are invoices that the agent read: with evidence and sure of itself it posts and asks for a
// look, else it waits, as does what is worth too much.
func (l *loader) readings(ctx context.Context) error {
	for i := range 8 {
		y := l.yards[i%len(l.yards)]
		p := pick(y, y.parts...)
		for p.Serialized || p.Fractional {
			p = pick(y, y.parts...)
		}
		m := y.request(stock.Entrada, p, y.owner(), y.amount(p, 10))
		m.Destination = "CD-BARUERI"
		y.invoice(m, 35)
		confidence := decimal.MustNew(int64(91-i), 2)
		step, key := approval.Step{Move: m}, fmt.Sprint("reading-", i)
		var err error
		if m.Papers.EvidenceIDs, err = l.evidence(ctx, key, m); err != nil {
			return err
		}
		switch i % 4 {
		case 0, 1:
			m.Papers.Confidence = &confidence
			err = l.post(ctx, key, l.Actors.Agent, []approval.Step{step})
		case 2:
			confidence = decimal.MustNew(int64(60+i), 2)
			m.Papers.Confidence, m.Papers.NFKey = &confidence, ""
			_, err = l.propose(ctx, key, l.Actors.Agent, step)
		default:
			m.Quantity = stock.Whole(int64(2 * most(p)))
			_, err = l.propose(ctx, key, l.Actors.Logistics, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// newParts are part numbers that were asked for and are not in the catalogue yet.
func (l *loader) newParts(ctx context.Context) error {
	for i, f := range families()[:3] {
		e := l.part(f, f.members+i, 300+i, 0)
		who := l.Actors.Logistics
		if i == 1 {
			who = l.Actors.Agent
		}
		if _, err := l.propose(ctx, fmt.Sprint("part-", i), who, approval.Step{Part: e}); err != nil {
			return err
		}
	}
	return nil
}
