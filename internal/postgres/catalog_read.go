package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/stock"
)

var (
	_ stock.PartReader     = (*DB)(nil)
	_ stock.LocationReader = (*DB)(nil)
	_ stock.ProjectReader  = (*DB)(nil)
)

// listed is a row of the catalogue with its folded code, which orders lists and marks places in them.
type listed[T any] struct {
	code string
	row  T
}

// pageOf cuts a page out of a list that is sorted by code.
func pageOf[T any](name string, filter any, page stock.Page, list []listed[T]) (rows []T, next string, err error) {
	after, err := decodeCursor(name, filter, page.Cursor, 1)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if after != nil {
		var found bool
		start, found = slices.BinarySearchFunc(list, after[0], func(l listed[T], code string) int { return strings.Compare(l.code, code) })
		if found {
			start++
		}
	}
	end := min(start+page.Size(), len(list))
	rows = make([]T, 0, end-start)
	for _, l := range list[start:end] {
		rows = append(rows, l.row)
	}
	if end < len(list) {
		next, err = encodeCursor(name, filter, list[end-1].code)
	}
	return rows, next, err
}

// same reports whether a wanted word, when there is one, equals what a row has, both folded.
func same(want, have string) bool { return want == "" || stock.Fold(want) == stock.Fold(have) }

// Parts implements stock.PartReader.
func (db *DB) Parts(_ context.Context, f stock.PartFilter, page stock.Page) (*stock.PartPage, error) {
	words := strings.Fields(stock.Fold(f.Text))
	terms := db.searchTerms()
	var list []listed[*stock.Part]
	for i := range terms.parts {
		t := &terms.parts[i]
		p := t.part
		switch {
		case !p.Active && !f.Inactive, !same(f.Category, p.Category), !same(f.Manufacturer, p.Manufacturer),
			f.Serialized != nil && *f.Serialized != p.Serialized, len(words) > 0 && !t.has(words, stock.SearchAll):
			continue
		}
		list = append(list, listed[*stock.Part]{t.number, p})
	}
	rows, next, err := pageOf("part_numbers", f, page, list)
	return &stock.PartPage{Rows: rows, Total: len(list), Next: next}, err
}

// Locations implements stock.LocationReader.
func (db *DB) Locations(_ context.Context, scope stock.Scope, f stock.LocationFilter, page stock.Page) (*stock.LocationPage, error) {
	words := strings.Fields(stock.Fold(f.Text))
	terms := db.searchTerms()
	below := map[int32]bool{}
	if f.Below != 0 {
		for _, k := range terms.of.below(f.Below) {
			below[k] = true
		}
	}
	var list []listed[*stock.Location]
	for i := range terms.places {
		t := &terms.places[i]
		l := t.place
		switch {
		case !scope.SeesLocation(l.Key), !l.Active && !f.Inactive, f.Type != "" && f.Type != l.Type, !same(f.City, l.City),
			f.Below != 0 && !below[int32(l.Key)], len(words) > 0 && !t.has(words):
			continue
		}
		list = append(list, listed[*stock.Location]{t.code, l})
	}
	rows, next, err := pageOf("locations", f, page, list)
	return &stock.LocationPage{Rows: rows, Total: len(list), Next: next}, err
}

// Projects implements stock.ProjectReader.
func (db *DB) Projects(_ context.Context, scope stock.Scope, f stock.ProjectFilter, page stock.Page) (*stock.ProjectPage, error) {
	words := strings.Fields(stock.Fold(f.Text))
	var list []listed[*stock.Project]
	for code, p := range db.catalog.Load().projects {
		if !scope.SeesProject(p.Key) || !p.Active && !f.Inactive {
			continue
		}
		if text := stock.Fold(strings.Join([]string{p.Code, p.Name, p.Client, p.Contract}, " ")); !hasAll(text, words) {
			continue
		}
		list = append(list, listed[*stock.Project]{code, p})
	}
	slices.SortFunc(list, func(a, b listed[*stock.Project]) int { return strings.Compare(a.code, b.code) })
	rows, next, err := pageOf("projects", f, page, list)
	return &stock.ProjectPage{Rows: rows, Total: len(list), Next: next}, err
}

func hasAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
