package ops

import (
	"time"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// pageArgs are the arguments of every list that is read page by page.
type pageArgs struct {
	Limit  int    `json:"limit,omitzero" min:"1" max:"1000" doc:"Tamanho da página (padrão 100) | Page size (default 100)"`
	Cursor string `json:"cursor,omitzero" max:"1024" doc:"Continuação: o next_cursor da página anterior | Continuation: next_cursor of the page before"`
}

func (p pageArgs) page() stock.Page { return stock.Page{Limit: p.Limit, Cursor: p.Cursor} }

// momentArgs ask about the past, on two clocks.
type momentArgs struct {
	AsOf    Date `json:"as_of,omitzero" doc:"Posição ao fim desta data | Position at the end of this business day"`
	KnownAt Time `json:"known_at,omitzero" doc:"Só com o que já estava registrado neste instante | Only with what had been recorded by this instant"`
}

func (m momentArgs) moment() stock.Moment {
	return stock.Moment{AsOf: m.AsOf.Date, KnownAt: m.KnownAt.Time}
}

// timePtr is nil for the zero time, which is written as null.
func timePtr(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// dayPtr is nil for no date.
func dayPtr(d stock.Date) *Date {
	if d.IsZero() {
		return nil
	}
	return &Date{d}
}

// names resolves inner keys to what people read. A key that is not in the catalogue gives empty names:
// readers bring the catalogue up to date before they answer.
type names struct{ cat stock.Catalog }

func (n names) part(k stock.PartKey) *stock.Part {
	if p, ok := n.cat.PartByKey(k); ok {
		return p
	}
	return &stock.Part{}
}

func (n names) place(k stock.LocationKey) *stock.Location {
	if l, ok := n.cat.LocationByKey(k); ok {
		return l
	}
	return &stock.Location{}
}

func (n names) project(k stock.ProjectKey) *stock.Project {
	if p, ok := n.cat.ProjectByKey(k); ok {
		return p
	}
	return &stock.Project{}
}

// where is what lists are narrowed to, in codes.
type where struct {
	part    string
	at      string
	project string
}

// find resolves the codes within what the actor may see; a code outside it is not found.
func (d *Deps) find(a *identity.Actor, w where) (part stock.PartKey, at stock.LocationKey, owner stock.ProjectKey, err error) {
	cat := d.Store.Catalog()
	if w.part != "" {
		p, err := stock.FindPart(cat, w.part, "part_number")
		if err != nil {
			return 0, 0, 0, err
		}
		part = p.Key
	}
	l, err := location(a, cat, w.at, "location_id")
	if err != nil {
		return 0, 0, 0, err
	}
	if l != nil {
		at = l.Key
	}
	p, err := project(a, cat, w.project, "project_id")
	if err != nil {
		return 0, 0, 0, err
	}
	if p != nil {
		owner = p.Key
	}
	return part, at, owner, nil
}

// balanceFilter resolves the arguments that choose balances.
func (d *Deps) balanceFilter(a *identity.Actor, w where, condition string) (f stock.BalanceFilter, err error) {
	if f.Part, f.Location, f.Project, err = d.find(a, w); err != nil {
		return f, err
	}
	f.Condition, err = word(stock.Conditions(), condition, "condition")
	return f, err
}

// seesFiscal reports whether the actor may read invoices and values; to others they are null.
func seesFiscal(a *identity.Actor) bool {
	return a.Is(identity.Admin, identity.Logistics, identity.Finance)
}

// fiscal gives a text of an invoice, or null to those who may not read it.
func fiscal(a *identity.Actor, s string) *string {
	if !seesFiscal(a) {
		return nil
	}
	return &s
}
