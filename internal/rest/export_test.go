package rest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/sheet"
)

// dated is the name of a file: the list and the day.
var dated = regexp.MustCompile(`^attachment; filename="inventory-20\d\d-\d\d-\d\d\.(csv|xlsx)"$`)

func TestExport(t *testing.T) {
	t.Parallel()
	const all = "\"part_number\";\"quantity_total\";\"tags\"\n\"=cmd()\";3;\"a, b\"\n\"B\";1.5;\"\"\n\"C\";0;\"\"\n"
	for _, c := range []struct {
		name, url, accept string
		status            int
		media, body       string
	}{
		{"csv", "/api/v1/inventory?format=csv&location_id=CD-SP", "", 200, "text/csv; charset=utf-8", all},
		{"csv by Accept", "/api/v1/inventory", "text/csv", 200, "text/csv; charset=utf-8", all},
		{"xlsx", "/api/v1/inventory?format=xlsx&limit=2", "", 200, mediaXLSX, all},
		{"from a cursor", "/api/v1/inventory?format=csv&cursor=1", "", 200, "text/csv; charset=utf-8", strings.Replace(all, "\"=cmd()\";3;\"a, b\"\n", "", 1)},
		{"with an offset", "/api/v1/inventory?format=csv&offset=7", "", 200, "text/csv; charset=utf-8", all},
		{"json", "/api/v1/inventory?format=json", "text/csv", 200, "application/json", `"next_cursor":"1"`},
		{"anything", "/api/v1/inventory", "*/*", 200, "application/json", `"next_cursor":"1"`},
		{"pdf", "/api/v1/inventory?format=pdf", "", 400, "application/problem+json", `"field":"format"`},
		{"no list", "/api/v1/balances/C9300-48P?format=csv", "", 400, "application/problem+json", `"field":"format"`},
		{"wrong filter", "/api/v1/inventory?format=csv&colour=red", "", 400, "application/problem+json", `"field":"colour"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := request("viewer", "GET", c.url, "")
			r.Header.Set("Accept", c.accept)
			p := w.do(r)
			if p.Code != c.status || p.Header().Get("Content-Type") != c.media || !strings.Contains(p.Body.String(), c.body) {
				t.Errorf("%d %s %s", p.Code, p.Header().Get("Content-Type"), p.Body)
			}
			if c.status != 200 || c.media == "application/json" {
				return
			}
			if !dated.MatchString(p.Header().Get("Content-Disposition")) {
				t.Error(p.Header())
			}
			for i, in := range w.client.calls {
				limit := "1000"
				if strings.Contains(c.url, "limit=2") {
					limit = "2"
				}
				if args := string(in.Arguments); !strings.Contains(args, `"limit":`+limit) || strings.Contains(c.url, "location_id") != strings.Contains(args, "CD-SP") ||
					i > 0 && strings.Contains(args, "offset") {
					t.Errorf("page %d: %s", i, args)
				}
			}
		})
	}
}

// TestExportThatBreaks: a client must not take half a table for a whole one, nor see why it broke.
func TestExportThatBreaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := httptest.NewServer(w.handler)
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/v1/inventory?format=csv&part_number=late", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer tok-viewer")
	p, err := s.Client().Do(r)
	if err == nil {
		defer p.Body.Close()
		var body []byte
		if body, err = io.ReadAll(p.Body); err == nil {
			t.Errorf("the table looks whole: %s", body)
		}
		if bytes.Contains(body, []byte("SELECT")) {
			t.Errorf("it leaks: %s", body)
		}
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) && err == nil {
		t.Error(err)
	}
	s.Close() // waits for the handler
	if !strings.Contains(w.log.String(), "Export broken off") {
		t.Errorf("log %s", w.log)
	}
}

// TestExportForSpreadsheets uses the writers of the program: no cell becomes a formula.
func TestExportForSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) {
		o.Sheet = func(w io.Writer, _ SheetKind, _ string, english bool) (Sheet, error) {
			return realSheet{sheet.NewCSVWriter(w, sheet.CSVOptions{English: english})}, nil
		}
	})
	r := request("viewer", "GET", "/api/v1/inventory?format=csv", "")
	r.Header.Set("Accept-Language", "en")
	rows, err := csv.NewReader(w.do(r).Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"part_number", "quantity_total", "tags"}, {"'=cmd()", "3", "a, b"}, {"B", "1.5", ""}, {"C", "0", ""}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if body := w.do(request("viewer", "GET", "/api/v1/inventory?format=csv", "")).Body.String(); !strings.Contains(body, "B;1,5;") {
		t.Errorf("in pt-BR: %s", body)
	}
}

type realSheet struct{ w sheet.Writer }

func (s realSheet) Row(cells []Cell) error {
	row := make([]sheet.Value, len(cells))
	for i, c := range cells {
		row[i] = sheet.TextValue(c.Text)
		if c.Number && c.Text != "" {
			row[i] = sheet.NumberValue(decimal.MustParse(c.Text))
		}
	}
	return s.w.Write(row...)
}

func (s realSheet) Close() error { return s.w.Close() }

// TestEveryListHasAnAddress: whoever may read a list may open it in a browser as a table.
func TestEveryListHasAnAddress(t *testing.T) {
	t.Parallel()
	addressed := map[string]bool{}
	for _, rt := range resourceRoutes() {
		addressed[rt.operation] = addressed[rt.operation] || rt.method == "GET"
	}
	for _, op := range declared() {
		if _, list := op.Listing(); list && !addressed[op.Name] {
			t.Errorf("%s is a list without an address: give it a line in resourceRoutes", op.Name)
		}
	}
}

// TestExportThatIsTooLong is refused with words where the list says how long it is, and cut off where it does not.
func TestExportThatIsTooLong(t *testing.T) {
	t.Parallel()
	for url, says := range map[string]bool{"/api/v1/projects?format=csv": true, "/api/v1/inventory?format=csv": false} {
		w := newWorld(t, func(o *Options) {
			o.MaxExportRows = 2
			o.Client.(*toyClient).add("sga_list_projects", identity.Roles(), "limit:limit cursor:string",
				`{"type":"object","properties":{"total":{"type":"integer"},"items":{"type":"array","items":{"type":"object","properties":{"project_code":{"type":"string"}}}},"next_cursor":{"type":"string"}}}`,
				fixed(`{"total":3,"items":[{"project_code":"A"},{"project_code":"B"},{"project_code":"C"}]}`))
		})
		s := httptest.NewServer(w.handler)
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer tok-viewer")
		p, err := s.Client().Do(r)
		if err != nil {
			if says {
				t.Error(err)
			}
			s.Close()
			continue
		}
		body, err := io.ReadAll(p.Body)
		p.Body.Close()
		if says && (p.StatusCode != 400 || !bytes.Contains(body, []byte("passa de 2 linhas"))) {
			t.Errorf("%s: %d %s", url, p.StatusCode, body)
		}
		if !says && err == nil {
			t.Errorf("%s looks whole: %s", url, body)
		}
		s.Close()
	}
}
