package ops

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// assetItem is an asset as lists show it. Invoice and values are null to roles that may not read them.
type assetItem struct {
	AssetID         ID      `json:"asset_id"`
	SerialNumber    string  `json:"serial_number"`
	PartNumber      string  `json:"part_number"`
	Description     string  `json:"description"`
	LocationCode    string  `json:"location_code"`
	LocationName    string  `json:"location_name"`
	ProjectCode     string  `json:"project_code"`
	Status          string  `json:"status" enum:"asset_status"`
	Condition       string  `json:"condition" enum:"condition"`
	Ownership       string  `json:"ownership" enum:"ownership"`
	Tag             string  `json:"tag"`
	Ticket          string  `json:"ticket"`
	ReservationID   ID      `json:"reservation_id"`
	IsActive        bool    `json:"is_active"`
	LastMovementAt  *Time   `json:"last_movement_at"`
	PurchaseDate    *Date   `json:"purchase_date"`
	WarrantyEnd     *Date   `json:"warranty_end_date"`
	NFNumber        *string `json:"nf_number"`
	NFDate          *Date   `json:"nf_date"`
	AcquisitionCost *Money  `json:"acquisition_cost"`
	CurrentValue    *Money  `json:"current_value"`
	CreatedAt       Time    `json:"created_at"`
}

func (n names) assetItem(a *identity.Actor, r *stock.AssetRow) assetItem {
	part, at := n.part(r.Part), n.place(r.Location)
	item := assetItem{AssetID: ID{r.ID}, SerialNumber: r.Serial, PartNumber: part.Number, Description: part.Description,
		LocationCode: at.Code, LocationName: at.Name, ProjectCode: n.project(r.Project).Code, Status: string(r.Status),
		Condition: string(r.Condition), Ownership: string(r.Ownership), Tag: r.Tag, Ticket: r.Ticket, ReservationID: ID{r.Reserved},
		IsActive: r.Active, LastMovementAt: timePtr(r.LastMovementAt), PurchaseDate: dayPtr(r.PurchaseDate),
		WarrantyEnd: dayPtr(r.WarrantyEnd), CreatedAt: Time{r.CreatedAt}}
	if seesFiscal(a) {
		item.NFNumber, item.NFDate = &r.NFNumber, dayPtr(r.NFDate)
		item.AcquisitionCost, item.CurrentValue = MoneyPtr(r.AcquisitionCost), MoneyPtr(r.CurrentValue)
	}
	return item
}

type listAssetsIn struct {
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	PartNumber string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	Status     string `json:"status,omitzero" enum:"asset_status" doc:"Estado | State"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	Ownership  string `json:"ownership,omitzero" enum:"ownership" doc:"De quem é | Whose it is"`
	pageArgs
}

type listAssetsOut struct {
	Count      int         `json:"count"`
	Items      []assetItem `json:"items"`
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitzero"`
}

func (d *Deps) listAssets() *Operation {
	return define(spec{name: "sga_list_assets", text: textListAssets(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listAssetsIn) (*listAssetsOut, error) {
			var f stock.AssetFilter
			var err error
			if f.Part, f.Location, f.Project, err = d.find(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}); err != nil {
				return nil, err
			}
			if f.Status, err = word(stock.AssetStatuses(), in.Status, "status"); err != nil {
				return nil, err
			}
			if f.Condition, err = word(stock.Conditions(), in.Condition, "condition"); err != nil {
				return nil, err
			}
			if f.Ownership, err = word(stock.Ownerships(), in.Ownership, "ownership"); err != nil {
				return nil, err
			}
			p, err := d.Store.Assets(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			out := &listAssetsOut{Count: len(p.Rows), Items: make([]assetItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.assetItem(c.Actor, &p.Rows[i])
			}
			return out, nil
		})
}

// searchLimit is the page of a search when nobody says: what fits on a screen or in a model's attention.
const searchLimit = 50

type searchAssetsIn struct {
	Query      string `json:"query" req:"1" max:"200" doc:"Número de série, part number, etiqueta, descrição, pessoa, chamado ou local | Serial number, part number, tag, description, person, ticket or location"`
	SearchType string `json:"search_type,omitzero" enum:"search_type" doc:"Onde procurar (padrão all) | Where to search (default all)"`
	Limit      int    `json:"limit,omitzero" min:"1" max:"1000" doc:"Tamanho da página (padrão 50) | Page size (default 50)"`
	Cursor     string `json:"cursor,omitzero" max:"1024" doc:"Continuação: o next_cursor da página anterior | Continuation: next_cursor of the page before"`
}

// foundItem is an asset with how it was found.
type foundItem struct {
	AssetID        ID     `json:"asset_id"`
	SerialNumber   string `json:"serial_number"`
	PartNumber     string `json:"part_number"`
	Description    string `json:"description"`
	LocationCode   string `json:"location_code"`
	LocationName   string `json:"location_name"`
	ProjectCode    string `json:"project_code"`
	Status         string `json:"status" enum:"asset_status"`
	Condition      string `json:"condition" enum:"condition"`
	LastMovementAt *Time  `json:"last_movement_at"`
	Tag            string `json:"tag"`
	Ticket         string `json:"ticket"`
	Match          string `json:"match" enum:"match"`
}

type searchAssetsOut struct {
	Query      string      `json:"query"`
	SearchType string      `json:"search_type" enum:"search_type"`
	Count      int         `json:"count"`
	Items      []foundItem `json:"items"`
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitzero"`
}

func (d *Deps) searchAssets() *Operation {
	return define(spec{name: "sga_search_assets", text: textSearchAssets(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *searchAssetsIn) (*searchAssetsOut, error) {
			kind, err := searchType(in.SearchType)
			if err != nil {
				return nil, err
			}
			s, err := stock.CleanSearch(in.Query, kind)
			if err != nil {
				return nil, err
			}
			limit := in.Limit
			if limit == 0 {
				limit = searchLimit
			}
			p, err := d.Store.SearchAssets(ctx, scopeOf(c.Actor, d.Store.Catalog()), s, stock.Page{Limit: limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := &searchAssetsOut{Query: s.Text, SearchType: string(s.Type), Count: len(p.Rows), Items: make([]foundItem, len(p.Rows)),
				HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.foundItem(&p.Rows[i])
			}
			return out, nil
		})
}

// searchType reads one of the words of the contract, which are written in small letters.
func searchType(s string) (stock.SearchType, error) {
	for _, t := range stock.SearchTypes() {
		if s == "" || stock.Fold(s) == stock.Fold(string(t)) {
			if s == "" {
				return stock.SearchAll, nil
			}
			return t, nil
		}
	}
	return "", fault.InvalidArgument.With("Tipo de busca desconhecido.", "Unknown type of search.").On("search_type").
		Detail("allowed", stock.Values(stock.SearchTypes()))
}

func (n names) foundItem(r *stock.FoundAsset) foundItem {
	part, at := n.part(r.Part), n.place(r.Location)
	return foundItem{AssetID: ID{r.ID}, SerialNumber: r.Serial, PartNumber: part.Number, Description: part.Description,
		LocationCode: at.Code, LocationName: at.Name, ProjectCode: n.project(r.Project).Code, Status: string(r.Status),
		Condition: string(r.Condition), LastMovementAt: timePtr(r.LastMovementAt), Tag: r.Tag, Ticket: r.Ticket, Match: string(r.Match)}
}

type timelineIn struct {
	Identifier     string `json:"identifier" req:"1" max:"100" doc:"Número de série ou asset_id | Serial number or asset_id"`
	IdentifierType string `json:"identifier_type,omitzero" enum:"identifier_type" doc:"O que identifier é (padrão serial_number) | What identifier is (default serial_number)"`
	PartNumber     string `json:"part_number,omitzero" max:"100" doc:"Part number, se vários têm esse número de série | Part number, where several have that serial number"`
	pageArgs
}

// timelineItem is one event of an asset. movement_type is STATE_CHANGE where it changed state without a movement.
type timelineItem struct {
	MovementID   ID      `json:"movement_id"`
	MovementType string  `json:"movement_type"`
	MovementDate Time    `json:"movement_date"`
	MovementOn   Date    `json:"movement_on"`
	Quantity     Number  `json:"quantity"`
	Source       string  `json:"source_location"`
	Destination  string  `json:"destination_location"`
	ProjectCode  string  `json:"project_code"`
	NFNumber     *string `json:"nf_number"`
	Reason       string  `json:"reason"`
	CreatedBy    string  `json:"created_by"`
	FromStatus   string  `json:"from_status,omitzero" enum:"asset_status"`
	ToStatus     string  `json:"to_status" enum:"asset_status"`
	Condition    string  `json:"condition" enum:"condition"`
	Ticket       string  `json:"ticket"`
	Version      int64   `json:"version"`
}

type timelineOut struct {
	Found      bool           `json:"found"`
	Asset      assetItem      `json:"asset"`
	Timeline   []timelineItem `json:"timeline"`
	Count      int64          `json:"timeline_count" doc:"Eventos da história inteira | Events of the whole history"`
	HasMore    bool           `json:"has_more"`
	NextCursor string         `json:"next_cursor,omitzero"`
}

func (d *Deps) getAssetTimeline() *Operation {
	return define(spec{name: "sga_get_asset_timeline", text: textGetAssetTimeline(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *timelineIn) (*timelineOut, error) {
			name, err := d.assetName(in)
			if err != nil {
				return nil, err
			}
			t, err := d.Store.Timeline(ctx, scopeOf(c.Actor, d.Store.Catalog()), name, in.page())
			if err != nil {
				return nil, err
			}
			n := names{d.Store.Catalog()}
			out := &timelineOut{Found: true, Asset: n.assetItem(c.Actor, &t.Asset), Timeline: make([]timelineItem, len(t.Events)), Count: t.Total,
				HasMore: t.Next != "", NextCursor: t.Next}
			for i := range t.Events {
				out.Timeline[i] = n.timelineItem(c.Actor, &t.Events[i])
			}
			return out, nil
		})
}

func (d *Deps) assetName(in *timelineIn) (name stock.AssetName, err error) {
	if in.PartNumber != "" {
		part, err := stock.FindPart(d.Store.Catalog(), in.PartNumber, "part_number")
		if err != nil {
			return name, err
		}
		name.Part = part.Key
	}
	switch stock.Fold(in.IdentifierType) {
	case "", "SERIAL_NUMBER":
		name.Serial = in.Identifier
		if stock.SerialKey(name.Serial) == "" {
			return name, fault.InvalidArgument.With("Informe identifier.", "identifier is required.").On("identifier")
		}
		return name, nil
	case "ASSET_ID":
		if name.ID, err = uuid.Parse(in.Identifier); err != nil || len(in.Identifier) != 36 {
			return name, fault.Of(badID()).On("identifier")
		}
		return name, nil
	}
	return name, fault.InvalidArgument.With("Tipo de identificador desconhecido.", "Unknown type of identifier.").On("identifier_type").
		Detail("allowed", vocabulary("identifier_type"))
}

func (n names) timelineItem(a *identity.Actor, e *stock.TimelineEvent) timelineItem {
	item := timelineItem{MovementType: "STATE_CHANGE", MovementDate: Time{e.RecordedAt}, MovementOn: Day(e.On), Quantity: Num(stock.Quantity{}),
		Source: n.place(e.From).Code, Destination: n.place(e.To).Code, ProjectCode: n.project(e.Project).Code, Reason: e.Reason, CreatedBy: e.Actor,
		FromStatus: string(e.FromStatus), ToStatus: string(e.ToStatus), Condition: string(e.Condition), Version: e.Version}
	if m := e.Movement; m != nil {
		item.MovementID, item.MovementType, item.Quantity = ID{m.ID}, string(m.Type), Num(m.Quantity)
		item.Source, item.Destination = n.place(m.Source).Code, n.place(m.Destination).Code
		item.NFNumber, item.Ticket = fiscal(a, m.Papers.NFNumber), m.Papers.Ticket
	}
	return item
}
