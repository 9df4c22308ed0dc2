package rest

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
)

// apiPath is where the API of this version lives.
const apiPath = "/api/v1"

// route is one line of the table of resources: a URL that is another spelling of a call.
type route struct {
	method    string
	pattern   string // below apiPath; names in braces are arguments
	operation string
	names     map[string]string // parameters that are called differently from their argument
	when      string            // the route of a pattern that counts when this parameter is there
}

// resourceRoutes is the table. A path part has the name of its argument; every other argument of the
// operation is a parameter of the query (GET) or a member of the body (POST). Lists come as a table with
// ?format=csv or xlsx. Of two lines with one pattern the one with "when" counts if its parameter is given.
func resourceRoutes() []route { return append(stockRoutes(), workRoutes()...) }

// stockRoutes are the lines about the goods.
func stockRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/inventory", "sga_list_inventory", nil, ""},
		{get, "/inventory/as-of", "sga_get_stock_as_of", nil, ""},
		{get, "/low-stock", "sga_list_low_stock", nil, ""},
		{get, "/balances/{part_number}", "sga_get_balance", nil, ""},
		{get, "/balances/{part_number}/explanation", "sga_explain_balance", nil, ""},

		{get, "/assets", "sga_search_assets", map[string]string{"q": "query"}, "q"},
		{get, "/assets", "sga_list_assets", nil, ""},
		{post, "/assets", "sga_create_asset", nil, ""},
		{get, "/assets/{identifier}/timeline", "sga_get_asset_timeline", nil, ""},

		{get, "/movements", "sga_get_movements", nil, ""},
		{get, "/movements/{movement_id}", "sga_get_movement", nil, ""},
		{post, "/movements", "sga_create_movement", nil, ""},
		{post, "/movements/batch", "sga_create_movements", nil, ""},
		{post, "/movements/{movement_id}/reverse", "sga_reverse_movement", nil, ""},

		{get, "/reservations", "sga_list_reservations", nil, ""},
		{post, "/reservations", "sga_create_reservation", nil, ""},
		{post, "/reservations/{reservation_id}/cancel", "sga_cancel_reservation", nil, ""},

		{get, "/tasks", "sga_get_pending_tasks", nil, ""},
		{get, "/tasks/{task_id}", "sga_get_task", nil, ""},
		{post, "/tasks/{task_id}/approve", "sga_approve_task", nil, ""},
		{post, "/tasks/{task_id}/reject", "sga_reject_task", nil, ""},
		{post, "/tasks/{task_id}/comments", "sga_comment_task", nil, ""},
		{post, "/tasks/{task_id}/assign", "sga_assign_task", nil, ""},
		{post, "/tasks/{task_id}/escalate", "sga_escalate_task", nil, ""},
		{get, "/task-groups", "sga_list_task_groups", nil, ""},
		{post, "/tasks/approve", "sga_approve_tasks", nil, ""},
		{post, "/tasks/reject", "sga_reject_tasks", nil, ""},

		{get, "/autonomy", "sga_list_autonomy", nil, ""},
		{post, "/autonomy", "sga_set_autonomy", nil, ""},
		{post, "/people/{person_id}/erase", "sga_erase_person", nil, ""},

		{get, "/projects", "sga_list_projects", nil, ""},
		{post, "/projects", "sga_create_project", nil, ""},
		{get, "/locations", "sga_list_locations", nil, ""},
		{post, "/locations", "sga_create_location", nil, ""},
		{get, "/part-numbers", "sga_list_part_numbers", nil, ""},
		{get, "/part-numbers/{part_number}", "sga_get_part_number", nil, ""},
		{post, "/part-numbers", "sga_create_part_number", nil, ""},
	}
}

// workRoutes are the lines about what people and programs do with the goods.
func workRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/counts", "sga_list_counts", nil, ""},
		{get, "/counts/{count_id}", "sga_get_count", nil, ""},
		{post, "/counts", "sga_open_count", nil, ""},
		{post, "/counts/{count_id}/results", "sga_submit_count", nil, ""},
		{post, "/counts/{count_id}/close", "sga_close_count", nil, ""},
		{get, "/divergences", "sga_list_divergences", nil, ""},

		{get, "/audit", "sga_list_audit", nil, ""},
		{get, "/dead-letters", "sga_list_dead_letters", nil, ""},
		{get, "/reports/balances", "sga_get_balance_report", nil, ""},
		{get, "/reports/low-stock", "sga_list_low_stock", nil, ""},
		{get, "/reports/returns", "sga_get_return_report", nil, ""},
		{get, "/reports/divergences", "sga_get_divergence_report", nil, ""},
		{get, "/reports/timeline", "sga_get_timeline_report", nil, ""},

		{get, "/documents", "sga_list_documents", nil, ""},
		{get, "/documents/{document_id}", "sga_get_document", nil, ""},
		{post, "/documents/uploads", "sga_create_upload", nil, ""},
		{post, "/documents/uploads/{upload_id}/complete", "sga_complete_upload", nil, ""},
		{post, "/documents/attachments", "sga_attach_evidence", nil, ""},

		{get, "/webhooks", "sga_list_webhooks", nil, ""},
		{post, "/webhooks", "sga_create_webhook", nil, ""},
		{get, "/webhooks/{webhook_id}", "sga_get_webhook", nil, ""},
		{post, "/webhooks/{webhook_id}/update", "sga_update_webhook", nil, ""},
		{post, "/webhooks/{webhook_id}/delete", "sga_delete_webhook", nil, ""},
		{post, "/webhooks/{webhook_id}/test", "sga_test_webhook", nil, ""},
		{post, "/webhooks/{webhook_id}/replay", "sga_replay_webhook", nil, ""},

		{get, "/reconciliations", "sga_list_reconciliations", nil, ""},
		{get, "/reconciliations/{reconciliation_id}", "sga_get_reconciliation", nil, ""},
	}
}

// inPath reports whether an argument is part of the path.
func (rt *route) inPath(argument string) bool { return strings.Contains(rt.pattern, "{"+argument+"}") }

// hides reports whether name is an argument that this route gives another name.
func (rt *route) hides(name string) bool {
	for _, argument := range rt.names {
		if argument == name {
			return true
		}
	}
	return false
}

// pathNames lists the arguments in the path.
func (rt *route) pathNames() []string {
	var out []string
	for part := range strings.SplitSeq(rt.pattern, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}

// resources serves the table. A line whose operation is not declared is not served: there are no stubs.
func (d *door) resources() {
	served := map[string][]route{}
	var order []string
	for _, rt := range resourceRoutes() {
		if d.operations[rt.operation] == nil {
			continue
		}
		key := rt.method + " " + apiPath + rt.pattern
		if served[key] == nil {
			order = append(order, key)
		}
		served[key] = append(served[key], rt)
	}
	for _, key := range order {
		lines := served[key]
		d.mux.Handle(key, d.signed(func(w http.ResponseWriter, r *http.Request, c *caller) error {
			return d.resource(w, r, c, lines)
		}))
	}
}

// resource answers one line of the table.
func (d *door) resource(w http.ResponseWriter, r *http.Request, c *caller, lines []route) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	rt := choose(lines, params)
	op := d.operations[rt.operation]
	var a arguments
	for _, name := range rt.pathNames() {
		part := r.PathValue(name)
		if !utf8.ValidString(part) {
			return fault.InvalidArgument.With("O endereço não está em UTF-8.", "The address is not UTF-8.").On(name)
		}
		value, err := typed(name, part, op.input.Properties[name])
		if err != nil {
			return err
		}
		a.add(name, value)
	}
	if rt.method == http.MethodPost {
		if err := noParameters(params); err != nil {
			return err
		}
		return d.post(w, r, c, op, &a)
	}
	kind, err := wanted(r, params, op)
	if err != nil {
		return err
	}
	if err := rt.fromQuery(op, params, &a); err != nil {
		return err
	}
	if kind != "" {
		return d.export(w, &export{r: r, c: c, op: op, kind: kind}, &a)
	}
	return d.result(w, r, c, op, a.object())
}

func choose(lines []route, params map[string]string) *route {
	for i := range lines {
		if lines[i].when == "" || params[lines[i].when] != "" {
			return &lines[i]
		}
	}
	return &lines[len(lines)-1]
}

// post calls an operation with the members of a body and of the path.
func (d *door) post(w http.ResponseWriter, r *http.Request, c *caller, op *operation, a *arguments) error {
	body, err := jsonBody(w, r)
	if err != nil {
		return err
	}
	if body, err = withKey(r, op, a.into(body)); err != nil {
		return err
	}
	return d.result(w, r, c, op, body)
}

// operate is POST /ops/{name}: any operation, by its name or by its alias TARGET___NAME.
func (d *door) operate(w http.ResponseWriter, r *http.Request, c *caller) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	if i := strings.LastIndex(name, "___"); i >= 0 {
		name = name[i+3:]
	}
	op := d.operations[name]
	if op == nil {
		return fault.NotFound.With("Operação desconhecida.", "Unknown operation.").On("name")
	}
	if err := noParameters(params); err != nil {
		return err
	}
	return d.post(w, r, c, op, &arguments{})
}

// noParameters refuses a query where a body says everything.
func noParameters(params map[string]string) error {
	for _, name := range sortedKeys(params) {
		return unknownParameter(name)
	}
	return nil
}

// result calls an operation and answers what it answered.
func (d *door) result(w http.ResponseWriter, r *http.Request, c *caller, op *operation, body []byte) error {
	out, err := d.call(r, c, op.Name, body)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, "application/json", out)
	return nil
}
