package ops

import (
	"context"

	"github.com/faiston/nexo/internal/stock"
)

type listProjectsIn struct {
	Query    string `json:"query,omitzero" max:"200" doc:"Palavras do código, do nome, do cliente ou do contrato | Words of the code, the name, the client or the contract"`
	Inactive bool   `json:"include_inactive,omitzero" doc:"Também os inativos | Inactive ones too"`
	pageArgs
}

type projectItem struct {
	ProjectID      ID     `json:"project_id"`
	ProjectCode    string `json:"project_code"`
	ProjectName    string `json:"project_name"`
	ClientName     string `json:"client_name"`
	ContractNumber string `json:"contract_number"`
	StartDate      *Date  `json:"start_date"`
	EndDate        *Date  `json:"end_date"`
	IsActive       bool   `json:"is_active"`
}

type listProjectsOut struct {
	Count      int           `json:"count"`
	Total      int           `json:"total"`
	Items      []projectItem `json:"items"`
	HasMore    bool          `json:"has_more"`
	NextCursor string        `json:"next_cursor,omitzero"`
}

func (d *Deps) listProjects() *Operation {
	return define(spec{name: "sga_list_projects", text: textListProjects(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *listProjectsIn) (*listProjectsOut, error) {
			p, err := d.Store.Projects(ctx, scopeOf(c.Actor, d.Store.Catalog()), stock.ProjectFilter{Text: in.Query, Inactive: in.Inactive}, in.page())
			if err != nil {
				return nil, err
			}
			out := &listProjectsOut{Count: len(p.Rows), Total: p.Total, Items: make([]projectItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i, r := range p.Rows {
				out.Items[i] = projectItem{ProjectID: ID{r.ID}, ProjectCode: r.Code, ProjectName: r.Name, ClientName: r.Client, ContractNumber: r.Contract,
					StartDate: dayPtr(r.StartsOn), EndDate: dayPtr(r.EndsOn), IsActive: r.Active}
			}
			return out, nil
		})
}
