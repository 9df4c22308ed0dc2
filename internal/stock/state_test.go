package stock

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/govalues/decimal"
)

func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.post("ENTRADA 5 SWITCH >CD")
	c.post("ENTRADA 1 ROTEADOR >CD sn=A1")
	before := snapshot(c.state)
	mark := c.state.Mark()
	r := c.ask("RESERVA 2 SWITCH CD>")
	r.Reservation = c.id()
	c.postRequest(r)
	m := c.post("SAIDA 1 ROTEADOR CD> sn=A1")
	_ = m
	c.post("TRANSFERENCIA 1 SWITCH CD>LOJA")
	c.state.Rollback(mark)
	if diff := cmp.Diff(before, snapshot(c.state), cmp.Comparer(decimal.Decimal.Equal), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

type picture struct {
	Balances     map[Key]Balance
	Assets       map[AssetKey]Asset
	Reservations int
	Recorded     int
}

func snapshot(s *State) picture {
	p := picture{Balances: map[Key]Balance{}, Assets: map[AssetKey]Asset{}, Reservations: len(s.Reservations), Recorded: len(s.Recorded)}
	for k, b := range s.Balances {
		p.Balances[k] = b
	}
	for k, a := range s.Assets {
		p.Assets[k] = a
	}
	return p
}

// Any sequence of movements, accepted or refused, keeps the invariants: no balance or promise is
// negative, no more is promised than there is (I2), every movement nets to zero with the outside (I4),
// and the log replayed gives the balances (I1).
func TestRandomMovementsKeepTheInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		c := newCompany(t)
		rnd := rand.New(rand.NewPCG(seed, 1))
		var log []*Movement
		for range 300 {
			m := randomMove(c, rnd)
			events, err := c.decide(m)
			if err != nil {
				continue
			}
			c.apply(events)
			log = append(log, events[0].Movement)
			checkBalances(t, c.state)
		}
		if len(log) < 20 {
			t.Fatalf("seed %d: only %d movements passed", seed, len(log))
		}
		checkReplay(t, c.state, log)
	}
}

func randomMove(c *company, rnd *rand.Rand) MoveRequest {
	places := []string{"CD", "LOJA", "CLIENTE", "TRANSITO"}
	pick := func(list []string) string { return list[rnd.IntN(len(list))] }
	types := MovementTypes()
	t := types[rnd.IntN(len(types))]
	if rnd.IntN(3) == 0 {
		t = Entrada
	}
	line := fmt.Sprintf("%s %d SWITCH %s>%s", t, 1+rnd.IntN(5), pick(places), pick(places))
	switch t {
	case Entrada, AjustePositivo:
		line = fmt.Sprintf("%s %d SWITCH >%s", t, 1+rnd.IntN(9), pick(places))
	case AjusteNegativo, Reserva:
		line = fmt.Sprintf("%s %d SWITCH %s>", t, 1+rnd.IntN(3), pick(places))
	}
	m := c.ask(line)
	if t == Reserva {
		m.Reservation = c.id()
	}
	if t == Liberacao || rnd.IntN(4) == 0 {
		for id := range c.state.Reservations {
			m.Reservation = id
			break
		}
	}
	return m
}

func checkBalances(t *testing.T, s *State) {
	t.Helper()
	for k, b := range s.Balances {
		if b.Total.IsNeg() || b.Reserved.IsNeg() || b.Available().IsNeg() {
			t.Fatalf("%v: %v", k, b)
		}
	}
}

func checkReplay(t *testing.T, s *State, log []*Movement) {
	t.Helper()
	replay := map[Key]Balance{}
	for _, m := range log {
		net := Quantity{}
		for _, d := range m.Deltas() {
			b, err := replay[d.Key].plus(d)
			if err != nil {
				t.Fatal(err)
			}
			replay[d.Key] = b
			if net, err = add(net, d.Total); err != nil {
				t.Fatal(err)
			}
		}
		if m.Source == OutsideKey {
			net, _ = sub(net, m.Quantity)
		}
		if m.Destination == OutsideKey {
			net, _ = add(net, m.Quantity)
		}
		if !net.IsZero() {
			t.Fatalf("%s does not net to zero: %s", m.Type, net)
		}
	}
	for k, want := range s.Balances {
		if got := replay[k]; got.Total.Cmp(want.Total) != 0 || got.Reserved.Cmp(want.Reserved) != 0 || got.Version != want.Version {
			t.Fatalf("%v: replay %v, state %v", k, got, want)
		}
	}
}

// What Decide must see and has not been loaded is asked for, and then decided alike.
func TestDecideAsksForWhatIsNotLoaded(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"SAIDA 1 SWITCH CD>", "TRANSFERENCIA 1 SWITCH CD>LOJA", "REVERSA 1 ROTEADOR >LOJA sn=A1", "ENTRADA 1 SWITCH >LOJA"} {
		full := newCompany(t)
		full.post("ENTRADA 5 SWITCH >CD cond=USED")
		full.post("ENTRADA 1 ROTEADOR >CD sn=A1")
		full.post("SAIDA 1 ROTEADOR CD>CLIENTE sn=A1")
		m := full.ask(line)
		want, err := full.decide(m)
		if err != nil {
			t.Fatal(err)
		}
		partial := NewState(full.state.Now, full.state.Today)
		partial.Assets = full.state.Assets
		move, err := Resolve(full, m)
		if err != nil {
			t.Fatal(err)
		}
		got := decideLoading(t, full.state, partial, move)
		if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// decideLoading plays the adapter: it loads the places that Decide asks for until it decides.
func decideLoading(t *testing.T, from, into *State, m *Move) []Event {
	t.Helper()
	for range 5 {
		events, err := Decide(into, m)
		missing, ok := err.(*NotLoaded)
		if !ok {
			if err != nil {
				t.Fatal(err)
			}
			return events
		}
		for _, k := range missing.Keys {
			into.Locked[k.Place()] = true
			into.Balances[k] = from.Balances[k]
			for _, c := range Conditions() {
				other := Key{k.Part, k.Location, k.Project, c}
				if b, ok := from.Balances[other]; ok {
					into.Balances[other] = b
				}
			}
		}
	}
	t.Fatal("never satisfied")
	return nil
}

func TestNeedsAreInLockOrder(t *testing.T) {
	t.Parallel()
	a, b := Key{1, 2, 1, New}, Key{1, 2, 1, Used}
	if a.Compare(b) >= 0 || b.Compare(a) <= 0 || a.Compare(a) != 0 || (Key{1, 3, 1, New}).Compare(b) <= 0 || (Key{2, 1, 1, New}).Compare(b) <= 0 {
		t.Error("keys compare by part, place, project, condition")
	}
	if (AssetKey{1, "B"}).Compare(AssetKey{1, "A"}) <= 0 || (AssetKey{1, "B"}).Compare(AssetKey{2, "A"}) >= 0 {
		t.Error("asset keys compare by part, serial")
	}
}
