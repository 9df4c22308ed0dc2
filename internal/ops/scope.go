package ops

import (
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// scopeOf turns the actor's codes into the keys that reads filter by. Codes that no longer exist see nothing.
func scopeOf(a *identity.Actor, cat stock.Catalog) stock.Scope {
	s := stock.Scope{AllProjects: a.Projects.All, AllLocations: a.Locations.All}
	for code := range a.Projects.Codes {
		if p, ok := cat.Project(code); ok {
			s.Projects = append(s.Projects, p.Key)
		}
	}
	for code := range a.Locations.Codes {
		if l, ok := cat.Location(code); ok {
			s.Locations = append(s.Locations, l.Key)
		}
	}
	return s
}

// project finds a project that the actor may see. One outside the actor's projects is not found,
// exactly as one that does not exist. An empty code finds nothing and is no error.
func project(a *identity.Actor, cat stock.Catalog, code, field string) (*stock.Project, error) {
	if code == "" {
		return nil, nil
	}
	p, err := stock.FindProject(cat, code, field)
	if err == nil && !a.Projects.Has(p.Code) {
		err = fault.NotFound.With("Projeto %q não encontrado.", "Project %q not found.", code).On(field)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// location finds a place that the actor may see, in the same way. The road and the outside are
// everybody's.
func location(a *identity.Actor, cat stock.Catalog, code, field string) (*stock.Location, error) {
	if code == "" {
		return nil, nil
	}
	l, err := stock.FindLocation(cat, code, field)
	if err == nil && l.Key != stock.OutsideKey && l.Key != stock.TransitKey && !a.Locations.Has(l.Code) {
		err = fault.NotFound.With("Local %q não encontrado.", "Location %q not found.", code).On(field)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}
