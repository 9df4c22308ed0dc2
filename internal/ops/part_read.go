package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

type listPartNumbersIn struct {
	Query        string `json:"query,omitzero" max:"200" doc:"Palavras do número, da descrição ou dos códigos | Words of the number, the description or the codes"`
	Category     string `json:"category,omitzero" max:"100" doc:"Categoria | Category"`
	Manufacturer string `json:"manufacturer,omitzero" max:"255" doc:"Fabricante | Manufacturer"`
	Serialized   *bool  `json:"is_serialized,omitzero" doc:"Só os controlados, ou só os não controlados, por número de série | Only those controlled, or not controlled, by serial number"`
	Inactive     bool   `json:"include_inactive,omitzero" doc:"Também os inativos | Inactive ones too"`
	pageArgs
}

// partItem is an entry of the catalogue.
type partItem struct {
	PartNumberID    ID       `json:"part_number_id"`
	PartNumber      string   `json:"part_number"`
	Description     string   `json:"description"`
	Category        string   `json:"category"`
	Manufacturer    string   `json:"manufacturer"`
	Model           string   `json:"model"`
	Unit            string   `json:"unit_of_measure"`
	NCM             string   `json:"ncm"`
	Serialized      bool     `json:"is_serialized"`
	Fractional      bool     `json:"is_fractional"`
	MandatoryReturn bool     `json:"mandatory_return"`
	Minimum         Number   `json:"min_stock_level"`
	Maximum         *Number  `json:"max_stock_level"`
	ReorderPoint    *Number  `json:"reorder_point"`
	UnitCost        *Money   `json:"unit_cost"` // BRL; null also to those who may not read values
	SupplierCodes   []string `json:"supplier_codes"`
	SAPMaterial     string   `json:"sap_material"`
	IsActive        bool     `json:"is_active"`
}

type listPartNumbersOut struct {
	Count      int        `json:"count"`
	Total      int        `json:"total"`
	Items      []partItem `json:"items"`
	HasMore    bool       `json:"has_more"`
	NextCursor string     `json:"next_cursor,omitzero"`
}

func (d *Deps) listPartNumbers() *Operation {
	return define(spec{name: "sga_list_part_numbers", text: textListPartNumbers(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listPartNumbersIn) (*listPartNumbersOut, error) {
			f := stock.PartFilter{Text: in.Query, Category: in.Category, Manufacturer: in.Manufacturer, Serialized: in.Serialized, Inactive: in.Inactive}
			p, err := d.Store.Parts(ctx, f, in.page())
			if err != nil {
				return nil, err
			}
			out := &listPartNumbersOut{Count: len(p.Rows), Total: p.Total, Items: make([]partItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i, row := range p.Rows {
				out.Items[i] = partItemOf(c.Actor, row)
			}
			return out, nil
		})
}

func partItemOf(a *identity.Actor, p *stock.Part) partItem {
	item := partItem{PartNumberID: ID{p.ID}, PartNumber: p.Number, Description: p.Description, Category: p.Category, Manufacturer: p.Manufacturer,
		Model: p.Model, Unit: p.Unit, NCM: p.NCM, Serialized: p.Serialized, Fractional: p.Fractional, MandatoryReturn: p.MandatoryReturn,
		Minimum: Num(p.Minimum), Maximum: NumPtr(p.Maximum), ReorderPoint: NumPtr(p.ReorderPoint), SupplierCodes: p.SupplierCodes,
		SAPMaterial: p.SAPMaterial, IsActive: p.Active}
	if seesFiscal(a) {
		item.UnitCost = MoneyPtr(p.UnitCost)
	}
	if item.SupplierCodes == nil {
		item.SupplierCodes = []string{}
	}
	return item
}

type getPartNumberIn struct {
	PartNumber string `json:"part_number" req:"1" max:"100" doc:"Part number exato | Exact part number"`
}

type getPartNumberOut struct {
	Found bool `json:"found"`
	partItem
}

func (d *Deps) getPartNumber() *Operation {
	return define(spec{name: "sga_get_part_number", text: textGetPartNumber(), risk: Read, roles: everyone()},
		func(_ context.Context, c *Call, in *getPartNumberIn) (*getPartNumberOut, error) {
			p, err := stock.FindPart(d.Store.Catalog(), in.PartNumber, "part_number")
			if err != nil {
				return nil, err
			}
			return &getPartNumberOut{Found: true, partItem: partItemOf(c.Actor, p)}, nil
		})
}
