package ops_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// list gives one field of the items of an answer, in order.
func list(o object, items, field string) string {
	var out []string
	for _, i := range o[items].([]any) {
		out = append(out, fmt.Sprint(i.(object)[field]))
	}
	return strings.Join(out, " ")
}

// put2 moves stock on a business day.
func (w *world) on(day, kind, part, qty string, extra object) object {
	w.t.Helper()
	args := object{"movement_type": kind, "part_number": part, "quantity": json.Number(qty), "movement_on": day, "project_id": "NTT"}
	for k, v := range extra {
		args[k] = v
	}
	return w.must(w.boss, "sga_create_movement", args)
}

func (w *world) history() {
	w.on("2026-01-10", "ENTRADA", "ISR4331", "10", object{"destination_location_id": "SP-A"})
	w.on("2026-02-01", "TRANSFERENCIA", "ISR4331", "4", object{"source_location_id": "SP-A", "destination_location_id": "RJ"})
	w.on("2026-03-01", "SAIDA", "ISR4331", "1", object{"source_location_id": "SP-A", "reason": "uso"})
	w.on("2026-03-02", "ENTRADA", "CABO-UTP", "30.5", object{"destination_location_id": "SP-B"})
}

func TestStockAsOf(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.history()
	for _, tc := range []struct {
		args object
		want string
	}{
		{object{"part_number": "isr4331", "as_of": "2026-01-31"}, "SP-A:10"},
		{object{"part_number": "ISR4331", "as_of": "2026-02-01"}, "SP-A:6 RJ:4"},
		{object{"part_number": "ISR4331", "as_of": "2026-01-09"}, ""},
		{object{"part_number": "ISR4331"}, "SP-A:5 RJ:4"},
		{object{"location_id": "SP", "as_of": "2026-03-02"}, "SP-A:5 SP-B:30.5"},
		{object{"as_of": "2026-03-01", "project_id": "NTT"}, "SP-A:5 RJ:4"},
		{object{"part_number": "ISR4331", "known_at": "2026-01-31T00:00:00-03:00"}, ""}, // nothing had been recorded by then
	} {
		out := w.must(w.boss, "sga_get_stock_as_of", tc.args)
		var got []string
		for _, i := range out["items"].([]any) {
			got = append(got, fmt.Sprintf("%v:%v", i.(object)["location_code"], i.(object)["quantity_total"]))
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%v: %s, want %s", tc.args, s, tc.want)
		}
		if _, one := tc.args["part_number"]; one != (out["summary"] != nil) {
			t.Errorf("%v: summary %v", tc.args, out["summary"])
		}
	}
	page := w.must(w.boss, "sga_get_stock_as_of", object{"limit": 1, "as_of": "2026-03-31"})
	next := w.must(w.boss, "sga_get_stock_as_of", object{"limit": 1, "as_of": "2026-03-31", "cursor": page["next_cursor"]})
	if list(page, "items", "part_number")+" | "+list(next, "items", "part_number") != "ISR4331 ISR4331 | CABO-UTP" || next["has_more"] != false {
		t.Errorf("pages: %v\n%v", page, next)
	}
}

func TestExplainBalance(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.history()
	out := w.must(w.boss, "sga_explain_balance", object{"part_number": "ISR4331", "location_id": "SP"})
	if got := list(out, "items", "total_change") + " = " + list(out, "items", "total_after"); got != "10 -4 -1 = 10 6 5" {
		t.Errorf("changes: %s", got)
	}
	balance := w.must(w.boss, "sga_get_balance", object{"part_number": "ISR4331", "location_id": "SP"})
	if fmt.Sprint(balance["summary"]) != fmt.Sprint(out["balance"]) {
		t.Errorf("the explanation comes to %v, the balance is %v", out["balance"], balance["summary"])
	}
	first := w.must(w.boss, "sga_explain_balance", object{"part_number": "ISR4331", "location_id": "SP", "limit": 2})
	second := w.must(w.boss, "sga_explain_balance", object{"part_number": "ISR4331", "location_id": "SP", "limit": 2, "cursor": first["next_cursor"]})
	if fmt.Sprint(second["opening"].(object)["total_quantity"]) != "6" || list(second, "items", "rule") != "pessoa-sem-evidencia" {
		t.Errorf("second page: %v", second)
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_explain_balance", object{"part_number": "ISR4331", "cursor": first["next_cursor"]})
	w.refused(fault.NotFound, w.boss, "sga_explain_balance", object{"part_number": "XYZ"})
}

func TestLowStock(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.history()
	out := w.must(w.boss, "sga_list_low_stock", object{})
	if got := list(out, "items", "part_number") + " " + list(out, "items", "shortage"); got != "CABO-UTP 69.5" {
		t.Errorf("low: %s", got)
	}
	out = w.must(w.boss, "sga_list_low_stock", object{"location_id": "RJ"})
	if got := list(out, "items", "part_number") + " " + list(out, "items", "stock_status"); got != "CABO-UTP ISR4331 OUT_OF_STOCK LOW_STOCK" {
		t.Errorf("low at RJ: %s", got)
	}
	out = w.must(w.boss, "sga_list_low_stock", object{"per_location": true, "category": "roteador"})
	if got := list(out, "items", "location_code"); got != "RJ SP-A" {
		t.Errorf("low by place: %s", got)
	}
}

func TestCatalogueIsListed(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	viewer := limited(w.person("v", identity.Viewer))
	if got := list(w.must(viewer, "sga_list_part_numbers", object{"query": "access"}), "items", "part_number"); got != "AP-3802" {
		t.Errorf("parts: %s", got)
	}
	if p := w.must(viewer, "sga_get_part_number", object{"part_number": "ap-3802"}); p["unit_cost"] != nil || p["part_number"] != "AP-3802" {
		t.Errorf("a viewer reads costs: %v", p)
	}
	if p := w.must(w.boss, "sga_get_part_number", object{"part_number": "AP-3802"}); fmt.Sprint(p["unit_cost"]) != "4000" {
		t.Errorf("part: %v", p)
	}
	if got := list(w.must(viewer, "sga_list_locations", object{}), "items", "location_code"); got != "EXTERNO SP SP-A SP-B TRANSITO" {
		t.Errorf("places: %s", got)
	}
	if got := list(w.must(viewer, "sga_list_locations", object{"parent_location_id": "SP", "location_type": "BIN"}), "items", "parent_location_code"); got != "SP SP" {
		t.Errorf("parents: %s", got)
	}
	if got := list(w.must(viewer, "sga_list_projects", object{}), "items", "project_code"); got != "NTT" {
		t.Errorf("projects: %s", got)
	}
	w.refused(fault.NotFound, viewer, "sga_list_locations", object{"parent_location_id": "RJ"})
}

func TestReservationsAndCountsAreRead(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.history()
	w.must(w.boss, "sga_create_reservation", object{"part_number": "ISR4331", "quantity": 2, "source_location_id": "SP-A", "project_id": "NTT", "expires_at": tomorrow(), "ticket": "T-9"})
	out := w.must(w.boss, "sga_list_reservations", object{"ticket": "t-9", "status": "ACTIVE"})
	if got := list(out, "items", "quantity") + " " + list(out, "items", "location_code"); got != "2 SP-A" {
		t.Errorf("reservations: %s", got)
	}
	id := w.must(w.boss, "sga_open_count", object{"count_name": "C", "location_id": "SP-A", "project_id": "NTT", "is_blind": true})["id"]
	w.must(w.boss, "sga_submit_count", object{"count_id": id, "results": []any{object{"part_number": "ISR4331", "counted_quantity": 4, "project_id": "NTT"}}})
	count := w.must(w.boss, "sga_get_count", object{"count_id": id})
	if got := list(count, "items", "expected_quantity") + " " + list(count, "items", "counted_quantity"); got != "<nil> 4" {
		t.Errorf("a blind count shows what is expected: %s", got)
	}
	w.must(w.boss, "sga_close_count", object{"count_id": id})
	count = w.must(w.boss, "sga_get_count", object{"count_id": id})
	if got := list(count, "items", "expected_quantity") + " " + list(count, "items", "variance"); got != "5 -1" || count["status"] != "CLOSED" {
		t.Errorf("closed: %s, %v", got, count)
	}
	found := w.must(w.boss, "sga_list_divergences", object{"count_id": id, "status": "OPEN"})
	if got := list(found, "items", "variance") + " " + list(found, "items", "location_code"); got != "-1 SP-A" {
		t.Errorf("divergences: %s", got)
	}
	if got := list(w.must(w.boss, "sga_list_counts", object{"location_id": "SP", "status": "CLOSED"}), "items", "count_id"); got != fmt.Sprint(id) {
		t.Errorf("counts: %s", got)
	}
}

func TestVerifyLedger(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	w.history()
	moved := w.on("2026-03-03", "SAIDA", "ISR4331", "1", object{"source_location_id": "SP-A", "reason": "uso"})
	w.must(w.boss, "sga_reverse_movement", object{"movement_id": moved["movement_id"], "reason": "engano"})
	if out := w.must(w.boss, "sga_verify_ledger", object{}); out["sound"] != true {
		t.Errorf("a ledger that only the desk wrote: %v", out["findings"])
	}
	if _, err := w.owner.Exec(t.Context(), `UPDATE sga.balances SET quantity_total = quantity_total + 1 WHERE part_number_key = 12`); err != nil {
		t.Fatal(err)
	}
	out := w.must(w.boss, "sga_verify_ledger", object{})
	if out["sound"] != false || list(out, "findings", "invariant") != "I1" {
		t.Errorf("a changed balance: %v", out)
	}
	w.refused(fault.PermissionDenied, w.person("l", identity.Logistics), "sga_verify_ledger", object{})
}
