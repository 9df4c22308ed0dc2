package ops_test

import (
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

func sap(part, qty string, more ...string) object {
	o := object{"part_number": part, "quantity": qty}
	for i, name := range []string{"location_code", "project_code"} {
		if i < len(more) {
			o[name] = more[i]
		}
	}
	return o
}

func TestReconcileSAP(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.put("ISR4331", "10", place{"NTT", "SP-A"})
	w.put("ISR4331", "3", place{"ITAU", "SP-A"})
	w.put("CABO-UTP", "2.5", place{"NTT", "RJ"})
	w.put("AP-3802", "2", place{"NTT", "RJ"}, "S1", "S2")
	out := w.must(w.boss, "sga_reconcile_sap", object{"source_name": "MB52", "include_serials": true, "sap_data": []any{
		sap("isr4331", "4", "sp-a", "ntt"), sap("ISR4331", "6", "SP-A", "NTT"), // repeated rows are added up
		sap("ISR4331", "2", "SP-A", "ITAU"), sap("AP-3802", "1", "RJ", "NTT"), sap("NOVO", "7", "1000-0001", "NTT"), sap("TORRE", "0", "RJ", "NTT")}})
	for field, want := range map[string]string{
		"matches": "ISR4331 SP-A NTT 10 10 0", "discrepancies": "ISR4331 SP-A ITAU 2 3 1 | AP-3802 RJ NTT 1 2 1",
		"sap_only": "NOVO 1000-0001 NTT 7 <nil> -7 | TORRE RJ NTT 0 <nil> 0", "sga_only": "CABO-UTP RJ NTT <nil> 2.5 2.5"} {
		got := ""
		for i, r := range out[field].([]any) {
			o := r.(object)
			if i > 0 {
				got += " | "
			}
			got += fmt.Sprint(o["part_number"], " ", o["location_code"], " ", o["project_code"], " ", o["sap_quantity"], " ", o["sga_quantity"], " ", o["variance"])
		}
		if got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	if got := fmt.Sprint(out["total_sap_items"], out["summary"], out["compared_by"]); got != "6map[accuracy_percentage:20 discrepancies_count:2 matches_count:1 sap_only_count:2 sga_only_count:1] [part_number location project]" {
		t.Errorf("summary: %s", got)
	}
	if got := fmt.Sprint(out["discrepancies"].([]any)[1].(object)["sga_serial_numbers"]); got != "[S1 S2]" {
		t.Errorf("serials: %s", got)
	}
	saved := w.must(w.boss, "sga_get_reconciliation", object{"reconciliation_id": out["reconciliation_id"], "outcome": []any{"different", "only_ours"}, "limit": 2})
	rest := w.must(w.boss, "sga_get_reconciliation", object{"reconciliation_id": out["reconciliation_id"], "outcome": []any{"different", "only_ours"}, "limit": 2,
		"cursor": saved["next_cursor"]})
	if got := list(saved, "rows", "variance") + " | " + list(rest, "rows", "variance"); got != "1 1 | 2.5" {
		t.Errorf("saved rows: %s", got)
	}
	if got := list(w.must(w.boss, "sga_list_reconciliations", object{}), "items", "source_name"); got != "MB52" {
		t.Errorf("list: %s", got)
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_get_reconciliation", object{"reconciliation_id": out["reconciliation_id"], "outcome": []any{"; DROP"}})
}

func TestReconcileBoundsAndEmptiness(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	for i := range 5 {
		w.put("ISR4331", fmt.Sprint(i+1), place{"NTT", []string{"SP", "SP-A", "SP-B", "RJ", "CLI"}[i]})
	}
	out := w.must(w.boss, "sga_reconcile_sap", object{"sap_data": []any{}, "limit": 2})
	if len(out["sga_only"].([]any)) != 1 || fmt.Sprint(out["summary"].(object)["accuracy_percentage"]) != "100" {
		t.Errorf("nothing against our stock, by part alone: %v", out)
	}
	out = w.must(w.boss, "sga_reconcile_sap", object{"sap_data": []any{sap("X", "1", "RJ", "NTT")}, "limit": 2})
	if len(out["sga_only"].([]any)) != 2 || out["truncated"] != true || fmt.Sprint(out["summary"].(object)["sga_only_count"]) != "5" {
		t.Errorf("two rows of five: %v", out)
	}
	out = w.must(w.boss, "sga_reconcile_sap", object{"sap_data": []any{sap("X", "1", "RJ", "NTT")}, "only_sap_locations": true})
	if got := list(out, "sga_only", "location_code"); got != "RJ" {
		t.Errorf("only their places: %s", got)
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_reconcile_sap", object{})
	w.refused(fault.InvalidArgument, w.boss, "sga_reconcile_sap", object{"sap_data": []any{object{"part_number": "X"}}})
	w.refused(fault.InvalidArgument, w.boss, "sga_reconcile_sap", object{"sap_data": []any{sap(" ", "1")}})
}

// A place out of sight is answered like one that nobody has.
func TestReconcileStaysInSight(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.put("ISR4331", "10", place{"ITAU", "RJ"})
	a := limited(w.person("v", identity.Viewer))
	ask := func(at, owner string) string {
		out := w.must(a, "sga_reconcile_sap", object{"sap_data": []any{sap("ISR4331", "10", at, owner)}})
		return fmt.Sprint(out["matches"], out["discrepancies"], out["sga_only"], list(out, "sap_only", "sga_quantity"), out["summary"])
	}
	if there, unknown := ask("RJ", "ITAU"), ask("NADA", "NENHUM"); there != unknown {
		t.Errorf("out of sight %s, unknown %s", there, unknown)
	}
}
