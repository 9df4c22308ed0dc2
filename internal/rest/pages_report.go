package rest

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/govalues/decimal"

	"github.com/faiston/nexo/internal/fault"
)

// report is a page that is made of an operation's list: filters, totals, a chart, a table, downloads.
type report struct {
	Path      string // of the page, and below apiPath of the table
	Title     string // a word of the catalogue; with .text behind it, what it is for
	operation string
	Filters   []reportFilter
	columns   []reportColumn
	total     string // the member with the number of rows
	figures   []reportColumn
	chart     func(v *visit, answer jsontext.Value) (*chart, error)
}

// reportFilter is one field of the form. Kind is text, date, check or the vocabulary of a list of words.
type reportFilter struct {
	Name, Word, Kind string
	Options          []string
}

// reportColumn is a member and how people read it: text, number, money, day, part, asset, or a vocabulary.
type reportColumn struct{ Name, Word, Kind string }

// reports is the table of contents of the page "Relatórios".
func reports() []report {
	at := []reportFilter{{Name: "as_of", Word: "report.asof", Kind: "date"}}
	place := []reportFilter{{Name: "location_id", Word: "place", Kind: "text"}, {Name: "project_id", Word: "project", Kind: "text"},
		{Name: "part_number", Word: "part", Kind: "text"}, {Name: "category", Word: "category", Kind: "text"}}
	period := []reportFilter{{Name: "start_date", Word: "from", Kind: "date"}, {Name: "end_date", Word: "until", Kind: "date"}}
	part := []reportColumn{{"part_number", "part", "part"}, {"description", "report.description", ""}}
	return []report{
		{"/reports/balances", "report.balances", "sga_get_balance_report",
			slices.Concat(at, []reportFilter{{Name: "group_by", Word: "report.group", Kind: "balance_grouping",
				Options: []string{"PROJECT_LOCATION", "PROJECT", "LOCATION", "CATEGORY", "PART_NUMBER"}}}, place),
			[]reportColumn{{"project_code", "project", ""}, {"location_code", "place", ""}, {"location_name", "report.name", ""}, {"category", "category", ""},
				{"part_number", "part", "part"}, {"quantity_total", "total", "number"}, {"quantity_reserved", "reserved", "number"},
				{"quantity_available", "available", "number"}, {"value", "report.value", "money"}},
			"total", []reportColumn{{"summary.quantity_available", "available", "number"}, {"summary.quantity_reserved", "reserved", "number"},
				{"summary.quantity_total", "total", "number"}, {"summary.value", "report.value", "money"}}, balancesByPlace},
		{"/reports/low-stock", "report.low", "sga_list_low_stock",
			slices.Concat(at, place, []reportFilter{{Name: "per_location", Word: "report.perplace", Kind: "check"}, {Name: "per_project", Word: "report.perproject", Kind: "check"}}),
			slices.Concat(part, []reportColumn{{"location_code", "place", ""}, {"project_code", "project", ""}, {"stock_status", "status", "stock_status"},
				{"quantity_available", "available", "number"}, {"threshold", "threshold", "number"}, {"shortage", "shortage", "number"}, {"shortage_value", "report.value", "money"}}),
			"total", []reportColumn{{"total", "report.rows", "number"}, {"out_of_stock", "report.empty", "number"}, {"shortage_value", "report.missing", "money"}}, nil},
		{"/reports/returns", "report.returns", "sga_get_return_report",
			slices.Concat(at, []reportFilter{{Name: "status", Word: "status", Kind: "asset_status", Options: []string{"AWAITING_REVERSE", "IN_REVERSE", "IN_USE", "BAD"}}}, place,
				[]reportFilter{{Name: "min_days", Word: "report.mindays", Kind: "text"}}),
			[]reportColumn{{"serial_number", "serial", "asset"}, {"part_number", "part", "part"}, {"status", "status", "asset_status"}, {"location_code", "place", ""},
				{"location_name", "report.name", ""}, {"project_code", "project", ""}, {"ticket", "field.ticket", ""}, {"since_on", "report.since", "day"},
				{"age_days", "report.days", "number"}, {"value", "report.value", "money"}},
			"summary.total", []reportColumn{{"summary.total", "report.rows", "number"}, {"summary.overdue", "report.overdue", "number"}, {"summary.out", "report.out", "number"},
				{"summary.awaiting_reverse", "report.awaiting", "number"}, {"summary.in_reverse", "report.coming", "number"}, {"summary.value", "report.value", "money"}}, nil},
		{"/reports/divergences", "report.divergences", "sga_get_divergence_report",
			slices.Concat(period, at, []reportFilter{{Name: "status", Word: "status", Kind: "difference_status", Options: []string{"OPEN", "INVESTIGATING", "RESOLVED", "CLOSED", "POSTED", "REVERSAL"}}}, place),
			slices.Concat([]reportColumn{{"on", "when", "day"}, {"kind", "type", "difference_kind"}, {"status", "status", "difference_status"}}, part,
				[]reportColumn{{"location_code", "place", ""}, {"project_code", "project", ""}, {"expected_quantity", "report.expected", "number"},
					{"actual_quantity", "report.actual", "number"}, {"variance", "report.variance", "number"}, {"reason_code", "reason", "reason_code"}, {"value", "report.value", "money"}}),
			"total", []reportColumn{{"total", "report.rows", "number"}, {"summary.open", "report.open", "number"}, {"summary.quantity_found", "report.found", "number"},
				{"summary.quantity_missing", "report.lost", "number"}, {"summary.value_missing", "report.loss", "money"}}, divergencesByMonth},
		{"/reports/timeline", "report.timeline", "sga_get_timeline_report",
			slices.Concat(period, []reportFilter{{Name: "kind", Word: "type", Kind: "timeline_kind", Options: []string{"MOVEMENT", "STATE_CHANGE", "TASK"}},
				{Name: "serial_number", Word: "serial", Kind: "text"}}, place[:3]),
			[]reportColumn{{"on", "when", "day"}, {"kind", "type", "timeline_kind"}, {"type", "report.what", "movement_type"}, {"part_number", "part", "part"}, {"serial_number", "serial", ""},
				{"quantity", "quantity", "number"}, {"source_location", "field.source_location_id", ""}, {"destination_location", "field.destination_location_id", ""}, {"project_code", "project", ""}, {"text", "reason", ""},
				{"created_by", "who", ""}}, "", nil, nil},
	}
}

// reportIndex offers the reports that the visitor may read.
func reportIndex(v *visit) (*view, error) {
	return &view{Name: "reports", Title: "report.title", Data: reports()}, nil
}

// Operation is what the report asks.
func (r report) Operation() string { return r.operation }

// reportData is a report as the template shows it.
type reportData struct {
	set
	report
	Figures []reportCell
	Chart   *chart
	Head    []reportColumn
	Rows    [][]reportCell
	Count   string
	Next    string
}

// reportCell is one value: shown, under which heading, right-aligned or not, and where it leads.
type reportCell struct {
	Text, Word, Link string
	Number, Day      bool
}

// page shows the report.
func (r report) page(v *visit) (*view, error) {
	params, err := query(v.r)
	if err != nil {
		return nil, err
	}
	if r.operation == "sga_get_divergence_report" && len(params) == 0 { // all of the past is much to read
		from := v.d.Now().In(saoPaulo()).AddDate(-1, 0, 0).Format(time.DateOnly)
		return &view{goTo: r.Path + "?" + url.Values{"start_date": {from}}.Encode()}, nil
	}
	names := []string{"cursor", "known_at"}
	for _, f := range r.Filters {
		names = append(names, f.Name)
	}
	a, err := v.filters(r.operation, names...)
	if err != nil {
		return nil, err
	}
	raw, err := v.d.call(v.r, v.caller, r.operation, a.object())
	if err != nil {
		return nil, err
	}
	out := &reportData{set: set{params}, report: r}
	view := &view{visit: v, Name: "report", Title: r.Title, Data: out}
	if err := out.fill(view, raw); err != nil {
		return nil, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	if r.chart != nil && params["cursor"] == "" {
		if out.Chart, err = r.chart(v, raw); err != nil {
			return nil, err
		}
	}
	return view, nil
}

func (d *reportData) fill(v *view, raw jsontext.Value) error {
	list, _ := v.d.operations[d.operation].Listing()
	page, err := list.Page(raw)
	if err != nil {
		return err
	}
	d.Next = page.Next
	if d.total != "" {
		d.Count = string(memberOf(raw, d.total))
	}
	for _, f := range d.figures {
		if value := memberOf(raw, f.Name); len(value) > 0 && value.Kind() != 'n' {
			d.Figures = append(d.Figures, v.reportCell(f, value))
		}
	}
	for _, item := range page.Rows {
		var row map[string]jsontext.Value
		if err := json.Unmarshal(item, &row); err != nil {
			return err
		}
		cells := make([]reportCell, len(d.columns))
		for i, c := range d.columns {
			cells[i] = v.reportCell(c, row[c.Name])
		}
		d.Rows = append(d.Rows, cells)
	}
	d.Head = d.columns
	d.leaveOut()
	return nil
}

// leaveOut drops columns that have nothing on the whole page, such as values that the visitor may not see.
func (d *reportData) leaveOut() {
	for i := len(d.Head) - 1; i >= 0; i-- {
		if slices.ContainsFunc(d.Rows, func(row []reportCell) bool { return row[i].Text != "" }) {
			continue
		}
		d.Head = slices.Delete(slices.Clone(d.Head), i, i+1)
		for r := range d.Rows {
			d.Rows[r] = slices.Delete(d.Rows[r], i, i+1)
		}
	}
}

// memberOf finds a member of an answer by its path; nothing when it is not there.
func memberOf(raw jsontext.Value, path string) jsontext.Value {
	for name := range strings.SplitSeq(path, ".") {
		var all map[string]jsontext.Value
		if json.Unmarshal(raw, &all) != nil {
			return nil
		}
		raw = all[name]
	}
	return raw
}

// reportCell writes a value as people of the language do.
func (v *view) reportCell(c reportColumn, value jsontext.Value) reportCell {
	cell := reportCell{Word: c.Word, Number: c.Kind == "number" || c.Kind == "money", Day: c.Kind == "day"}
	switch value.Kind() {
	case '"':
		cell.Text = textOf(value)
	case '0':
		cell.Text = string(value)
	}
	if cell.Text == "" {
		return cell
	}
	text := cell.Text
	switch c.Kind {
	case "":
	case "number":
		cell.Text = v.Number(quantity(text))
	case "money":
		cell.Text = "R$ " + v.Number(cents(text))
	case "day":
		cell.Text = v.Day(text)
	case "part":
		cell.Link = "/parts/" + url.PathEscape(text)
	case "asset":
		cell.Link = "/assets/" + url.PathEscape(text)
	default:
		cell.Text = v.Label(c.Kind, text)
	}
	return cell
}

// cents writes an amount with two decimals.
func cents(text string) quantity {
	d, err := decimal.Parse(text)
	if err != nil {
		return quantity(text)
	}
	return quantity(d.Round(2).Pad(2).String())
}

// chart is bars beside their figures, in a table: who cannot see the bars reads the figures.
type chart struct {
	Title string
	Bars  []chartBar
}

// chartBar is one line of a chart. Share and Other are widths in percent of the longest bar.
type chartBar struct {
	Label, Link  string
	Value, Extra quantity
	Share, Other string
}

// chartBars is how many bars people still compare at a glance.
const chartBars = 12

// balancesByPlace sums the same filters up by place, the fullest first.
func balancesByPlace(v *visit, _ jsontext.Value) (*chart, error) {
	const operation = "sga_get_balance_report"
	a, err := v.filters(operation, "as_of", "known_at", "location_id", "project_id", "part_number", "category")
	if err != nil {
		return nil, err
	}
	a.text("group_by", "LOCATION")
	a.add("limit", jsontext.Value("1000"))
	answer, err := asked[struct {
		Items []struct {
			Code      string   `json:"location_code"`
			Name      string   `json:"location_name"`
			Available quantity `json:"quantity_available"`
			Reserved  quantity `json:"quantity_reserved"`
		} `json:"items"`
	}](v, operation, a)
	if err != nil {
		return nil, err
	}
	out := &chart{Title: "report.byplace"}
	for _, i := range answer.Items {
		out.Bars = append(out.Bars, chartBar{Label: i.Code + " · " + i.Name, Link: "/reports/balances?" + url.Values{"location_id": {i.Code}, "group_by": {"PART_NUMBER"}}.Encode(),
			Value: i.Available, Extra: i.Reserved})
	}
	slices.SortStableFunc(out.Bars, func(a, b chartBar) int { return b.sum().Cmp(a.sum()) })
	out.Bars = out.Bars[:min(len(out.Bars), chartBars)]
	return out.measured(), nil
}

// divergencesByMonth shows how many rows each of the last months had, and how many of them are open.
func divergencesByMonth(_ *visit, answer jsontext.Value) (*chart, error) {
	var months []struct {
		Month string `json:"month"`
		Rows  int    `json:"rows"`
		Open  int    `json:"open"`
	}
	if raw := memberOf(answer, "by_month"); len(raw) > 0 {
		if err := json.Unmarshal(raw, &months); err != nil {
			return nil, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
		}
	}
	out := &chart{Title: "report.bymonth"}
	for _, m := range months[max(0, len(months)-chartBars):] {
		year, month, _ := strings.Cut(m.Month, "-")
		out.Bars = append(out.Bars, chartBar{Label: month + "/" + year, Value: whole(m.Rows - m.Open), Extra: whole(m.Open)})
	}
	return out.measured(), nil
}

func whole(n int) quantity { return quantity(decimal.MustNew(int64(n), 0).String()) }

func (b *chartBar) sum() decimal.Decimal {
	value, _ := decimal.Parse(cmp.Or(string(b.Value), "0")) // what is no number has no length
	extra, _ := decimal.Parse(cmp.Or(string(b.Extra), "0"))
	sum, err := value.Add(extra)
	if err != nil {
		return value
	}
	return sum
}

// measured gives every bar its length; nil when there is nothing to draw.
func (c *chart) measured() *chart {
	var longest decimal.Decimal
	for i := range c.Bars {
		longest = longest.Max(c.Bars[i].sum())
	}
	if !longest.IsPos() {
		return nil
	}
	for i := range c.Bars {
		c.Bars[i].Share, c.Bars[i].Other = percent(c.Bars[i].Value, longest), percent(c.Bars[i].Extra, longest)
	}
	return c
}

// percent is a part of a whole between 0 and 100, with one decimal.
func percent(part quantity, whole decimal.Decimal) string {
	d, err := decimal.Parse(string(part))
	if err != nil || !d.IsPos() {
		return "0"
	}
	if d, err = d.Quo(whole); err != nil {
		return "0"
	}
	if d, err = d.Mul(decimal.Hundred); err != nil {
		return "0"
	}
	return d.Round(1).String()
}
