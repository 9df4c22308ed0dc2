package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type returnReportIn struct {
	LocationID  string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID   string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	PartNumber  string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Category    string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	Status      string `json:"status,omitzero" enum:"return_status" doc:"Estado | State"`
	MinDays     int    `json:"min_days,omitzero" min:"0" max:"36500" doc:"Só o que espera há tantos dias ou mais | Only what has waited at least so many days"`
	OverdueDays int    `json:"overdue_days,omitzero" min:"1" max:"36500" doc:"Atrasado depois de tantos dias (padrão 5) | Overdue after so many days (default 5)"`
	momentArgs
	pageArgs
}

// returnItem is an item that has to come back.
type returnItem struct {
	AssetID      ID     `json:"asset_id"`
	SerialNumber string `json:"serial_number"`
	PartNumber   string `json:"part_number"`
	Description  string `json:"description"`
	Category     string `json:"category"`
	Status       string `json:"status" enum:"return_status"`
	Condition    string `json:"condition" enum:"condition"`
	LocationCode string `json:"location_code"`
	LocationName string `json:"location_name"`
	LocationType string `json:"location_type" enum:"location_type"`
	ProjectCode  string `json:"project_code"`
	Ticket       string `json:"ticket"`
	SinceOn      Date   `json:"since_on"`
	AgeDays      int    `json:"age_days"`
	Overdue      bool   `json:"overdue"`
	MovedBy      string `json:"moved_by"` // who brought it there
	Value        *Money `json:"value"`
}

type returnSummary struct {
	Total    int64  `json:"total"`
	Overdue  int64  `json:"overdue"`
	Out      int64  `json:"out" doc:"Em campo, ainda sem pedido de retorno | In the field, not yet asked back"`
	Awaiting int64  `json:"awaiting_reverse"`
	Coming   int64  `json:"in_reverse"`
	Value    *Money `json:"value"`
}

type returnReportOut struct {
	AsOf       *Date         `json:"as_of"`
	KnownAt    *Time         `json:"known_at"`
	Count      int           `json:"count"`
	Summary    returnSummary `json:"summary" doc:"Do relatório inteiro | Of the whole report"`
	Items      []returnItem  `json:"items"` // what waits longest first
	HasMore    bool          `json:"has_more"`
	NextCursor string        `json:"next_cursor,omitzero"`
}

// getReturnReport lists what has to come back from the field.
func (d *Deps) getReturnReport() *Operation {
	return define(spec{name: "sga_get_return_report", text: textGetReturnReport(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *returnReportIn) (*returnReportOut, error) {
			f := stock.ReturnFilter{Category: in.Category, MinDays: in.MinDays, Overdue: in.OverdueDays, Moment: in.moment()}
			var err error
			if f.Part, f.Location, f.Project, err = d.find(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}); err != nil {
				return nil, err
			}
			if f.Status, err = word(stock.ReturnStatuses(), in.Status, "status"); err != nil {
				return nil, err
			}
			if f.Overdue == 0 {
				f.Overdue = stock.OverdueDays
			}
			p, err := d.Store.ReturnReport(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			s := &p.Sum
			out := &returnReportOut{AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), Count: len(p.Rows),
				Summary: returnSummary{Total: s.Total, Overdue: s.Overdue, Out: s.Out, Awaiting: s.Awaiting, Coming: s.Coming},
				Items:   make([]returnItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			if seesFiscal(c.Actor) {
				out.Summary.Value = MoneyPtr(s.Value)
			}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.returnItem(c.Actor, &p.Rows[i])
				out.Items[i].Overdue = p.Rows[i].Days > f.Overdue
			}
			return out, nil
		})
}

func (n names) returnItem(a *identity.Actor, r *stock.ReturnRow) returnItem {
	part, at := n.part(r.Part), n.place(r.Location)
	item := returnItem{AssetID: ID{r.AssetID}, SerialNumber: r.Serial, PartNumber: part.Number, Description: part.Description, Category: part.Category,
		Status: string(r.Status), Condition: string(r.Condition), LocationCode: at.Code, LocationName: at.Name, LocationType: string(at.Type),
		ProjectCode: n.project(r.Project).Code, Ticket: r.Ticket, SinceOn: Day(r.Since), AgeDays: r.Days, MovedBy: r.By}
	if seesFiscal(a) {
		item.Value = MoneyPtr(r.Value)
	}
	return item
}
