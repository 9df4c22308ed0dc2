package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type balanceReportIn struct {
	GroupBy    string `json:"group_by,omitzero" enum:"balance_grouping" doc:"O que cada linha soma (padrão PROJECT_LOCATION) | What each row sums up (default PROJECT_LOCATION)"`
	PartNumber string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Category   string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	momentArgs
	pageArgs
}

// balanceSum is stock added up. The value is null to roles that may not see values.
type balanceSum struct {
	Total     Number `json:"quantity_total"`
	Reserved  Number `json:"quantity_reserved"`
	Available Number `json:"quantity_available"`
	Value     *Money `json:"value" doc:"Total ao custo unitário de hoje, em BRL | Total at today's unit cost, in BRL"`
	NoCost    Number `json:"quantity_without_cost" doc:"Do total, sem custo unitário e fora do valor | Of the total, without a unit cost and not in the value"`
}

func sumOut(s *stock.BalanceSum) balanceSum {
	return balanceSum{Total: Num(s.Total), Reserved: Num(s.Reserved), Available: Num(s.Available()), Value: MoneyPtr(s.Value), NoCost: Num(s.NoCost)}
}

// balanceGroup is one row of the report: what it is not grouped by is null.
type balanceGroup struct {
	ProjectCode  *string `json:"project_code"`
	ProjectName  *string `json:"project_name"`
	LocationCode *string `json:"location_code"`
	LocationName *string `json:"location_name"`
	LocationType *string `json:"location_type" enum:"location_type"`
	Category     *string `json:"category"`
	PartNumber   *string `json:"part_number"`
	Description  *string `json:"description"`
	Unit         *string `json:"unit_of_measure" doc:"Null: unidades diversas | Null: units differ"`
	balanceSum
}

type balanceReportOut struct {
	AsOf       *Date          `json:"as_of"`
	KnownAt    *Time          `json:"known_at"`
	GroupBy    string         `json:"group_by" enum:"balance_grouping"`
	Count      int            `json:"count"`
	Total      int64          `json:"total" doc:"Linhas do relatório inteiro | Rows of the whole report"`
	Summary    balanceSum     `json:"summary" doc:"Soma do relatório inteiro | Sum of the whole report"`
	Items      []balanceGroup `json:"items"`
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

// getBalanceReport sums stock up by project and place, or otherwise, at any moment.
func (d *Deps) getBalanceReport() *Operation {
	return define(spec{name: "sga_get_balance_report", text: textGetBalanceReport(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *balanceReportIn) (*balanceReportOut, error) {
			f, err := d.balanceReportFilter(c.Actor, in)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.BalanceReport(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &balanceReportOut{AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), GroupBy: string(f.Group), Count: len(p.Rows), Total: p.Total,
				Summary: sumOut(&p.Sum), Items: make([]balanceGroup, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.balanceGroup(f.Group, &p.Rows[i])
			}
			return out, nil
		})
}

func (d *Deps) balanceReportFilter(a *identity.Actor, in *balanceReportIn) (f stock.BalanceReportFilter, err error) {
	f = stock.BalanceReportFilter{Category: in.Category, Group: stock.ByProjectLocation, Moment: in.moment(), Values: seesFiscal(a)}
	if f.BalanceFilter, err = d.balanceFilter(a, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition); err != nil || in.GroupBy == "" {
		return f, err
	}
	f.Group, err = word(stock.BalanceGroupings(), in.GroupBy, "group_by")
	return f, err
}

func (n names) balanceGroup(by stock.BalanceGrouping, r *stock.BalanceReportRow) balanceGroup {
	g := balanceGroup{balanceSum: sumOut(&r.BalanceSum)}
	if r.Unit != "" {
		g.Unit = &r.Unit
	}
	if r.Project != 0 {
		p := n.project(r.Project)
		g.ProjectCode, g.ProjectName = &p.Code, &p.Name
	}
	if r.Location != 0 {
		l := n.place(r.Location)
		kind := string(l.Type)
		g.LocationCode, g.LocationName, g.LocationType = &l.Code, &l.Name, &kind
	}
	if by == stock.ByCategory {
		g.Category = &r.Category
	}
	if r.Part != 0 {
		p := n.part(r.Part)
		g.PartNumber, g.Description, g.Category = &p.Number, &p.Description, &p.Category
	}
	return g
}
