package postgres

import (
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// told writes an explanation as "type change/reserved = total(reserved)" lines over all pages.
func (l *ledger) told(t *testing.T, scope stock.Scope, f stock.StockAtFilter, limit int) []string {
	t.Helper()
	out := []string{}
	page := stock.Page{Limit: limit}
	opening := stock.Balance{}
	for {
		e, err := l.db.ExplainBalance(t.Context(), scope, f, page)
		if err != nil {
			t.Fatal(err)
		}
		if e.Opening.Total.Cmp(opening.Total) != 0 || e.Opening.Reserved.Cmp(opening.Reserved) != 0 {
			t.Errorf("a page opens with %v, the one before ended with %v", e.Opening, opening)
		}
		for _, r := range e.Rows {
			out = append(out, fmt.Sprintf("%s %s/%s = %s(%s)", r.Type, r.TotalChange, r.ReservedChange, r.Total, r.Reserved))
			opening = stock.Balance{Total: r.Total, Reserved: r.Reserved}
			if r.Actor != "Ana Souza" || r.Rule != "movimento" {
				t.Errorf("made by %q under %q", r.Actor, r.Rule)
			}
		}
		if page.Cursor = e.Next; e.Next != "" {
			continue
		}
		if e.Balance.Total.Cmp(opening.Total) != 0 || e.Balance.Reserved.Cmp(opening.Reserved) != 0 || int(e.Movements) != len(out) {
			t.Errorf("%d movements add up to %v, the balance is %v of %d", len(out), opening, e.Balance, e.Movements)
		}
		return out
	}
}

func TestExplainBalance(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	router := stock.BalanceFilter{Part: keyRouter}
	at := func(f stock.BalanceFilter, on string) stock.StockAtFilter {
		m := stock.Moment{}
		if on != "" {
			m.AsOf = day(on)
		}
		return stock.StockAtFilter{BalanceFilter: f, Moment: m}
	}
	sp := []string{"ENTRADA 10/0 = 10(0)", "ENTRADA 4/0 = 14(0)", "TRANSFERENCIA -3/0 = 11(0)", "RESERVA 0/2 = 11(2)", "RESERVA 0/1 = 11(3)",
		"LIBERACAO 0/-1 = 11(2)", "EXPEDICAO -2/-2 = 9(0)"}
	for name, tc := range map[string]struct {
		scope stock.Scope
		f     stock.StockAtFilter
		want  []string
	}{
		"a place and below": {stock.Unlimited(), at(stock.BalanceFilter{Part: keyRouter, Location: keySP}, ""), sp},
		"a past day":        {stock.Unlimited(), at(stock.BalanceFilter{Part: keyRouter, Location: keySP}, "2026-02-03"), sp[:5]},
		"everywhere: moves within change nothing": {stock.Unlimited(), at(router, ""), []string{"ENTRADA 10/0 = 10(0)", "ENTRADA 4/0 = 14(0)",
			"RESERVA 0/2 = 14(2)", "RESERVA 0/1 = 14(3)", "LIBERACAO 0/-1 = 14(2)", "EXPEDICAO 0/-2 = 14(0)",
			"AJUSTE_NEGATIVO -1/0 = 13(0)", "AJUSTE_NEGATIVO 1/0 = 14(0)"}},
		"own place":      {only([]stock.LocationKey{keyRJ}), at(router, "2026-02-19"), []string{"TRANSFERENCIA 3/0 = 3(0)"}},
		"own project":    {only(nil, keyITAU), at(router, ""), []string{"ENTRADA 4/0 = 4(0)"}},
		"a condition":    {stock.Unlimited(), at(stock.BalanceFilter{Part: keyRouter, Condition: stock.Used}, ""), []string{"ENTRADA 4/0 = 4(0)"}},
		"another's":      {only(nil, keyITAU), at(stock.BalanceFilter{Part: keyRouter, Project: keyNTT}, ""), []string{}},
		"without stock":  {stock.Unlimited(), at(stock.BalanceFilter{Part: keyIdle}, ""), []string{}},
		"whole fraction": {stock.Unlimited(), at(stock.BalanceFilter{Part: keyCable}, ""), []string{"ENTRADA 120.5/0 = 120.5(0)", "SAIDA -20.25/0 = 100.25(0)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, limit := range []int{100, 3, 1} {
				if diff := cmp.Diff(tc.want, l.told(t, tc.scope, tc.f, limit)); diff != "" {
					t.Errorf("in pages of %d: %s", limit, diff)
				}
			}
		})
	}
}

func TestExplainCursorIsBound(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	f := stock.StockAtFilter{BalanceFilter: stock.BalanceFilter{Part: keyRouter}}
	e, err := l.db.ExplainBalance(t.Context(), stock.Unlimited(), f, stock.Page{Limit: 2})
	if err != nil || e.Next == "" {
		t.Fatalf("%v %v", e, err)
	}
	f.Moment.AsOf = day("2026-02-01")
	if _, err := l.db.ExplainBalance(t.Context(), stock.Unlimited(), f, stock.Page{Cursor: e.Next}); fault.Of(err).Field != "cursor" {
		t.Errorf("another moment took the cursor: %v", err)
	}
}
