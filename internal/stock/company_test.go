package stock

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// company is a catalogue and a state small enough to read: parts cable (by the metre), switch (by the
// unit) and router (serialised); places CD, LOJA, COFRE (only NEW goods), CLIENTE, and two projects.
type company struct {
	t     testing.TB
	state *State
	parts map[string]*Part
	at    map[string]*Location
	owner map[string]*Project
	next  byte
}

const (
	cable, switches, router PartKey     = 11, 12, 13
	cd, shop, vault, client LocationKey = 21, 22, 23, 24
	general, itau           ProjectKey  = GeneralKey, 31
)

func newCompany(t testing.TB) *company {
	c := &company{t: t, parts: map[string]*Part{}, at: map[string]*Location{}, owner: map[string]*Project{}}
	for _, p := range []*Part{
		{Key: cable, Number: "CABO", Unit: "M", Fractional: true, Active: true},
		{Key: switches, Number: "SWITCH", Unit: "UN", Active: true},
		{Key: router, Number: "ROTEADOR", Unit: "UN", Serialized: true, Active: true},
		{Key: 14, Number: "VELHO", Unit: "UN"},
	} {
		c.parts[p.Number] = p
	}
	for _, l := range []*Location{
		{Key: OutsideKey, Code: OutsideCode, Type: External, Active: true},
		{Key: TransitKey, Code: TransitCode, Type: Transit, Active: true},
		{Key: cd, Code: "CD", Type: LogisticsCenter, Active: true},
		{Key: shop, Code: "LOJA", Type: Warehouse, Active: true},
		{Key: vault, Code: "COFRE", Type: Warehouse, Active: true, Policies: Policies{Conditions: []Condition{New}, Ownership: Own}},
		{Key: client, Code: "CLIENTE", Type: Customer, Active: true},
		{Key: 25, Code: "FECHADO", Type: Warehouse},
	} {
		c.at[l.Code] = l
	}
	for _, p := range []*Project{{Key: general, Code: GeneralCode, Active: true}, {Key: itau, Code: "ITAU", Active: true}} {
		c.owner[p.Code] = p
	}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	c.state = NewState(now, Date{2026, 3, 10})
	c.state.Complete = true
	return c
}

// Project implements Catalog.
func (c *company) Project(code string) (*Project, bool) { p, ok := c.owner[code]; return p, ok }

// Location implements Catalog.
func (c *company) Location(code string) (*Location, bool) { l, ok := c.at[code]; return l, ok }

// Part implements Catalog.
func (c *company) Part(number string) (*Part, bool) { p, ok := c.parts[number]; return p, ok }

// ProjectByKey implements Catalog.
func (c *company) ProjectByKey(k ProjectKey) (*Project, bool) {
	return find(c.owner, func(p *Project) bool { return p.Key == k })
}

// LocationByKey implements Catalog.
func (c *company) LocationByKey(k LocationKey) (*Location, bool) {
	return find(c.at, func(l *Location) bool { return l.Key == k })
}

// PartByKey implements Catalog.
func (c *company) PartByKey(k PartKey) (*Part, bool) {
	return find(c.parts, func(p *Part) bool { return p.Key == k })
}

func find[V any](m map[string]*V, is func(*V) bool) (*V, bool) {
	for _, v := range m {
		if is(v) {
			return v, true
		}
	}
	return nil, false
}

func qty(s string) Quantity { return decimal.MustParse(s) }

func (c *company) id() uuid.UUID {
	c.next++
	return uuid.UUID{15: c.next, 6: 0x70, 8: 0x80}
}

// ask writes a movement as people say it: "SAIDA 3 SWITCH CD>CLIENTE @ITAU cond=USED to=DAMAGED sn=A,B".
func (c *company) ask(line string) MoveRequest {
	f := strings.Fields(line)
	m := MoveRequest{ID: c.id(), Type: MovementType(f[0]), Quantity: qty(f[1]), PartNumber: f[2]}
	for _, w := range f[3:] {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case strings.Contains(w, ">"):
			m.Source, m.Destination, _ = strings.Cut(w, ">")
		case strings.HasPrefix(w, "@"):
			m.Project = w[1:]
		case name == "cond":
			m.Condition = Condition(value)
		case name == "to":
			m.NewCondition = Condition(value)
		case name == "sn":
			m.Serials = strings.Split(value, ",")
		case name == "why":
			m.Papers.ReasonCode = ReasonCode(value)
		case name == "on":
			d, err := ParseDate(value, "")
			if err != nil {
				c.t.Fatal(err)
			}
			m.MovementOn = d
		}
	}
	return m
}

// decide resolves and decides a request without applying it.
func (c *company) decide(m MoveRequest) ([]Event, error) {
	move, err := Resolve(c, m)
	if err != nil {
		return nil, err
	}
	return Decide(c.state, move)
}

// post decides a movement and applies it.
func (c *company) post(line string) *Movement {
	c.t.Helper()
	return c.postRequest(c.ask(line))
}

func (c *company) postRequest(m MoveRequest) *Movement {
	c.t.Helper()
	events, err := c.decide(m)
	if err != nil {
		c.t.Fatalf("%s %s: %v", m.Type, m.PartNumber, err)
	}
	c.apply(events)
	return events[0].Movement
}

func (c *company) apply(events []Event) {
	c.t.Helper()
	for _, e := range events {
		if err := Apply(c.state, e); err != nil {
			c.t.Fatal(err)
		}
	}
}

// stock is what lies where: "CD GERAL NEW 5/2" by part, sorted, empty balances left out.
func (c *company) stock(part PartKey) string {
	var out []string
	for _, l := range []LocationKey{TransitKey, cd, shop, vault, client} {
		for _, p := range []ProjectKey{general, itau} {
			for _, cond := range Conditions() {
				b := c.state.Balances[Key{part, l, p, cond}]
				if b.Total.IsZero() && b.Reserved.IsZero() {
					continue
				}
				at, _ := c.LocationByKey(l)
				owner, _ := c.ProjectByKey(p)
				out = append(out, fmt.Sprintf("%s %s %s %s/%s", at.Code, owner.Code, cond, b.Total.Trim(0), b.Reserved.Trim(0)))
			}
		}
	}
	return strings.Join(out, "; ")
}

func (c *company) asset(serial string) string {
	a := c.state.Assets[AssetKey{router, SerialKey(serial)}]
	at, ok := c.LocationByKey(a.Location)
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%s %s %s v%d", at.Code, a.Status, a.Condition, a.Version)
}

// refusal is "code field" of an error, or "ok".
func refusal(err error) string {
	if err == nil {
		return "ok"
	}
	f := fault.Of(err)
	return strings.TrimSpace(string(f.Code) + " " + f.Field)
}
