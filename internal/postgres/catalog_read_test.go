package postgres

import (
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

func TestParts(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.exec(`UPDATE sga.part_numbers SET is_active = false, catalog_version = 3 WHERE part_number = 'SFP-10G'`)
	l.exec(`UPDATE sga.catalog_version SET version = 3`)
	if err := l.db.refreshCatalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	yes := true
	for name, tc := range map[string]struct {
		f    stock.PartFilter
		want []string
	}{
		"all active":       {stock.PartFilter{}, []string{"cabo-utp", "ISR4331"}},
		"inactive too":     {stock.PartFilter{Inactive: true}, []string{"cabo-utp", "ISR4331", "SFP-10G"}},
		"words":            {stock.PartFilter{Text: "serviços ROTEADOR"}, []string{"ISR4331"}},
		"folded":           {stock.PartFilter{Text: "servicos"}, []string{"ISR4331"}},
		"SAP material":     {stock.PartFilter{Text: "100011"}, []string{"ISR4331"}},
		"category folded":  {stock.PartFilter{Category: "modulo", Inactive: true}, []string{"SFP-10G"}},
		"manufacturer":     {stock.PartFilter{Manufacturer: "cisco"}, []string{"ISR4331"}},
		"serialised":       {stock.PartFilter{Serialized: &yes}, nil},
		"nothing like it":  {stock.PartFilter{Text: "roteador %"}, nil},
		"SQL is only text": {stock.PartFilter{Text: "'; DROP TABLE sga.movements; --"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			page := stock.Page{Limit: 1}
			for {
				p, err := l.db.Parts(t.Context(), tc.f, page)
				if err != nil {
					t.Fatal(err)
				}
				if p.Total != len(tc.want) {
					t.Errorf("total %d, want %d", p.Total, len(tc.want))
				}
				for _, r := range p.Rows {
					got = append(got, r.Number)
				}
				if page.Cursor = p.Next; p.Next == "" {
					break
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := l.db.Parts(t.Context(), stock.PartFilter{}, stock.Page{Cursor: "x"}); fault.Of(err).Field != "cursor" {
		t.Errorf("a made-up cursor: %v", err)
	}
}

func TestLocationsAndProjectsInScope(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	codes := func(scope stock.Scope, f stock.LocationFilter) string {
		p, err := l.db.Locations(t.Context(), scope, f, stock.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range p.Rows {
			out = append(out, r.Code)
		}
		return fmt.Sprint(out)
	}
	for want, got := range map[string]string{
		"[EXTERNO RJ SP SP-A SP-B TRANSITO]": codes(stock.Unlimited(), stock.LocationFilter{}),
		"[SP SP-A SP-B]":                     codes(stock.Unlimited(), stock.LocationFilter{Below: keySP}),
		"[RJ]":                               codes(stock.Unlimited(), stock.LocationFilter{Type: stock.TechnicalBase}),
		"[SP-A SP-B]":                        codes(stock.Unlimited(), stock.LocationFilter{Text: "prateleira", City: "sao paulo"}),
		"[EXTERNO SP-A TRANSITO]":            codes(only([]stock.LocationKey{keySPA}), stock.LocationFilter{}),
		"[SP-A]":                             codes(only([]stock.LocationKey{keySPA}), stock.LocationFilter{Below: keySP}),
		"[]":                                 codes(only([]stock.LocationKey{keySPA}), stock.LocationFilter{Below: keyRJ}),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	projects := func(scope stock.Scope, f stock.ProjectFilter) string {
		p, err := l.db.Projects(t.Context(), scope, f, stock.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range p.Rows {
			out = append(out, r.Code)
		}
		return fmt.Sprint(out)
	}
	for want, got := range map[string]string{
		"[GERAL ITAÚ NTT]": projects(stock.Unlimited(), stock.ProjectFilter{}),
		"[ITAÚ]":           projects(stock.Unlimited(), stock.ProjectFilter{Text: "agencias"}),
		"[NTT]":            projects(only(nil, keyNTT), stock.ProjectFilter{}),
		"[]":               projects(stock.Scope{}, stock.ProjectFilter{}),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestLowStock(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.exec(`UPDATE sga.part_numbers SET min_stock_level = 3 WHERE part_number = 'SFP-10G'`)
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "6", to: keySPA, project: keyNTT})
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "20", to: stock.TransitKey, project: keyNTT})
	l.post(move{kind: stock.Reserva, part: keyRouter, qty: "2", from: keySPA, to: keySPA, project: keyNTT})
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "9", to: keyRJ, project: keyITAU})
	l.post(move{kind: stock.Entrada, part: keyCable, qty: "60.5", to: keySPB})
	low := func(scope stock.Scope, f stock.ShortageFilter) string {
		var out []string
		page := stock.Page{Limit: 1}
		for {
			p, err := l.db.LowStock(t.Context(), scope, f, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Rows {
				part, _ := l.db.Catalog().PartByKey(r.Part)
				at := ""
				if r.Location != 0 {
					loc, _ := l.db.Catalog().LocationByKey(r.Location)
					at = "@" + loc.Code
				}
				out = append(out, fmt.Sprintf("%s%s %s/%s", part.Number, at, r.Available, r.Threshold))
			}
			if page.Cursor = p.Next; p.Next == "" {
				if int(p.Total) != len(out) && len(out) > 0 {
					t.Errorf("total %d of %d rows", p.Total, len(out))
				}
				return fmt.Sprint(out)
			}
		}
	}
	for want, got := range map[string]string{
		"[SFP-10G 0/3 cabo-utp 60.5/100]":             low(stock.Unlimited(), stock.ShortageFilter{}),
		"[SFP-10G 0/3 ISR4331 4/8 cabo-utp 60.5/100]": low(stock.Unlimited(), stock.ShortageFilter{Location: keySP}),
		"[ISR4331@SP-A 4/8 cabo-utp@SP-B 60.5/100]":   low(stock.Unlimited(), stock.ShortageFilter{PerLocation: true}),
		"[SFP-10G 0/3]": low(stock.Unlimited(), stock.ShortageFilter{Category: "módulo"}),
		"[cabo-utp 0/100 SFP-10G 0/3 ISR4331 4/8]": low(only(nil, keyNTT), stock.ShortageFilter{}),
		"[]":                 low(stock.Scope{}, stock.ShortageFilter{}),
		"[ISR4331@SP-A 4/8]": low(only([]stock.LocationKey{keySPA, keyRJ}), stock.ShortageFilter{PerLocation: true}),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
