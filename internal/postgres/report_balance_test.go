package postgres

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// told is a movement of a random ledger, with the round after which it was known.
type told struct {
	stock.Movement
	round int
}

// history is a random ledger with back-dated movements, and the instants at which each round was known.
type history struct {
	*ledger
	all   []told
	known []time.Time
}

// randomHistory posts movements of every kind that never overdraw, on days in no order, in three rounds.
func randomHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	t.Logf("seed %d", seed)
	h := &history{ledger: openLedger(t)}
	h.exec(`UPDATE sga.part_numbers SET unit_cost = 12.5 WHERE part_number_key = 11`)
	h.exec(`UPDATE sga.part_numbers SET unit_cost = 0.3333 WHERE part_number_key = 12`)
	rnd := rand.New(rand.NewPCG(seed, 1))
	places, projects := []stock.LocationKey{keySP, keySPA, keySPB, keyRJ, stock.TransitKey}, []stock.ProjectKey{stock.GeneralKey, keyNTT, keyITAU}
	for round := range 3 {
		for range 120 {
			m := move{part: keyRouter + stock.PartKey(rnd.IntN(3)), qty: fmt.Sprint(1 + rnd.IntN(9)), project: projects[rnd.IntN(3)],
				cond: stock.Conditions()[rnd.IntN(2)], on: fmt.Sprintf("2026-%02d-%02d", 1+rnd.IntN(6), 1+rnd.IntN(28)), hidden: false}
			from, to := places[rnd.IntN(5)], places[rnd.IntN(5)]
			have := h.held[stock.Key{Part: m.part, Location: from, Project: projectOr(m.project), Condition: m.cond}]
			free, quantity := have.Available(), dec(m.qty)
			switch kind := rnd.IntN(6); {
			case kind == 0 && quantity.Cmp(free) <= 0 && from != to:
				m.kind, m.from, m.to = stock.Transferencia, from, to
			case kind == 1 && quantity.Cmp(free) <= 0:
				m.kind, m.from = stock.Saida, from
			case kind == 2 && quantity.Cmp(free) <= 0:
				m.kind, m.from, m.to = stock.Reserva, from, from
			case kind == 3 && quantity.Cmp(have.Reserved) <= 0:
				m.kind, m.from, m.to = stock.Liberacao, from, from
			case kind == 4 && quantity.Cmp(have.Reserved) <= 0:
				m.kind, m.from, m.released = stock.Saida, from, m.qty
			default:
				m.kind, m.to = stock.Entrada, to
			}
			h.all = append(h.all, told{h.post(m), round})
		}
		h.known = append(h.known, h.settled())
	}
	return h
}

func projectOr(k stock.ProjectKey) stock.ProjectKey {
	if k == 0 {
		return stock.GeneralKey
	}
	return k
}

// truth adds up what the movements do, without any SQL.
func (h *history) truth(scope stock.Scope, m stock.Moment) map[stock.Key]stock.Balance {
	out := map[stock.Key]stock.Balance{}
	for _, row := range h.all {
		if !m.AsOf.IsZero() && m.AsOf.Before(row.MovementOn) || !m.KnownAt.IsZero() && m.KnownAt.Before(h.known[row.round]) {
			continue
		}
		for _, d := range row.Deltas() {
			onTheRoad := d.Key.Location == stock.TransitKey && !scope.AllLocations
			if !scope.SeesProject(d.Key.Project) || !scope.SeesLocation(d.Key.Location) || onTheRoad {
				continue
			}
			b := out[d.Key]
			b.Total, b.Reserved = plus(h.t, b.Total, d.Total), plus(h.t, b.Reserved, d.Reserved)
			out[d.Key] = b
		}
	}
	return out
}

// cents rounds as the server does: halves away from zero.
func cents(q stock.Quantity) stock.Quantity {
	half := dec("0.005")
	if q.IsNeg() {
		half = half.Neg()
	}
	if sum, err := q.Add(half); err == nil {
		q = sum
	}
	return q.Trunc(2).Trim(0)
}

// groups writes a truth as the report should have it: "project location category part total/reserved/value -without cost", sorted.
func (h *history) groups(truth map[stock.Key]stock.Balance, by stock.BalanceGrouping) (lines []string, sum string) {
	type heap struct {
		total, reserved, value, noCost stock.Quantity
	}
	heaps, whole := map[string]*heap{}, &heap{}
	for k, b := range truth {
		if b.Total.IsZero() && b.Reserved.IsZero() {
			continue
		}
		part, _ := h.db.Catalog().PartByKey(k.Part)
		name := map[stock.BalanceGrouping]string{stock.ByProjectLocation: fmt.Sprint(k.Project, " ", k.Location, " ", " 0"), stock.ByProject: fmt.Sprint(k.Project, " 0 ", " 0"),
			stock.ByLocation: fmt.Sprint("0 ", k.Location, " ", " 0"), stock.ByCategory: "0 0 " + part.Category + " 0", stock.ByPart: fmt.Sprint("0 0 ", " ", k.Part)}[by]
		if heaps[name] == nil {
			heaps[name] = &heap{}
		}
		cost := map[stock.PartKey]string{keyRouter: "12.5", keyCable: "0.3333"}[k.Part]
		for _, to := range []*heap{heaps[name], whole} {
			to.total, to.reserved = plus(h.t, to.total, b.Total), plus(h.t, to.reserved, b.Reserved)
			if cost == "" {
				to.noCost = plus(h.t, to.noCost, b.Total)
			} else {
				value, err := b.Total.Mul(dec(cost))
				if err != nil {
					h.t.Fatal(err)
				}
				to.value = plus(h.t, to.value, value)
			}
		}
	}
	write := func(s *heap) string {
		return fmt.Sprintf("%s/%s/%s -%s", s.total.Trim(0), s.reserved.Trim(0), cents(s.value), s.noCost.Trim(0))
	}
	for name, s := range heaps {
		if s.total.IsZero() && s.reserved.IsZero() {
			continue
		}
		lines = append(lines, name+" "+write(s))
	}
	slices.Sort(lines)
	// The whole is the sum of rounded groups.
	return lines, write(whole)[:strings.LastIndex(write(whole), "/")]
}

// read walks the report by one way, and holds the totals of every page to those of the first.
func (h *history) read(scope stock.Scope, f stock.BalanceReportFilter, size int, taken way) (lines []string, sum string) {
	see := h.db.catalog.Load().sightOf(scope, f.Project, f.Location)
	var total int64
	page := stock.Page{Limit: size}
	for {
		p, err := h.db.balanceReport(h.t.Context(), see, f, page, taken)
		if err != nil {
			h.t.Fatal(err)
		}
		now := fmt.Sprintf("%s/%s", p.Sum.Total.Trim(0), p.Sum.Reserved.Trim(0))
		if page.Cursor != "" && (now != sum || p.Total != total) {
			h.t.Errorf("the totals changed on the way: %s of %d, %s of %d", sum, total, now, p.Total)
		}
		sum, total = now, p.Total
		for _, r := range p.Rows {
			lines = append(lines, fmt.Sprintf("%d %d %s %d %s/%s/%s -%s", r.Project, r.Location, r.Category, r.Part, r.Total.Trim(0), r.Reserved.Trim(0),
				r.Value.Trim(0), r.NoCost.Trim(0)))
		}
		if page.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	if int64(len(lines)) != total {
		h.t.Errorf("%d rows of %d", len(lines), total)
	}
	slices.Sort(lines)
	return lines, sum
}

// TestBalanceReport compares the report with the sum of the movements, for every grouping, moment, sight and way.
func TestBalanceReport(t *testing.T) {
	t.Parallel()
	h := randomHistory(t, rand.Uint64())
	h.all = slices.Clip(h.all)
	scopes := map[string]stock.Scope{"all": stock.Unlimited(), "NTT": only(nil, keyNTT), "SP": only([]stock.LocationKey{keySP, keySPA, keySPB}),
		"NTT in RJ": only([]stock.LocationKey{keyRJ}, keyNTT), "nothing": {}}
	moments := []stock.Moment{{}, {AsOf: day("2026-01-01")}, {AsOf: day("2025-12-31")}, {AsOf: day("2026-02-10")}, {AsOf: day("2026-05-20")}, {AsOf: day("2026-12-31")},
		{KnownAt: h.known[0]}, {KnownAt: h.known[1]}, {AsOf: day("2026-03-15"), KnownAt: h.known[0]}, {AsOf: day("2026-04-15"), KnownAt: h.known[1]}}
	for name, scope := range scopes {
		for _, m := range moments {
			truth := h.truth(scope, m)
			for i, by := range stock.BalanceGroupings() {
				f := stock.BalanceReportFilter{Group: by, Moment: m, Values: true}
				want, wantSum := h.groups(truth, by)
				ways := []way{fromEnd, fromStart}
				if m.IsNow() {
					ways = []way{present}
				}
				for _, taken := range ways {
					got, sum := h.read(scope, f, 1+i, taken)
					if diff := cmp.Diff(want, got); diff != "" || sum != wantSum && name != "nothing" {
						t.Errorf("%s by %s as of %v, way %d: %s (want %s)\n%s", name, by, m, taken, sum, wantSum, diff)
					}
				}
			}
		}
	}
}

// Filters choose among the same rows.
func TestBalanceReportFilters(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	l.exec(`UPDATE sga.part_numbers SET unit_cost = 100.10 WHERE part_number_key = 11`)
	for want, f := range map[string]stock.BalanceReportFilter{
		"4: [TRANSITO/NTT 2 SP-A/NTT 5 RJ/NTT 3 SP-A/ITAÚ 4] 1401.4 UN": {BalanceFilter: stock.BalanceFilter{Part: keyRouter}, Values: true},
		"1: [SP-A/ITAÚ 4] - UN":            {BalanceFilter: stock.BalanceFilter{Condition: stock.Used}},
		"1: [SP-B/GERAL 100.25] 0 M":       {Category: "cabo", Values: true},
		"0: [] - ":                         {Category: "nada"},
		"2: [SP-A/NTT 5 SP-A/ITAÚ 4] - UN": {BalanceFilter: stock.BalanceFilter{Part: keyRouter, Location: keySP}},
		"2: [SP-A/NTT 7 RJ/NTT 3] - UN":    {BalanceFilter: stock.BalanceFilter{Project: keyNTT}, Moment: stock.Moment{AsOf: day("2026-02-05")}},
	} {
		f.Group = stock.ByProjectLocation
		p, err := l.db.BalanceReport(t.Context(), stock.Unlimited(), f, stock.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		unit, value := "", "-"
		for _, r := range p.Rows {
			at, _ := l.db.Catalog().LocationByKey(r.Location)
			owner, _ := l.db.Catalog().ProjectByKey(r.Project)
			rows, unit = append(rows, fmt.Sprintf("%s/%s %s", at.Code, owner.Code, r.Total.Trim(0))), r.Unit
		}
		if p.Sum.Value != nil {
			value = p.Sum.Value.Trim(0).String()
		}
		if got := fmt.Sprintf("%d: %v %s %s", p.Total, rows, value, unit); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	if _, err := l.db.BalanceReport(t.Context(), stock.Unlimited(), stock.BalanceReportFilter{Group: stock.ByPart}, stock.Page{Cursor: "AAAA"}); fault.Of(err).Field != "cursor" {
		t.Error(err)
	}
}

// TestWayTo: near the end of the log the report goes back from the balances, near its beginning it adds up.
func TestWayTo(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	if taken, err := l.db.wayTo(t.Context(), stock.Moment{AsOf: day("2026-03-01")}); err != nil {
		t.Errorf("an empty log: %v, %v", taken, err)
	}
	l.fill() // from 2026-01-10 to 2026-03-05
	for on, want := range map[string]way{"2026-01-20": fromStart, "2026-03-01": fromEnd, "2026-09-09": fromEnd, "2020-01-01": fromStart} {
		if taken, err := l.db.wayTo(t.Context(), stock.Moment{AsOf: day(on)}); err != nil || taken != want {
			t.Errorf("%s: %v, %v", on, taken, err)
		}
	}
	if taken, err := l.db.wayTo(t.Context(), stock.Moment{}); err != nil || taken != present {
		t.Errorf("now: %v, %v", taken, err)
	}
}

// TestLowStockThen holds the past of the low stock to the sum of the movements.
func TestLowStockThen(t *testing.T) {
	t.Parallel()
	h := randomHistory(t, rand.Uint64())
	h.exec(`UPDATE sga.part_numbers SET min_stock_level = 300, reorder_point = NULL`)
	for _, m := range []stock.Moment{{}, {AsOf: day("2026-01-20")}, {AsOf: day("2026-03-10")}, {AsOf: day("2026-05-25")}, {KnownAt: h.known[0]}} {
		truth := h.truth(stock.Unlimited(), m)
		for _, per := range []stock.ShortageFilter{{}, {PerLocation: true}, {PerProject: true}, {PerLocation: true, PerProject: true}} {
			want, have := []string{}, map[stock.Key]stock.Quantity{}
			if !per.PerLocation && !per.PerProject {
				for _, k := range []stock.PartKey{keyRouter, keyCable, keyIdle} {
					have[stock.Key{Part: k}] = stock.Quantity{}
				}
			}
			for k, b := range truth {
				if k.Location == stock.TransitKey {
					continue
				}
				at := stock.Key{Part: k.Part}
				if per.PerLocation {
					at.Location = k.Location
				}
				if per.PerProject {
					at.Project = k.Project
				}
				have[at] = plus(t, have[at], b.Available())
			}
			for k, q := range have {
				if q.Cmp(dec("300")) <= 0 {
					want = append(want, fmt.Sprintf("%d %d %d %s", k.Part, k.Location, k.Project, q.Trim(0)))
				}
			}
			f := per
			f.Moment = m
			rows := walkPages(t, 2, func(p stock.Page) ([]stock.Shortage, string, error) {
				out, err := h.db.LowStock(t.Context(), stock.Unlimited(), f, p)
				if err == nil && int(out.Total) != len(want) && len(out.Rows) > 0 {
					t.Errorf("total %d, want %d", out.Total, len(want))
				}
				return out.Rows, out.Next, err
			})
			got := []string{}
			for _, r := range rows {
				got = append(got, fmt.Sprintf("%d %d %d %s", r.Part, r.Location, r.Project, r.Available.Trim(0)))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("as of %v, %+v:\n%s", m, per, diff)
			}
		}
	}
}
