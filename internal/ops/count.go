package ops

import (
	"context"
	"strings"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

func counters() []identity.Role { return []identity.Role{identity.Admin, identity.Logistics} }

type openCountIn struct {
	Name           string `json:"count_name" req:"1" max:"255" doc:"Nome da contagem | Name of the count"`
	Type           string `json:"count_type,omitzero" enum:"count_type" doc:"FULL, CYCLIC ou SPOT (padrão) | FULL, CYCLIC or SPOT (default)"`
	Location       string `json:"location_id" req:"1" max:"50" doc:"Código do local | Location code"`
	Project        string `json:"project_id,omitzero" max:"50" doc:"Código do projeto; sem ele, todos | Project code; all without it"`
	Blind          *bool  `json:"is_blind,omitzero" doc:"Quem conta não vê o saldo (padrão) | Counters do not see the balance (default)"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type countResultIn struct {
	PartNumber string   `json:"part_number" req:"1" max:"100" doc:"Part number"`
	Quantity   Number   `json:"counted_quantity" req:"1" doc:"Quantidade contada | Quantity counted"`
	Project    string   `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Condition  string   `json:"condition,omitzero" enum:"condition" doc:"Condição (padrão NEW) | Condition (default NEW)"`
	Serials    []string `json:"serial_numbers,omitzero" max:"10000" doc:"Séries encontradas | Serials found"`
	Notes      string   `json:"notes,omitzero" doc:"Observações | Notes"`
}

type submitCountIn struct {
	CountID        ID              `json:"count_id" req:"1" doc:"Contagem | Count"`
	Results        []countResultIn `json:"results" req:"1" max:"1000" doc:"O que foi contado | What was counted"`
	IdempotencyKey string          `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type closeCountIn struct {
	CountID        ID     `json:"count_id" req:"1" doc:"Contagem | Count"`
	Cancel         bool   `json:"cancel,omitzero" doc:"Cancela sem comparar | Cancel without comparing"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

// CountReader finds the place and project of a count, for the permission check.
type CountReader interface {
	// CountPlace finds where a count takes place; project is 0 where it covers all. not_found when there is none.
	CountPlace(ctx context.Context, id uuid.UUID) (stock.LocationKey, stock.ProjectKey, error)
}

func (d *Deps) openCount() *Operation {
	return defineWrite[openCountIn, entityOut](spec{name: "sga_open_count", text: textOpenCount(), risk: Write, roles: counters()},
		func(ctx context.Context, c *Call, in *openCountIn) ([]byte, error) {
			cat := d.Store.Catalog()
			at, err := location(c.Actor, cat, in.Location, "location_id")
			if err != nil {
				return nil, err
			}
			if at.Key == stock.OutsideKey {
				return nil, fault.InvalidArgument.With("EXTERNO não guarda estoque.", "EXTERNO holds no stock.").On("location_id")
			}
			if _, err := project(c.Actor, cat, in.Project, "project_id"); err != nil {
				return nil, err
			}
			if in.Project == "" && !c.Actor.Projects.All {
				return nil, fault.InvalidArgument.With("Informe o projeto: você não vê todos.", "Give the project: you do not see all of them.").On("project_id")
			}
			kind := "SPOT"
			if in.Type != "" {
				words := vocabulary("count_type")
				if kind, err = stock.Parse(words, in.Type, "count_type"); err != nil {
					return nil, err
				}
			}
			step := &approval.CountOpen{ID: d.NewID(), Name: strings.TrimSpace(in.Name), Type: kind, Location: at.Code, Project: stock.Fold(in.Project),
				Blind: in.Blind == nil || *in.Blind}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{CountOpen: step}}, renderCount})
		})
}

func (d *Deps) submitCount() *Operation {
	return defineWrite[submitCountIn, entityOut](spec{name: "sga_submit_count", text: textSubmitCount(), risk: Write, roles: counters()},
		func(ctx context.Context, c *Call, in *submitCountIn) ([]byte, error) {
			if err := d.seesCount(ctx, c.Actor, in.CountID.UUID); err != nil {
				return nil, err
			}
			step := &approval.CountSubmit{CountID: in.CountID.UUID}
			for i := range in.Results {
				r, err := d.countResult(c.Actor, &in.Results[i])
				if err != nil {
					f := fault.Of(err)
					return nil, f.On("results[" + itoa(i) + "]." + f.Field)
				}
				step.Results = append(step.Results, r)
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{CountSubmit: step}}, renderCount})
		})
}

func (d *Deps) countResult(a *identity.Actor, in *countResultIn) (approval.CountResult, error) {
	if !in.Quantity.Set || in.Quantity.IsNeg() || in.Quantity.Cmp(stock.Whole(maxFigure)) > 0 {
		return approval.CountResult{}, fault.InvalidArgument.With("Informe a quantidade contada, zero ou mais.", "Give the quantity counted, zero or more.").On("counted_quantity")
	}
	if _, err := project(a, d.Store.Catalog(), in.Project, "project_id"); err != nil {
		return approval.CountResult{}, err
	}
	condition, err := word(stock.Conditions(), in.Condition, "condition")
	if err != nil {
		return approval.CountResult{}, err
	}
	if condition == "" {
		condition = stock.New
	}
	return approval.CountResult{ID: d.NewID(), PartNumber: in.PartNumber, Project: stock.Fold(in.Project), Condition: condition,
		Quantity: in.Quantity.Decimal, Serials: in.Serials, Notes: in.Notes}, nil
}

func (d *Deps) closeCount() *Operation {
	return defineWrite[closeCountIn, entityOut](spec{name: "sga_close_count", text: textCloseCount(), risk: Write, roles: counters()},
		func(ctx context.Context, c *Call, in *closeCountIn) ([]byte, error) {
			if err := d.seesCount(ctx, c.Actor, in.CountID.UUID); err != nil {
				return nil, err
			}
			step := &approval.CountClose{CountID: in.CountID.UUID, Cancel: in.Cancel}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{CountClose: step}}, renderCount})
		})
}

// seesCount refuses a count outside the actor's places and projects as one that does not exist.
func (d *Deps) seesCount(ctx context.Context, a *identity.Actor, id uuid.UUID) error {
	at, owner, err := d.Store.CountPlace(ctx, id)
	if err != nil {
		return err
	}
	s := scopeOf(a, d.Store.Catalog())
	if !s.SeesLocation(at) || owner != 0 && !s.SeesProject(owner) || owner == 0 && !s.AllProjects {
		return fault.NotFound.With("Contagem não encontrada.", "Count not found.").On("count_id")
	}
	return nil
}

// renderCount renders the outcome of a step of a count.
func renderCount(o *approval.Outcome) []byte {
	out := entityOf(o, "")
	out.CountID = out.ID
	return encoded(out)
}
