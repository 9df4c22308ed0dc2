package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

type listInventoryIn struct {
	LocationID  string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID   string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	PartNumber  string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Status      string `json:"status,omitzero" enum:"asset_status" doc:"Só equipamentos serializados neste estado; eles vêm em assets | Only serialised equipment in this state; it comes in assets"`
	StockStatus string `json:"stock_status,omitzero" enum:"stock_status" doc:"Situação frente ao estoque mínimo | Position against the minimum stock"`
	Condition   string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	Offset      int    `json:"offset,omitzero" min:"0" max:"1000000" doc:"Linhas a pular (no máximo 1.000.000); prefira cursor, que custa o mesmo em toda página | Rows to pass over (at most 1,000,000); prefer cursor, which costs the same on every page"`
	pageArgs
	momentArgs
}

// inventoryItem is one balance.
type inventoryItem struct {
	LocationID     ID     `json:"location_id"`
	LocationCode   string `json:"location_code"`
	LocationName   string `json:"location_name"`
	ProjectCode    string `json:"project_code"`
	PartNumberID   ID     `json:"part_number_id"`
	PartNumber     string `json:"part_number"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	Condition      string `json:"condition" enum:"condition"`
	Total          Number `json:"quantity_total"`
	Reserved       Number `json:"quantity_reserved"`
	Available      Number `json:"quantity_available"`
	MinStockLevel  Number `json:"min_stock_level"`
	StockStatus    string `json:"stock_status" enum:"stock_status"`
	Unit           string `json:"unit_of_measure"`
	LastMovementAt *Time  `json:"last_movement_at"`
	LastCountAt    *Time  `json:"last_count_at"`
}

type listInventoryOut struct {
	Items         []inventoryItem `json:"items"`
	Total         *int64          `json:"total" doc:"Linhas da lista inteira; null no passado, se há mais páginas | Rows of the whole list; null in the past, where there are more pages"`
	Limit         int             `json:"limit"`
	Offset        int             `json:"offset"`
	HasMore       bool            `json:"has_more"`
	NextCursor    string          `json:"next_cursor,omitzero"`
	Assets        []assetItem     `json:"assets,omitzero" doc:"Com status: os equipamentos destas linhas | With status: the equipment of these rows"`
	AssetsHasMore bool            `json:"assets_has_more,omitzero"`
}

func (d *Deps) listInventory() *Operation {
	return define(spec{name: "sga_list_inventory", text: textListInventory(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listInventoryIn) (*listInventoryOut, error) {
			f, err := d.inventoryFilter(c, in)
			if err != nil {
				return nil, err
			}
			scope := scopeOf(c.Actor, d.Store.Catalog())
			if !in.moment().IsNow() {
				return d.inventoryThen(ctx, scope, f, in)
			}
			p, err := d.Store.Inventory(ctx, scope, f, in.page(), in.Offset)
			if err != nil {
				return nil, err
			}
			out := &listInventoryOut{Items: make([]inventoryItem, len(p.Rows)), Total: &p.Total, Limit: in.page().Size(), Offset: in.Offset,
				HasMore: p.Next != "", NextCursor: p.Next, AssetsHasMore: p.More}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.inventoryItem(&p.Rows[i])
			}
			if f.Status != "" {
				out.Assets = make([]assetItem, len(p.Assets))
				for i := range p.Assets {
					out.Assets[i] = n.assetItem(c.Actor, &p.Assets[i])
				}
			}
			return out, nil
		})
}

func (d *Deps) inventoryFilter(c *Call, in *listInventoryIn) (f stock.InventoryFilter, err error) {
	if f.BalanceFilter, err = d.balanceFilter(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition); err != nil {
		return f, err
	}
	if f.Status, err = word(stock.AssetStatuses(), in.Status, "status"); err != nil {
		return f, err
	}
	if f.Level, err = word(stock.StockLevels(), in.StockStatus, "stock_status"); err != nil {
		return f, err
	}
	past := !in.moment().IsNow()
	switch {
	case f.Status != "" && f.Level != "":
		return f, notTogether("stock_status", "status")
	case past && f.Status != "":
		return f, notTogether("status", "as_of")
	case past && f.Level != "":
		return f, notTogether("stock_status", "as_of")
	case past && in.Offset > 0:
		return f, notTogether("offset", "as_of")
	case in.Cursor != "" && in.Offset > 0:
		return f, notTogether("offset", "cursor")
	}
	return f, nil
}

// notTogether refuses an argument that has no meaning beside another.
func notTogether(field, other string) error {
	return fault.InvalidArgument.With("%s não se usa com %s.", "%s is not used with %s.", field, other).On(field)
}

// inventoryThen lists balances of the past: of as many whole parts as the page may have rows.
func (d *Deps) inventoryThen(ctx context.Context, scope stock.Scope, f stock.InventoryFilter, in *listInventoryIn) (*listInventoryOut, error) {
	p, err := d.Store.StockAt(ctx, scope, stock.StockAtFilter{BalanceFilter: f.BalanceFilter, Moment: in.moment()}, in.page())
	if err != nil {
		return nil, err
	}
	out := &listInventoryOut{Items: make([]inventoryItem, len(p.Rows)), Limit: in.page().Size(), HasMore: p.Next != "", NextCursor: p.Next}
	if p.Next == "" && in.Cursor == "" {
		total := int64(len(p.Rows))
		out.Total = &total
	}
	n := names{d.Store.Catalog()}
	for i := range p.Rows {
		out.Items[i] = n.inventoryItem(&p.Rows[i])
	}
	return out, nil
}

func (n names) inventoryItem(r *stock.BalanceRow) inventoryItem {
	part, at, available := n.part(r.Part), n.place(r.Location), r.Available()
	return inventoryItem{LocationID: ID{at.ID}, LocationCode: at.Code, LocationName: at.Name, ProjectCode: n.project(r.Project).Code,
		PartNumberID: ID{part.ID}, PartNumber: part.Number, Description: part.Description, Category: part.Category, Condition: string(r.Condition),
		Total: Num(r.Total), Reserved: Num(r.Reserved), Available: Num(available), MinStockLevel: Num(part.Minimum),
		StockStatus: string(stock.LevelOf(available, part.Minimum)), Unit: part.Unit,
		LastMovementAt: timePtr(r.LastMovementAt), LastCountAt: timePtr(r.LastCountAt)}
}
