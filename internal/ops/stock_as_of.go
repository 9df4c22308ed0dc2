package ops

import (
	"context"
)

type stockAsOfIn struct {
	PartNumber string `json:"part_number,omitzero" max:"100" doc:"Part number exato; sem ele, todos | Exact part number; all without it"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	momentArgs
	pageArgs
}

type stockAsOfOut struct {
	AsOf       *Date           `json:"as_of"`
	KnownAt    *Time           `json:"known_at"`
	Count      int             `json:"count"`
	Summary    *balanceSummary `json:"summary,omitzero"` // of one part only: units of several do not add up
	Items      []placeBalance  `json:"items"`
	HasMore    bool            `json:"has_more"`
	NextCursor string          `json:"next_cursor,omitzero"`
}

// getStockAsOf answers the stock of a past day, as it was known at a past moment. A page holds whole
// parts: limit counts parts, and a part has one item a place, project and condition.
func (d *Deps) getStockAsOf() *Operation {
	return define(spec{name: "sga_get_stock_as_of", text: textGetStockAsOf(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *stockAsOfIn) (*stockAsOfOut, error) {
			f, err := d.balanceFilter(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition)
			if err != nil {
				return nil, err
			}
			p, err := d.Store.StockAt(ctx, scopeOf(c.Actor, d.Store.Catalog()), stockAt(f, in.momentArgs), in.page())
			if err != nil {
				return nil, err
			}
			out := &stockAsOfOut{AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), Count: len(p.Rows),
				Items: make([]placeBalance, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.placeBalance(n.part(p.Rows[i].Part), &p.Rows[i])
			}
			if f.Part != 0 {
				sum, err := summarize(p.Rows)
				if err != nil {
					return nil, err
				}
				out.Summary = &sum
			}
			return out, nil
		})
}
