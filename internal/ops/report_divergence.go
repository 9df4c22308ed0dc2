package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type divergenceReportIn struct {
	StartDate  Date   `json:"start_date,omitzero" doc:"Primeiro dia | First day"`
	EndDate    Date   `json:"end_date,omitzero" doc:"Último dia, incluído | Last day, included"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	PartNumber string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Category   string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	Kind       string `json:"kind,omitzero" enum:"difference_kind" doc:"Só divergências, ou só ajustes sem divergência | Only divergences, or only adjustments without one"`
	Type       string `json:"divergence_type,omitzero" enum:"divergence_type" doc:"Origem da divergência | Where the divergence comes from"`
	Status     string `json:"status,omitzero" enum:"difference_status" doc:"Situação | Status"`
	ReasonCode string `json:"reason_code,omitzero" enum:"reason_code" doc:"Motivo do ajuste | Reason of the adjustment"`
	momentArgs
	pageArgs
}

// differenceItem is a divergence with the adjustment that settled it, or an adjustment of no divergence.
type differenceItem struct {
	Kind         string  `json:"kind" enum:"difference_kind"`
	ID           ID      `json:"id" doc:"Da divergência ou do movimento | Of the divergence or of the movement"`
	Type         string  `json:"type" doc:"Origem da divergência ou tipo do movimento | Origin of the divergence or movement type"`
	Status       string  `json:"status" enum:"difference_status"`
	On           Date    `json:"on"`
	RecordedAt   Time    `json:"recorded_at"`
	PartNumber   string  `json:"part_number"`
	Description  string  `json:"description"`
	Unit         string  `json:"unit_of_measure"`
	LocationCode string  `json:"location_code"`
	LocationName string  `json:"location_name"`
	ProjectCode  string  `json:"project_code"`
	Condition    string  `json:"condition" enum:"condition"`
	Expected     *Number `json:"expected_quantity"`
	Actual       *Number `json:"actual_quantity"`
	Variance     Number  `json:"variance"`
	Adjusted     *Number `json:"adjusted_quantity" doc:"O que foi lançado, com sinal | What was posted, with its sign"`
	Value        *Money  `json:"value" doc:"Variação ao custo unitário de hoje, em BRL | Variance at today's unit cost, in BRL"`
	ReasonCode   string  `json:"reason_code"`
	TaskID       ID      `json:"task_id"`
	TaskStatus   string  `json:"task_status"`
	MovementID   ID      `json:"movement_id"`
	CountID      ID      `json:"count_id"`
	CreatedBy    string  `json:"created_by"`
}

// differenceSum is one heap of the totals. Values are null to roles that may not see them.
type differenceSum struct {
	Rows     int64  `json:"rows"`
	Open     int64  `json:"open"`
	Adjusted int64  `json:"adjusted"`
	Found    Number `json:"quantity_found"`
	Missing  Number `json:"quantity_missing"`
	Gain     *Money `json:"value_found"`
	Loss     *Money `json:"value_missing"`
	NoCost   int64  `json:"rows_without_cost"`
}

type monthSum struct {
	Month string `json:"month"` // YYYY-MM
	differenceSum
}

type reasonSum struct {
	ReasonCode string `json:"reason_code"`
	differenceSum
}

type divergenceReportOut struct {
	AsOf       *Date            `json:"as_of"`
	KnownAt    *Time            `json:"known_at"`
	Count      int              `json:"count"`
	Total      int64            `json:"total"`
	Summary    *differenceSum   `json:"summary,omitzero" doc:"Do relatório inteiro; só na primeira página | Of the whole report; on the first page only"`
	ByMonth    []monthSum       `json:"by_month,omitzero"`
	ByReason   []reasonSum      `json:"by_reason,omitzero"`
	Items      []differenceItem `json:"items"` // the newest first
	HasMore    bool             `json:"has_more"`
	NextCursor string           `json:"next_cursor,omitzero"`
}

// getDivergenceReport answers what did not agree, and what was done about it.
func (d *Deps) getDivergenceReport() *Operation {
	return define(spec{name: "sga_get_divergence_report", text: textGetDivergenceReport(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *divergenceReportIn) (*divergenceReportOut, error) {
			f, err := d.divergenceReportFilter(c.Actor, in)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.DivergenceReport(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &divergenceReportOut{AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), Count: len(p.Rows), Total: p.Total,
				Items: make([]differenceItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.differenceItem(&p.Rows[i])
			}
			if p.Sum == nil {
				return out, nil
			}
			sum := differenceOut(p.Sum)
			out.Summary = &sum
			for i := range p.ByMonth {
				out.ByMonth = append(out.ByMonth, monthSum{p.ByMonth[i].Month.String()[:len("2006-01")], differenceOut(&p.ByMonth[i])})
			}
			for i := range p.ByReason {
				out.ByReason = append(out.ByReason, reasonSum{string(p.ByReason[i].Reason), differenceOut(&p.ByReason[i])})
			}
			return out, nil
		})
}

func (d *Deps) divergenceReportFilter(a *identity.Actor, in *divergenceReportIn) (f stock.DivergenceReportFilter, err error) {
	f = stock.DivergenceReportFilter{Category: in.Category, From: in.StartDate.Date, To: in.EndDate.Date, Moment: in.moment(), Values: seesFiscal(a)}
	if f.BalanceFilter, err = d.balanceFilter(a, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition); err != nil {
		return f, err
	}
	if f.Kind, err = word(vocabulary("difference_kind"), in.Kind, "kind"); err != nil {
		return f, err
	}
	if f.Type, err = word(vocabulary("divergence_type"), in.Type, "divergence_type"); err != nil {
		return f, err
	}
	if f.Status, err = word(vocabulary("difference_status"), in.Status, "status"); err != nil {
		return f, err
	}
	f.Reason, err = word(stock.ReasonCodes(), in.ReasonCode, "reason_code")
	return f, err
}

func differenceOut(s *stock.DivergenceSum) differenceSum {
	return differenceSum{Rows: s.Rows, Open: s.Open, Adjusted: s.Adjusted, Found: Num(s.Found), Missing: Num(s.Missing), Gain: MoneyPtr(s.Gain),
		Loss: MoneyPtr(s.Loss), NoCost: s.NoCost}
}

func (n names) differenceItem(r *stock.DivergenceReportRow) differenceItem {
	part, at := n.part(r.Part), n.place(r.Location)
	return differenceItem{Kind: r.Kind, ID: ID{r.ID}, Type: r.Type, Status: r.Status, On: Day(r.On), RecordedAt: Time{r.At}, PartNumber: part.Number,
		Description: part.Description, Unit: part.Unit, LocationCode: at.Code, LocationName: at.Name, ProjectCode: n.project(r.Project).Code,
		Condition: string(r.Condition), Expected: NumPtr(r.Expected), Actual: NumPtr(r.Actual), Variance: Num(r.Variance), Adjusted: NumPtr(r.Adjusted),
		Value: MoneyPtr(r.Value), ReasonCode: string(r.Reason), TaskID: ID{r.TaskID}, TaskStatus: r.TaskStatus, MovementID: ID{r.MovementID},
		CountID: ID{r.CountID}, CreatedBy: r.By}
}
