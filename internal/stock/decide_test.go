package stock

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// The table of movements of the contract: what each type does to balances.
func TestMovementsMoveStock(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines string
		part  PartKey
		want  string
	}{
		{"entry", "ENTRADA 5 SWITCH >CD", switches, "CD GERAL NEW 5/0"},
		{"entry of a project and condition", "ENTRADA 5 SWITCH >CD @ITAU cond=USED", switches, "CD ITAU USED 5/0"},
		{"entry of a fraction", "ENTRADA 2.5 CABO >CD", cable, "CD GERAL NEW 2.5/0"},
		{"exit to the outside", "ENTRADA 5 SWITCH >CD|SAIDA 2 SWITCH CD>", switches, "CD GERAL NEW 3/0"},
		{"exit to a place of ours nets to zero", "ENTRADA 5 SWITCH >CD|SAIDA 2 SWITCH CD>CLIENTE", switches, "CD GERAL NEW 3/0; CLIENTE GERAL NEW 2/0"},
		{"transfer", "ENTRADA 5 SWITCH >CD|TRANSFERENCIA 2 SWITCH CD>LOJA", switches, "CD GERAL NEW 3/0; LOJA GERAL NEW 2/0"},
		{"transfer in two steps", "ENTRADA 5 SWITCH >CD|TRANSFERENCIA 2 SWITCH CD>TRANSITO|TRANSFERENCIA 1 SWITCH TRANSITO>LOJA", switches,
			"TRANSITO GERAL NEW 1/0; CD GERAL NEW 3/0; LOJA GERAL NEW 1/0"},
		{"dispatch goes by the road", "ENTRADA 5 SWITCH >CD|EXPEDICAO 2 SWITCH CD>CLIENTE", switches, "TRANSITO GERAL NEW 2/0; CD GERAL NEW 3/0"},
		{"dispatch delivered", "ENTRADA 5 SWITCH >CD|EXPEDICAO 2 SWITCH CD>CLIENTE|SAIDA 2 SWITCH TRANSITO>CLIENTE", switches,
			"CD GERAL NEW 3/0; CLIENTE GERAL NEW 2/0"},
		{"return from outside", "REVERSA 2 SWITCH >CD cond=DEFECTIVE", switches, "CD GERAL DEFECTIVE 2/0"},
		{"return from the customer, broken", "ENTRADA 5 SWITCH >CD|SAIDA 2 SWITCH CD>CLIENTE|REVERSA 1 SWITCH CLIENTE>LOJA cond=DAMAGED", switches,
			"CD GERAL NEW 3/0; LOJA GERAL DAMAGED 1/0; CLIENTE GERAL NEW 1/0"},
		{"the only condition there need not be said", "ENTRADA 5 SWITCH >CD cond=USED|SAIDA 1 SWITCH CD>", switches, "CD GERAL USED 4/0"},
		{"condition that changes on the way", "ENTRADA 5 SWITCH >CD|TRANSFERENCIA 1 SWITCH CD>LOJA to=REFURBISHED", switches,
			"CD GERAL NEW 4/0; LOJA GERAL REFURBISHED 1/0"},
		{"adjustments", "AJUSTE_POSITIVO 5 SWITCH >CD|AJUSTE_NEGATIVO 2 SWITCH CD>", switches, "CD GERAL NEW 3/0"},
		{"reservation and release", "ENTRADA 5 SWITCH >CD|RESERVA 2 SWITCH CD>", switches, "CD GERAL NEW 5/2"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			for line := range strings.SplitSeq(tc.lines, "|") {
				c.post(line)
			}
			if got := c.stock(tc.part); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// What the ledger refuses, and which argument it blames. Nothing may have changed.
func TestMovementsRefused(t *testing.T) {
	t.Parallel()
	const have = "ENTRADA 5 SWITCH >CD|ENTRADA 2 SWITCH >LOJA|ENTRADA 1 SWITCH >LOJA cond=USED|ENTRADA 2 ROTEADOR >CD sn=A1,A2|RESERVA 3 SWITCH CD>"
	tests := []struct{ name, line, want string }{
		{"unknown part", "ENTRADA 1 NADA >CD", "not_found part_number"},
		{"unknown source", "SAIDA 1 SWITCH NADA>", "not_found source_location_id"},
		{"unknown destination", "ENTRADA 1 SWITCH >NADA", "not_found destination_location_id"},
		{"unknown project", "ENTRADA 1 SWITCH >CD @NADA", "not_found project_id"},
		{"zero", "ENTRADA 0 SWITCH >CD", "invalid_argument quantity"},
		{"negative", "ENTRADA -1 SWITCH >CD", "invalid_argument quantity"},
		{"a fraction of a whole unit", "ENTRADA 1.5 SWITCH >CD", "invalid_argument quantity"},
		{"too many decimals", "ENTRADA 0.1234567 CABO >CD", "invalid_argument quantity"},
		{"too much", "ENTRADA 1000000001 SWITCH >CD", "invalid_argument quantity"},
		{"entry without destination", "ENTRADA 1 SWITCH", "invalid_argument destination_location_id"},
		{"entry from a place of ours", "ENTRADA 1 SWITCH LOJA>CD", "invalid_argument source_location_id"},
		{"exit without source", "SAIDA 1 SWITCH", "invalid_argument source_location_id"},
		{"transfer without destination", "TRANSFERENCIA 1 SWITCH CD>", "invalid_argument destination_location_id"},
		{"transfer to itself", "TRANSFERENCIA 1 SWITCH CD>CD", "invalid_argument destination_location_id"},
		{"transfer to the outside", "TRANSFERENCIA 1 SWITCH CD>EXTERNO", "invalid_argument destination_location_id"},
		{"exit from the outside", "SAIDA 1 SWITCH EXTERNO>", "invalid_argument source_location_id"},
		{"exit to the road", "SAIDA 1 SWITCH CD>TRANSITO", "invalid_argument destination_location_id"},
		{"reservation with destination", "RESERVA 1 SWITCH CD>LOJA", "invalid_argument destination_location_id"},
		{"adjustment down with destination", "AJUSTE_NEGATIVO 1 SWITCH CD>LOJA", "invalid_argument destination_location_id"},
		{"adjustment up with source", "AJUSTE_POSITIVO 1 SWITCH CD>LOJA", "invalid_argument source_location_id"},
		{"into a closed place", "ENTRADA 1 SWITCH >FECHADO", "invalid_argument destination_location_id"},
		{"against the policy of the place", "ENTRADA 1 SWITCH >COFRE cond=USED", "invalid_argument destination_location_id"},
		{"entry of a part out of use", "ENTRADA 1 VELHO >CD", "invalid_argument part_number"},
		{"more than there is", "SAIDA 6 SWITCH CD>", "insufficient_stock quantity"},
		{"what is promised to others", "SAIDA 3 SWITCH CD>", "insufficient_stock quantity"},
		{"a promise beyond what is left", "RESERVA 3 SWITCH CD>", "insufficient_stock quantity"},
		{"from an empty place", "SAIDA 1 CABO CD>", "insufficient_stock quantity"},
		{"of another project", "SAIDA 1 SWITCH CD> @ITAU", "insufficient_stock quantity"},
		{"which condition?", "SAIDA 1 SWITCH LOJA>", "invalid_argument condition"},
		{"tomorrow", "ENTRADA 1 SWITCH >CD on=2026-03-11", "invalid_argument movement_on"},
		{"release of nothing in particular", "LIBERACAO 3 SWITCH CD>", "invalid_argument reservation_id"},
		{"no serial", "SAIDA 1 ROTEADOR CD>", "invalid_argument serial_numbers"},
		{"too few serials", "SAIDA 2 ROTEADOR CD> sn=A1", "invalid_argument serial_numbers"},
		{"the same serial twice", "SAIDA 2 ROTEADOR CD> sn=A1,a1", "invalid_argument serial_numbers"},
		{"serial of a part without serials", "SAIDA 1 SWITCH CD> sn=A1", "invalid_argument serial_numbers"},
		{"unknown serial", "SAIDA 1 ROTEADOR CD> sn=ZZ", "not_found serial_numbers"},
		{"serial that is elsewhere", "SAIDA 1 ROTEADOR LOJA> sn=A1", "insufficient_stock quantity"},
		{"serial that is here already", "ENTRADA 1 ROTEADOR >LOJA sn=a1", "already_exists serial_numbers"},
		{"return of what is in stock", "REVERSA 1 ROTEADOR >LOJA sn=A1", "conflict serial_numbers"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			for line := range strings.SplitSeq(have, "|") {
				c.post(line)
			}
			before := c.stock(switches) + c.stock(router)
			_, err := c.decide(c.ask(tc.line))
			if got := refusal(err); got != tc.want {
				t.Errorf("%s: got %s (%v), want %s", tc.line, got, err, tc.want)
			}
			if after := c.stock(switches) + c.stock(router); after != before {
				t.Errorf("a refusal changed the state: %s", after)
			}
		})
	}
}

func TestReservationIsUsedUp(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.post("ENTRADA 5 SWITCH >CD")
	r := c.ask("RESERVA 3 SWITCH CD>")
	r.Reservation, r.ExpiresAt = c.id(), c.state.Now.Add(time.Hour)
	c.postRequest(r)
	tests := []struct{ name, line, want string }{
		{"more than promised", "EXPEDICAO 4 SWITCH CD>", "invalid_argument quantity"},
		{"another part", "EXPEDICAO 1 CABO CD>", "invalid_argument reservation_id"},
		{"another place", "EXPEDICAO 1 SWITCH LOJA>", "invalid_argument reservation_id"},
		{"a movement that uses up no promise", "TRANSFERENCIA 1 SWITCH CD>LOJA", "invalid_argument reservation_id"},
	}
	for _, tc := range tests {
		m := c.ask(tc.line)
		m.Reservation = r.Reservation
		if _, err := c.decide(m); refusal(err) != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	m := c.ask("EXPEDICAO 2 SWITCH CD>CLIENTE")
	m.Reservation = r.Reservation
	c.postRequest(m)
	if got, want := c.stock(switches), "TRANSITO GERAL NEW 2/0; CD GERAL NEW 3/0"; got != want {
		t.Errorf("got %s, want %s: the rest of the promise ends too", got, want)
	}
	if s := c.state.Reservations[r.Reservation].Status; s != ReservationFulfilled {
		t.Errorf("got %s", s)
	}
	m.ID = c.id()
	if _, err := c.decide(m); refusal(err) != "conflict reservation_id" {
		t.Errorf("used up twice: %v", err)
	}
	m.Reservation = c.id()
	if _, err := c.decide(m); refusal(err) != "not_found reservation_id" {
		t.Errorf("unknown: %v", err)
	}
}

func TestReservationIsReleased(t *testing.T) {
	t.Parallel()
	for _, expired := range []bool{false, true} {
		c := newCompany(t)
		c.post("ENTRADA 2 ROTEADOR >CD sn=A1,A2")
		r := c.ask("RESERVA 1 ROTEADOR CD> sn=A1")
		r.Reservation = c.id()
		c.postRequest(r)
		if got := c.asset("A1"); got != "CD RESERVED NEW v2" {
			t.Errorf("got %s", got)
		}
		if _, err := c.decide(c.ask("SAIDA 1 ROTEADOR CD> sn=A1")); refusal(err) != "conflict serial_numbers" {
			t.Errorf("a reserved item left: %v", err)
		}
		m := c.ask("LIBERACAO 1 ROTEADOR CD>")
		m.Reservation, m.Expired = r.Reservation, expired
		c.postRequest(m)
		want := map[bool]ReservationStatus{false: ReservationCancelled, true: ReservationExpired}[expired]
		if got := c.state.Reservations[r.Reservation].Status; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := c.asset("A1"); got != "CD IN_STOCK NEW v3" {
			t.Errorf("got %s", got)
		}
	}
}

func TestDispatchOfAReservationFreesTheOtherSerials(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.post("ENTRADA 3 ROTEADOR >CD sn=A1,A2,A3")
	r := c.ask("RESERVA 2 ROTEADOR CD> sn=A1,A2")
	r.Reservation = c.id()
	c.postRequest(r)
	other := c.ask("EXPEDICAO 1 ROTEADOR CD> sn=A3")
	other.Reservation = r.Reservation
	if _, err := c.decide(other); refusal(err) != "conflict serial_numbers" {
		t.Errorf("another serial than promised: %v", err)
	}
	m := c.ask("EXPEDICAO 1 ROTEADOR CD> sn=A1")
	m.Reservation = r.Reservation
	c.postRequest(m)
	if a, b := c.asset("A1"), c.asset("A2"); a != "TRANSITO IN_TRANSIT NEW v3" || b != "CD IN_STOCK NEW v3" {
		t.Errorf("got %s and %s", a, b)
	}
	if got, want := c.stock(router), "TRANSITO GERAL NEW 1/0; CD GERAL NEW 2/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAssetFollowsItsMovements(t *testing.T) {
	t.Parallel()
	tests := []struct{ lines, want string }{
		{"ENTRADA 1 ROTEADOR >CD sn=x1", "CD IN_STOCK NEW v1"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1 cond=DEFECTIVE", "CD BAD DEFECTIVE v1"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD>CLIENTE sn=X1", "CLIENTE IN_USE NEW v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD> sn=X1", "EXTERNO IN_USE NEW v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD> sn=X1|ENTRADA 1 ROTEADOR >LOJA sn=x1", "LOJA IN_STOCK NEW v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD>CLIENTE sn=X1|REVERSA 1 ROTEADOR >LOJA sn=x1", "LOJA IN_STOCK NEW v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD>CLIENTE sn=X1|REVERSA 1 ROTEADOR >LOJA sn=x1 cond=DAMAGED", "LOJA QUARANTINE DAMAGED v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|SAIDA 1 ROTEADOR CD>CLIENTE sn=X1|REVERSA 1 ROTEADOR >TRANSITO sn=x1", "TRANSITO IN_REVERSE NEW v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|EXPEDICAO 1 ROTEADOR CD> sn=X1", "TRANSITO IN_TRANSIT NEW v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|EXPEDICAO 1 ROTEADOR CD> sn=X1|SAIDA 1 ROTEADOR TRANSITO>CLIENTE sn=X1", "CLIENTE IN_USE NEW v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|TRANSFERENCIA 1 ROTEADOR CD>TRANSITO sn=X1|TRANSFERENCIA 1 ROTEADOR TRANSITO>LOJA sn=X1", "LOJA IN_STOCK NEW v3"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1 cond=DEFECTIVE|TRANSFERENCIA 1 ROTEADOR CD>LOJA sn=X1", "LOJA BAD DEFECTIVE v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|AJUSTE_NEGATIVO 1 ROTEADOR CD> sn=X1 why=EXTRAVIO", "EXTERNO MISSING NEW v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|AJUSTE_NEGATIVO 1 ROTEADOR CD> sn=X1 why=DESCARTE", "EXTERNO DISPOSAL NEW v2"},
		{"ENTRADA 1 ROTEADOR >CD sn=x1|AJUSTE_NEGATIVO 1 ROTEADOR CD> sn=X1|AJUSTE_POSITIVO 1 ROTEADOR >LOJA sn=X1", "LOJA IN_STOCK NEW v3"},
	}
	for _, tc := range tests {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			for line := range strings.SplitSeq(tc.lines, "|") {
				c.post(line)
			}
			if got := c.asset("X1"); got != tc.want {
				t.Errorf("%s\ngot  %s\nwant %s", tc.lines, got, tc.want)
			}
		})
	}
}

func TestReversalMirrorsTheMovement(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.post("ENTRADA 5 SWITCH >CD")
	m := c.post("TRANSFERENCIA 2 SWITCH CD>LOJA on=2026-03-01")
	rev := &Reversal{ID: c.id(), Original: m.ID}
	events, err := Decide(c.state, rev)
	if err != nil {
		t.Fatal(err)
	}
	c.apply(events)
	row := events[0].Movement
	if row.Quantity.String() != "-2" || row.ReversalOf != m.ID || row.MovementOn != m.MovementOn || row.Type != m.Type {
		t.Errorf("got %+v", row)
	}
	if got := c.stock(switches); got != "CD GERAL NEW 5/0" {
		t.Errorf("got %s", got)
	}
	for name, r := range map[string]*Reversal{"twice": {ID: c.id(), Original: m.ID}, "of a reversal": {ID: c.id(), Original: row.ID}} {
		if _, err := Decide(c.state, r); refusal(err) != "conflict movement_id" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decide(c.state, &Reversal{ID: c.id(), Original: uuid.UUID{1}}); refusal(err) != "not_found movement_id" {
		t.Errorf("unknown: %v", err)
	}
}

func TestReversalIsRefusedWhenTheGoodsHaveGone(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	entry := c.post("ENTRADA 5 SWITCH >CD")
	c.post("SAIDA 1 SWITCH CD>")
	if _, err := Decide(c.state, &Reversal{ID: c.id(), Original: entry.ID}); refusal(err) != "insufficient_stock movement_id" {
		t.Errorf("got %v", err)
	}
	serial := c.post("ENTRADA 1 ROTEADOR >CD sn=A1")
	c.post("TRANSFERENCIA 1 ROTEADOR CD>LOJA sn=A1")
	c.post("TRANSFERENCIA 1 ROTEADOR LOJA>CD sn=A1")
	if _, err := Decide(c.state, &Reversal{ID: c.id(), Original: serial.ID}); refusal(err) != "conflict movement_id" {
		t.Errorf("the item has been moved since: %v", err)
	}
	reserve := c.ask("RESERVA 1 SWITCH CD>")
	reserve.Reservation = c.id()
	if m := c.postRequest(reserve); true {
		if _, err := Decide(c.state, &Reversal{ID: c.id(), Original: m.ID}); refusal(err) != "conflict movement_id" {
			t.Errorf("a reservation is cancelled, not reversed: %v", err)
		}
	}
}

func TestReversedEntryMayBeEnteredAgain(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	m := c.post("ENTRADA 1 ROTEADOR >CD sn=A1")
	events, err := Decide(c.state, &Reversal{ID: c.id(), Original: m.ID})
	if err != nil {
		t.Fatal(err)
	}
	c.apply(events)
	if got := c.asset("A1"); got != "EXTERNO IN_TRANSIT NEW v2" || c.state.Assets[AssetKey{router, "A1"}].Active {
		t.Errorf("got %s", got)
	}
	c.post("ENTRADA 1 ROTEADOR >LOJA sn=A1")
	if got := c.asset("A1"); got != "LOJA IN_STOCK NEW v3" {
		t.Errorf("got %s", got)
	}
}

func TestStateMachine(t *testing.T) {
	t.Parallel()
	for _, from := range AssetStatuses() {
		for _, to := range AssetStatuses() {
			c := newCompany(t)
			k := AssetKey{router, "A1"}
			c.state.Assets[k] = Asset{Serial: "A1", Status: from, Location: cd, Condition: New, Version: 7}
			events, err := Decide(c.state, &StateChange{Key: k, To: to})
			allowed := false
			for _, n := range from.next() {
				allowed = allowed || n == to && !(from == InStaging && to == Reserved) // nothing is reserved here
			}
			switch {
			case allowed && (err != nil || events[0].Assets[0].After.Status != to || events[0].Assets[0].After.Version != 8):
				t.Errorf("%s → %s: %v", from, to, err)
			case !allowed && refusal(err) != "conflict status":
				t.Errorf("%s → %s: got %v", from, to, err)
			}
			if (to == Disposal || to == Missing) && err == nil {
				t.Errorf("%s → %s takes stock away without an adjustment", from, to)
			}
		}
	}
	c := newCompany(t)
	if _, err := Decide(c.state, &StateChange{Key: AssetKey{router, "A1"}, To: Bad}); refusal(err) != "not_found serial_numbers" {
		t.Errorf("got %v", err)
	}
}
