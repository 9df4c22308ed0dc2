package demo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/simtest"
	"github.com/faiston/nexo/internal/stock"
)

func actors() Actors {
	who := func(name string, last byte, role identity.Role) *identity.Actor {
		a := simtest.Person(name, last)
		a.Roles = []identity.Role{role}
		return a
	}
	agent := who("agente", 6, identity.Logistics)
	agent.Kind, agent.Client, agent.Scopes = identity.Agent, "agent-inventory", []string{identity.ScopeTools}
	return Actors{Admin: who("admin", 1, identity.Admin), Lead: who("lead", 2, identity.Logistics), Logistics: who("logistics", 3, identity.Logistics),
		Operations: who("operations", 4, identity.Operations), Technician: who("technician", 5, identity.Technician), Agent: agent}
}

func options(c *simtest.Company, movements int) Options {
	return Options{Desk: c.DB, Store: c.DB, Actors: actors(), Now: time.Now(), Movements: movements}
}

// count asks the database for one number.
func count(t *testing.T, c *simtest.Company, sql string) int {
	t.Helper()
	var n int
	if err := c.Owner.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestCompany(t *testing.T) {
	t.Parallel()
	c := simtest.Empty(t)
	o := options(c, 0)
	last := 0
	o.Progress = func(done, total int) { last = done * 100 / total }
	began := time.Now()
	if err := Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %v", time.Since(began).Round(time.Millisecond))
	c.MustHold(t)
	for sql, least := range map[string]int{
		`SELECT count(*) FROM sga.projects WHERE is_active`:                                                20,
		`SELECT count(*) FROM sga.locations`:                                                               40,
		`SELECT count(DISTINCT city) FROM sga.locations`:                                                   12,
		`SELECT count(*) FROM sga.part_numbers`:                                                            300,
		`SELECT count(*) FROM sga.part_numbers WHERE is_fractional`:                                        20,
		`SELECT count(*) FROM sga.assets`:                                                                  5_000,
		`SELECT count(*) FROM sga.movements`:                                                               30_000,
		`SELECT count(DISTINCT movement_type) FROM sga.movements`:                                          9,
		`SELECT max(movement_on) - min(movement_on) FROM sga.movements`:                                    540,
		`SELECT count(*) FROM sga.movements WHERE reversal_of IS NOT NULL`:                                 20,
		`SELECT count(*) FROM sga.movements WHERE approved_by IS NOT NULL`:                                 50,
		`SELECT count(*) FROM sga.reservations WHERE status = 'ACTIVE' AND expires_at > clock_timestamp()`: 10,
		`SELECT count(*) FROM sga.reservations WHERE status = 'EXPIRED'`:                                   50,
		`SELECT count(*) FROM sga.divergences`:                                                             5,
		`SELECT count(*) FROM sga.counts`:                                                                  4,
		`SELECT count(*) FROM sga.tasks WHERE status = 'PENDING'`:                                          15,
		`SELECT count(DISTINCT task_type) FROM sga.tasks WHERE status = 'PENDING'`:                         6,
		`SELECT count(DISTINCT proposed_by) FROM sga.tasks WHERE status = 'PENDING'`:                       3,
		`SELECT count(DISTINCT status) FROM sga.assets`:                                                    9,
		`SELECT count(*) FROM sga.balances b JOIN sga.locations l USING (location_key) WHERE l.location_code = 'COFRE' AND quantity_total > 0`: 1,
	} {
		if n := count(t, c, sql); n < least {
			t.Errorf("%d, want %d or more: %s", n, least, sql)
		}
	}
	if n := count(t, c, `SELECT count(*) FROM sga.movements WHERE review`); n > 6_000 {
		t.Errorf("%d movements are marked for review", n)
	}
	if last != 100 {
		t.Errorf("progress ended at %d %%", last)
	}
}

// TestLoadsOnce: a second load changes nothing.
func TestLoadsOnce(t *testing.T) {
	t.Parallel()
	c := simtest.Empty(t)
	if err := Load(t.Context(), options(c, 800)); err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, c)
	again := options(c, 800)
	again.Now = again.Now.AddDate(0, 0, 3)
	if err := Load(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if after := fingerprint(t, c); after != before {
		t.Errorf("the second load changed %s to %s", before, after)
	}
}

// fingerprint sums up a company in what depends on the seed alone.
func fingerprint(t *testing.T, c *simtest.Company) string {
	t.Helper()
	var text string
	if err := c.Owner.QueryRow(t.Context(), `SELECT concat_ws(' ',
		(SELECT md5(string_agg(m, ',' ORDER BY m)) || count(*) FROM (SELECT CASE WHEN count_id IS NULL THEN movement_id::text ELSE '' END
			|| movement_type || movement_on || quantity || nf_key || ticket AS m FROM sga.movements) x),
		(SELECT md5(string_agg(serial_key || status || condition, ',' ORDER BY serial_key)) FROM sga.assets),
		(SELECT md5(string_agg(part_number_folded || location_code || project_code || condition || quantity_total || quantity_reserved, ','
			ORDER BY part_number_folded, location_code, project_code, condition)) FROM sga.balances
			JOIN sga.part_numbers USING (part_number_key) JOIN sga.locations USING (location_key) JOIN sga.projects USING (project_key) WHERE version > 0),
		(SELECT string_agg(DISTINCT task_type::text || status, ',') || count(*) FROM sga.tasks), (SELECT count(*) FROM sga.divergences))`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// dying is a desk that stops answering, also after it has done what was asked.
type dying struct {
	approval.Desk
	left chan struct{}
}

var errDead = errors.New("killed")

func (d *dying) Submit(ctx context.Context, r *approval.Request) (*approval.Outcome, error) {
	out, err := d.Desk.Submit(ctx, r)
	select {
	case <-d.left:
		return out, err
	default:
		return nil, errDead
	}
}

// TestKilledLoadIsCompleted: loads that die at several points and are taken up again, days later too,
// leave the company that one load makes.
func TestKilledLoadIsCompleted(t *testing.T) {
	t.Parallel()
	whole, parts := simtest.Empty(t), simtest.Empty(t)
	o := options(whole, 600)
	if err := Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for i, calls := range []int{1, 4, 9, 20, 45, 70} {
		d := &dying{parts.DB, make(chan struct{}, calls)}
		for range calls {
			d.left <- struct{}{}
		}
		k := options(parts, 600)
		k.Desk, k.Now = d, o.Now.AddDate(0, 0, -i%2)
		if i == 0 {
			k.Now = o.Now
		}
		if err := Load(t.Context(), k); !errors.Is(err, errDead) {
			t.Fatalf("after %d calls: %v", calls, err)
		}
		if Loaded(parts.DB.Catalog()) {
			t.Fatal("half a company says that it is complete")
		}
	}
	if err := Load(t.Context(), options(parts, 600)); err != nil {
		t.Fatal(err)
	}
	if want, got := fingerprint(t, whole), fingerprint(t, parts); want != got {
		t.Errorf("one load:  %s\nmany loads: %s", want, got)
	}
	parts.MustHold(t)
}

func TestActorsAreChecked(t *testing.T) {
	t.Parallel()
	c := simtest.Empty(t)
	for name, spoil := range map[string]func(*Actors){
		"none":           func(a *Actors) { *a = Actors{} },
		"no lead":        func(a *Actors) { a.Lead = nil },
		"lead proposes":  func(a *Actors) { a.Logistics = a.Lead },
		"agent is clerk": func(a *Actors) { a.Agent = nil },
	} {
		o := options(c, 10)
		spoil(&o.Actors)
		if err := Load(t.Context(), o); !errors.Is(err, ErrActors) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNamesAreInvented looks for names of companies that everybody knows, in all that is written.
func TestNamesAreInvented(t *testing.T) {
	t.Parallel()
	known := regexp.MustCompile(`(?i)\b(cisco|dell|hp|hpe|ibm|lenovo|intel|amd|huawei|aruba|juniper|fortinet|ubiquiti|mikrotik|tp-?link|intelbras|furukawa|apc|` +
		`schneider|siemens|samsung|lg|nokia|ericsson|zte|itau|itaú|bradesco|santander|caixa|ntt|vivo|claro|tim|oi|petrobras|vale|ambev|natura|magalu|` +
		`diebold|ncr|perto|positivo|multilaser|datacom|avaya|polycom|logitech|kingston|seagate|sandisk|crucial|faiston)\b`)
	var all []string
	for _, s := range sites() {
		all = append(all, s.name)
	}
	all = append(append(append(all, clients()...), makers()...), technicians()...)
	for _, f := range families() {
		all = append(all, f.text)
	}
	if found := known.FindAllString(strings.Join(all, "\n"), -1); found != nil {
		t.Errorf("real names: %v", found)
	}
}

func TestCheckDigit(t *testing.T) {
	t.Parallel()
	// The example of the NF-e manual, section 5.4.
	if d := checkDigit("5206043300991100250655012000000780026730161"); d != 5 {
		t.Errorf("got %d, want 5", d)
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	l := &loader{Options: Options{Seed: 1, Technicians: technicians()}, ids: newIDs(1, "catalogue"), anchor: stock.Date{Year: 2026, Month: 3, Day: 1}}
	numbers, codes := map[string]bool{}, map[string]bool{}
	for _, s := range l.parts() {
		if numbers[s.Part.Number] {
			t.Errorf("part number %s twice", s.Part.Number)
		}
		numbers[s.Part.Number] = true
	}
	for _, level := range l.places() {
		for _, s := range level {
			codes[s.Location.Code] = true
			if p := s.Location.Parent; p != nil && !codes[*p] {
				t.Errorf("%s comes before its parent %s", s.Location.Code, *p)
			}
		}
	}
	if len(numbers) != 300 || len(codes) != len(sites())+len(technicians())+len(clients()) {
		t.Errorf("%d parts, %d places", len(numbers), len(codes))
	}
	if n := len(l.projects()); n < 20 {
		t.Errorf("%d projects", n)
	}
	for i, d := range calendar(l.anchor) {
		if l.anchor.Before(d) || d.Time().Weekday() == time.Sunday {
			t.Fatal(fmt.Sprint("day ", i, " is ", d))
		}
	}
}
