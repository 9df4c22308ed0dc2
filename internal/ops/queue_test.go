package ops_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// The queue is urgent first and then the oldest, page by page, and every filter of it works.
func TestPendingTasks(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	ope := w.person("ope", identity.Operations)
	var high []any
	for range 3 {
		high = append(high, w.must(w.boss, "sga_create_movement", adjustment(here(), "1"))["task_id"])
	}
	medium := w.must(ope, "sga_create_project", object{"project_code": "NOVO", "project_name": "Novo"})["task_id"]
	far := w.must(w.boss, "sga_create_movement", adjustment(nowhere(), "1"))["task_id"]
	assignee := w.person("ana", identity.Logistics).PersonID
	for _, statement := range []string{`UPDATE sga.tasks SET priority = 'URGENT' WHERE task_id = '` + text(high[2]) + `'`,
		`INSERT INTO sga.people (person_id, display_name) VALUES ('` + assignee.String() + `', 'Ana')`,
		`INSERT INTO sga.logins (subject, person_id, username) VALUES ('sub-ana', '` + assignee.String() + `', 'ana')`,
		`INSERT INTO sga.people (person_id, display_name) VALUES ('00000000-0000-7000-8000-0000000000aa', 'Rui')`,
		`INSERT INTO sga.logins (subject, person_id, username) VALUES ('sub-rui', '00000000-0000-7000-8000-0000000000aa', 'rui')`,
		`UPDATE sga.tasks SET assignee_id = '` + assignee.String() + `' WHERE task_id = '` + text(high[1]) + `'`} {
		if _, err := w.owner.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list := func(a *identity.Actor, args object) []any {
		t.Helper()
		var ids []any
		for range 10 {
			out := w.must(a, "sga_get_pending_tasks", args)
			for _, it := range out["items"].([]any) {
				ids = append(ids, it.(object)["task_id"])
			}
			if out["next_cursor"] == nil {
				return ids
			}
			args["cursor"] = out["next_cursor"]
		}
		t.Fatal("the pages do not end")
		return nil
	}
	tests := []struct {
		name string
		who  *identity.Actor
		args object
		want []any
	}{
		{"all", w.boss, object{}, []any{high[2], high[0], high[1], far, medium}},
		{"one by one", w.boss, object{"limit": 1}, []any{high[2], high[0], high[1], far, medium}},
		{"two by two", w.boss, object{"limit": 2}, []any{high[2], high[0], high[1], far, medium}},
		{"priority", w.boss, object{"priority": "urgent"}, []any{high[2]}},
		{"type", w.boss, object{"task_type": "APPROVAL_NEW_PN"}, []any{medium}},
		{"assignee by login", w.boss, object{"assignee_id": "ana"}, []any{high[1]}},
		{"assignee by id", w.boss, object{"assignee_id": assignee.String()}, []any{high[1]}},
		{"assignee by a login that nobody has", w.boss, object{"assignee_id": "ninguem"}, nil},
		{"assignee by a login without tasks", w.boss, object{"assignee_id": "rui"}, nil},
		{"status", w.boss, object{"task_status": "APPROVED"}, nil},
		{"type and priority", w.boss, object{"task_type": "APPROVAL_ADJUSTMENT", "priority": "HIGH", "limit": 2}, []any{high[0], high[1], far}},
		{"what a person sees", limited(w.boss), object{}, []any{high[2], high[0], high[1], medium}},
	}
	for _, tc := range tests {
		if got := list(tc.who, tc.args); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_get_pending_tasks", object{"limit": 501})
}

// Whether the caller may decide is said with the task, as far as it can be told.
func TestMayDecideIsSaid(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	task := w.task(here())
	plain, agent := w.person("x", identity.Admin), kinds(w.person("lead", identity.Admin))[1]
	plain.Approver.May = false
	for who, want := range map[*identity.Actor]bool{w.boss: false, w.person("lead", identity.Admin): true, plain: false, agent: false} {
		if got := w.must(who, "sga_get_task", object{"task_id": task["task_id"]}); got["may_decide"] != want {
			t.Errorf("%s %s: %v", who.Kind, who.Username, got["may_decide"])
		}
	}
}

// Names and aliases reach the same operation; what is unknown is not found at every door.
func TestCallByAlias(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	for _, name := range []string{"sga_get_balance", "SGAPostgresTools___sga_get_balance", "Any___sga_get_balance"} {
		w.must(w.boss, name, object{"part_number": "ISR4331"})
	}
	for _, name := range []string{"", "sga_drop_table", "___", "sga_get_balance___x", "SGA_GET_BALANCE"} {
		_, err := w.reg.Call(t.Context(), ops.Invocation{Name: name, Actor: w.boss})
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.reg.Call(ctx, ops.Invocation{Name: "sga_get_task", Actor: w.boss, Arguments: []byte(`{"task_id":"` + newID().String() + `"}`)})
	if code := fault.CodeOf(err); code != fault.Unavailable {
		t.Errorf("a call that nobody waits for: %v", err)
	}
}
