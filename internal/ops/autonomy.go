package ops

import (
	"context"
	"slices"
	"strconv"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// AutonomyReader reads how far agents may go, and what that rests on.
type AutonomyReader interface {
	// Autonomy lists kinds of work that have a level or an outcome, by agent, with the cursor of the next page.
	Autonomy(ctx context.Context, f approval.AutonomyFilter) ([]approval.Standing, string, error)
	// IsAgent reports whether a client is a registered agent.
	IsAgent(ctx context.Context, client string) (bool, error)
}

type listAutonomyIn struct {
	ClientID  string `json:"client_id,omitzero" max:"128" doc:"Agente | Agent"`
	ProjectID string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	pageArgs
}

type autonomyOut struct {
	ClientID     string           `json:"client_id"`
	Operation    string           `json:"operation"`
	MovementType string           `json:"movement_type,omitzero"` // missing: all
	ValueBand    string           `json:"value_band" enum:"value_band"`
	ProjectCode  string           `json:"project_code,omitzero"`    // missing: all, and work of none
	Level        string           `json:"level,omitzero"`           // A, B or C; missing: none was set here
	Effective    string           `json:"effective_level,omitzero"` // the lowest that covers it; missing: the policy alone decides
	Agreed       int              `json:"agreed"`
	Disagreed    int              `json:"disagreed"`
	Bad          int              `json:"bad"`
	LastBadAt    *Time            `json:"last_bad_at"`
	Agreement    string           `json:"agreement_at_least"` // lower bound of the interval of 95 %, as a decimal from 0 to 1
	Next         nextLevelOut     `json:"next"`
	History      []levelChangeOut `json:"history"`
}

// nextLevelOut is what is missing for the next level; all of it zero where it may be set now.
type nextLevelOut struct {
	Level            string `json:"level,omitzero"`
	Earned           bool   `json:"earned"`
	DecisionsMissing int    `json:"decisions_missing"`
	AgreementNeeded  string `json:"agreement_needed,omitzero"`
	QuietDaysMissing int    `json:"quiet_days_missing"`
}

type levelChangeOut struct {
	From   string `json:"from,omitzero"`
	To     string `json:"to"`
	Cause  string `json:"cause"`
	Reason string `json:"reason"`
	By     string `json:"changed_by"`
	At     Time   `json:"changed_at"`
}

type listAutonomyOut struct {
	Count      int           `json:"count"`
	Items      []autonomyOut `json:"items"`
	NextCursor string        `json:"next_cursor,omitzero"`
}

func (d *Deps) listAutonomy() *Operation {
	return define(spec{name: "sga_list_autonomy", text: textListAutonomy(), risk: Read, roles: deciders()},
		func(ctx context.Context, c *Call, in *listAutonomyIn) (*listAutonomyOut, error) {
			owner, err := project(c.Actor, d.Store.Catalog(), in.ProjectID, "project_id")
			if err != nil {
				return nil, err
			}
			f := approval.AutonomyFilter{Client: in.ClientID, AllProjects: c.Actor.Projects.All, Projects: codes(c.Actor.Projects), Cursor: in.Cursor, Limit: in.Limit}
			if owner != nil {
				f.AllProjects, f.Projects = false, []string{owner.Code}
			}
			if f.Limit == 0 {
				f.Limit = 100
			}
			list, next, err := d.Store.Autonomy(ctx, f)
			if err != nil {
				return nil, err
			}
			names, err := d.Store.Names(ctx, changers(list))
			if err != nil {
				return nil, err
			}
			out := &listAutonomyOut{Count: len(list), Items: []autonomyOut{}, NextCursor: next}
			for _, s := range list {
				out.Items = append(out.Items, d.autonomyOut(&s, names))
			}
			return out, nil
		})
}

func changers(list []approval.Standing) (ids []uuid.UUID) {
	for _, s := range list {
		for _, h := range s.History {
			ids = append(ids, h.By)
		}
	}
	return ids
}

func (d *Deps) autonomyOut(s *approval.Standing, names map[uuid.UUID]identity.Name) autonomyOut {
	out := autonomyOut{ClientID: s.Client, Operation: s.Operation, MovementType: string(s.MovementType), ValueBand: string(s.Band), ProjectCode: s.Project,
		Level: string(s.Level), Effective: string(s.Held), Agreed: s.Evidence.Agreed, Disagreed: s.Evidence.Disagreed, Bad: s.Evidence.Bad, LastBadAt: timePtr(s.Evidence.LastBad),
		Agreement: share(s.Evidence.Agreement()), History: []levelChangeOut{}}
	if s.Level != approval.LevelC {
		const day = 24
		to := s.Level.Above()
		gap := approval.GapTo(s.Level, to, s.Evidence, d.Now())
		out.Next = nextLevelOut{Level: string(to), Earned: gap.None(), DecisionsMissing: gap.Decisions, AgreementNeeded: share(approval.BarOf(to).Agreement),
			QuietDaysMissing: (int(gap.Quiet.Hours()) + day - 1) / day}
	}
	for _, h := range s.History {
		out.History = append(out.History, levelChangeOut{string(h.From), string(h.To), h.Cause, h.Reason, names[h.By].Display, Time{h.At}})
	}
	return out
}

// share writes a share of one; it is a statistic and neither money nor a quantity.
func share(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

type setAutonomyIn struct {
	ClientID       string `json:"client_id" req:"1" max:"128" doc:"Agente | Agent"`
	Operation      string `json:"operation" req:"1" max:"100" doc:"Operação que escreve | An operation that writes"`
	MovementType   string `json:"movement_type,omitzero" enum:"movement_type" doc:"Tipo, se a operação movimenta estoque; sem ele, todos os da operação | Type, where the operation moves stock; without it all of the operation"`
	ValueBand      string `json:"value_band" req:"1" enum:"value_band" doc:"Faixa de valor em BRL | Band of value in BRL"`
	ProjectID      string `json:"project_id,omitzero" max:"50" doc:"Código do projeto; sem ele, todos | Project code; without it all"`
	Level          string `json:"level" req:"1" enum:"autonomy_level" doc:"A sugere, B executa e põe em revisão, C executa | A suggests, B executes and queues for review, C executes"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

func (d *Deps) setAutonomy() *Operation {
	return defineWrite[setAutonomyIn, entityOut](spec{name: "sga_set_autonomy", text: textSetAutonomy(), risk: Sensitive, personOnly: true,
		roles: []identity.Role{identity.Admin}, scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *setAutonomyIn) ([]byte, error) {
			edit, err := d.autonomyEdit(c.Actor, in)
			if err != nil {
				return nil, err
			}
			known, err := d.Store.IsAgent(ctx, in.ClientID)
			if err != nil {
				return nil, err
			}
			if !known {
				return nil, fault.NotFound.With("Agente não encontrado.", "Agent not found.").On("client_id")
			}
			return d.submit(ctx, c, in, writing{key: in.IdempotencyKey, steps: []approval.Step{{Autonomy: edit}}, render: renderEntity(in.Level)})
		})
}

func (d *Deps) autonomyEdit(a *identity.Actor, in *setAutonomyIn) (*approval.AutonomyEdit, error) {
	level, err := stock.Parse(approval.Levels(), in.Level, "level")
	if err != nil {
		return nil, err
	}
	band, err := stock.Parse(approval.Bands(), in.ValueBand, "value_band")
	if err != nil {
		return nil, err
	}
	movement, err := word(stock.MovementTypes(), in.MovementType, "movement_type")
	if err != nil {
		return nil, err
	}
	owner, err := project(a, d.Store.Catalog(), in.ProjectID, "project_id")
	if err != nil {
		return nil, err
	}
	if owner == nil && !a.Projects.All { // a level for all projects is for those who see all
		return nil, fault.InvalidArgument.With("Informe o projeto: você não vê todos.", "Give the project: you do not see all of them.").On("project_id")
	}
	writes := slices.ContainsFunc(declarations(d), func(op *Operation) bool { return op.Name == in.Operation && op.Risk == Write })
	if !writes || in.Operation == "sga_create_movements" { // whose movements are those of the other
		return nil, fault.InvalidArgument.With("Essa operação não tem nível de autonomia.", "That operation has no level of autonomy.").On("operation")
	}
	if moves := in.Operation == "sga_create_movement"; moves && movement == "" {
		return nil, fault.InvalidArgument.With("Informe o tipo de movimento.", "Give the type of movement.").On("movement_type")
	}
	edit := &approval.AutonomyEdit{Work: approval.Work{Client: in.ClientID, Operation: in.Operation, MovementType: movement, Band: band}, Level: level, Reason: in.Reason}
	if owner != nil {
		edit.Project = owner.Code
	}
	return edit, nil
}
