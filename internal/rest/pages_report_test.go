package rest

import (
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/identity"
)

// reporting adds toys of the reports' operations, with the columns that the real ones have.
func reporting(o *Options) {
	c := o.Client.(*toyClient)
	text, number := `{"type":"string"}`, `{"type":["integer","string"]}`
	rows := func(columns ...string) string {
		var out []string
		for _, name := range columns {
			kind := text
			if strings.HasPrefix(name, "#") {
				name, kind = name[1:], number
			}
			out = append(out, `"`+name+`":`+kind)
		}
		return rowsSchema(strings.Join(out, ","))
	}
	c.add("sga_get_balance_report", identity.Roles(), "as_of:string group_by:string location_id:string project_id:string part_number:string category:string limit:limit cursor:string",
		rows("project_code", "location_code", "location_name", "#quantity_available", "#quantity_reserved", "value"),
		fixed(`{"total":2,"summary":{"quantity_available":1200,"quantity_reserved":"0.5","quantity_total":"1200.5","value":null},"items":[
			{"project_code":"NTT","location_code":"CD-SP","location_name":"<b>Centro</b>","quantity_available":1200,"quantity_reserved":"0.5","value":null},
			{"project_code":"NTT","location_code":"RJ","location_name":"Rio","quantity_available":300,"quantity_reserved":0,"value":null}],"next_cursor":"n2"}`))
	c.add("sga_get_divergence_report", identity.Roles(), "start_date:string end_date:string as_of:string status:string limit:limit cursor:string",
		rows("on", "kind", "status", "part_number", "#variance", "value"),
		fixed(`{"total":1,"summary":{"open":1,"quantity_found":0,"quantity_missing":3,"value_missing":"12.3"},"by_month":[{"month":"2026-10","rows":4,"open":1}],
			"items":[{"on":"2026-10-31","kind":"DIVERGENCE","status":"OPEN","part_number":"A/B","variance":-3,"value":"-12.3"}]}`))
	c.add("sga_get_return_report", identity.Roles(), "limit:limit cursor:string", rows("serial_number"), fixed(`{"items":[]}`))
}

func TestReportPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		as, url   string
		status    int
		must, not []string
	}{
		{"@viewer", "/reports", 200, []string{"Relatórios", `href="/reports/balances"`, "Saldos por projeto e local", `href="/reports/returns"`}, []string{"/reports/timeline", "report."}},
		{"@viewer", "/reports/balances?as_of=2026-10-31&location_id=CD-SP", 200, []string{`value="2026-10-31"`, "Como estava no fim do dia 31/10/2026", "1.200", "0,5", "&lt;b&gt;Centro",
			`width="25.0"`, "Saldo por local", `<th scope="row">`, "2 linhas no relatório inteiro", `cursor=n2`,
			"/api/v1/reports/balances?as_of=2026-10-31&amp;format=xlsx&amp;location_id=CD-SP", "format=csv"}, []string{"<b>Centro", "R$", "report."}},
		{"@viewer", "/reports/balances?cursor=n2&lang=en", 200, []string{"Balances by project and location", "Download"[:0]}, []string{"Saldo por local", "<svg viewBox=\"0 0 100 10\""}},
		{"@viewer", "/reports/divergences?start_date=2026-10-01", 200, []string{"10/2026", "Divergência", "Aberta", "31/10/2026", `href="/parts/A%2FB"`, "−3", "R$ −12,30", "R$ 12,30",
			`width="75`, `x="75`}, []string{"report."}},
		{"@viewer", "/reports/returns", 200, []string{"Nada com esses filtros."}, []string{"<svg viewBox=\"0 0 100 10\"", "format=csv"}},
		{"@viewer", "/reports/timeline", 404, nil, nil},
	} {
		p := newWorld(t, reporting).do(request(c.as, "GET", c.url, ""))
		body := p.Body.String()
		if p.Code != c.status {
			t.Errorf("%s: %d %s", c.url, p.Code, body)
		}
		for _, must := range c.must {
			if !strings.Contains(body, must) {
				t.Errorf("%s lacks %q:\n%s", c.url, must, body)
			}
		}
		for _, not := range c.not {
			if strings.Contains(body, not) {
				t.Errorf("%s has %q", c.url, not)
			}
		}
		if m := outside.FindString(body); m != "" {
			t.Errorf("%s loads or runs something: %s", c.url, m)
		}
	}
	if p := newWorld(t, reporting).do(request("", "GET", "/reports/balances", "")); p.Code != 303 {
		t.Errorf("a guest: %d", p.Code)
	}
	if p := newWorld(t, reporting).do(request("@viewer", "GET", "/reports/divergences", "")); !strings.HasPrefix(p.Header().Get("Location"), "/reports/divergences?start_date=") {
		t.Errorf("without a period: %d %s", p.Code, p.Header().Get("Location"))
	}
}

// TestReportsMeetTheDeclarations holds the pages to what the operations take and answer.
func TestReportsMeetTheDeclarations(t *testing.T) {
	t.Parallel()
	list, err := readOperations(declared())
	if err != nil {
		t.Fatal(err)
	}
	words := words()
	labels(words)
	for _, r := range reports() {
		op := list[r.operation]
		if op == nil {
			t.Errorf("%s is not declared", r.operation)
			continue
		}
		for _, f := range r.Filters {
			if op.input.Properties[f.Name] == nil || words[f.Word][0] == "" {
				t.Errorf("%s: no filter %s (%s)", r.Path, f.Name, f.Word)
			}
			for _, o := range f.Options {
				if words[f.Kind+"."+o][0] == "" {
					t.Errorf("%s: nobody named %s.%s", r.Path, f.Kind, o)
				}
			}
		}
		for _, c := range r.columns {
			if op.table().Properties[c.Name] == nil || words[c.Word][0] == "" {
				t.Errorf("%s: no column %s (%s)", r.Path, c.Name, c.Word)
			}
		}
		for _, c := range r.figures {
			n := op.output
			for name := range strings.SplitSeq(c.Name, ".") {
				if n = n.Properties[name]; n == nil {
					t.Errorf("%s: no figure %s", r.Path, c.Name)
					break
				}
			}
		}
		if words[r.Title][0] == "" || words[r.Title+".text"][0] == "" {
			t.Errorf("%s has no title", r.Path)
		}
	}
}
