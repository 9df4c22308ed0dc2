package ops

import (
	"context"
	"strings"
	"unicode"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// proposers may write master data: an admin's executes, everybody else's waits (contract.md, Tools).
func proposers() []identity.Role {
	return []identity.Role{identity.Admin, identity.Logistics, identity.Operations}
}

type projectArgs struct {
	Client         *string `json:"client_name,omitzero" max:"255" doc:"Cliente | Client"`
	Contract       *string `json:"contract_number,omitzero" max:"100" doc:"Contrato | Contract"`
	StartsOn       *Date   `json:"start_date,omitzero" doc:"Início | Start"`
	EndsOn         *Date   `json:"end_date,omitzero" doc:"Fim | End"`
	IsActive       *bool   `json:"is_active,omitzero" doc:"Ativo | Active"`
	IdempotencyKey string  `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type createProjectIn struct {
	Code string `json:"project_code" req:"1" max:"50" doc:"Código | Code"`
	Name string `json:"project_name" req:"1" max:"255" doc:"Nome | Name"`
	projectArgs
}

type updateProjectIn struct {
	Code string  `json:"project_code" req:"1" max:"50" doc:"Código | Code"`
	Name *string `json:"project_name,omitzero" max:"255" doc:"Nome | Name"`
	projectArgs
}

func (in *projectArgs) edit(code string, name *string) *approval.ProjectEdit {
	return &approval.ProjectEdit{Code: stock.Fold(code), Name: name, Client: in.Client, Contract: in.Contract,
		StartsOn: datePtr(in.StartsOn), EndsOn: datePtr(in.EndsOn), Active: in.IsActive}
}

func (d *Deps) createProject() *Operation {
	return defineWrite[createProjectIn, entityOut](spec{name: "sga_create_project", text: textCreateProject(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *createProjectIn) ([]byte, error) {
			name, err := cleanName(in.Name, "project_name")
			if err != nil {
				return nil, err
			}
			if err := checkCode(in.Code, "project_code"); err != nil {
				return nil, err
			}
			e := in.edit(in.Code, &name)
			e.Create, e.ID = true, d.NewID()
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Project: e}}, renderEntity(e.Code)})
		})
}

func (d *Deps) updateProject() *Operation {
	return defineWrite[updateProjectIn, entityOut](spec{name: "sga_update_project", text: textUpdateProject(), risk: Write, roles: proposers()},
		func(ctx context.Context, c *Call, in *updateProjectIn) ([]byte, error) {
			owner, err := project(c.Actor, d.Store.Catalog(), in.Code, "project_code")
			if err != nil {
				return nil, err
			}
			if owner != nil && owner.Code == stock.GeneralCode && in.IsActive != nil && !*in.IsActive {
				return nil, fault.Conflict.With("O projeto %s é reservado do sistema.", "Project %s is reserved by the system.", owner.Code).On("is_active").Final()
			}
			if err := checkName(in.Name, "project_name"); err != nil {
				return nil, err
			}
			e := in.edit(in.Code, in.Name)
			return d.submit(ctx, c, in, writing{in.IdempotencyKey, []approval.Step{{Project: e}}, renderEntity(e.Code)})
		})
}

func datePtr(d *Date) *stock.Date {
	if d == nil {
		return nil
	}
	return &d.Date
}

// cleanName trims a name and refuses one that is only space, or has control characters.
func cleanName(s, field string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", fault.InvalidArgument.With("Informe %s.", "%s is required.", field).On(field)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.InvalidArgument.With("%s tem caracteres inválidos.", "%s has invalid characters.", field).On(field)
	}
	return s, nil
}

// checkName is cleanName for a name that may be left as it is.
func checkName(s *string, field string) error {
	if s == nil {
		return nil
	}
	_, err := cleanName(*s, field)
	return err
}

// checkCode refuses codes that people could not tell apart or type: a code is letters, digits and
// . _ / + # - and single inner spaces, compared folded.
func checkCode(s, field string) error {
	folded := stock.Fold(s)
	for _, r := range folded {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/+#- ()&", r) {
			continue
		}
		return fault.InvalidArgument.With("O código só pode ter letras, dígitos e . _ / + # - ( ) &.", "A code may only have letters, digits and . _ / + # - ( ) &.").On(field)
	}
	if folded == "" {
		return fault.InvalidArgument.With("Informe %s.", "%s is required.", field).On(field)
	}
	return nil
}
