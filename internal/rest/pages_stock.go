package rest

import (
	"net/url"
	"strings"
)

// set keeps the filters of a list, to show them again.
type set struct{ params map[string]string }

// Get is a filter as it was set.
func (s set) Get(name string) string { return s.params[name] }

type lowData struct {
	set   `json:"-"`
	Items []struct {
		PartNumber  string   `json:"part_number"`
		Description string   `json:"description"`
		Unit        string   `json:"unit_of_measure"`
		Available   quantity `json:"quantity_available"`
		Threshold   quantity `json:"threshold"`
		Shortage    quantity `json:"shortage"`
		StockStatus string   `json:"stock_status"`
	} `json:"items"`
	Next string `json:"next_cursor"`
}

// lowStock shows what runs out, the most critical first.
func lowStock(v *visit) (*view, error) {
	const operation = "sga_list_low_stock"
	a, err := v.filters(operation, "location_id", "project_id", "category", "cursor")
	if err != nil {
		return nil, err
	}
	out, err := asked[lowData](v, operation, a)
	if err != nil {
		return nil, err
	}
	if out.params, err = query(v.r); err != nil {
		return nil, err
	}
	return &view{Name: "low", Title: "nav.low", Data: out}, nil
}

type whyData struct {
	set         `json:"-"`
	PartNumber  string    `json:"part_number"`
	Description string    `json:"description"`
	AsOf        string    `json:"as_of"`
	Balance     summary   `json:"balance"`
	Opening     summary   `json:"opening"`
	Movements   int64     `json:"movements"`
	Items       []whyItem `json:"items"`
	Next        string    `json:"next_cursor"`
}

type whyItem struct {
	movementItem
	On            string   `json:"movement_on"`
	Ticket        string   `json:"ticket"`
	Reason        string   `json:"reason"`
	TotalChange   quantity `json:"total_change"`
	TotalAfter    quantity `json:"total_after"`
	ReservedAfter quantity `json:"reserved_after"`
	ActorKind     string   `json:"actor_kind"`
	Rule          string   `json:"rule"`
	TaskID        string   `json:"task_id"`
	ApprovedBy    string   `json:"approved_by"`
}

// Sheet is the address of the same explanation as a table.
func (d *whyData) Sheet() string {
	q := url.Values{"format": {string(XLSX)}}
	for name, value := range d.params {
		if name != "cursor" && name != "lang" {
			q.Set(name, value)
		}
	}
	return apiPath + "/balances/" + url.PathEscape(d.PartNumber) + "/explanation?" + q.Encode()
}

// why answers where a balance comes from: every movement with its document, its person and its rule.
func why(v *visit) (*view, error) {
	const operation = "sga_explain_balance"
	a, err := v.filters(operation, "location_id", "project_id", "condition", "as_of", "known_at", "cursor")
	if err != nil {
		return nil, err
	}
	a.text("part_number", strings.ToValidUTF8(v.r.PathValue("part_number"), "�"))
	out, err := asked[whyData](v, operation, a)
	if err != nil {
		return nil, err
	}
	if out.params, err = query(v.r); err != nil {
		return nil, err
	}
	return &view{Name: "why", Title: "why", Data: out}, nil
}
