package ops_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/govalues/decimal"
)

// costly is a proposal worth BRL 60,000.
func (w *world) costly() object {
	w.t.Helper()
	out := w.must(w.boss, "sga_create_movement", object{"movement_type": "AJUSTE_POSITIVO", "part_number": "TORRE", "quantity": 1,
		"destination_location_id": "SP-A", "project_id": "NTT"})
	return w.must(w.boss, "sga_get_task", object{"task_id": out["task_id"]})
}

func decision(task object) object {
	return object{"task_id": task["task_id"], "fingerprint": task["fingerprint"]}
}

// S-25: who may decide. The boss proposed; the person in the row tries.
func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	limit := func(s string) *decimal.Decimal { d := decimal.MustParse(s); return &d }
	tests := []struct {
		name   string
		change func(a *identity.Actor)
		want   fault.Code
	}{
		{"another approver", func(*identity.Actor) {}, ""},
		{"the proposer", func(a *identity.Actor) { *a = *w.boss }, fault.PermissionDenied},
		{"the proposer with another login", func(a *identity.Actor) { a.PersonID = w.boss.PersonID }, fault.PermissionDenied},
		{"no approver, or one no more", func(a *identity.Actor) { a.Approver.May = false }, fault.PermissionDenied},
		{"limit below the value", func(a *identity.Actor) { a.Approver.Limit = limit("59999.99") }, fault.PermissionDenied},
		{"limit at the value", func(a *identity.Actor) { a.Approver.Limit = limit("60000") }, ""},
		{"project outside the authority", func(a *identity.Actor) { a.Approver.Projects = identity.Only("ITAU") }, fault.PermissionDenied},
		{"project inside the authority", func(a *identity.Actor) { a.Approver.Projects = identity.Only("NTT") }, ""},
		{"project out of sight", func(a *identity.Actor) { a.Projects = identity.Only("ITAU") }, fault.NotFound},
		{"place out of sight", func(a *identity.Actor) { a.Locations = identity.Only("RJ") }, fault.NotFound},
		{"an agent", func(a *identity.Actor) { a.Kind = identity.Agent }, fault.PermissionDenied},
		{"a service", func(a *identity.Actor) { a.Kind, a.Username = identity.Service, "" }, fault.PermissionDenied},
		{"the program itself", func(a *identity.Actor) { a.Kind = identity.System }, fault.PermissionDenied},
		{"on behalf of another approver", func(a *identity.Actor) { a.OnBehalf = "sub-lead" }, fault.PermissionDenied},
		{"no scope", func(a *identity.Actor) { a.Scopes = []string{identity.ScopeTools} }, fault.PermissionDenied},
		{"another role", func(a *identity.Actor) { a.Roles = []identity.Role{identity.Finance, identity.Operations} }, fault.PermissionDenied},
		{"logistics lead", func(a *identity.Actor) { a.Roles = []identity.Role{identity.Logistics} }, ""},
	}
	for _, tc := range tests {
		a := w.person("lead", identity.Admin)
		tc.change(a)
		for _, name := range []string{"sga_approve_task", "sga_reject_task"} {
			before, task := w.balance("TORRE", here()), w.costly()
			args := decision(task)
			if name == "sga_reject_task" {
				args = object{"task_id": task["task_id"], "reason": "não"}
			}
			_, err := w.ask(a, name, args)
			if got := fault.CodeOf(err); got != tc.want {
				t.Errorf("%s, %s: got %v, want %q", tc.name, name, err, tc.want)
			}
			now := w.must(w.boss, "sga_get_task", object{"task_id": task["task_id"]})
			moved := w.balance("TORRE", here()) != before
			if open := now["task_status"] == "PENDING"; open != (tc.want != "") || moved != (tc.want == "" && name == "sga_approve_task") {
				t.Errorf("%s, %s: left the task %v, moved %v", tc.name, name, now["task_status"], moved)
			}
		}
	}
}

// S-25: two approvers at once, and the same one twice: executed once.
func TestApprovedOnce(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	task := w.task(here())
	var wait sync.WaitGroup
	codes := make([]fault.Code, 12)
	for i := range codes {
		wait.Go(func() {
			_, err := w.ask(w.person(fmt.Sprintf("lead-%d", i%3), identity.Admin), "sga_approve_task", decision(task))
			codes[i] = fault.CodeOf(err)
		})
	}
	wait.Wait()
	done := 0
	for _, c := range codes {
		switch c {
		case "":
			done++
		case fault.Conflict:
		default:
			t.Errorf("a loser is told %s", c)
		}
	}
	if got := w.balance("ISR4331", here()); done != 1 || got != "999999/0" {
		t.Errorf("%d approvals, balance %s", done, got)
	}
	b := w.refused(fault.Conflict, w.person("lead-9", identity.Admin), "sga_approve_task", decision(task))
	if b.Details["task_status"] != "APPROVED" || b.Retryable {
		t.Errorf("the end of the task is not said: %+v", b)
	}
}

// I8: what depends on a counted figure is shown again when the figure has changed; what does not, is not.
func TestTheWorldChanged(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lead := w.person("lead", identity.Admin)
	out := func(qty int) object {
		return object{"movement_type": "SAIDA", "part_number": "ISR4331", "quantity": qty, "source_location_id": "SP-A", "project_id": "NTT"}
	}
	adjust := w.must(w.boss, "sga_get_task", object{"task_id": w.counted(here(), 999999)})
	plain := w.task(here())
	safe := object{"movement_type": "TRANSFERENCIA", "part_number": "ISR4331", "quantity": 10, "source_location_id": "SP-A", "destination_location_id": "COFRE",
		"project_id": "NTT"}
	move := w.must(w.boss, "sga_get_task", object{"task_id": w.must(w.boss, "sga_create_movement", safe)["task_id"]})
	w.must(w.boss, "sga_create_movement", out(5))

	b := w.refused(fault.Conflict, lead, "sga_approve_task", decision(adjust))
	fresh := w.must(lead, "sga_get_task", object{"task_id": adjust["task_id"]})
	if fresh["fingerprint"] == adjust["fingerprint"] || b.Details["fingerprint"] != fresh["fingerprint"] {
		t.Errorf("no fresh fingerprint: %v, %v", b.Details, fresh["fingerprint"])
	}
	if got := fmt.Sprint(get(fresh, []string{"effect", "[]", "before"})); got != "999995" {
		t.Errorf("no fresh preview: %s", got)
	}
	w.refused(fault.Conflict, lead, "sga_approve_task", decision(adjust))
	w.must(lead, "sga_approve_task", decision(fresh))
	for _, task := range []object{plain, move} { // others took from the same shelf, and enough is left
		w.must(lead, "sga_approve_task", decision(task))
	}
	if got := w.balance("ISR4331", here()); got != "999983/0" {
		t.Errorf("balance %s", got)
	}

	safe["quantity"] = 999983
	all := w.must(w.boss, "sga_get_task", object{"task_id": w.must(w.boss, "sga_create_movement", safe)["task_id"]})
	w.must(w.boss, "sga_create_movement", out(1))
	b = w.refused(fault.Conflict, lead, "sga_approve_task", decision(all))
	if b.Details["changed"] != "insufficient_stock" {
		t.Errorf("the reason is not said: %+v", b)
	}
	w.put("ISR4331", "1", here())
	w.must(lead, "sga_approve_task", decision(all))
}

// I8: the state of a named serial, and the rule that holds the proposal.
func TestTheItemOrTheRuleChanged(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	lead, serial := w.person("lead", identity.Admin), w.asset(here())
	lost := object{"part_number": "AP-3802", "serial_number": serial, "status": "MISSING", "reason": "sumiu"}
	task := w.must(w.boss, "sga_get_task", object{"task_id": w.must(w.boss, "sga_change_asset_state", lost)["task_id"]})
	if task["task_type"] != "APPROVAL_DISPOSAL" {
		t.Errorf("a loss waits as %v", task["task_type"])
	}
	w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": serial, "status": "QUARANTINE", "reason": "achado"})
	w.refused(fault.Conflict, lead, "sga_approve_task", decision(task))
	task = w.must(w.boss, "sga_get_task", object{"task_id": task["task_id"]})
	w.must(lead, "sga_approve_task", decision(task))

	edit := object{"project_code": "NTT", "client_name": "Novo"}
	ope := w.person("ope", identity.Operations)
	held := w.must(ope, "sga_get_task", object{"task_id": w.must(ope, "sga_update_project", edit)["task_id"]})
	if _, err := w.owner.Exec(t.Context(), `UPDATE sga.policies SET rule = 'cadastro-2' WHERE rule = 'cadastro'`); err != nil {
		t.Fatal(err)
	}
	w.must(w.boss, "sga_create_part_number", object{"part_number": "X-1", "description": "a new version of the catalogue"})
	w.refused(fault.Conflict, lead, "sga_approve_task", decision(held))
	held = w.must(lead, "sga_get_task", object{"task_id": held["task_id"]})
	if held["rule"] != "cadastro-2" {
		t.Errorf("the rule shown is %v", held["rule"])
	}
	w.must(lead, "sga_approve_task", decision(held))
}

func TestExpiredAndRejected(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lead := w.person("lead", identity.Admin)
	late, no := w.task(here()), w.task(here())
	if _, err := w.owner.Exec(t.Context(), `UPDATE sga.tasks SET expires_at = now() - interval '1 second' WHERE task_id = $1`, text(late["task_id"])); err != nil {
		t.Fatal(err)
	}
	if b := w.refused(fault.Conflict, lead, "sga_approve_task", decision(late)); b.Details["task_status"] != "EXPIRED" || b.Retryable {
		t.Errorf("got %+v", b)
	}
	for _, want := range []int{1, 0} {
		if n, err := w.db.ExpireTasks(t.Context()); n != want || err != nil {
			t.Errorf("expired %d, %v; want %d", n, err, want)
		}
	}
	w.refused(fault.Conflict, lead, "sga_reject_task", object{"task_id": late["task_id"], "reason": "x"})
	if b := w.refused(fault.InvalidArgument, lead, "sga_reject_task", object{"task_id": no["task_id"]}); b.Field != "reason" {
		t.Errorf("got %+v", b)
	}
	args := object{"task_id": no["task_id"], "reason": "não confere", "idempotency_key": "r1"}
	first := w.must(lead, "sga_reject_task", args)
	if again := w.must(lead, "sga_reject_task", args); first["task_status"] != "REJECTED" || string(marshal(t, again)) != string(marshal(t, first)) {
		t.Errorf("rejected: %v, again: %v", first, again)
	}
	w.refused(fault.Conflict, lead, "sga_approve_task", decision(no))
	whole := w.must(lead, "sga_get_task", object{"task_id": no["task_id"]})
	if whole["comment"] != "não confere" || whole["may_decide"] != false || w.balance("ISR4331", here()) != "1000000/0" {
		t.Errorf("after the end: %v", whole)
	}
	for status, want := range map[string]int{"EXPIRED": 1, "REJECTED": 1, "APPROVED": 0, "PENDING": 0} {
		if out := w.must(lead, "sga_get_pending_tasks", object{"task_status": status}); len(out["items"].([]any)) != want {
			t.Errorf("%s lists %v, want %d", status, out["items"], want)
		}
	}
}

// A review asks a person to look at what was posted: deciding on it executes nothing.
func TestReviewExecutesNothing(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	agent := kinds(w.person("ana", identity.Logistics))[1]
	out := w.must(agent, "sga_create_movement", object{"movement_type": "ENTRADA", "part_number": "ISR4331", "quantity": 10, "destination_location_id": "SP-A",
		"confidence": "0.93", "evidence_ids": []string{w.evidence(agent)}})
	if out["status"] != "posted" || out["review"] != true || out["task_status"] != "PENDING" || out["rule"] != "agente-entrada" {
		t.Fatalf("got %v", out)
	}
	lead, before := w.person("lead", identity.Logistics), w.balance("ISR4331", place{"GERAL", "SP-A"})
	task := w.must(lead, "sga_get_task", object{"task_id": out["task_id"]})
	if task["task_type"] != "DOCUMENT_REVIEW" || task["reference_id"] != out["movement_id"] || len(task["steps"].([]any)) != 0 {
		t.Errorf("the review is %v", task)
	}
	done := w.must(lead, "sga_approve_task", decision(task))
	if len(done["results"].([]any)) != 0 || before != "10/0" || w.balance("ISR4331", place{"GERAL", "SP-A"}) != before {
		t.Errorf("looking at it did something: %v", done)
	}
}

// An atomic batch that holds one waiting item is one task; a replay tells how it ended.
func TestBatchWaitsWhole(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	batch := object{"idempotency_key": "b1", "movements": []any{w.typeArgs("ENTRADA", here()), adjustment(here(), "2"), w.typeArgs("SAIDA", here())}}
	before := w.balance("ISR4331", here())
	first := w.must(w.boss, "sga_create_movements", batch)
	if first["status"] != "pending_approval" || first["task_status"] != "PENDING" || len(first["results"].([]any)) != 3 || w.balance("ISR4331", here()) != before {
		t.Fatalf("got %v", first)
	}
	lead := w.person("lead", identity.Admin)
	task := w.must(lead, "sga_get_task", object{"task_id": first["task_id"]})
	if len(task["steps"].([]any)) != 3 {
		t.Errorf("the task has %v", task["steps"])
	}
	done := w.must(lead, "sga_approve_task", decision(task))
	if len(done["results"].([]any)) != 3 || w.balance("ISR4331", here()) != "999998/0" {
		t.Errorf("approved: %v, %s", done, w.balance("ISR4331", here()))
	}
	again := w.must(w.boss, "sga_create_movements", batch)
	want := strings.ReplaceAll(string(marshal(t, first)), `"PENDING"`, `"APPROVED"`)
	if got := string(marshal(t, again)); got != want {
		t.Errorf("the replay is %s\nwant %s", got, want)
	}
	if b := w.refused(fault.InvalidArgument, w.boss, "sga_create_movements", object{"movements": []any{w.typeArgs("ENTRADA", here()), object{
		"movement_type": "ENTRADA", "part_number": "ISR4331", "quantity": "1.5", "destination_location_id": "SP-A"}}}); b.Field != "movements[1].quantity" {
		t.Errorf("the refusal names %q", b.Field)
	}
}

// Each on its own: what is right is posted, what waits waits, what is wrong says why, in order.
func TestBatchEachOnItsOwn(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	bad := w.typeArgs("SAIDA", here())
	bad["part_number"] = "NADA"
	batch := object{"idempotency_key": "e1", "atomic": false, "movements": []any{w.typeArgs("ENTRADA", here()), bad, adjustment(here(), "2"), w.typeArgs("SAIDA", here())}}
	first := w.must(w.boss, "sga_create_movements", batch)
	var statuses []string
	for _, r := range first["results"].([]any) {
		statuses = append(statuses, text(r.(object)["status"]))
	}
	if got := fmt.Sprintf("%v %v %v %v", statuses, first["posted"], first["pending_approval"], first["failed"]); got != "[posted refused pending_approval posted] 2 1 1" {
		t.Errorf("got %s", got)
	}
	before := w.rows()
	again := w.must(w.boss, "sga_create_movements", batch)
	if string(marshal(t, again)) != string(marshal(t, first)) || w.rows() != before {
		t.Errorf("the replay is %s\nwant %s", marshal(t, again), marshal(t, first))
	}
}
