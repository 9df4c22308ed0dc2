package ops

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

type listDivergencesIn struct {
	PartNumber string `json:"part_number,omitzero" max:"100" doc:"Part number exato | Exact part number"`
	LocationID string `json:"location_id,omitzero" max:"50" doc:"Código do local; inclui os locais dentro dele | Location code; includes the places below it"`
	ProjectID  string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string `json:"condition,omitzero" enum:"condition" doc:"Condição | Condition"`
	Type       string `json:"divergence_type,omitzero" enum:"divergence_type" doc:"Origem da divergência | Where the divergence comes from"`
	Status     string `json:"status,omitzero" enum:"divergence_status" doc:"Situação | Status"`
	CountID    ID     `json:"count_id,omitzero" doc:"Só as desta contagem | Only those of this count"`
	pageArgs
}

type divergenceItem struct {
	DivergenceID     ID       `json:"divergence_id"`
	DivergenceType   string   `json:"divergence_type" enum:"divergence_type"`
	Status           string   `json:"status" enum:"divergence_status"`
	PartNumber       string   `json:"part_number"`
	Description      string   `json:"description"`
	LocationCode     string   `json:"location_code"`
	LocationName     string   `json:"location_name"`
	ProjectCode      string   `json:"project_code"`
	Condition        string   `json:"condition" enum:"condition"`
	Expected         Number   `json:"expected_quantity"`
	Actual           Number   `json:"actual_quantity"`
	Variance         Number   `json:"variance"` // actual − expected
	Missing          []string `json:"serials_missing"`
	Unexpected       []string `json:"serials_unexpected"`
	CountID          ID       `json:"count_id"`
	ReconciliationID ID       `json:"reconciliation_id"`
	TaskID           ID       `json:"task_id"`
	CreatedBy        string   `json:"created_by"`
	CreatedAt        Time     `json:"created_at"`
}

type listDivergencesOut struct {
	Count      int              `json:"count"`
	Items      []divergenceItem `json:"items"` // the newest first
	HasMore    bool             `json:"has_more"`
	NextCursor string           `json:"next_cursor,omitzero"`
}

func (d *Deps) listDivergences() *Operation {
	return define(spec{name: "sga_list_divergences", text: textListDivergences(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listDivergencesIn) (*listDivergencesOut, error) {
			b, err := d.balanceFilter(c.Actor, where{in.PartNumber, in.LocationID, in.ProjectID}, in.Condition)
			if err != nil {
				return nil, err
			}
			f := stock.DivergenceFilter{BalanceFilter: b, CountID: in.CountID.UUID}
			if f.Type, err = word(vocabulary("divergence_type"), in.Type, "divergence_type"); err != nil {
				return nil, err
			}
			if f.Status, err = word(vocabulary("divergence_status"), in.Status, "status"); err != nil {
				return nil, err
			}
			p, err := d.Store.Divergences(ctx, scopeOf(c.Actor, d.Store.Catalog()), f, in.page())
			if err != nil {
				return nil, err
			}
			ids := make([]uuid.UUID, len(p.Rows))
			for i := range p.Rows {
				ids[i] = p.Rows[i].CreatedBy
			}
			people, err := d.Store.Names(ctx, ids)
			if err != nil {
				return nil, err
			}
			out := &listDivergencesOut{Count: len(p.Rows), Items: make([]divergenceItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			n := names{d.Store.Catalog()}
			for i := range p.Rows {
				out.Items[i] = n.divergence(&p.Rows[i], people)
			}
			return out, nil
		})
}

func (n names) divergence(r *stock.DivergenceRow, people map[uuid.UUID]identity.Name) divergenceItem {
	part, at := n.part(r.Part), n.place(r.Location)
	return divergenceItem{DivergenceID: ID{r.ID}, DivergenceType: r.Type, Status: r.Status, PartNumber: part.Number, Description: part.Description,
		LocationCode: at.Code, LocationName: at.Name, ProjectCode: n.project(r.Project).Code, Condition: string(r.Condition),
		Expected: Num(r.Expected), Actual: Num(r.Actual), Variance: Num(r.Variance), Missing: r.Missing, Unexpected: r.Unexpected,
		CountID: ID{r.CountID}, ReconciliationID: ID{r.ReconciliationID}, TaskID: ID{r.TaskID}, CreatedBy: people[r.CreatedBy].Display,
		CreatedAt: Time{r.CreatedAt}}
}
