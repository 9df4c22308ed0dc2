package rest

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// pages serves the web pages. A page whose operation is not declared does not exist.
func (d *door) pages() {
	d.mux.HandleFunc("GET /static/nexo.css", d.styleSheet)
	d.mux.HandleFunc("GET /{$}", d.show(home))
	d.mux.HandleFunc("GET /connect", d.show(connect))
	for _, p := range []struct {
		pattern   string
		operation string
		page      page
	}{
		{"GET /search", "sga_search_assets", search},
		{"GET /assets/{identifier}", "sga_get_asset_timeline", asset},
		{"GET /parts/{part_number}", "sga_get_balance", balance},
		{"GET /parts/{part_number}/why", "sga_explain_balance", why},
		{"GET /low-stock", "sga_list_low_stock", lowStock},
		{"GET /movements", "sga_get_movements", movementList},
		{"GET /movements/new", "sga_create_movement", moveForm},
		{"GET /movements/{movement_id}", "sga_get_movement", movementPage},
		{"GET /reports", "sga_get_balance_report", reportIndex},
		{"GET /tasks", "sga_get_pending_tasks", taskList},
		{"GET /tasks/{task_id}", "sga_get_task", taskPage},
		{"GET /tasks/groups", "sga_list_task_groups", taskGroups},
	} {
		if d.operations[p.operation] != nil {
			d.mux.HandleFunc(p.pattern, d.private(p.page))
		}
	}
	d.mux.HandleFunc("POST /movements/{movement_id}/documents", d.withFile(movementTarget, movementFiled))
	d.mux.HandleFunc("POST /tasks/{task_id}/documents", d.withFile(taskTarget, taskFiled))
	if d.operations["sga_create_movement"] != nil {
		d.mux.HandleFunc("POST /movements", d.withFile(nil, moved))
	}
	for _, r := range reports() {
		if d.operations[r.operation] != nil {
			d.mux.HandleFunc("GET "+r.Path, d.private(r.page))
		}
	}
	for pattern, p := range map[string]struct {
		operation string
		page      page
	}{
		"POST /movements/{movement_id}/reverse": {"sga_reverse_movement", reversed},
		"POST /tasks/{task_id}/approve":         {"sga_approve_task", approved},
		"POST /tasks/{task_id}/reject":          {"sga_reject_task", rejected},
		"POST /tasks/{task_id}/comment":         {"sga_comment_task", commented},
		"POST /tasks/{task_id}/assign":          {"sga_assign_task", assigned},
		"POST /tasks/{task_id}/escalate":        {"sga_escalate_task", escalated},
		"POST /tasks/approve":                   {"sga_approve_tasks", approvedMany},
		"POST /tasks/reject":                    {"sga_reject_tasks", rejectedMany},
	} {
		if d.operations[p.operation] != nil {
			d.mux.HandleFunc(pattern, d.submitted(p.page))
		}
	}
}

func home(*visit) (*view, error) { return &view{Name: "home", Title: "home.main"}, nil }

type connectData struct{ Operations []*ops.Operation }

// connect says how programs get in, and what this person's may do.
func connect(v *visit) (*view, error) {
	out := &connectData{}
	if v.caller != nil {
		out.Operations = v.d.Client.Visible(v.caller.actor)
	}
	return &view{Name: "connect", Title: "connect.title", Data: out}, nil
}

type foundAsset struct {
	AssetID        string `json:"asset_id"`
	Serial         string `json:"serial_number"`
	PartNumber     string `json:"part_number"`
	Description    string `json:"description"`
	LocationCode   string `json:"location_code"`
	LocationName   string `json:"location_name"`
	ProjectCode    string `json:"project_code"`
	Status         string `json:"status"`
	Condition      string `json:"condition"`
	LastMovementAt string `json:"last_movement_at"`
}

type searchData struct {
	Items []foundAsset `json:"items"`
	Next  string       `json:"next_cursor"`
	Part  *balanceData `json:"-"` // the part of exactly that number
	Parts []foundPart  `json:"-"` // others whose number or description has the words
}

type foundPart struct {
	PartNumber  string `json:"part_number"`
	Description string `json:"description"`
}

// partsShown is how many parts stand above the assets that a search found.
const partsShown = 10

// search is the one box. A scanned serial that is exactly one asset leads straight to it; a part number
// shows its balance above its assets, since parts that are counted in bulk have none.
func search(v *visit) (*view, error) {
	params, err := query(v.r)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(params["q"])
	if text == "" {
		return &view{goTo: "/"}, nil
	}
	a, err := v.filters("sga_search_assets", "cursor")
	if err != nil {
		return nil, err
	}
	a.text("query", text)
	out, err := asked[searchData](v, "sga_search_assets", a)
	if err != nil {
		return nil, err
	}
	if len(out.Items) == 1 && out.Next == "" && strings.EqualFold(out.Items[0].Serial, text) {
		return &view{goTo: "/assets/" + out.Items[0].AssetID}, nil
	}
	if params["cursor"] == "" {
		if err := out.addParts(v, text); err != nil {
			return nil, err
		}
	}
	return &view{Name: "search", Title: "search.title", Query: text, Data: out}, nil
}

// addParts finds parts by the same text: those that are counted in bulk have no assets to be found by.
func (s *searchData) addParts(v *visit, text string) error {
	part := &arguments{}
	part.text("part_number", text)
	var err error
	if v.Has("sga_get_balance") && len(text) <= 100 { // longer is no part number
		s.Part, err = asked[balanceData](v, "sga_get_balance", part)
	}
	if code := fault.CodeOf(err); err != nil && code != fault.NotFound && code != fault.InvalidArgument {
		return err
	}
	if s.Part != nil || !v.Has("sga_list_part_numbers") {
		return nil
	}
	words := &arguments{}
	words.text("query", text)
	words.add("limit", jsontext.Value(strconv.Itoa(partsShown)))
	list, err := asked[struct {
		Items []foundPart `json:"items"`
	}](v, "sga_list_part_numbers", words)
	if err != nil {
		return err
	}
	s.Parts = list.Items
	return nil
}

type timelineData struct {
	Asset    foundAsset      `json:"asset"`
	Timeline []timelineEntry `json:"timeline"`
	Next     string          `json:"next_cursor"`
}

type timelineEntry struct {
	MovementID   string `json:"movement_id"`
	MovementType string `json:"movement_type"`
	Date         string `json:"movement_date"`
	Source       string `json:"source_location"`
	Destination  string `json:"destination_location"`
	Project      string `json:"project_code"`
	NF           string `json:"nf_number"`
	Ticket       string `json:"ticket"`
	Reason       string `json:"reason"`
	By           string `json:"created_by"`
	To           string `json:"to_status"`
}

// asset tells the story of one asset, by its id or its serial number.
func asset(v *visit) (*view, error) {
	const operation = "sga_get_asset_timeline"
	a, err := v.filters(operation, "cursor")
	if err != nil {
		return nil, err
	}
	name := v.r.PathValue("identifier")
	a.text("identifier", strings.ToValidUTF8(name, "�"))
	kind := "serial_number"
	if _, err := uuid.Parse(name); err == nil && len(name) == 36 {
		kind = "asset_id"
	}
	a.text("identifier_type", kind)
	out, err := asked[timelineData](v, operation, a)
	if err != nil {
		return nil, err
	}
	return &view{Name: "asset", Title: "asset", Data: out}, nil
}

type balanceData struct {
	PartNumber  string       `json:"part_number"`
	Description string       `json:"description"`
	Summary     summary      `json:"summary"`
	Rows        []balanceRow `json:"by_location"`
	AsOf        string       `json:"-"`
}

type summary struct {
	Total     quantity `json:"total_quantity"`
	Reserved  quantity `json:"total_reserved"`
	Available quantity `json:"total_available"`
}

type balanceRow struct {
	LocationCode string   `json:"location_code"`
	LocationName string   `json:"location_name"`
	ProjectCode  string   `json:"project_code"`
	Condition    string   `json:"condition"`
	Total        quantity `json:"quantity_total"`
	Reserved     quantity `json:"quantity_reserved"`
	Available    quantity `json:"quantity_available"`
}

// balance shows where a part lies, now or on a past day.
func balance(v *visit) (*view, error) {
	const operation = "sga_get_balance"
	a, err := v.filters(operation, "location_id", "project_id", "as_of")
	if err != nil {
		return nil, err
	}
	a.text("part_number", strings.ToValidUTF8(v.r.PathValue("part_number"), "�"))
	out, err := asked[balanceData](v, operation, a)
	if err != nil {
		return nil, err
	}
	out.AsOf = v.r.URL.Query().Get("as_of")
	return &view{Name: "balance", Title: "balance", Data: out}, nil
}
