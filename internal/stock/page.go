package stock

// Limits of a page: what a person reads by default, and what still answers as one message
// (the earlier tools published the same maximum).
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// Page asks for a part of a list: at most Limit rows (0: DefaultPage) after the place that Cursor marks.
type Page struct {
	Limit  int
	Cursor string // as the page before answered it; empty for the first
}

// Size is the number of rows that the page may hold.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return DefaultPage
	case p.Limit > MaxPage:
		return MaxPage
	}
	return p.Limit
}
