package stock

import "time"

// Scope limits what a read may see: the projects and places of the caller. The zero Scope sees nothing.
type Scope struct {
	AllProjects  bool
	Projects     []ProjectKey
	AllLocations bool
	Locations    []LocationKey // with the places below them
}

// Unlimited sees everything.
func Unlimited() Scope { return Scope{AllProjects: true, AllLocations: true} }

// SeesProject reports whether rows of the project may be shown.
func (s Scope) SeesProject(k ProjectKey) bool {
	if s.AllProjects {
		return true
	}
	for _, have := range s.Projects {
		if have == k {
			return true
		}
	}
	return false
}

// SeesLocation reports whether a movement with an end at the place may be shown or made: the road and the
// outside are open to whoever sees the other end. Balances and assets that lie there are shown only to
// who sees all places (package postgres, sight.go).
func (s Scope) SeesLocation(k LocationKey) bool {
	if s.AllLocations || k == OutsideKey || k == TransitKey {
		return true
	}
	for _, have := range s.Locations {
		if have == k {
			return true
		}
	}
	return false
}

// Moment is when a question about stock is asked for, on two clocks: the business day that it is
// about, and the time whose knowledge it uses. Zero values are "today" and "all that is known".
type Moment struct {
	AsOf    Date
	KnownAt time.Time
}

// IsNow reports whether the moment asks for the present, which live balances answer.
func (m Moment) IsNow() bool { return m.AsOf.IsZero() && m.KnownAt.IsZero() }
