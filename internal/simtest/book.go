package simtest

import (
	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
	"github.com/govalues/decimal"
)

// Edits is the company's master data, in requests that follow each other: places of every kind of
// policy, and parts of every kind of counting.
func Edits() [][]approval.Step {
	roots := []approval.Step{
		place("CD", stock.Warehouse, ""), place("BASE", stock.TechnicalBase, ""), place("TEC", stock.TechnicianPlace, ""),
		place("CLI", stock.Customer, ""), place("VELHO", stock.SelfStorage, ""),
		ruled("QUA", stock.Policies{Conditions: []stock.Condition{stock.Damaged, stock.Defective}}),
		ruled("COFRE", stock.Policies{Restricted: true}),
		ruled("PROPRIO", stock.Policies{Ownership: stock.Own}),
		part("UNI-1", "UN", false, false), part("UNI-2", "UN", false, false), part("MET-1", "M", false, true),
		part("SER-1", "UN", true, false), part("SER-2", "UN", true, false), part("CARO", "UN", false, false), part("VELHA", "UN", false, false),
	}
	no := false
	cost := decimal.MustNew(30_000, 0)
	return [][]approval.Step{
		append(roots, project("P1"), project("P2"), project("P3")),
		{
			place("CD-A", stock.Bin, "CD"), place("CD-B", stock.Bin, "CD"),
			{Location: &approval.LocationEdit{Code: "VELHO", Active: &no}},
			{Part: &approval.PartEdit{Number: "VELHA", Active: &no}},
			{Part: &approval.PartEdit{Number: "CARO", UnitCost: &cost}},
		},
	}
}

// project creates a project by its code.
func project(code string) approval.Step {
	return approval.Step{Project: &approval.ProjectEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: code, Name: &code}}
}

func place(code string, kind stock.LocationType, parent string) approval.Step {
	e := &approval.LocationEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: code, Name: &code, Type: kind}
	if parent != "" {
		e.Parent = &parent
	}
	return approval.Step{Location: e}
}

func ruled(code string, p stock.Policies) approval.Step {
	s := place(code, stock.Warehouse, "")
	s.Location.Policies = &p
	return s
}

func part(number, unit string, serialized, fractional bool) approval.Step {
	return approval.Step{Part: &approval.PartEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Number: number, Description: &number, Unit: &unit,
		Serialized: serialized, Fractional: fractional}}
}

// Book is the catalogue in memory, for simulations without a database.
type Book struct {
	projects  map[string]*stock.Project
	locations map[string]*stock.Location
	parts     map[string]*stock.Part
}

var _ stock.Catalog = (*Book)(nil)

// NewBook makes the catalogue that edits describe, such as Edits.
func NewBook(edits [][]approval.Step) *Book {
	b := &Book{projects: map[string]*stock.Project{}, locations: map[string]*stock.Location{}, parts: map[string]*stock.Part{}}
	b.projects[stock.GeneralCode] = &stock.Project{Key: stock.GeneralKey, Code: stock.GeneralCode, Active: true}
	b.locations[stock.OutsideCode] = &stock.Location{Key: stock.OutsideKey, Code: stock.OutsideCode, Type: stock.External, Active: true}
	b.locations[stock.TransitCode] = &stock.Location{Key: stock.TransitKey, Code: stock.TransitCode, Type: stock.Transit, Active: true}
	for _, steps := range edits {
		for _, s := range steps {
			b.edit(s)
		}
	}
	return b
}

func (b *Book) edit(s approval.Step) {
	const first = 101 // keys above those of the reserved rows
	switch {
	case s.Project != nil:
		b.projects[s.Project.Code] = &stock.Project{Key: stock.ProjectKey(first + len(b.projects)), Code: s.Project.Code, Active: true}
	case s.Location != nil && s.Location.Create:
		l := &stock.Location{Key: stock.LocationKey(first + len(b.locations)), Code: s.Location.Code, Type: s.Location.Type, Active: true}
		if s.Location.Policies != nil {
			l.Policies = *s.Location.Policies
		}
		b.locations[l.Code] = l
	case s.Location != nil:
		b.locations[s.Location.Code].Active = *s.Location.Active
	case s.Part != nil && s.Part.Create:
		p := s.Part
		b.parts[p.Number] = &stock.Part{Key: stock.PartKey(first + len(b.parts)), Number: p.Number, Unit: *p.Unit, Serialized: p.Serialized,
			Fractional: p.Fractional, Active: true, UnitCost: p.UnitCost}
		if p.Manufacturer != nil {
			b.parts[p.Number].Manufacturer = *p.Manufacturer
		}
	case s.Part != nil && s.Part.Active != nil:
		b.parts[s.Part.Number].Active = *s.Part.Active
	case s.Part != nil:
		b.parts[s.Part.Number].UnitCost = s.Part.UnitCost
	}
}

// Project implements stock.Catalog.
func (b *Book) Project(code string) (*stock.Project, bool) { p, ok := b.projects[code]; return p, ok }

// Location implements stock.Catalog.
func (b *Book) Location(code string) (*stock.Location, bool) {
	l, ok := b.locations[code]
	return l, ok
}

// Part implements stock.Catalog.
func (b *Book) Part(number string) (*stock.Part, bool) { p, ok := b.parts[number]; return p, ok }

// ProjectByKey implements stock.Catalog.
func (b *Book) ProjectByKey(k stock.ProjectKey) (*stock.Project, bool) {
	return find(b.projects, func(p *stock.Project) bool { return p.Key == k })
}

// LocationByKey implements stock.Catalog.
func (b *Book) LocationByKey(k stock.LocationKey) (*stock.Location, bool) {
	return find(b.locations, func(l *stock.Location) bool { return l.Key == k })
}

// PartByKey implements stock.Catalog.
func (b *Book) PartByKey(k stock.PartKey) (*stock.Part, bool) {
	return find(b.parts, func(p *stock.Part) bool { return p.Key == k })
}

func find[T any](m map[string]*T, is func(*T) bool) (*T, bool) {
	for _, v := range m {
		if is(v) {
			return v, true
		}
	}
	return nil, false
}
