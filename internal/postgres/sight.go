package postgres

import (
	"context"
	"slices"

	"github.com/faiston/nexo/internal/stock"
	"github.com/jackc/pgx/v5"
)

// planEachTime sends a statement without a name, so that the server plans it for the very values that
// it carries. Lists and searches leave most of their conditions open, and a plan that must fit every
// combination fits none: one was 750 times slower. Statements by a single key keep their prepared plans.
const planEachTime = pgx.QueryExecModeCacheDescribe

// sight is what a read may show, in the form in which statements take it: nil is everything, and an
// empty list is nothing.
type sight struct {
	projects  []int32
	locations []int32
}

// sightOf narrows a scope to one project, or to one place and the places below it; 0 narrows nothing.
// Goods on the road and outside are shown, as stock, only to callers without a limit of place: nobody
// can tell whose end of the journey they are.
func (c *catalog) sightOf(scope stock.Scope, project stock.ProjectKey, at stock.LocationKey) sight {
	s := sight{}
	if !scope.AllProjects {
		s.projects = numbers(scope.Projects)
	}
	if project != 0 {
		s.projects = narrow(s.projects, []int32{int32(project)})
	}
	if !scope.AllLocations {
		s.locations = numbers(scope.Locations)
	}
	if at != 0 {
		s.locations = narrow(s.locations, c.below(at))
	}
	return s
}

// empty reports whether nothing can be shown.
func (s sight) empty() bool {
	return s.projects != nil && len(s.projects) == 0 || s.locations != nil && len(s.locations) == 0
}

// all reports whether everything is shown.
func (s sight) all() bool { return s.projects == nil && s.locations == nil }

func (s sight) sees(project stock.ProjectKey, at stock.LocationKey) bool {
	return (s.projects == nil || slices.Contains(s.projects, int32(project))) &&
		(s.locations == nil || slices.Contains(s.locations, int32(at)))
}

// below lists a place and every place under it.
func (c *catalog) below(at stock.LocationKey) []int32 {
	children := map[stock.LocationKey][]stock.LocationKey{}
	for k, l := range c.locationByKey {
		if l.Parent != 0 {
			children[l.Parent] = append(children[l.Parent], k)
		}
	}
	list := []int32{int32(at)}
	seen := map[stock.LocationKey]bool{at: true}
	for i := 0; i < len(list); i++ {
		for _, k := range children[stock.LocationKey(list[i])] {
			if !seen[k] {
				seen[k] = true
				list = append(list, int32(k))
			}
		}
	}
	slices.Sort(list)
	return list
}

// numbers never answers nil, which would mean everything.
func numbers[T ~int32](keys []T) []int32 {
	out := make([]int32, len(keys))
	for i, k := range keys {
		out[i] = int32(k)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// narrow keeps what is in both lists; a nil list holds everything.
func narrow(have, want []int32) []int32 {
	if have == nil {
		return want
	}
	out := []int32{}
	for _, k := range want {
		if slices.Contains(have, k) {
			out = append(out, k)
		}
	}
	return out
}

// catchUp reads the catalogue again when a row names a part, place or project that is newer than the
// picture in memory, so that whoever shows the row finds its codes.
func (db *DB) catchUp(ctx context.Context, keys ...stock.Key) error {
	c := db.catalog.Load()
	for _, k := range keys {
		_, part := c.partByKey[k.Part]
		_, at := c.locationByKey[k.Location]
		_, project := c.projectByKey[k.Project]
		if !part && k.Part != 0 || !at && k.Location != 0 || !project && k.Project != 0 {
			return db.refreshCatalog(ctx)
		}
	}
	return nil
}
