package ops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// said writes values with a space between each.
func said(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

// lost is a proposal of the boss that takes two persons.
func (w *world) lost(qty int) object {
	w.t.Helper()
	args := object{"movement_type": "AJUSTE_NEGATIVO", "part_number": "ISR4331", "quantity": qty, "source_location_id": "SP-A", "project_id": "NTT", "reason_code": "EXTRAVIO"}
	return w.must(w.boss, "sga_get_task", object{"task_id": w.must(w.boss, "sga_create_movement", args)["task_id"]})
}

// Several tasks by one word: each has its own answer, a replay the same one, and nothing crosses a class of risk.
func TestDecideSeveral(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lead := w.person("lead", identity.Admin)
	var list []any
	for range 3 {
		list = append(list, decision(w.task(here())))
	}
	stale := list[1].(object)
	stale["fingerprint"] = "00"
	args := object{"tasks": list, "comment": "conferidas", "idempotency_key": "g1"}
	w.refused(fault.InvalidArgument, lead, "sga_approve_tasks", object{"tasks": append([]any{decision(w.lost(1))}, list...)})
	w.refused(fault.InvalidArgument, lead, "sga_approve_tasks", object{"tasks": []any{list[0], list[0]}})
	w.refused(fault.InvalidArgument, lead, "sga_approve_tasks", object{"tasks": []any{}})
	w.refused(fault.NotFound, lead, "sga_approve_tasks", object{"tasks": append([]any{object{"task_id": newID().String(), "fingerprint": "x"}}, list...)})
	if got := w.balance("ISR4331", here()); got != "1000000/0" {
		t.Fatalf("a refused call did something: %s", got)
	}
	first := w.must(lead, "sga_approve_tasks", args)
	// All three are about the same shelf: what the first does only moves the figures of the others.
	if got := said(first["decided"], first["refused"], get(first, []string{"results", "[]", "task_status"})); got != "2 1 APPROVED" {
		t.Errorf("got %s: %v", got, first)
	}
	if code := get(first["results"].([]any)[1].(object), []string{"error", "code"}); code != "conflict" {
		t.Errorf("the stale one: %v", code)
	}
	again := w.must(lead, "sga_approve_tasks", args)
	if fmt.Sprint(again["results"].([]any)[0]) != fmt.Sprint(first["results"].([]any)[0]) || w.balance("ISR4331", here()) != "999998/0" {
		t.Errorf("again: %v\nfirst: %v", again, first)
	}
	out := w.must(lead, "sga_reject_tasks", object{"tasks": []any{object{"task_id": stale["task_id"]}, object{"task_id": list[0].(object)["task_id"]}}, "reason": "repetidas"})
	if said(out["decided"], out["refused"]) != "1 1" {
		t.Errorf("rejected: %v", out)
	}
}

// Three that find something on the same shelf are decided by one word.
func TestDecideAlikeAdjustments(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	more := object{"movement_type": "AJUSTE_POSITIVO", "part_number": "ISR4331", "quantity": 2, "destination_location_id": "SP-A", "project_id": "NTT", "reason": "achado"}
	var list []any
	for range 3 {
		id := w.must(w.boss, "sga_create_movement", more)["task_id"]
		list = append(list, decision(w.must(w.boss, "sga_get_task", object{"task_id": id})))
	}
	out := w.must(w.person("lead", identity.Admin), "sga_approve_tasks", object{"tasks": list})
	if got := said(out["decided"], out["refused"], w.balance("ISR4331", here())); got != "3 0 1000006/0" {
		t.Errorf("got %s: %v", got, out)
	}
}

// Quorum through the door: what the answers and the queue say on the way.
func TestQuorumIsSaid(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lead, other := w.person("lead", identity.Admin), w.person("other", identity.Logistics)
	task := w.lost(2)
	if said(task["approvals"], task["approvals_needed"], task["risk_class"]) != "0 2 CRITICAL" {
		t.Errorf("shown: %v", task)
	}
	args := decision(task)
	args["idempotency_key"] = "v1"
	first := w.must(lead, "sga_approve_task", args)
	if said(first["task_status"], first["approvals"], first["approvals_needed"], len(first["results"].([]any))) != "IN_PROGRESS 1 2 0" {
		t.Errorf("the first: %v", first)
	}
	shown := w.must(lead, "sga_get_task", object{"task_id": task["task_id"]})
	if shown["may_decide"] != false || text(shown["why_not"]) == "" || len(shown["votes"].([]any)) != 1 {
		t.Errorf("to who has approved: %v %v", shown["may_decide"], shown["why_not"])
	}
	if now := w.must(other, "sga_get_task", object{"task_id": task["task_id"]}); now["may_decide"] != true {
		t.Errorf("to another: %v", now["may_decide"])
	}
	w.must(other, "sga_approve_task", decision(task))
	if again := w.must(lead, "sga_approve_task", args); again["task_status"] != "APPROVED" {
		t.Errorf("the first answer says how it ended: %v", again)
	}
	if got := w.balance("ISR4331", here()); got != "999998/0" {
		t.Errorf("balance %s", got)
	}
}

// Whoever sees a task may comment, agents are marked, and the page of the task has it all.
func TestTalkingAboutATask(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	task := w.task(here())
	for _, a := range kinds(w.person("ana", identity.Viewer)) {
		w.must(a, "sga_comment_task", object{"task_id": task["task_id"], "comment": "de " + string(a.Kind)})
	}
	w.refused(fault.NotFound, limited(w.person("lima", identity.Viewer)), "sga_comment_task", object{"task_id": w.task(nowhere())["task_id"], "comment": "x"})
	w.refused(fault.InvalidArgument, w.boss, "sga_comment_task", object{"task_id": task["task_id"], "comment": ""})
	lead := w.person("lead", identity.Admin)
	if out := w.must(lead, "sga_assign_task", object{"task_id": task["task_id"], "assignee_id": "lead"}); out["task_status"] != "IN_PROGRESS" {
		t.Errorf("taken: %v", out)
	}
	w.refused(fault.NotFound, lead, "sga_assign_task", object{"task_id": task["task_id"], "assignee_id": "nobody"})
	if out := w.must(lead, "sga_escalate_task", object{"task_id": task["task_id"], "reason": "cliente parado"}); out["priority"] != "URGENT" {
		t.Errorf("raised: %v", out)
	}
	for filter, want := range map[string]int{"mine": 1, "overdue": 0} {
		if out := w.must(lead, "sga_get_pending_tasks", object{filter: true}); len(out["items"].([]any)) != want {
			t.Errorf("%s: %v", filter, out["items"])
		}
	}
	whole := w.must(lead, "sga_get_task", object{"task_id": task["task_id"]})
	shown := said(get(whole, []string{"comments", "[]", "author_kind"}), len(whole["comments"].([]any)), len(whole["history"].([]any)), whole["escalation_level"])
	if shown != "person 3 2 1" {
		t.Errorf("shown: %s", shown)
	}
}

// The groups of the queue are within sight only, and show what differs.
func TestGroupsOfTheQueue(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	for range 4 {
		w.task(here())
	}
	w.task(nowhere())
	odd := w.must(w.boss, "sga_create_movement", adjustment(here(), "500"))["task_id"]
	out := w.must(limited(w.person("ana", identity.Logistics)), "sga_list_task_groups", object{})
	group := out["groups"].([]any)[0].(object)
	first := group["tasks"].([]any)[0].(object)
	if said(out["count"], group["count"], group["differing"]) != "1 5 1" || first["task_id"] != odd || fmt.Sprint(first["differs"]) != "[quantity value]" {
		t.Errorf("got %v", out)
	}
	if all := w.must(w.boss, "sga_list_task_groups", object{"project_id": "ITAU"}); fmt.Sprint(all["count"]) != "1" {
		t.Errorf("of a project: %v", all)
	}
	if hidden := w.must(w.person("v", identity.Viewer), "sga_list_task_groups", object{}); hidden["groups"].([]any)[0].(object)["highest_value"] != nil {
		t.Error("a viewer sees values")
	}
}

// The admin's word and the measure behind it.
func TestAutonomyIsSetByMeasure(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	client := w.agentClient()
	args := func(level string) object {
		return object{"client_id": client, "operation": "sga_create_movement", "movement_type": "ENTRADA", "value_band": "UP_TO_500", "project_id": "NTT",
			"level": level, "reason": "teste"}
	}
	w.must(w.boss, "sga_set_autonomy", args("A"))
	if b := w.refused(fault.Conflict, w.boss, "sga_set_autonomy", args("B")); fmt.Sprint(b.Details["decisions_missing"]) != "20" {
		t.Errorf("what is missing is not said: %+v", b)
	}
	for field, value := range map[string]any{"operation": "sga_get_balance", "movement_type": nil, "value_band": "X"} {
		bad := args("A")
		if bad[field] = value; value == nil {
			delete(bad, field)
		}
		if b := w.refused(fault.InvalidArgument, w.boss, "sga_set_autonomy", bad); b.Field != field {
			t.Errorf("%s: %+v", field, b)
		}
	}
	unknown := args("A")
	unknown["client_id"] = "nobody"
	w.refused(fault.NotFound, w.boss, "sga_set_autonomy", unknown)
	everywhere := args("A")
	delete(everywhere, "project_id")
	w.must(w.boss, "sga_set_autonomy", everywhere)
	if b := w.refused(fault.InvalidArgument, limited(w.person("adm", identity.Admin)), "sga_set_autonomy", everywhere); b.Field != "project_id" {
		t.Errorf("for all projects by who does not see them: %+v", b)
	}
	out := w.must(w.boss, "sga_list_autonomy", object{"client_id": client})
	if got := said(get(out, []string{"items", "[]", "project_code"}), out["count"]); got != "<nil> 2" {
		t.Errorf("the level for all projects is not shown first: %s", got)
	}
	item := out["items"].([]any)[1].(object)
	if item["level"] != "A" || item["effective_level"] != "A" || item["project_code"] != "NTT" || get(item, []string{"next", "level"}) != "B" || get(item, []string{"next", "earned"}) != false || len(item["history"].([]any)) != 1 {
		t.Errorf("got %v", item)
	}
	far := w.person("far", identity.Admin)
	far.Projects = identity.Only("ITAU")
	if out := w.must(far, "sga_list_autonomy", object{}); fmt.Sprint(out["count"]) != "0" {
		t.Errorf("out of sight: %v", out)
	}
}
