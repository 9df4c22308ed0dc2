package postgres

import "github.com/faiston/nexo/internal/stock"

// within is where a read may look: keys as PostgreSQL takes them, nil for no limit.
type within struct {
	locations []int32
	projects  []int32
}

// within combines the scope of the caller with what is asked for; zero keys ask for everything. A place
// includes the places below it. What lies outside the scope gives empty lists, which match nothing.
func (c *catalog) within(s stock.Scope, location stock.LocationKey, project stock.ProjectKey) within {
	var w within
	switch {
	case location != 0:
		w.locations = []int32{}
		for _, k := range c.below(location) {
			if s.SeesLocation(k) {
				w.locations = append(w.locations, int32(k))
			}
		}
	case !s.AllLocations:
		w.locations = []int32{int32(stock.OutsideKey), int32(stock.TransitKey)}
		for _, k := range s.Locations {
			w.locations = append(w.locations, int32(k))
		}
	}
	switch {
	case project != 0 && s.SeesProject(project):
		w.projects = []int32{int32(project)}
	case project != 0:
		w.projects = []int32{}
	case !s.AllProjects:
		w.projects = make([]int32, len(s.Projects))
		for i, k := range s.Projects {
			w.projects[i] = int32(k)
		}
	}
	return w
}

// maxDepth ends a walk up a tree of places that was tied into a circle; the desk refuses to tie one.
const maxDepth = 64

// below lists a place and all places below it.
func (c *catalog) below(k stock.LocationKey) []stock.LocationKey {
	out := []stock.LocationKey{k}
	for key, l := range c.locationByKey {
		at := l
		for depth := 0; key != k && at != nil && at.Parent != 0 && depth < maxDepth; depth++ {
			if at.Parent == k {
				out = append(out, key)
				break
			}
			at = c.locationByKey[at.Parent]
		}
	}
	return out
}

// Below lists a place and all places below it, in no order.
func (db *DB) Below(k stock.LocationKey) []stock.LocationKey { return db.catalog.Load().below(k) }
