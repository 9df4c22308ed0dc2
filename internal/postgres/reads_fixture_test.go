package postgres

import (
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// stand is an asset as a test puts it somewhere.
type stand struct {
	serial  string
	part    stock.PartKey
	at      stock.LocationKey
	project stock.ProjectKey
	status  stock.AssetStatus
	cond    stock.Condition
	ticket  string
	tag     string
	gone    bool
}

// assets puts assets into the database as they are, without movements.
func (l *ledger) assets(list ...stand) {
	l.t.Helper()
	for _, a := range list {
		if a.part == 0 {
			a.part = keyRouter
		}
		if a.at == 0 {
			a.at = keyRJ
		}
		if a.project == 0 {
			a.project = keyNTT
		}
		if a.status == "" {
			a.status = stock.InStock
		}
		if a.cond == "" {
			a.cond = stock.New
		}
		l.exec(`INSERT INTO sga.assets (asset_id, part_number_key, serial_number, serial_key, project_key, location_key, status, condition, ticket, tag, is_active)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, uuid.Must(uuid.NewV7()), int32(a.part), a.serial, stock.SerialKey(a.serial),
			int32(a.project), int32(a.at), string(a.status), string(a.cond), a.ticket, a.tag, !a.gone)
	}
}

// technician adds a place that is a person.
func (l *ledger) technician(key int32, code, name string) {
	l.t.Helper()
	l.exec(`INSERT INTO sga.locations (location_key, location_id, location_code, location_name, location_type, city, catalog_version)
		VALUES ($1, gen_random_uuid(), $2, $3, 'TECHNICIAN', 'Belém', (SELECT version + 1 FROM sga.catalog_version))`, key, code, name)
	l.exec(`UPDATE sga.catalog_version SET version = version + 1`)
	if err := l.db.refreshCatalog(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// walkPages reads a whole list page by page, and holds every page to its size.
func walkPages[T any](t testing.TB, size int, read func(p stock.Page) (rows []T, next string, err error)) []T {
	t.Helper()
	var all []T
	page := stock.Page{Limit: size}
	for range 500 {
		rows, next, err := read(page)
		if err != nil {
			t.Fatalf("page after %d rows: %v", len(all), err)
		}
		if len(rows) > size || next != "" && len(rows) == 0 {
			t.Fatalf("a page of %d has %d rows, next %q", size, len(rows), next)
		}
		all = append(all, rows...)
		if next == "" {
			return all
		}
		page.Cursor = next
	}
	t.Fatal("the list does not end")
	return nil
}

// within is the scope of a caller with some projects and places.
func within(projects []stock.ProjectKey, places []stock.LocationKey) stock.Scope {
	return stock.Scope{AllProjects: projects == nil, Projects: projects, AllLocations: places == nil, Locations: places}
}

func keyText(k stock.Key) string {
	return fmt.Sprint(k.Part, "@", k.Location, "/", k.Project, " ", k.Condition)
}
