package ops

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

type listLowStockIn struct {
	LocationID  string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID   string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Category    string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	PerLocation bool   `json:"per_location,omitzero" doc:"Julga cada local sozinho (padrão: a soma dos locais) | Judge each place alone (default: the sum of the places)"`
	pageArgs
}

type lowStockItem struct {
	PartNumber   string  `json:"part_number"`
	Description  string  `json:"description"`
	Category     string  `json:"category"`
	Unit         string  `json:"unit_of_measure"`
	LocationCode *string `json:"location_code"` // null: over all places that were asked for
	LocationName *string `json:"location_name"`
	Total        Number  `json:"quantity_total"`
	Available    Number  `json:"quantity_available"`
	Minimum      Number  `json:"min_stock_level"`
	Maximum      *Number `json:"max_stock_level"`
	ReorderPoint *Number `json:"reorder_point"`
	Threshold    Number  `json:"threshold"` // the greater of minimum and reorder point
	Shortage     Number  `json:"shortage"`  // how much is missing up to the threshold
	StockStatus  string  `json:"stock_status" enum:"stock_status"`
}

type listLowStockOut struct {
	Count      int            `json:"count"`
	Total      int64          `json:"total"`
	Items      []lowStockItem `json:"items"` // the most critical first
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

// listLowStock says what runs out.
func (d *Deps) listLowStock() *Operation {
	return define(spec{name: "sga_list_low_stock", text: textListLowStock(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listLowStockIn) (*listLowStockOut, error) {
			_, at, owner, err := d.find(c.Actor, where{at: in.LocationID, project: in.ProjectID})
			if err != nil {
				return nil, err
			}
			f := stock.ShortageFilter{Location: at, Project: owner, Category: in.Category, PerLocation: in.PerLocation}
			p, err := d.Store.LowStock(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &listLowStockOut{Count: len(p.Rows), Total: p.Total, Items: make([]lowStockItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
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
		Threshold: Num(s.Threshold), Shortage: Num(missing), StockStatus: string(stock.LevelOf(s.Available, s.Threshold))}
	if s.Location != 0 {
		at := n.place(s.Location)
		item.LocationCode, item.LocationName = &at.Code, &at.Name
	}
	return item, err
}
