package ops

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

type listLowStockIn struct {
	PartNumber  string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	LocationID  string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID   string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Category    string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	PerLocation bool   `json:"per_location,omitzero" doc:"Julga cada local sozinho (padrão: a soma dos locais) | Judge each place alone (default: the sum of the places)"`
	PerProject  bool   `json:"per_project,omitzero" doc:"Julga cada projeto sozinho (padrão: a soma dos projetos) | Judge each project alone (default: the sum of the projects)"`
	momentArgs
	pageArgs
}

// lowStockItem is a part that runs out. Levels are those of today, whatever the date of the stock.
type lowStockItem struct {
	PartNumber   string  `json:"part_number"`
	Description  string  `json:"description"`
	Category     string  `json:"category"`
	Unit         string  `json:"unit_of_measure"`
	LocationCode *string `json:"location_code"` // null: over all places that were asked for
	LocationName *string `json:"location_name"`
	ProjectCode  *string `json:"project_code"` // null: over all projects that were asked for
	Total        Number  `json:"quantity_total"`
	Available    Number  `json:"quantity_available"`
	Minimum      Number  `json:"min_stock_level"`
	Maximum      *Number `json:"max_stock_level"`
	ReorderPoint *Number `json:"reorder_point"`
	Threshold    Number  `json:"threshold"` // the greater of minimum and reorder point
	Shortage     Number  `json:"shortage"`  // how much is missing up to the threshold
	Value        *Money  `json:"shortage_value"`
	StockStatus  string  `json:"stock_status" enum:"stock_status"`
}

type listLowStockOut struct {
	AsOf       *Date          `json:"as_of"`
	KnownAt    *Time          `json:"known_at"`
	Count      int            `json:"count"`
	Total      int64          `json:"total"`
	OutOfStock int64          `json:"out_of_stock" doc:"Destes, sem nada disponível | Of these, with nothing available"`
	Value      *Money         `json:"shortage_value" doc:"O que falta, ao custo unitário de hoje, em BRL | What is missing, at today's unit cost, in BRL"`
	Items      []lowStockItem `json:"items"` // the most critical first
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

// listLowStock says what runs out, or had run out on a past day.
func (d *Deps) listLowStock() *Operation {
	return define(spec{name: "sga_list_low_stock", text: textListLowStock(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listLowStockIn) (*listLowStockOut, error) {
			part, at, owner, err := d.find(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID})
			if err != nil {
				return nil, err
			}
			f := stock.ShortageFilter{Part: part, Location: at, Project: owner, Category: in.Category, PerLocation: in.PerLocation, PerProject: in.PerProject,
				Moment: in.moment(), Values: seesFiscal(c.Actor)}
			p, err := d.Store.LowStock(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &listLowStockOut{AsOf: dayPtr(in.AsOf.Date), KnownAt: timePtr(in.KnownAt.Time), Count: len(p.Rows), Total: p.Total, OutOfStock: p.Empty,
				Value: MoneyPtr(p.Value), Items: make([]lowStockItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				if out.Items[i], err = n.shortage(&p.Rows[i]); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
}

func (n names) shortage(s *stock.Shortage) (lowStockItem, error) {
	part := n.part(s.Part)
	missing, err := s.Threshold.Sub(s.Available)
	item := lowStockItem{PartNumber: part.Number, Description: part.Description, Category: part.Category, Unit: part.Unit,
		Total: Num(s.Total), Available: Num(s.Available), Minimum: Num(part.Minimum), Maximum: NumPtr(part.Maximum), ReorderPoint: NumPtr(part.ReorderPoint),
		Threshold: Num(s.Threshold), Shortage: Num(missing), Value: MoneyPtr(s.Value), StockStatus: string(stock.LevelOf(s.Available, s.Threshold))}
	if s.Location != 0 {
		at := n.place(s.Location)
		item.LocationCode, item.LocationName = &at.Code, &at.Name
	}
	if s.Project != 0 {
		item.ProjectCode = &n.project(s.Project).Code
	}
	return item, err
}
