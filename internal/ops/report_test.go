package ops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/go-cmp/cmp"
)

// today is the business day of a test, which may become another one at midnight in São Paulo.
func today() string { return time.Now().UTC().Add(-3 * time.Hour).Format(time.DateOnly) }

// reports are the five, with arguments that show everything.
func reports() map[string]object {
	return map[string]object{"sga_get_balance_report": {"group_by": "PART_NUMBER"}, "sga_list_low_stock": {}, "sga_get_return_report": {},
		"sga_get_divergence_report": {}, "sga_get_timeline_report": {}}
}

// move posts a movement of the boss.
func (w *world) move(args object) object {
	w.t.Helper()
	out := w.must(w.boss, "sga_create_movement", args)
	if out["status"] != "posted" {
		w.t.Fatalf("%v: %v", args, out)
	}
	return out
}

// rowsOf writes the rows of an answer by some of their fields; null is "-".
func rowsOf(out object, fields ...string) []string {
	lines := []string{}
	list, _ := out["items"].([]any)
	for _, item := range list {
		var parts []string
		for _, f := range fields {
			v := item.(object)[f]
			if v == nil {
				v = "-"
			}
			parts = append(parts, fmt.Sprint(v))
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return lines
}

// pages walks a list one row at a time and gives all rows of all pages as one answer.
func (w *world) pages(name string, args object) object {
	w.t.Helper()
	all := []any{}
	args = set(args, []string{"limit"}, 1).(object)
	for range 1000 {
		out := w.must(w.boss, name, args)
		list := out["items"].([]any)
		all = append(all, list...)
		next := text(out["next_cursor"])
		if (next != "") != (out["has_more"] == true) {
			w.t.Errorf("%s: has_more %v with the cursor %q", name, out["has_more"], next)
		}
		if next == "" {
			return object{"items": all}
		}
		args = set(args, []string{"cursor"}, next).(object)
	}
	w.t.Fatalf("%s does not end", name)
	return nil
}

// out in the field: two at a customer, one outside, one on its way back, one that need not return.
func (w *world) field() {
	w.t.Helper()
	if _, err := w.owner.Exec(w.t.Context(), `UPDATE sga.part_numbers SET mandatory_return = true WHERE part_number = 'AP-3802'`); err != nil {
		w.t.Fatal(err)
	}
	w.move(object{"movement_type": "ENTRADA", "part_number": "AP-3802", "quantity": 5, "destination_location_id": "SP-A", "project_id": "NTT", "movement_on": "2026-01-10",
		"serial_numbers": []string{"S1", "S2", "S3", "S4", "S5"}})
	leave := func(serial, to, on, ticket string) {
		args := object{"movement_type": "SAIDA", "part_number": "AP-3802", "quantity": 1, "source_location_id": "SP-A", "project_id": "NTT", "movement_on": on,
			"serial_numbers": []string{serial}, "ticket": ticket}
		if to != "" {
			args["destination_location_id"] = to
		}
		w.move(args)
	}
	leave("S2", "CLI", "2026-03-01", "T-2")
	leave("S1", "CLI", "2026-02-01", "T-1") // recorded later, and earlier in business
	leave("S4", "", "2026-02-20", "T-4")
	leave("S5", "CLI", "2026-02-25", "T-5")
	w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": "S5", "status": "AWAITING_REVERSE", "reason": "fim do contrato"})
}

func TestReturnReport(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.field()
	fields := []string{"serial_number", "status", "location_code", "since_on", "ticket", "overdue"}
	now := []string{"S1 IN_USE CLI 2026-02-01 T-1 true", "S4 IN_USE EXTERNO 2026-02-20 T-4 true", "S2 IN_USE CLI 2026-03-01 T-2 true",
		"S5 AWAITING_REVERSE CLI " + today() + " T-5 false"}
	tests := []struct {
		name string
		args object
		want []string
	}{
		{"now", object{}, now},
		{"before anything", object{"as_of": "2026-01-31"}, []string{}},
		{"the first is out", object{"as_of": "2026-02-05"}, []string{"S1 IN_USE CLI 2026-02-01 T-1 false"}},
		{"overdue by a day", object{"as_of": "2026-02-07"}, []string{"S1 IN_USE CLI 2026-02-01 T-1 true"}},
		{"all out, none asked back", object{"as_of": "2026-03-01"}, []string{now[0], now[1], "S5 IN_USE CLI 2026-02-25 T-5 false", "S2 IN_USE CLI 2026-03-01 T-2 false"}},
		{"waiting", object{"status": "AWAITING_REVERSE"}, now[3:]},
		{"old ones", object{"as_of": "2026-03-01", "min_days": 9}, now[:2]},
		{"a place", object{"location_id": "CLI", "as_of": "2026-02-20"}, now[:1]},
		{"a project without any", object{"project_id": "ITAU"}, []string{}},
		{"a part without any", object{"part_number": "ISR4331"}, []string{}},
		{"a category", object{"category": "wifi", "as_of": "2026-02-07"}, now[:1]},
		{"another limit", object{"as_of": "2026-02-07", "overdue_days": 6}, []string{"S1 IN_USE CLI 2026-02-01 T-1 false"}},
		{"before it was known", object{"known_at": "2020-01-01T00:00:00Z"}, []string{}},
	}
	for _, tc := range tests {
		out := w.must(w.boss, "sga_get_return_report", tc.args)
		if diff := cmp.Diff(tc.want, rowsOf(out, fields...)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if got := get(out, []string{"summary", "total"}); fmt.Sprint(got) != fmt.Sprint(len(tc.want)) {
			t.Errorf("%s: a total of %v", tc.name, got)
		}
		if diff := cmp.Diff(tc.want, rowsOf(w.pages("sga_get_return_report", tc.args), fields...)); diff != "" {
			t.Errorf("%s, row by row: %s", tc.name, diff)
		}
	}
	sum := w.must(w.boss, "sga_get_return_report", object{})["summary"]
	if diff := cmp.Diff(`{"awaiting_reverse":1,"in_reverse":0,"out":3,"overdue":3,"total":4,"value":"16000"}`, string(marshal(t, sum))); diff != "" {
		t.Error(diff)
	}
	// What has come back is pending no more, but was then.
	w.move(object{"movement_type": "REVERSA", "part_number": "AP-3802", "quantity": 1, "destination_location_id": "SP-A", "project_id": "NTT", "serial_numbers": []string{"S5"}})
	if got := rowsOf(w.must(w.boss, "sga_get_return_report", object{}), fields...); len(got) != 3 {
		t.Errorf("after it came back: %v", got)
	}
	if got := rowsOf(w.must(w.boss, "sga_get_return_report", object{"as_of": "2026-03-01"}), fields...); len(got) != 4 {
		t.Errorf("before it came back: %v", got)
	}
}

// counted opens, fills and closes a count of ISR4331 at a place, and gives the task of its adjustment.
func (w *world) counted(at place, quantity int) any {
	w.t.Helper()
	id := w.count(at)
	w.must(w.boss, "sga_submit_count", object{"count_id": id, "results": []any{object{"part_number": "ISR4331", "counted_quantity": quantity, "project_id": at.project}}})
	return w.must(w.boss, "sga_close_count", object{"count_id": id})["task_id"]
}

// approve decides as somebody else than the boss, who proposed.
func (w *world) approve(task any) {
	w.t.Helper()
	shown := w.must(w.boss, "sga_get_task", object{"task_id": task})
	w.must(w.person("bia", identity.Admin), "sga_approve_task", object{"task_id": task, "fingerprint": shown["fingerprint"]})
}

func TestDivergenceReport(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.put("ISR4331", "100", here())
	w.put("ISR4331", "50", nowhere())
	w.approve(w.put("TORRE", "3", here())["task_id"]) // too valuable to be posted at once
	done := w.counted(here(), 90)
	w.approve(done)
	w.counted(nowhere(), 55) // waits
	free := w.must(w.boss, "sga_create_movement", object{"movement_type": "AJUSTE_NEGATIVO", "part_number": "TORRE", "quantity": 2, "source_location_id": "SP-A",
		"project_id": "NTT", "reason_code": "CORRECAO_SISTEMA", "reason": "erro de digitação", "movement_on": "2026-03-15"})
	w.approve(free["task_id"])
	fields := []string{"kind", "type", "status", "part_number", "location_code", "expected_quantity", "actual_quantity", "variance", "adjusted_quantity", "value",
		"reason_code", "task_status"}
	waits := "DIVERGENCE COUNT OPEN ISR4331 RJ 50 55 5 - 0.05 DIVERGENCIA_INVENTARIO PENDING"
	settled := "DIVERGENCE COUNT RESOLVED ISR4331 SP-A 100 90 -10 -10 -0.1 DIVERGENCIA_INVENTARIO APPROVED"
	posted := "ADJUSTMENT AJUSTE_NEGATIVO POSTED TORRE SP-A - - -2 -2 -120000 CORRECAO_SISTEMA APPROVED"
	tests := []struct {
		name string
		args object
		want []string
	}{
		{"all", object{}, []string{waits, settled, posted}},
		{"divergences", object{"kind": "DIVERGENCE"}, []string{waits, settled}},
		{"adjustments", object{"kind": "ADJUSTMENT"}, []string{posted}},
		{"open", object{"status": "OPEN"}, []string{waits}},
		{"a reason", object{"reason_code": "CORRECAO_SISTEMA"}, []string{posted}},
		{"a type", object{"divergence_type": "COUNT"}, []string{waits, settled}},
		{"a place and below", object{"location_id": "SP"}, []string{settled, posted}},
		{"a project", object{"project_id": "ITAU"}, []string{waits}},
		{"a part", object{"part_number": "TORRE"}, []string{posted}},
		{"a period", object{"start_date": "2026-03-01", "end_date": "2026-03-31"}, []string{posted}},
		{"as of a date", object{"as_of": "2026-03-15"}, []string{posted}},
		{"before it", object{"as_of": "2026-03-14"}, []string{}},
		{"before it was known", object{"known_at": "2020-01-01T00:00:00Z"}, []string{}},
	}
	for _, tc := range tests {
		out := w.must(w.boss, "sga_get_divergence_report", tc.args)
		if diff := cmp.Diff(tc.want, rowsOf(out, fields...)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if fmt.Sprint(out["total"]) != fmt.Sprint(len(tc.want)) || fmt.Sprint(get(out, []string{"summary", "rows"})) != fmt.Sprint(len(tc.want)) {
			t.Errorf("%s: a total of %v, %v", tc.name, out["total"], out["summary"])
		}
		if diff := cmp.Diff(tc.want, rowsOf(w.pages("sga_get_divergence_report", tc.args), fields...)); diff != "" {
			t.Errorf("%s, row by row: %s", tc.name, diff)
		}
	}
	out := w.must(w.boss, "sga_get_divergence_report", object{})
	want := `{"adjusted":2,"open":1,"quantity_found":5,"quantity_missing":12,"rows":3,"rows_without_cost":0,"value_found":"0.05","value_missing":"120000.1"}`
	if diff := cmp.Diff(want, string(marshal(t, out["summary"]))); diff != "" {
		t.Error(diff)
	}
	months := []string{}
	for _, m := range out["by_month"].([]any) {
		months = append(months, fmt.Sprint(m.(object)["month"], " ", m.(object)["rows"]))
	}
	if diff := cmp.Diff([]string{"2026-03 1", today()[:7] + " 2"}, months); diff != "" && today()[:7] != "2026-03" {
		t.Error(diff)
	}
	if reasons := out["by_reason"].([]any); len(reasons) != 2 {
		t.Errorf("reasons: %v", reasons)
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_get_divergence_report", object{"start_date": "2026-02-01", "end_date": "2026-01-01"})
}

func TestTimelineReport(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.field()
	w.put("ISR4331", "100", nowhere())
	w.must(w.boss, "sga_create_movement", adjustment(nowhere(), "1")) // a task
	w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": "S3", "status": "MISSING", "reason": "extraviado"})
	day := today()
	fields := []string{"kind", "on", "type", "part_number", "serial_number", "source_location", "destination_location"}
	entry, waiting := "MOVEMENT 2026-01-10 ENTRADA AP-3802  EXTERNO SP-A", "STATE_CHANGE "+day+" AWAITING_REVERSE AP-3802 S5 CLI CLI"
	lost := "TASK " + day + " APPROVAL_DISPOSAL AP-3802 "
	tests := []struct {
		name string
		args object
		want []string
	}{
		{"an item", object{"serial_number": "s5"}, []string{waiting, "MOVEMENT 2026-02-25 SAIDA AP-3802 S5 SP-A CLI", "MOVEMENT 2026-01-10 ENTRADA AP-3802 S5 EXTERNO SP-A"}},
		{"an item with a task", object{"serial_number": "S3"}, []string{lost + "S3  ", "MOVEMENT 2026-01-10 ENTRADA AP-3802 S3 EXTERNO SP-A"}},
		{"a part", object{"part_number": "ap-3802"}, []string{lost + "  ", waiting, "MOVEMENT 2026-03-01 SAIDA AP-3802  SP-A CLI", "MOVEMENT 2026-02-25 SAIDA AP-3802  SP-A CLI",
			"MOVEMENT 2026-02-20 SAIDA AP-3802  SP-A EXTERNO", "MOVEMENT 2026-02-01 SAIDA AP-3802  SP-A CLI", entry}},
		{"a place", object{"location_id": "RJ"}, []string{"TASK " + day + " APPROVAL_ADJUSTMENT    ", "MOVEMENT " + day + " ENTRADA ISR4331  EXTERNO RJ"}},
		{"a project", object{"project_id": "ITAU"}, []string{"TASK " + day + " APPROVAL_ADJUSTMENT    ", "MOVEMENT " + day + " ENTRADA ISR4331  EXTERNO RJ"}},
		{"a period", object{"part_number": "AP-3802", "start_date": "2026-02-01", "end_date": "2026-02-24"},
			[]string{"MOVEMENT 2026-02-20 SAIDA AP-3802  SP-A EXTERNO", "MOVEMENT 2026-02-01 SAIDA AP-3802  SP-A CLI"}},
		{"as of a date", object{"part_number": "AP-3802", "as_of": "2026-01-31"}, []string{entry}},
		{"one kind", object{"kind": "STATE_CHANGE"}, []string{waiting}},
		{"tasks of a part", object{"kind": "TASK", "part_number": "ISR4331"}, []string{"TASK " + day + " APPROVAL_ADJUSTMENT ISR4331   "}},
		{"before it was known", object{"known_at": "2020-01-01T00:00:00Z"}, []string{}},
	}
	for _, tc := range tests {
		out := w.must(w.boss, "sga_get_timeline_report", tc.args)
		if diff := cmp.Diff(tc.want, rowsOf(out, fields...)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if diff := cmp.Diff(tc.want, rowsOf(w.pages("sga_get_timeline_report", tc.args), fields...)); diff != "" {
			t.Errorf("%s, row by row: %s", tc.name, diff)
		}
	}
	w.refused(fault.NotFound, w.boss, "sga_get_timeline_report", object{"serial_number": "NADA"})
	w.refused(fault.InvalidArgument, w.boss, "sga_get_timeline_report", object{"serial_number": "  "})
}

// S-21: the reports of somebody with one project and some places are the same whatever else there is.
func TestReportsStayInSight(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	if _, err := w.owner.Exec(t.Context(), `UPDATE sga.part_numbers SET mandatory_return = true WHERE part_number = 'AP-3802'`); err != nil {
		t.Fatal(err)
	}
	stir := func(at place) {
		w.put("ISR4331", "10", at)
		serial := w.asset(at)
		w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": serial, "status": "QUARANTINE", "reason": "x"})
		w.counted(at, 7)
		w.approve(w.must(w.boss, "sga_create_movement", adjustment(at, "1"))["task_id"])
	}
	stir(here())
	lima := limited(w.person("lima", identity.Logistics))
	before := map[string]string{}
	moments := []object{{}, {"as_of": today()}}
	for name, args := range reports() {
		for i, m := range moments {
			for k, v := range args {
				m[k] = v
			}
			before[fmt.Sprint(name, i)] = string(marshal(t, w.must(lima, name, m)))
			for k := range args {
				delete(m, k)
			}
		}
	}
	for _, spot := range []place{{"NTT", "RJ"}, {"ITAU", "SP-A"}, nowhere()} {
		stir(spot)
	}
	for name, args := range reports() {
		for i, m := range moments {
			for k, v := range args {
				m[k] = v
			}
			if diff := cmp.Diff(before[fmt.Sprint(name, i)], string(marshal(t, w.must(lima, name, m)))); diff != "" {
				t.Errorf("%s %v shows what is out of sight:\n%s", name, m, diff)
			}
			for k := range args {
				delete(m, k)
			}
		}
	}
	blind := *lima
	blind.Projects = identity.Only()
	for name, args := range reports() {
		if got := rowsOf(w.must(&blind, name, args), "part_number"); len(got) != 0 {
			t.Errorf("%s shows %v to who may see nothing", name, got)
		}
	}
}

// Values are for those who may read them, in rows, in totals and in cursors.
func TestReportsHideValues(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.field()
	w.approve(w.put("TORRE", "3", here())["task_id"]) // too valuable to be posted at once
	w.counted(here(), 7)
	w.approve(w.must(w.boss, "sga_create_movement", object{"movement_type": "AJUSTE_NEGATIVO", "part_number": "TORRE", "quantity": 1, "source_location_id": "SP-A",
		"project_id": "NTT", "reason_code": "CORRECAO_SISTEMA", "reason": "x"})["task_id"])
	if _, err := w.owner.Exec(t.Context(), `UPDATE sga.part_numbers SET min_stock_level = 100`); err != nil {
		t.Fatal(err)
	}
	for _, role := range identity.Roles() {
		a := w.person("reader", role)
		sees := slices.Contains([]identity.Role{identity.Admin, identity.Logistics, identity.Finance}, role)
		for name, args := range reports() {
			shown := false
			out := w.must(a, name, args)
			eachValue(out, func(v any) { shown = shown || v != nil })
			if want := sees && name != "sga_get_timeline_report"; shown != want {
				t.Errorf("%s, %s: values shown: %v", role, name, shown)
			}
		}
	}
}

// eachValue visits what stands under names that speak of a value.
func eachValue(v any, visit func(any)) {
	switch v := v.(type) {
	case object:
		for name, inner := range v {
			if strings.Contains(name, "value") {
				visit(inner)
			}
			eachValue(inner, visit)
		}
	case []any:
		for _, inner := range v {
			eachValue(inner, visit)
		}
	}
}

// The report says what its groups are made of.
func TestBalanceReportGroups(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.approve(w.put("TORRE", "3", here())["task_id"]) // too valuable to be posted at once
	w.put("ISR4331", "10", here())
	w.put("CABO-UTP", "7.5", nowhere())
	for want, args := range map[string]object{
		"NTT SP-A - - UN 13 180000.1; ITAU RJ - - M 7.5 0":                                       {},
		"NTT - - - UN 13 180000.1; ITAU - - - M 7.5 0":                                           {"group_by": "project"},
		"- SP-A - - UN 13 180000.1; - RJ - - M 7.5 0":                                            {"group_by": "LOCATION"},
		"- - CABO - M 7.5 0; - - ROTEADOR - UN 10 0.1; - - TORRE - UN 3 180000":                  {"group_by": "CATEGORY"},
		"- - ROTEADOR ISR4331 UN 10 0.1; - - CABO CABO-UTP M 7.5 0; - - TORRE TORRE UN 3 180000": {"group_by": "PART_NUMBER"},
	} {
		out := w.must(w.boss, "sga_get_balance_report", args)
		got := strings.Join(rowsOf(out, "project_code", "location_code", "category", "part_number", "unit_of_measure", "quantity_total", "value"), "; ")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", args, diff)
		}
		if s := out["summary"].(object); s["value"] != "180000.1" || s["quantity_total"] != "20.5" || s["quantity_without_cost"] != "7.5" {
			t.Errorf("%v: %v", args, s)
		}
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_get_balance_report", object{"group_by": "PLANET"})
}
