package postgres

import (
	"fmt"
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/reconcile"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// everyPage reads a list page by page.
func everyPage[T any](t *testing.T, limit int, read func(stock.Page) ([]T, string, error)) []T {
	t.Helper()
	var out []T
	page := stock.Page{Limit: limit}
	for {
		rows, next, err := read(page)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rows...)
		if page.Cursor = next; next == "" {
			return out
		}
	}
}

func TestReservations(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "9", to: keySPA, project: keyNTT})
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "9", to: keyRJ, project: keyITAU})
	add := func(at stock.LocationKey, owner stock.ProjectKey, status, ticket string) {
		l.exec(`INSERT INTO sga.reservations (reservation_id, part_number_key, location_key, project_key, condition, quantity, status, ticket, reserved_by,
			reserved_at, expires_at, ended_at, movement_id) VALUES ($1, 11, $2, $3, 'NEW', 2, $4::text::sga.reservation_status, $5, $6, now(),
			now() + interval '1 day', CASE WHEN $4 = 'ACTIVE' THEN NULL ELSE now() END, gen_random_uuid())`,
			uuid.Must(uuid.NewV7()), int32(at), int32(owner), status, ticket, l.actor)
	}
	add(keySPA, keyNTT, "ACTIVE", "T-1")
	add(keySPA, keyNTT, "EXPIRED", "T-2")
	add(keyRJ, keyITAU, "ACTIVE", "t-1")
	for name, tc := range map[string]struct {
		scope stock.Scope
		f     stock.ReservationFilter
		want  []string
	}{
		"all, newest first": {stock.Unlimited(), stock.ReservationFilter{}, []string{"t-1 ACTIVE", "T-2 EXPIRED", "T-1 ACTIVE"}},
		"by status":         {stock.Unlimited(), stock.ReservationFilter{Status: stock.ReservationExpired}, []string{"T-2 EXPIRED"}},
		"by ticket, folded": {stock.Unlimited(), stock.ReservationFilter{Ticket: "t-1"}, []string{"t-1 ACTIVE", "T-1 ACTIVE"}},
		"by place":          {stock.Unlimited(), stock.ReservationFilter{Location: keySP}, []string{"T-2 EXPIRED", "T-1 ACTIVE"}},
		"own project":       {only(nil, keyITAU), stock.ReservationFilter{}, []string{"t-1 ACTIVE"}},
		"another's project": {only(nil, keyITAU), stock.ReservationFilter{Project: keyNTT}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := everyPage(t, 1, func(p stock.Page) ([]stock.ReservationRow, string, error) {
				r, err := l.db.Reservations(t.Context(), tc.scope, tc.f, p)
				return r.Rows, r.Next, err
			})
			var got []string
			for _, r := range rows {
				got = append(got, r.Ticket+" "+string(r.Status))
				if r.Reservation.Quantity.String() != "2" || r.EndedAt.IsZero() != (r.Status == stock.ReservationActive) {
					t.Errorf("%+v", r)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// count writes a count at SP-A with results for two projects.
func (l *ledger) count(status string, blind bool) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	l.exec(`INSERT INTO sga.counts (count_id, count_name, count_type, status, location_key, is_blind, opened_by, opened_at) VALUES ($1, 'Contagem', 'FULL', $2,
		12, $3, $4, now())`, id, status, blind, l.actor)
	for i, r := range []struct {
		project, round int
		qty            string
	}{{11, 1, "7"}, {11, 2, "9"}, {12, 1, "4"}} {
		l.exec(`INSERT INTO sga.count_results (result_id, count_id, part_number_key, project_key, condition, counted_quantity, round, counted_by, counted_at)
			VALUES ($1, $2, 11, $3, 'NEW', $4, $5, $6, now())`, uuid.Must(uuid.NewV7()), id, r.project, dec(r.qty), r.round, l.actor)
		_ = i
	}
	return id
}

func items(cat stock.Catalog, rows []stock.CountItem) []string {
	var out []string
	show := func(q *stock.Quantity) string {
		if q == nil {
			return "?"
		}
		return q.String()
	}
	for _, r := range rows {
		p, _ := cat.PartByKey(r.Part)
		proj, _ := cat.ProjectByKey(r.Project)
		out = append(out, fmt.Sprintf("%s/%s expected %s counted %s round %d", p.Number, proj.Code, show(r.Expected), show(r.Counted), r.Round))
	}
	return out
}

func TestCounts(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.post(move{kind: stock.Entrada, part: keyRouter, qty: "10", to: keySPA, project: keyNTT})
	l.post(move{kind: stock.Entrada, part: keyCable, qty: "3.5", to: keySPA, project: keyNTT})
	open, blind, closed := l.count("OPEN", false), l.count("OPEN", true), l.count("CLOSED", true)
	l.exec(`INSERT INTO sga.divergences (divergence_id, divergence_type, part_number_key, location_key, project_key, condition, expected_quantity,
		actual_quantity, serials_missing, count_id, created_by, created_at) VALUES ($1, 'COUNT', 11, 12, 11, 'NEW', 10, 9, '{S1}', $2, $3, now())`,
		uuid.Must(uuid.NewV7()), closed, l.actor)
	for name, tc := range map[string]struct {
		scope stock.Scope
		id    uuid.UUID
		want  []string
	}{
		"open shows what the ledger has": {stock.Unlimited(), open, []string{"ISR4331/NTT expected 10 counted 9 round 2", "ISR4331/ITAÚ expected 0 counted 4 round 1",
			"cabo-utp/NTT expected 3.5 counted ? round 0"}},
		"blind hides it": {stock.Unlimited(), blind, []string{"ISR4331/NTT expected ? counted 9 round 2", "ISR4331/ITAÚ expected ? counted 4 round 1"}},
		"closed keeps what it had then": {stock.Unlimited(), closed, []string{"ISR4331/NTT expected 10 counted 9 round 2",
			"ISR4331/ITAÚ expected 4 counted 4 round 1"}},
		"own project": {only(nil, keyITAU), closed, []string{"ISR4331/ITAÚ expected 4 counted 4 round 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := everyPage(t, 1, func(p stock.Page) ([]stock.CountItem, string, error) {
				r, err := l.db.Count(t.Context(), tc.scope, tc.id, p)
				if err != nil {
					return nil, "", err
				}
				return r.Rows, r.Next, nil
			})
			if diff := cmp.Diff(tc.want, items(l.db.Catalog(), rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := l.db.Count(t.Context(), only([]stock.LocationKey{keyRJ}), closed, stock.Page{})
	_, unknown := l.db.Count(t.Context(), stock.Unlimited(), uuid.Must(uuid.NewV7()), stock.Page{})
	if fault.CodeOf(err) != fault.NotFound || err.Error() != unknown.Error() {
		t.Errorf("another's count: %v; an unknown one: %v", err, unknown)
	}
	rows := everyPage(t, 2, func(p stock.Page) ([]stock.CountRow, string, error) {
		r, err := l.db.Counts(t.Context(), stock.Unlimited(), stock.CountFilter{Location: keySP}, p)
		return r.Rows, r.Next, err
	})
	if len(rows) != 3 || rows[0].ID != closed || rows[0].Counted != 2 || rows[0].Divergences != 1 || rows[2].Divergences != 0 {
		t.Errorf("counts: %+v", rows)
	}
	for filter, want := range map[stock.CountFilter]int{{Status: stock.CountOpened}: 2, {Location: keyRJ}: 0, {From: day("2190-01-01")}: 0, {To: day("2190-01-01")}: 3} {
		if r, err := l.db.Counts(t.Context(), stock.Unlimited(), filter, stock.Page{}); err != nil || len(r.Rows) != want {
			t.Errorf("%+v: %d counts, %v; want %d", filter, len(r.Rows), err, want)
		}
	}
	d, err := l.db.Divergences(t.Context(), stock.Unlimited(), stock.DivergenceFilter{CountID: closed}, stock.Page{})
	if err != nil || len(d.Rows) != 1 || d.Rows[0].Variance.String() != "-1" || !slices.Equal(d.Rows[0].Missing, []string{"S1"}) {
		t.Errorf("divergences: %+v, %v", d, err)
	}
	if d, err := l.db.Divergences(t.Context(), only(nil, keyITAU), stock.DivergenceFilter{}, stock.Page{}); err != nil || len(d.Rows) != 0 {
		t.Errorf("divergences of another's project: %+v, %v", d, err)
	}
}

func TestReconciliations(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	theirs := reconcile.List{Columns: reconcile.Columns{Location: true, Project: true}, Rows: func(yield func(reconcile.Row, error) bool) {
		for _, r := range []struct{ material, part, at, owner, qty string }{
			{"100011", "", "SP-A", "NTT", "5"}, {"", "ISR4331", "RJ", "NTT", "7"}, {"", "NOVO-1", "RJ", "NTT", "1.5"},
		} {
			if !yield(reconcile.Row{Part: []byte(r.part), Material: []byte(r.material), Location: []byte(r.at), Project: []byte(r.owner), Quantity: dec(r.qty)}, nil) {
				return
			}
		}
	}}
	materials, err := l.db.Materials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res, err := reconcile.Compare(t.Context(), theirs, l.db.OurStock(t.Context(), stock.Unlimited()), reconcile.Options{Codes: materials})
	if err != nil {
		t.Fatal(err)
	}
	// The two routers on the road are in nobody's stock.
	if want := (reconcile.Summary{Matched: 1, Different: 1, OnlyTheirs: 1, OnlyOurs: 2}); res.Summary != want {
		t.Fatalf("summary %+v, want %+v", res.Summary, want)
	}
	all := func() []reconcile.Difference {
		return slices.Collect(res.Rows(reconcile.Matched, reconcile.Different, reconcile.OnlyTheirs, reconcile.OnlyOurs))
	}
	head := &reconcile.Saved{ID: uuid.Must(uuid.NewV7()), Source: "MB52.XLSX", By: res.By, Projects: identity.Everywhere(), Locations: identity.Only("SP", "SP-A"),
		TheirRows: int64(res.TheirRows), Summary: res.Summary, CreatedBy: l.actor}
	if err := l.db.SaveReconciliation(t.Context(), head, slices.Values(all())); err != nil {
		t.Fatal(err)
	}
	everything := reconcile.Sight{Projects: identity.Everywhere(), Locations: identity.Everywhere()}
	rows := everyPage(t, 2, func(p stock.Page) ([]reconcile.Difference, string, error) {
		r, err := l.db.Reconciliation(t.Context(), everything, head.ID, nil, p)
		if err != nil {
			return nil, "", err
		}
		if diff := cmp.Diff(*head, r.Saved); diff != "" {
			t.Error(diff)
		}
		return r.Rows, r.Next, nil
	})
	want := all()
	for i := range want {
		want[i].Material = "" // how it was joined is not kept
	}
	if got, want := asJSON(rows), asJSON(want); got != want {
		t.Errorf("saved\n%s\ncompared\n%s", got, want)
	}
	two, err := l.db.Reconciliation(t.Context(), everything, head.ID, []reconcile.Kind{reconcile.OnlyOurs}, stock.Page{})
	if err != nil || len(two.Rows) != 2 {
		t.Errorf("only ours: %+v, %v", two, err)
	}
	for name, tc := range map[string]struct {
		see  reconcile.Sight
		seen int
	}{
		"everything":       {everything, 1},
		"the same places":  {reconcile.Sight{Projects: identity.Everywhere(), Locations: identity.Only("SP-A", "SP", "RJ")}, 1},
		"fewer places":     {reconcile.Sight{Projects: identity.Everywhere(), Locations: identity.Only("SP-A")}, 0},
		"not all projects": {reconcile.Sight{Projects: identity.Only("NTT"), Locations: identity.Everywhere()}, 0},
	} {
		list, err := l.db.Reconciliations(t.Context(), tc.see, stock.Page{})
		if err != nil || len(list.Rows) != tc.seen {
			t.Errorf("%s: sees %d, %v", name, len(list.Rows), err)
		}
		if _, err := l.db.Reconciliation(t.Context(), tc.see, head.ID, nil, stock.Page{}); (fault.CodeOf(err) == fault.NotFound) != (tc.seen == 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func asJSON(rows []reconcile.Difference) string {
	var b []byte
	for i := range rows {
		b = append(rows[i].AppendJSON(b), '\n')
	}
	return string(b)
}

func TestOurStockStaysInScope(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.fill()
	var got []string
	for r, err := range l.db.OurStock(t.Context(), only([]stock.LocationKey{keySPA}, keyNTT)).Rows {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Part, r.Location, r.Project, r.Quantity))
	}
	if diff := cmp.Diff([]string{"ISR4331 SP-A NTT 5"}, got); diff != "" {
		t.Error(diff)
	}
}
