package stock

import "context"

// ProjectFilter chooses projects. Zero fields choose every active one; every word of Text must stand,
// folded, in the code, the name, the client or the contract.
type ProjectFilter struct {
	Text     string
	Inactive bool
}

// ProjectPage is a page of projects, by code.
type ProjectPage struct {
	Rows  []*Project
	Total int
	Next  string
}

// ProjectReader lists projects.
type ProjectReader interface {
	// Projects lists the projects of the scope.
	Projects(ctx context.Context, scope Scope, filter ProjectFilter, page Page) (*ProjectPage, error)
}
