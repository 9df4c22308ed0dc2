package ops_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

func TestReservations(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	ope := w.person("ope", identity.Operations)
	ask := object{"part_number": "isr4331", "quantity": 4, "source_location_id": "sp-a", "project_id": "ntt", "expires_at": tomorrow(), "ticket": "T-9"}
	first := w.must(ope, "sga_create_reservation", ask)
	if first["movement_type"] != "RESERVA" || first["reservation_id"] == nil || w.balance("ISR4331", here()) != "1000000/4" {
		t.Errorf("reserved: %v", first)
	}
	release := object{"movement_type": "LIBERACAO", "part_number": "ISR4331", "quantity": 4, "source_location_id": "SP-A"}
	if out := w.must(ope, "sga_create_movement", release); out["movement_type"] != "LIBERACAO" || w.balance("ISR4331", here()) != "1000000/0" {
		t.Errorf("the only one that it can mean: %v", out)
	}
	ids := []any{w.must(ope, "sga_create_reservation", ask)["reservation_id"], w.must(ope, "sga_create_reservation", ask)["reservation_id"]}
	b := w.refused(fault.InvalidArgument, ope, "sga_create_movement", release)
	if got := fmt.Sprint(b.Details["candidates"]); b.Field != "reservation_id" || !strings.Contains(got, text(ids[0])) || !strings.Contains(got, text(ids[1])) {
		t.Errorf("which of two: %+v", b)
	}
	if b := w.refused(fault.InvalidArgument, limited(ope), "sga_create_movement", object{"movement_type": "LIBERACAO", "part_number": "ISR4331", "quantity": 9,
		"source_location_id": "SP-A"}); fmt.Sprint(b.Details["candidates"]) != "[]" {
		t.Errorf("none of that size: %+v", b)
	}
	out := w.must(w.boss, "sga_create_movement", object{"movement_type": "EXPEDICAO", "part_number": "ISR4331", "quantity": 3, "reservation_id": ids[0],
		"destination_location_id": "CLI"})
	if w.balance("ISR4331", here()) != "999997/4" || out["status"] != "posted" {
		t.Errorf("a dispatch ends the reservation: %v, %s", out, w.balance("ISR4331", here()))
	}
	w.refused(fault.Conflict, ope, "sga_cancel_reservation", object{"reservation_id": ids[0], "reason": "x"})
	w.must(ope, "sga_cancel_reservation", object{"reservation_id": ids[1], "reason": "x"})
	if w.balance("ISR4331", here()) != "999997/0" {
		t.Errorf("cancelled: %s", w.balance("ISR4331", here()))
	}
	for field, args := range map[string]object{
		"expires_at": {"expires_at": "2020-01-01T00:00:00Z"}, "quantity": {"quantity": 1000000}, "source_location_id": {"source_location_id": ""},
		"condition": {"condition": "BOA"}, "serial_numbers": {"serial_numbers": []string{"A"}}, "part_number": {"part_number": "NADA"}, "project_id": {"project_id": "NADA"},
	} {
		bad := object{}
		for k, v := range ask {
			bad[k] = v
		}
		for k, v := range args {
			bad[k] = v
		}
		if _, err := w.ask(ope, "sga_create_reservation", bad); err == nil || fault.Of(err).Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestReversals(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	in := w.put("ISR4331", "7", here())
	back := object{"movement_id": in["movement_id"], "reason": "nota errada", "evidence_ids": []string{w.evidence(w.boss)}}
	out := w.must(w.boss, "sga_reverse_movement", back)
	if out["reversal_of"] != in["movement_id"] || out["movement_type"] != "ENTRADA" || out["movement_on"] != in["movement_on"] || w.balance("ISR4331", here()) != "1000000/0" {
		t.Errorf("reversed: %v", out)
	}
	w.refused(fault.Conflict, w.boss, "sga_reverse_movement", back)
	w.refused(fault.Conflict, w.boss, "sga_reverse_movement", object{"movement_id": out["movement_id"], "reason": "x"})
	held := w.must(w.boss, "sga_create_reservation", object{"part_number": "ISR4331", "quantity": 1, "source_location_id": "SP-A", "project_id": "NTT", "expires_at": tomorrow()})
	w.refused(fault.Conflict, w.boss, "sga_reverse_movement", object{"movement_id": held["movement_id"], "reason": "x"})
	w.refused(fault.NotFound, w.boss, "sga_reverse_movement", object{"movement_id": newID().String(), "reason": "x"})

	lead, task := w.person("lead", identity.Admin), w.task(here())
	made := w.must(lead, "sga_approve_task", decision(task))["results"].([]any)[0].(object)
	if made["movement_type"] != "AJUSTE_NEGATIVO" || made["task_status"] != "APPROVED" {
		t.Errorf("approved: %v", made)
	}
	again := w.must(w.boss, "sga_reverse_movement", object{"movement_id": made["movement_id"], "reason": "estava lá"})
	if again["status"] != "pending_approval" || again["rule"] != "ajuste" {
		t.Errorf("the reversal of an adjustment is one: %v", again)
	}
	serial := w.unique("S")
	entry := w.put("AP-3802", "1", here(), serial)
	if out := w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": serial, "status": "QUARANTINE", "reason": "x"}); out["message_en"] != "State changed." {
		t.Errorf("a change of state says %q", out["message_en"])
	}
	if b := w.refused(fault.Conflict, w.boss, "sga_reverse_movement", object{"movement_id": entry["movement_id"], "reason": "x"}); b.Details["serial_number"] != serial {
		t.Errorf("which item changed is not said: %+v", b)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	made := object{"part_number": "ap-3802", "serial_number": " fgt 01 ", "location_id": "SP-A", "project_id": "NTT", "ownership": "THIRD_PARTY", "condition": "usada",
		"acquisition_cost": "3999.90", "purchase_date": "2026-01-02", "tag": "P-1", "nf_number": "123"}
	if b := w.refused(fault.InvalidArgument, w.boss, "sga_create_asset", made); b.Field != "condition" {
		t.Errorf("got %+v", b)
	}
	made["condition"] = "Used"
	out := w.must(w.boss, "sga_create_asset", made)
	if out["movement_type"] != "ENTRADA" || w.balance("AP-3802", here()) != "1/0" {
		t.Errorf("made: %v", out)
	}
	w.refused(fault.AlreadyExists, w.boss, "sga_create_asset", made)
	edit := object{"part_number": "AP-3802", "serial_number": "FGT01", "current_value": 1200, "warranty_end_date": "2028-01-01"}
	if out := w.must(w.boss, "sga_update_asset", edit); out["status"] != "posted" || out["id"] == nil {
		t.Errorf("edited: %v", out)
	}
	for field, v := range map[string]any{"current_value": -1, "acquisition_cost": "9007199254740993", "ownership": "MINE", "warranty_end_date": "amanhã"} {
		if b := w.refused(fault.InvalidArgument, w.boss, "sga_update_asset", object{"part_number": "AP-3802", "serial_number": "FGT01", field: v}); b.Field != field {
			t.Errorf("%s: got %+v", field, b)
		}
	}
	state := func(to string) object {
		return object{"part_number": "AP-3802", "serial_number": "fgt-01", "status": to, "reason": "x"}
	}
	w.refused(fault.NotFound, w.boss, "sga_change_asset_state", state("QUARANTINE"))
	gone := state("DISPOSED")
	gone["serial_number"] = "fgt 01"
	if out := w.must(w.boss, "sga_change_asset_state", gone); out["status"] != "pending_approval" || out["rule"] != "baixa" || out["movement_type"] != "AJUSTE_NEGATIVO" {
		t.Errorf("a disposal waits: %v", out)
	}
	gone["status"] = "defective"
	if out := w.must(w.boss, "sga_change_asset_state", gone); out["status"] != "posted" || out["movement_id"] != nil {
		t.Errorf("the alias of BAD: %v", out)
	}
}

func TestMasterDataIsChecked(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	tests := []struct {
		name, field string
		args        object
		code        fault.Code
	}{
		{"sga_create_project", "project_code", object{"project_code": "a;b", "project_name": "x"}, fault.InvalidArgument},
		{"sga_create_project", "project_code", object{"project_code": "  ", "project_name": "x"}, fault.InvalidArgument},
		{"sga_create_project", "project_code", object{"project_code": "日本", "project_name": "x"}, fault.InvalidArgument},
		{"sga_create_project", "project_name", object{"project_code": "A", "project_name": "  "}, fault.InvalidArgument},
		{"sga_create_project", "project_code", object{"project_code": "ntt", "project_name": "x"}, fault.AlreadyExists},
		{"sga_create_project", "start_date", object{"project_code": "A", "project_name": "x", "start_date": "2026-02-30"}, fault.InvalidArgument},
		{"sga_update_project", "project_code", object{"project_code": "NADA"}, fault.NotFound},
		{"sga_create_location", "location_type", object{"location_code": "A", "location_name": "x", "location_type": "PLANETA"}, fault.InvalidArgument},
		{"sga_create_location", "location_code", object{"location_code": "A*", "location_name": "x", "location_type": "BIN"}, fault.InvalidArgument},
		{"sga_create_location", "location_name", object{"location_code": "A", "location_name": " ", "location_type": "BIN"}, fault.InvalidArgument},
		{"sga_create_location", "policies.conditions", object{"location_code": "A", "location_name": "x", "location_type": "BIN",
			"policies": object{"conditions": []string{"BOA"}}}, fault.InvalidArgument},
		{"sga_create_location", "policies.ownership", object{"location_code": "A", "location_name": "x", "location_type": "BIN",
			"policies": object{"ownership": "ELES"}}, fault.InvalidArgument},
		{"sga_update_location", "location_code", object{"location_code": "EXTERNO", "city": "x"}, fault.Conflict},
		{"sga_update_location", "parent_location_id", object{"location_code": "SP", "parent_location_id": "SP-A"}, fault.InvalidArgument},
		{"sga_create_part_number", "description", object{"part_number": "A", "description": " "}, fault.InvalidArgument},
		{"sga_create_part_number", "part_number", object{"part_number": " ", "description": "x"}, fault.InvalidArgument},
		{"sga_create_part_number", "ncm", object{"part_number": "A", "description": "x", "ncm": "8517627"}, fault.InvalidArgument},
		{"sga_create_part_number", "ncm", object{"part_number": "A", "description": "x", "ncm": "8517627a"}, fault.InvalidArgument},
		{"sga_create_part_number", "is_fractional", object{"part_number": "A", "description": "x", "is_serialized": true, "is_fractional": true}, fault.InvalidArgument},
		{"sga_create_part_number", "min_stock_level", object{"part_number": "A", "description": "x", "min_stock_level": -1}, fault.InvalidArgument},
		{"sga_create_part_number", "unit_cost", object{"part_number": "A", "description": "x", "unit_cost": 1000000000000}, fault.InvalidArgument},
		{"sga_create_part_number", "max_stock_level", object{"part_number": "A", "description": "x", "min_stock_level": 5, "max_stock_level": 4}, fault.InvalidArgument},
		{"sga_create_part_number", "part_number", object{"part_number": "isr4331", "description": "x"}, fault.AlreadyExists},
		{"sga_update_part_number", "part_number", object{"part_number": "NADA"}, fault.NotFound},
		{"sga_open_count", "location_id", object{"count_name": "x", "location_id": "EXTERNO"}, fault.InvalidArgument},
		{"sga_open_count", "count_type", object{"count_name": "x", "location_id": "SP", "count_type": "TUDO"}, fault.InvalidArgument},
		{"sga_close_count", "count_id", object{"count_id": newID().String()}, fault.NotFound},
	}
	before := w.rows()
	for _, tc := range tests {
		if b := w.refused(tc.code, w.boss, tc.name, tc.args); b.Field != tc.field {
			t.Errorf("%s %v: the refusal names %q, want %q", tc.name, tc.args, b.Field, tc.field)
		}
	}
	if b := w.refused(fault.InvalidArgument, limited(w.boss), "sga_open_count", object{"count_name": "x", "location_id": "SP"}); b.Field != "project_id" {
		t.Errorf("a count of what the caller does not see: %+v", b)
	}
	if now := w.rows(); now != before {
		t.Errorf("refusals wrote: %s, %s", before, now)
	}
	w.must(w.boss, "sga_create_location", object{"location_code": "são-1", "location_name": "x", "location_type": "bin",
		"policies": object{"restricted": true, "conditions": []string{"new", "USED"}, "ownership": "own"}})
	if out := w.must(w.boss, "sga_create_movement", object{"movement_type": "Entrada", "part_number": "ISR4331", "quantity": 1,
		"destination_location_id": "SAO-1"}); out["rule"] != "restrito-entrada" {
		t.Errorf("the policies of the place: %v", out)
	}
}

func TestCountsThroughOperations(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	w.put("AP-3802", "2", here(), "X1", "X2")
	count := w.must(w.boss, "sga_open_count", object{"count_name": " Mensal ", "location_id": "sp-a", "project_id": "ntt", "count_type": "full"})
	if count["status"] != "posted" || count["task_id"] != nil {
		t.Errorf("opened: %v", count)
	}
	row := func(part string, qty int, serials ...string) object {
		return object{"part_number": part, "counted_quantity": qty, "project_id": "NTT", "serial_numbers": serials}
	}
	for field, bad := range map[string]object{
		"results[0].counted_quantity": row("ISR4331", -1), "results[0].serial_numbers": row("AP-3802", 2, "X1"), "results[0].part_number": row("NADA", 1),
	} {
		if _, err := w.ask(w.boss, "sga_submit_count", object{"count_id": count["id"], "results": []any{bad}}); err == nil || fault.Of(err).Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	w.must(w.boss, "sga_submit_count", object{"count_id": count["id"], "results": []any{row("ISR4331", 0), row("AP-3802", 1, "x2")}})
	end := w.must(w.boss, "sga_close_count", object{"count_id": count["id"]})
	if end["task_status"] != "PENDING" || end["task_id"] == nil {
		t.Fatalf("closed: %v", end)
	}
	lead := w.person("lead", identity.Admin)
	task := w.must(lead, "sga_get_task", object{"task_id": end["task_id"]})
	if task["reference_id"] != count["id"] || task["may_decide"] != true || len(task["effect"].([]any)) != 2 {
		t.Errorf("the proposal: %v", task)
	}
	w.must(lead, "sga_approve_task", decision(task))
	if w.balance("ISR4331", here()) != "0/0" || w.balance("AP-3802", here()) != "1/0" {
		t.Errorf("after it: %s, %s", w.balance("ISR4331", here()), w.balance("AP-3802", here()))
	}
}

func TestMovementDates(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	move := func(on string) object {
		return object{"movement_type": "ENTRADA", "part_number": "ISR4331", "quantity": 1, "destination_location_id": "SP-A", "movement_on": on}
	}
	if out := w.must(w.boss, "sga_create_movement", move("2026-01-05")); out["movement_on"] != "2026-01-05" {
		t.Errorf("back-dated: %v", out)
	}
	future := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	if b := w.refused(fault.InvalidArgument, w.boss, "sga_create_movement", move(future)); b.Field != "movement_on" {
		t.Errorf("the future: %+v", b)
	}
	if out := w.must(w.boss, "sga_create_movement", move("2000-01-01")); out["status"] != "pending_approval" || out["rule"] != "periodo-entrada" {
		t.Errorf("a closed period: %v", out)
	}
}
