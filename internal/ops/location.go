package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// policiesArgs limit what a place may hold (FR-03).
type policiesArgs struct {
	Restricted bool     `json:"restricted,omitzero" doc:"Todo movimento espera aprovação | Every movement waits for approval"`
	Conditions []string `json:"conditions,omitzero" max:"5" enum:"condition" doc:"Só recebe estas condições | Only takes these conditions"`
	Ownership  string   `json:"ownership,omitzero" enum:"ownership" doc:"Só recebe itens deste dono | Only takes items of this owner"`
}

type locationArgs struct {
	Parent         *string       `json:"parent_location_id,omitzero" max:"50" doc:"Código do local que o contém | Code of the location that contains it"`
	City           *string       `json:"city,omitzero" max:"100" doc:"Cidade | City"`
	State          *string       `json:"state,omitzero" max:"50" doc:"UF | State"`
	Address        *string       `json:"address,omitzero" doc:"Endereço | Address"`
	Policies       *policiesArgs `json:"policies,omitzero" doc:"Regras do local | Rules of the location"`
	IsActive       *bool         `json:"is_active,omitzero" doc:"Ativo | Active"`
	IdempotencyKey string        `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type createLocationIn struct {
	Code string `json:"location_code" req:"1" max:"50" doc:"Código | Code"`
	Name string `json:"location_name" req:"1" max:"255" doc:"Nome | Name"`
	Type string `json:"location_type" req:"1" enum:"location_type" doc:"Tipo | Type"`
	locationArgs
}

type updateLocationIn struct {
	Code string  `json:"location_code" req:"1" max:"50" doc:"Código | Code"`
	Name *string `json:"location_name,omitzero" max:"255" doc:"Nome | Name"`
	locationArgs
}

func (in *locationArgs) edit(code string, name *string) (*approval.LocationEdit, error) {
	e := &approval.LocationEdit{Code: stock.Fold(code), Name: name, Parent: in.Parent, City: in.City, State: in.State, Address: in.Address, Active: in.IsActive}
	if p := in.Policies; p != nil {
		e.Policies = &stock.Policies{Restricted: p.Restricted}
		for _, c := range p.Conditions {
			v, err := stock.Parse(stock.Conditions(), c, "policies.conditions")
			if err != nil {
				return nil, err
			}
			e.Policies.Conditions = append(e.Policies.Conditions, v)
		}
		owner, err := word(stock.Ownerships(), p.Ownership, "policies.ownership")
		if err != nil {
			return nil, err
		}
		e.Policies.Ownership = owner
	}
	return e, nil
}

func (d *Deps) createLocation() *Operation {
	return defineWrite[createLocationIn, entityOut](spec{name: "sga_create_location", text: textCreateLocation(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *createLocationIn) ([]byte, error) {
			name, err := cleanName(in.Name, "location_name")
			if err != nil {
				return nil, err
			}
			if err := checkCode(in.Code, "location_code"); err != nil {
				return nil, err
			}
			e, err := in.edit(in.Code, &name)
			if err != nil {
				return nil, err
			}
			if e.Type, err = stock.Parse(stock.LocationTypes(), in.Type, "location_type"); err != nil {
				return nil, err
			}
			if in.Parent != nil {
				if _, err := location(c.Actor, d.Store.Catalog(), *in.Parent, "parent_location_id"); err != nil {
					return nil, err
				}
			}
			e.Create, e.ID = true, d.NewID()
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Location: e}}, renderEntity(e.Code)})
		})
}

func (d *Deps) updateLocation() *Operation {
	return defineWrite[updateLocationIn, entityOut](spec{name: "sga_update_location", text: textUpdateLocation(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *updateLocationIn) ([]byte, error) {
			at, err := location(c.Actor, d.Store.Catalog(), in.Code, "location_code")
			if err != nil {
				return nil, err
			}
			if at != nil && (at.Key == stock.OutsideKey || at.Key == stock.TransitKey) {
				return nil, fault.Conflict.With("O local %s é reservado do sistema.", "Location %s is reserved by the system.", at.Code).On("location_code").Final()
			}
			if err := checkName(in.Name, "location_name"); err != nil {
				return nil, err
			}
			if in.Parent != nil {
				if _, err := location(c.Actor, d.Store.Catalog(), *in.Parent, "parent_location_id"); err != nil {
					return nil, err
				}
			}
			e, err := in.edit(in.Code, in.Name)
			if err != nil {
				return nil, err
			}
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Location: e}}, renderEntity(e.Code)})
		})
}
