package postgres

import (
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// fill writes a history that uses every movement type.
func (l *ledger) fill() {
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "10", to: keySPA, project: keyNTT, on: "2026-01-10"})
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "4", to: keySPA, project: keyITAU, cond: stock.Used, on: "2026-01-12"})
	l.post(move{kind: stock.Transferencia, part: keyRouter, qty: "3", from: keySPA, to: keyRJ, project: keyNTT, on: "2026-02-01"})
	l.post(move{kind: stock.Reserva, part: keyRouter, qty: "2", from: keySPA, to: keySPA, project: keyNTT, on: "2026-02-02"})
	l.post(move{kind: stock.Reserva, part: keyRouter, qty: "1", from: keySPA, to: keySPA, project: keyNTT, on: "2026-02-03"})
	l.post(move{kind: stock.Liberacao, part: keyRouter, qty: "1", from: keySPA, to: keySPA, project: keyNTT, on: "2026-02-04"})
	l.post(move{kind: stock.Expedicao, part: keyRouter, qty: "2", from: keySPA, to: stock.TransitKey, project: keyNTT, on: "2026-02-10", released: "2"})
	lost := l.post(move{kind: stock.AjusteNegativo, part: keyRouter, qty: "1", from: keyRJ, project: keyNTT, on: "2026-02-20"})
	l.post(move{kind: stock.AjusteNegativo, part: keyRouter, qty: "-1", from: keyRJ, project: keyNTT, on: "2026-02-20", reverses: lost.ID})
	l.post(move{kind: stock.Entrada, part: keyCable, qty: "120.5", to: keySPB, project: 0, on: "2026-03-01"})
	l.post(move{kind: stock.Saida, part: keyCable, qty: "20.25", from: keySPB, on: "2026-03-05"})
}

func only(locations []stock.LocationKey, projects ...stock.ProjectKey) stock.Scope {
	return stock.Scope{AllLocations: locations == nil, Locations: locations, AllProjects: len(projects) == 0, Projects: projects}
}

func TestPartBalances(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	all := []string{"ISR4331 TRANSITO/NTT/NEW 2(0)", "ISR4331 SP-A/NTT/NEW 5(0)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "ISR4331 RJ/NTT/NEW 3(0)"}
	for name, tc := range map[string]struct {
		scope  stock.Scope
		filter stock.BalanceFilter
		want   []string
	}{
		"everything":              {stock.Unlimited(), stock.BalanceFilter{Part: keyRouter}, all},
		"a place and below":       {stock.Unlimited(), stock.BalanceFilter{Part: keyRouter, Location: keySP}, all[1:3]},
		"a leaf":                  {stock.Unlimited(), stock.BalanceFilter{Part: keyRouter, Location: keyRJ}, all[3:]},
		"a project":               {stock.Unlimited(), stock.BalanceFilter{Part: keyRouter, Project: keyITAU}, all[2:3]},
		"a condition":             {stock.Unlimited(), stock.BalanceFilter{Part: keyRouter, Condition: stock.Used}, all[2:3]},
		"what has no stock":       {stock.Unlimited(), stock.BalanceFilter{Part: keyIdle}, nil},
		"own project":             {only(nil, keyITAU), stock.BalanceFilter{Part: keyRouter}, all[2:3]},
		"another's project":       {only(nil, keyITAU), stock.BalanceFilter{Part: keyRouter, Project: keyNTT}, nil},
		"own place, not the road": {only([]stock.LocationKey{keyRJ}), stock.BalanceFilter{Part: keyRouter}, all[3:]},
		"the road, not one's own": {only([]stock.LocationKey{keyRJ}), stock.BalanceFilter{Part: keyRouter, Location: stock.TransitKey}, nil},
		"another's place":         {only([]stock.LocationKey{keyRJ}), stock.BalanceFilter{Part: keyRouter, Location: keySP}, nil},
		"own part of a tree":      {only([]stock.LocationKey{keySPB}), stock.BalanceFilter{Part: keyCable, Location: keySP}, []string{"cabo-utp SP-B/GERAL/NEW 100.25(0)"}},
		"nothing may be seen":     {stock.Scope{}, stock.BalanceFilter{Part: keyRouter}, nil},
		"place and project":       {only([]stock.LocationKey{keySPA}, keyITAU), stock.BalanceFilter{Part: keyRouter}, all[2:3]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := l.db.PartBalances(t.Context(), tc.scope, tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{}, tc.want...), figures(l.db.Catalog(), rows)); diff != "" {
				t.Error(diff)
			}
			past, err := l.db.StockAt(t.Context(), tc.scope, stock.StockAtFilter{BalanceFilter: tc.filter}, stock.Page{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{}, tc.want...), figures(l.db.Catalog(), past.Rows)); diff != "" {
				t.Errorf("the log at the present differs from the balances (I9): %s", diff)
			}
		})
	}
}

func TestStockAtDates(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	for on, want := range map[string][]string{
		"2026-01-09": {},
		"2026-01-10": {"ISR4331 SP-A/NTT/NEW 10(0)"},
		"2026-02-02": {"ISR4331 SP-A/NTT/NEW 7(2)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "ISR4331 RJ/NTT/NEW 3(0)"},
		"2026-02-03": {"ISR4331 SP-A/NTT/NEW 7(3)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "ISR4331 RJ/NTT/NEW 3(0)"},
		"2026-02-10": {"ISR4331 TRANSITO/NTT/NEW 2(0)", "ISR4331 SP-A/NTT/NEW 5(0)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "ISR4331 RJ/NTT/NEW 3(0)"},
		"2026-02-20": {"ISR4331 TRANSITO/NTT/NEW 2(0)", "ISR4331 SP-A/NTT/NEW 5(0)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "ISR4331 RJ/NTT/NEW 3(0)"},
	} {
		f := stock.StockAtFilter{BalanceFilter: stock.BalanceFilter{Part: keyRouter}, Moment: stock.Moment{AsOf: day(on)}}
		got, err := l.db.StockAt(t.Context(), stock.Unlimited(), f, stock.Page{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, figures(l.db.Catalog(), got.Rows)); diff != "" {
			t.Errorf("as of %s: %s", on, diff)
		}
	}
}

func TestStockAtPages(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	f := stock.StockAtFilter{BalanceFilter: stock.BalanceFilter{Location: keySP}, Moment: stock.Moment{AsOf: day("2026-03-04")}}
	var got []string
	page := stock.Page{Limit: 1}
	for range 10 {
		p, err := l.db.StockAt(t.Context(), stock.Unlimited(), f, page)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, figures(l.db.Catalog(), p.Rows)...)
		if page.Cursor = p.Next; p.Next == "" {
			break
		}
		other := f
		other.Location = keyRJ
		if _, err := l.db.StockAt(t.Context(), stock.Unlimited(), other, page); fault.Of(err).Field != "cursor" {
			t.Errorf("another question took the cursor: %v", err)
		}
	}
	want := []string{"ISR4331 SP-A/NTT/NEW 5(0)", "ISR4331 SP-A/ITAÚ/USED 4(0)", "cabo-utp SP-B/GERAL/NEW 120.5(0)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
