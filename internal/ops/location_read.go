package ops

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

type listLocationsIn struct {
	Query    string `json:"query,omitzero" max:"200" doc:"Palavras do código, do nome ou da cidade | Words of the code, the name or the city"`
	Type     string `json:"location_type,omitzero" enum:"location_type" doc:"Tipo do local | Location type"`
	Below    string `json:"parent_location_id,omitzero" max:"50" doc:"Código de um local: só ele e os que estão dentro dele | Location code: only it and those inside it"`
	City     string `json:"city,omitzero" max:"100" doc:"Cidade | City"`
	Inactive bool   `json:"include_inactive,omitzero" doc:"Também os inativos | Inactive ones too"`
	pageArgs
}

type locationItem struct {
	LocationID   ID          `json:"location_id"`
	LocationCode string      `json:"location_code"`
	LocationName string      `json:"location_name"`
	LocationType string      `json:"location_type" enum:"location_type"`
	ParentCode   *string     `json:"parent_location_code"` // null at the top, and where the parent is out of sight
	City         string      `json:"city"`
	State        string      `json:"state"`
	Address      string      `json:"address"`
	Policies     policiesOut `json:"policies"`
	IsActive     bool        `json:"is_active"`
}

type policiesOut struct {
	Restricted bool     `json:"restricted"`
	Conditions []string `json:"conditions"` // empty: any
	Ownership  string   `json:"ownership"`  // empty: anybody's
}

type listLocationsOut struct {
	Count      int            `json:"count"`
	Total      int            `json:"total"`
	Items      []locationItem `json:"items"`
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

func (d *Deps) listLocations() *Operation {
	return define(spec{name: "sga_list_locations", text: textListLocations(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listLocationsIn) (*listLocationsOut, error) {
			cat := d.Store.Catalog()
			f := stock.LocationFilter{Text: in.Query, City: in.City, Inactive: in.Inactive}
			var err error
			if f.Type, err = word(stock.LocationTypes(), in.Type, "location_type"); err != nil {
				return nil, err
			}
			top, err := location(c.Actor, cat, in.Below, "parent_location_id")
			if err != nil {
				return nil, err
			}
			if top != nil {
				f.Below = top.Key
			}
			scope := scopeOf(c.Actor, cat)
			p, err := d.Store.Locations(ctx, scope, f, in.page())
			if err != nil {
				return nil, err
			}
			out := &listLocationsOut{Count: len(p.Rows), Total: p.Total, Items: make([]locationItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i, l := range p.Rows {
				out.Items[i] = n.location(scope, l)
			}
			return out, nil
		})
}

func (n names) location(scope stock.Scope, l *stock.Location) locationItem {
	item := locationItem{LocationID: ID{l.ID}, LocationCode: l.Code, LocationName: l.Name, LocationType: string(l.Type), City: l.City, State: l.State,
		Address: l.Address, IsActive: l.Active,
		Policies: policiesOut{Restricted: l.Policies.Restricted, Conditions: stock.Values(l.Policies.Conditions), Ownership: string(l.Policies.Ownership)}}
	if l.Parent != 0 && scope.SeesLocation(l.Parent) {
		item.ParentCode = &n.place(l.Parent).Code
	}
	return item
}
