package postgres

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func openMovements(t *testing.T) (*ledger, []stock.Movement) {
	t.Helper()
	l := openLedger(t)
	var rows []stock.Movement
	for i := range 60 {
		m := move{kind: stock.Entrada, part: []stock.PartKey{keyRouter, keyCable}[i%2], qty: "2", to: []stock.LocationKey{keySPA, keySPB, keyRJ}[i%3],
			project: []stock.ProjectKey{keyNTT, keyITAU}[i%5/3], on: fmt.Sprintf("2026-03-%02d", 1+i*7%28)}
		if i >= 30 {
			m.kind, m.from, m.to, m.qty = stock.Transferencia, rows[i-30].Destination, keySP, "1"
			m.part, m.project = rows[i-30].Part, rows[i-30].Project
		}
		row := l.post(m)
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b stock.Movement) int {
		if a.MovementOn != b.MovementOn {
			if a.MovementOn.Before(b.MovementOn) {
				return 1
			}
			return -1
		}
		return int(b.Sequence - a.Sequence)
	})
	return l, rows
}

func TestMovements(t *testing.T) {
	t.Parallel()
	l, all := openMovements(t)
	at := func(m stock.Movement, keys ...stock.LocationKey) bool {
		return slices.Contains(keys, m.Source) || slices.Contains(keys, m.Destination)
	}
	for _, c := range []struct {
		name  string
		scope stock.Scope
		f     stock.MovementFilter
		keep  func(m stock.Movement) bool
	}{
		{"all", stock.Unlimited(), stock.MovementFilter{}, func(stock.Movement) bool { return true }},
		{"from", stock.Unlimited(), stock.MovementFilter{From: day("2026-03-20")}, func(m stock.Movement) bool { return !m.MovementOn.Before(day("2026-03-20")) }},
		{"one day", stock.Unlimited(), stock.MovementFilter{From: day("2026-03-08"), To: day("2026-03-08")}, func(m stock.Movement) bool { return m.MovementOn == day("2026-03-08") }},
		{"type", stock.Unlimited(), stock.MovementFilter{Type: stock.Transferencia}, func(m stock.Movement) bool { return m.Type == stock.Transferencia }},
		{"no such type", stock.Unlimited(), stock.MovementFilter{Type: stock.Reversa}, func(stock.Movement) bool { return false }},
		{"project and part", stock.Unlimited(), stock.MovementFilter{Project: keyITAU, Part: keyCable}, func(m stock.Movement) bool { return m.Project == keyITAU && m.Part == keyCable }},
		{"place and those below, each once", stock.Unlimited(), stock.MovementFilter{Location: keySP}, func(m stock.Movement) bool { return at(m, keySP, keySPA, keySPB) }},
		{"leaf, by part", stock.Unlimited(), stock.MovementFilter{Location: keyRJ, Part: keyRouter}, func(m stock.Movement) bool { return at(m, keyRJ) && m.Part == keyRouter }},
		{"outside", stock.Unlimited(), stock.MovementFilter{Location: stock.OutsideKey}, func(m stock.Movement) bool { return m.Type == stock.Entrada }},
		{"own place", within(nil, []stock.LocationKey{keyRJ}), stock.MovementFilter{}, func(m stock.Movement) bool { return at(m, keyRJ) }},
		{"own project", within([]stock.ProjectKey{keyNTT}, nil), stock.MovementFilter{Type: stock.Entrada}, func(m stock.Movement) bool { return m.Project == keyNTT && m.Type == stock.Entrada }},
		{"other project", within([]stock.ProjectKey{keyNTT}, nil), stock.MovementFilter{Project: keyITAU}, func(stock.Movement) bool { return false }},
		{"for review", stock.Unlimited(), stock.MovementFilter{Review: true}, func(stock.Movement) bool { return false }},
		{"nothing", stock.Scope{}, stock.MovementFilter{}, func(stock.Movement) bool { return false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []int64{}
			for _, m := range all {
				if c.keep(m) {
					want = append(want, m.Sequence)
				}
			}
			for _, size := range []int{1, 7, 1000} {
				got := []int64{}
				for _, m := range walkPages(t, size, func(p stock.Page) ([]stock.MovementRow, string, error) {
					page, err := l.db.Movements(t.Context(), c.scope, c.f, p)
					if err != nil {
						return nil, "", err
					}
					return page.Rows, page.Next, nil
				}) {
					got = append(got, m.Sequence)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

func TestMovementsInTheWrongOrder(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	_, err := l.db.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{From: day("2026-03-02"), To: day("2026-03-01")}, stock.Page{})
	if f := fault.Of(err); f == nil || f.Code != fault.InvalidArgument || f.Field != "end_date" {
		t.Errorf("%v", err)
	}
}

func TestMovementsKnownAt(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	first := l.post(move{kind: stock.Entrada, part: keyRouter, to: keyRJ, qty: "5"})
	second := l.post(move{kind: stock.Saida, part: keyRouter, from: keyRJ, qty: "1"})
	l.exec(`INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at) VALUES (1, $1, 'movement', $2, '2026-03-01T12:00:00Z'), (2, $3, 'movement', $4, '2026-03-02T12:00:00Z')`,
		first.Sequence, first.ID, second.Sequence, second.ID)
	for at, want := range map[string]int{"2026-03-01T11:59:59Z": 0, "2026-03-01T12:00:00Z": 1, "2026-03-03T00:00:00Z": 2} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.db.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{KnownAt: when}, stock.Page{})
		if err != nil || len(p.Rows) != want {
			t.Errorf("known at %s: %d rows, want %d (%v)", at, len(p.Rows), want, err)
		}
	}
}

func TestMovementsOfASerialAndTicket(t *testing.T) {
	t.Parallel()
	c := storied(t)
	list := func(scope stock.Scope, f stock.MovementFilter) (types []stock.MovementType, err error) {
		p, err := c.db.Movements(t.Context(), scope, f, stock.Page{})
		if err != nil {
			return nil, err
		}
		for _, m := range p.Rows {
			types = append(types, m.Type)
		}
		return types, nil
	}
	got, err := list(stock.Unlimited(), stock.MovementFilter{Serial: "S-1"})
	if diff := cmp.Diff([]stock.MovementType{stock.Transferencia, stock.Entrada}, got); diff != "" || err != nil {
		t.Errorf("of the serial: %s %v", diff, err)
	}
	got, err = list(stock.Unlimited(), stock.MovementFilter{Serial: "S-1", Location: keyRJ})
	if diff := cmp.Diff([]stock.MovementType{stock.Transferencia}, got); diff != "" || err != nil {
		t.Errorf("of the serial at a place: %s %v", diff, err)
	}
	got, err = list(stock.Unlimited(), stock.MovementFilter{Ticket: "chg-1"})
	if diff := cmp.Diff([]stock.MovementType{stock.Entrada}, got); diff != "" || err != nil {
		t.Errorf("of the ticket: %s %v", diff, err)
	}
	got, err = list(stock.Unlimited(), stock.MovementFilter{Serial: "S-1", Type: stock.Saida})
	if got != nil || err != nil {
		t.Errorf("a known serial without such a movement: %v %v", got, err)
	}
	for name, scope := range map[string]stock.Scope{"unknown": stock.Unlimited(), "hidden": within([]stock.ProjectKey{keyITAU}, nil)} {
		serial := map[string]string{"unknown": "S-9", "hidden": "S-1"}[name]
		if _, err := list(scope, stock.MovementFilter{Serial: serial}); fault.CodeOf(err) != fault.NotFound || fault.Of(err).Field != "serial_number" {
			t.Errorf("%s serial: %v", name, err)
		}
	}
}

func TestMovement(t *testing.T) {
	t.Parallel()
	c := storied(t)
	p, err := c.db.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{Type: stock.Entrada}, stock.Page{})
	if err != nil || len(p.Rows) != 1 {
		t.Fatal(p, err)
	}
	id := p.Rows[0].ID
	m, assets, err := c.db.Movement(t.Context(), stock.Unlimited(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Rows[0], *m, cmp.Comparer(func(a, b stock.Quantity) bool { return a.Cmp(b) == 0 })); diff != "" {
		t.Errorf("the list and the movement differ:\n%s", diff)
	}
	if m.Actor != "Ana Souza" || m.ActorKind != "person" || m.Papers.NFNumber != "1687" || m.Operation != "sga_create_movement" || m.Rule == "" || !m.Review {
		t.Errorf("movement %+v", m)
	}
	if len(assets) != 1 || assets[0].Serial != "S-1" || assets[0].FromStatus != "" || assets[0].ToStatus != stock.InStock {
		t.Errorf("assets %+v", assets)
	}
	for name, tc := range map[string]struct {
		scope stock.Scope
		id    uuid.UUID
	}{"unknown": {stock.Unlimited(), uuid.Must(uuid.NewV7())}, "other project": {within([]stock.ProjectKey{keyITAU}, nil), id}, "other place": {within(nil, []stock.LocationKey{keyRJ}), id}} {
		if _, _, err := c.db.Movement(t.Context(), tc.scope, tc.id); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := c.db.Movement(t.Context(), within(nil, []stock.LocationKey{keySPA}), id); err != nil {
		t.Errorf("a caller of its destination: %v", err)
	}
}
