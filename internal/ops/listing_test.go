package ops_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/sheet"
	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// details are operations that answer rows without being lists: all that there is of one thing, at once.
func details() []string {
	return []string{"sga_get_balance", "sga_get_movement", "sga_get_task", "sga_get_schema_metadata", "sga_get_table_columns", "sga_reconcile_sap", "sga_verify_ledger",
		"sga_get_document", "sga_get_relay_status", "sga_get_webhook"}
}

// Every operation that answers a list can be had as a table. One that answers rows and is no list says so in details.
func TestEveryListIsExportable(t *testing.T) {
	t.Parallel()
	for _, op := range openRegistry().All() {
		if op.Risk != ops.Read {
			continue
		}
		props, _ := parse(t, op.Output.JSON).(object)["properties"].(object)
		hasRows := false
		for _, p := range props {
			items, _ := p.(object)["items"].(object)
			hasRows = hasRows || items["properties"] != nil
		}
		l, ok := op.Listing()
		paged := slices.ContainsFunc(op.Input.Fields, func(f ops.Field) bool { return f.Name == "cursor" })
		switch {
		case ok && (paged && l.PageSize < 1 || len(l.Columns) == 0):
			t.Errorf("%s: %+v", op.Name, l)
		case !ok && (paged || props["next_cursor"] != nil):
			t.Errorf("%s is a list that cannot be exported", op.Name)
		case !ok && hasRows && !slices.Contains(details(), op.Name):
			t.Errorf("%s answers rows: give it a cursor, or say in details why it is no list", op.Name)
		}
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	op, err := openRegistry().Lookup("sga_list_low_stock")
	if err != nil {
		t.Fatal(err)
	}
	l, ok := op.Listing()
	if !ok || l.Rows != "items" || l.PageSize != 1000 || op.SheetName() != "low-stock" {
		t.Errorf("%+v %v %s", l, ok, op.SheetName())
	}
	kinds := map[string]bool{}
	for _, c := range l.Columns {
		kinds[c.Name] = c.Decimal
	}
	if kinds["part_number"] || !kinds["quantity_total"] || !kinds["shortage_value"] || l.Columns[0].Name != "part_number" {
		t.Errorf("columns %v", l.Columns)
	}
	page, err := l.Page([]byte(`{"total":7,"next_cursor":"c","items":[{"part_number":"00123","quantity_total":"-1.5","shortage_value":null,"is":true}]}`))
	if err != nil || page.Total != 7 || page.Next != "c" || len(page.Rows) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	cells, err := l.Cells(page.Rows[0])
	if err != nil || cells[0] != (ops.Cell{Text: "00123"}) || cells[slices.IndexFunc(l.Columns, func(c ops.Column) bool { return c.Name == "quantity_total" })] != (ops.Cell{Text: "-1.5", Number: true}) {
		t.Errorf("%v, %v", cells, err)
	}
	for _, bad := range []string{`[]`, `{"items":3}`, `{"items":[],"next_cursor":"\uD800"}`} {
		if _, err := l.Page([]byte(bad)); fault.CodeOf(err) != fault.Internal {
			t.Errorf("%s: %v", bad, err)
		}
	}
	timeline, err := openRegistry().Lookup("sga_get_asset_timeline")
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := timeline.Listing(); !ok || l.Rows != "timeline" {
		t.Errorf("%+v %v", l, ok)
	}
	if err := ops.TooLong(10); fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "10 rows") {
		t.Error(err)
	}
}

// poison makes every text of the database that a person could have written a formula.
func (w *world) poison() {
	w.t.Helper()
	const formula = `'=HYPERLINK("http://x";"y")'`
	for table, columns := range map[string][]string{
		"projects": {"project_name", "client_name", "contract_number"}, "locations": {"location_name", "city", "state", "address"},
		"part_numbers": {"description", "category", "manufacturer", "model", "unit_of_measure", "sap_material"}, "people": {"display_name"},
		"assets": {"serial_number", "ticket", "tag", "nf_number"}, "counts": {"count_name"}, "tasks": {"summary", "summary_en", "reason", "reason_en", "comment"},
		"reservations": {"ticket"}, "reconciliations": {"source_name"}, "reconciliation_rows": {"part_number", "location", "project"},
	} {
		for _, c := range columns {
			if _, err := w.owner.Exec(w.t.Context(), fmt.Sprintf("UPDATE sga.%s SET %s = %s", table, c, formula)); err != nil {
				w.t.Fatal(table, c, err)
			}
		}
	}
	for _, table := range []string{"projects", "locations", "part_numbers"} {
		if _, err := w.owner.Exec(w.t.Context(), "UPDATE sga."+table+" SET catalog_version = 1000"); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.owner.Exec(w.t.Context(), "UPDATE sga.catalog_version SET version = 1000"); err != nil {
		w.t.Fatal(err)
	}
}

// TestNoListBecomesAFormula is S-08 over every list that there is: with formulas for texts, no cell of its table is one, in CSV or XLSX, numbers
// stay numbers, and our own reader gives back every cell.
func TestNoListBecomesAFormula(t *testing.T) {
	t.Parallel()
	table, w := policy(), openWorld(t).stocked()
	w.field()
	w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": "S3", "status": "QUARANTINE", "reason": "@SUM(1)"})
	w.reservation(here())
	w.counted(here(), 7)
	w.must(w.boss, "sga_create_movement", object{"movement_type": "ENTRADA", "part_number": "ISR4331", "quantity": 1, "destination_location_id": "SP-A", "project_id": "NTT",
		"reason": "\t=1+1", "ticket": "-2+3", "nf_number": "＝1"})
	args := map[string]object{}
	for _, op := range w.reg.All() {
		if _, ok := op.Listing(); ok {
			if row, ok := table[op.Name]; ok {
				args[op.Name] = row.args(w, w.boss, here())
			}
		}
	}
	args["sga_get_asset_timeline"], args["sga_search_assets"] = object{"identifier": "S1"}, object{"query": "S1"}
	w.poison()
	w.put("ISR4331", "1", here()) // a write notices that the catalogue has changed
	tried := 0
	for name, a := range args {
		op, err := w.reg.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if hostile := w.exported(op, a); hostile > 0 {
			tried++
		} else {
			t.Logf("%s has nothing to poison", name)
		}
	}
	if tried < 15 {
		t.Errorf("only %d lists had a formula in them", tried)
	}
}

// exported writes one page of a list both ways and reads it back; it gives the number of hostile cells.
func (w *world) exported(op *ops.Operation, args object) (hostile int) {
	w.t.Helper()
	l, _ := op.Listing()
	raw, err := w.reg.Call(w.t.Context(), ops.Invocation{Name: op.Name, Arguments: marshal(w.t, args), Actor: w.boss, Door: "test"})
	if err != nil {
		w.t.Errorf("%s: %v", op.Name, err)
		return 0
	}
	page, err := l.Page(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	var plain, book bytes.Buffer
	writers := []sheet.Writer{sheet.NewCSVWriter(&plain, sheet.CSVOptions{BOM: true})}
	x, err := sheet.NewXLSXWriter(&book, op.SheetName())
	if err != nil {
		w.t.Fatal(err)
	}
	want := [][]string{{}}
	head := []sheet.Value{}
	for _, c := range l.Columns {
		head, want[0] = append(head, sheet.TextValue(c.Name)), append(want[0], c.Name)
	}
	for _, to := range append(writers, x) {
		if err := to.Write(head...); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, row := range page.Rows {
		cells, err := l.Cells(row)
		if err != nil {
			w.t.Fatal(err)
		}
		values, texts := make([]sheet.Value, len(cells)), make([]string, len(cells))
		for i, c := range cells {
			texts[i], values[i] = c.Text, sheet.TextValue(c.Text)
			if d, err := decimal.Parse(c.Text); err == nil && c.Number {
				texts[i], values[i] = d.String(), sheet.NumberValue(d)
			} else if strings.ContainsAny(c.Text, "=＝@\t-") && begins(c.Text) {
				hostile++
			}
		}
		want = append(want, texts)
		for _, to := range append(writers, x) {
			if err := to.Write(values...); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, to := range append(writers, x) {
		if err := to.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.inert(op, &l, plain.String())
	if bytes.Contains(book.Bytes(), []byte("<f>")) {
		w.t.Errorf("%s: the book holds a formula", op.Name)
	}
	for kind, data := range map[string][]byte{"CSV": plain.Bytes(), "XLSX": book.Bytes()} {
		if diff := cmp.Diff(want, w.readBack(data, len(l.Columns))); diff != "" && len(want) > 1 {
			w.t.Errorf("%s as %s comes back otherwise:\n%s", op.Name, kind, diff)
		}
	}
	return hostile
}

// begins says whether a spreadsheet takes the text for a formula.
func begins(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r == '"' || unicode.IsSpace(r) && r != '\t' && r != '\r' && r != '\n' })
	return s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0])
}

// inert holds the CSV to have no formula outside the columns of numbers.
func (w *world) inert(op *ops.Operation, l *ops.Listing, out string) {
	w.t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\uFEFF")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		w.t.Errorf("%s: %v", op.Name, err)
	}
	for _, row := range rows {
		for i, cell := range row {
			if begins(cell) && !(l.Columns[i].Decimal && strings.Trim(cell, "-0123456789,") == "") {
				w.t.Errorf("%s: the cell %q of %s begins a formula", op.Name, cell, l.Columns[i].Name)
			}
		}
	}
}

// readBack gives every cell of a sheet as our own reader has it, numbers with a point.
func (w *world) readBack(data []byte, columns int) [][]string {
	w.t.Helper()
	src, err := sheet.Open(bytes.NewReader(data), int64(len(data)), "x")
	if err != nil {
		w.t.Fatal(err)
	}
	var out [][]string
	for row, err := range src.Rows() {
		if err != nil {
			w.t.Fatal(err)
		}
		cells := make([]string, columns)
		for i := range min(columns, len(row.Cells)) {
			cells[i] = string(row.Cells[i].Text)
			if strings.Trim(cells[i], "-0123456789,") == "" { // a number of a Brazilian file
				cells[i] = strings.Replace(cells[i], ",", ".", 1)
			}
		}
		out = append(out, cells)
	}
	return out
}

// Tables keep the rights of who asks: the same list, narrower.
func TestExportsKeepRights(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lima := limited(w.person("lima", identity.Viewer))
	for _, op := range w.reg.All() {
		l, ok := op.Listing()
		if _, known := policy()[op.Name]; !ok || !known || !slices.Contains(op.Roles, identity.Viewer) {
			continue
		}
		raw, err := w.reg.Call(t.Context(), ops.Invocation{Name: op.Name, Arguments: []byte(`{}`), Actor: lima, Door: "test"})
		if err != nil {
			continue // needs arguments
		}
		page, err := l.Page(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			if strings.Contains(string(row), `"ITAU"`) && op.Name != "sga_list_projects" {
				t.Errorf("%s shows another project: %s", op.Name, row)
			}
		}
	}
}
