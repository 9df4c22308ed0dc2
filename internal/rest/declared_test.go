package rest

import (
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// declared are the operations of the program, which may be described but not called here.
func declared() []*ops.Operation { return ops.New(ops.Deps{Store: struct{ ops.Store }{}}).All() }

// TestRoutesMeetTheDeclarations holds the table to the program's real operations.
func TestRoutesMeetTheDeclarations(t *testing.T) {
	t.Parallel()
	list, err := readOperations(declared())
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]bool{}
	for _, rt := range resourceRoutes() {
		op := list[rt.operation]
		if op == nil {
			t.Errorf("%s %s leads to %s, which is not declared", rt.method, rt.pattern, rt.operation)
			continue
		}
		reached[rt.operation] = true
		for _, name := range rt.pathNames() {
			if n := op.input.Properties[name]; n == nil || !n.is("string") {
				t.Errorf("%s %s: %s has no argument %s", rt.method, rt.pattern, rt.operation, name)
			}
		}
		for name, argument := range rt.names {
			if op.input.Properties[argument] == nil || op.input.Properties[name] != nil {
				t.Errorf("%s: %s for %s", rt.pattern, name, argument)
			}
		}
		if (rt.method == "GET") != (op.Risk == ops.Read) {
			t.Errorf("%s %s is a %s", rt.method, rt.pattern, op.Risk)
		}
		if op.input.Properties["cursor"] != nil && op.output.Properties["items"] != nil && op.table() == nil {
			t.Errorf("%s is a list that cannot be exported", rt.operation)
		}
	}
	unreached := []string{}
	for name := range list {
		if !reached[name] {
			unreached = append(unreached, name)
		}
	}
	slices.Sort(unreached)
	t.Logf("by POST /ops/{name} only: %v", unreached)
}

func TestDocumentOfTheProgram(t *testing.T) {
	t.Parallel()
	raw, err := OpenAPI(declared(), "test")
	if err != nil {
		t.Fatal(err)
	}
	checkDocument(t, raw, len(declared()))
}

// TestPagesMeetTheDeclarations holds what pages read to what the operations answer.
func TestPagesMeetTheDeclarations(t *testing.T) {
	t.Parallel()
	list, err := readOperations(declared())
	if err != nil {
		t.Fatal(err)
	}
	for operation, fields := range map[string][]string{
		"sga_search_assets":      {"items", "next_cursor"},
		"sga_get_balance":        {"part_number", "description", "summary", "by_location"},
		"sga_get_asset_timeline": {"asset", "timeline", "next_cursor"},
		"sga_get_movements":      {"items", "next_cursor"},
		"sga_explain_balance":    {"part_number", "description", "as_of", "balance", "opening", "movements", "items", "next_cursor"},
		"sga_list_low_stock":     {"items", "next_cursor"},
		"sga_list_part_numbers":  {"items", "next_cursor"},
		"sga_get_movement": {"movement_type", "quantity", "part_number", "movement_on", "actor_kind", "rule", "reversed_by", "reversal_of", "assets",
			"approved_by", "approved_at", "task_id", "review"},
		"sga_get_pending_tasks": {"items", "next_cursor"},
		"sga_get_task": {"summary", "effect", "fingerprint", "steps", "may_decide", "rule", "reason", "evidence_ids", "total_value", "proposed_by_kind",
			"assignee_name", "due_at", "overdue", "escalation_level", "approvals", "approvals_needed", "risk_class", "value_unknown", "why_not", "why_not_en",
			"comments", "votes", "history"},
		"sga_list_task_groups": {"groups", "truncated"},
		"sga_approve_tasks":    {"results"},
		"sga_reject_tasks":     {"results"},
		"sga_comment_task":     {"message", "message_en"},
		"sga_assign_task":      {"message", "message_en"},
		"sga_escalate_task":    {"message", "message_en"},
		"sga_create_movement":  {"status", "task_id", "balances", "message", "message_en", "review"},
		"sga_approve_task":     {"message", "message_en"},
		"sga_reject_task":      {"message", "message_en"},
	} {
		op := list[operation]
		if op == nil {
			t.Errorf("%s is not declared", operation)
			continue
		}
		for _, f := range fields {
			if op.output.Properties[f] == nil {
				t.Errorf("%s does not answer %s", operation, f)
			}
		}
	}
	for operation, fields := range map[string][]string{
		"sga_get_movements":     {"movement_id", "movement_type", "movement_date", "part_number", "quantity", "source_location", "destination_location", "reversal_of"},
		"sga_explain_balance":   {"movement_id", "movement_on", "total_change", "total_after", "reserved_after", "actor_kind", "rule", "task_id", "approved_by", "nf_number"},
		"sga_list_low_stock":    {"part_number", "unit_of_measure", "quantity_available", "threshold", "shortage", "stock_status"},
		"sga_list_part_numbers": {"part_number", "description"},
		"sga_search_assets":     {"asset_id", "serial_number", "location_code", "status"},
		"sga_get_pending_tasks": {"task_id", "priority", "summary", "summary_en", "reason", "reason_en", "created_by", "expires_at"},
		"sga_list_locations":    {"location_code", "location_name"},
		"sga_list_projects":     {"project_code", "project_name"},
	} {
		rows := list[operation].table()
		for _, f := range fields {
			if rows == nil || rows.Properties[f] == nil {
				t.Errorf("rows of %s lack %s", operation, f)
			}
		}
	}
	if !slices.Equal(list["sga_create_movement"].Roles, []identity.Role{identity.Admin, identity.Logistics, identity.Operations, identity.Technician}) {
		t.Error("the roles that see the form have changed: look at the pages")
	}
}
