package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type listCountsIn struct {
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Status     string `json:"status,omitzero" enum:"count_status" doc:"Situação | Status"`
	Type       string `json:"count_type,omitzero" enum:"count_type" doc:"Tipo da contagem | Type of count"`
	StartDate  Date   `json:"start_date,omitzero" doc:"Abertas a partir deste dia | Opened from this day on"`
	EndDate    Date   `json:"end_date,omitzero" doc:"Abertas até este dia, incluído | Opened up to this day, included"`
	pageArgs
}

type countItem struct {
	CountID      ID      `json:"count_id"`
	CountName    string  `json:"count_name"`
	CountType    string  `json:"count_type" enum:"count_type"`
	Status       string  `json:"status" enum:"count_status"`
	LocationCode string  `json:"location_code"`
	LocationName string  `json:"location_name"`
	ProjectCode  *string `json:"project_code"` // null: every project at the place
	IsBlind      bool    `json:"is_blind"`
	OpenedBy     string  `json:"opened_by"`
	OpenedAt     Time    `json:"opened_at"`
	ClosedBy     string  `json:"closed_by"`
	ClosedAt     *Time   `json:"closed_at"`
	Counted      int64   `json:"counted_items"`
	Divergences  int64   `json:"divergences"`
}

type listCountsOut struct {
	Count      int         `json:"count"`
	Items      []countItem `json:"items"` // the newest first
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitzero"`
}

func (d *Deps) listCounts() *Operation {
	return define(spec{name: "sga_list_counts", text: textListCounts(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listCountsIn) (*listCountsOut, error) {
			f := stock.CountFilter{From: in.StartDate.Date, To: in.EndDate.Date}
			if err := (stock.MovementFilter{From: f.From, To: f.To}).Check(); err != nil {
				return nil, err
			}
			var err error
			if _, f.Location, f.Project, err = d.find(c.Actor, where{at: in.LocationID, project: in.ProjectID}); err != nil {
				return nil, err
			}
			if f.Status, err = word(stock.CountStatuses(), in.Status, "status"); err != nil {
				return nil, err
			}
			if f.Type, err = word(vocabulary("count_type"), in.Type, "count_type"); err != nil {
				return nil, err
			}
			p, err := d.Store.Counts(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			var ids []uuid.UUID
			for i := range p.Rows {
				ids = append(ids, p.Rows[i].OpenedBy, p.Rows[i].ClosedBy)
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listCountsOut{Count: len(p.Rows), Items: make([]countItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.count(&p.Rows[i], people)
			}
			return out, nil
		})
}

func (n names) count(r *stock.CountRow, people map[uuid.UUID]identity.Name) countItem {
	at := n.place(r.Location)
	item := countItem{CountID: ID{r.ID}, CountName: r.Name, CountType: r.Type, Status: string(r.Status), LocationCode: at.Code, LocationName: at.Name,
		IsBlind: r.Blind, OpenedBy: people[r.OpenedBy].Display, OpenedAt: Time{r.OpenedAt}, ClosedBy: people[r.ClosedBy].Display,
		ClosedAt: timePtr(r.ClosedAt), Counted: r.Counted, Divergences: r.Divergences}
	if r.Project != 0 {
		item.ProjectCode = &n.project(r.Project).Code
	}
	return item
}

type getCountIn struct {
	CountID ID `json:"count_id" req:"1" doc:"Contagem | Count"`
	pageArgs
}

type countedItem struct {
	PartNumber  string   `json:"part_number"`
	Description string   `json:"description"`
	ProjectCode string   `json:"project_code"`
	Condition   string   `json:"condition" enum:"condition"`
	Expected    *Number  `json:"expected_quantity"` // null while it is hidden
	Counted     *Number  `json:"counted_quantity"`  // null: not counted yet
	Variance    *Number  `json:"variance"`          // counted − expected
	Round       int      `json:"round"`
	CountedBy   string   `json:"counted_by"`
	CountedAt   *Time    `json:"counted_at"`
	Serials     []string `json:"serial_numbers"`
	Missing     []string `json:"serials_missing"`
	Unexpected  []string `json:"serials_unexpected"`
	Notes       string   `json:"notes"`
}

type getCountOut struct {
	Found bool `json:"found"`
	countItem
	Count      int           `json:"count"`
	Items      []countedItem `json:"items"`
	HasMore    bool          `json:"has_more"`
	NextCursor string        `json:"next_cursor,omitzero"`
}

func (d *Deps) getCount() *Operation {
	return define(spec{name: "sga_get_count", text: textGetCount(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getCountIn) (*getCountOut, error) {
			p, err := d.Store.Count(ctx, scopeOf(c.Actor, d.Store.Catalog()), in.CountID.UUID, in.page())
			if err != nil {
				return nil, err
			}
			ids := []uuid.UUID{p.Count.OpenedBy, p.Count.ClosedBy}
			for i := range p.Rows {
				ids = append(ids, p.Rows[i].CountedBy)
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			n := names{d.Store.Catalog()}
			out := &getCountOut{Found: true, countItem: n.count(&p.Count, people), Count: len(p.Rows), Items: make([]countedItem, len(p.Rows)),
				HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				if out.Items[i], err = n.counted(&p.Rows[i], people); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
}

func (n names) counted(r *stock.CountItem, people map[uuid.UUID]identity.Name) (countedItem, error) {
	part := n.part(r.Part)
	item := countedItem{PartNumber: part.Number, Description: part.Description, ProjectCode: n.project(r.Project).Code, Condition: string(r.Condition),
		Expected: NumPtr(r.Expected), Counted: NumPtr(r.Counted), Round: r.Round, CountedBy: people[r.CountedBy].Display, CountedAt: timePtr(r.CountedAt),
		Serials: r.Serials, Missing: r.Missing, Unexpected: r.Unexpected, Notes: r.Notes}
	if r.Expected == nil || r.Counted == nil {
		return item, nil
	}
	variance, err := r.Counted.Sub(*r.Expected)
	item.Variance = NumPtr(&variance)
	return item, err
}
