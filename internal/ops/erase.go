package ops

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
)

// PersonEraser forgets persons.
type PersonEraser interface {
	// ErasePerson puts the signed record of it outside the database, then destroys the person's key and what names the
	// person, with the audit row of the call. not_found: nobody of that id; conflict: oneself, or the last active admin.
	ErasePerson(ctx context.Context, e seal.Erasure, by *identity.Actor, call approval.CallRecord) (*identity.Erased, error)
}

type erasePersonIn struct {
	Person   string `json:"person,omitzero" max:"128" doc:"Login da pessoa | Login of the person"`
	PersonID string `json:"person_id,omitzero" max:"36" doc:"UUID da pessoa, em vez do login | UUID of the person, instead of the login"`
	Reason   string `json:"reason" req:"1" max:"500" doc:"Motivo, sem nomes: fica registrado para sempre | Reason, without names: it is kept for good"`
}

type erasePersonOut struct {
	Success       bool   `json:"success"`
	PersonID      ID     `json:"person_id"`
	ErasedAt      Time   `json:"erased_at"`
	AlreadyErased bool   `json:"already_erased"`
	KeyDestroyed  bool   `json:"key_destroyed"`
	Logins        int    `json:"logins"`
	Tasks         int    `json:"tasks"`
	Documents     int    `json:"documents"`
	SignIns       int    `json:"sign_ins"` // kept sessions that were deleted
	Message       string `json:"message"`
	MessageEN     string `json:"message_en"`
}

func (d *Deps) erasePerson() *Operation {
	return define(spec{name: "sga_erase_person", text: textErasePerson(), risk: Sensitive, roles: []identity.Role{identity.Admin}, personOnly: true,
		scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *erasePersonIn) (*erasePersonOut, error) {
			if strings.TrimSpace(in.Reason) == "" {
				return nil, fault.InvalidArgument.With("Informe o motivo.", "Give the reason.").On("reason")
			}
			id, err := d.personToErase(ctx, in)
			if err != nil {
				return nil, err
			}
			ctx = context.WithoutCancel(ctx) // once the record is written, the rest follows at once
			done, err := d.Store.ErasePerson(ctx, seal.Erasure{Person: id, By: c.Actor.PersonID, At: d.Now().UTC(), Reason: in.Reason}, c.Actor,
				approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: "ok", Arguments: encoded(struct {
					PersonID uuid.UUID `json:"person_id"`
					Reason   string    `json:"reason"`
				}{id, in.Reason})})
			if err != nil {
				return nil, err
			}
			out := &erasePersonOut{Success: true, PersonID: ID{id}, ErasedAt: Time{done.At}, AlreadyErased: done.Already, KeyDestroyed: done.Key,
				Logins: done.Logins, Tasks: done.Tasks, Documents: done.Documents,
				Message:   "Pessoa apagada. O registro continua íntegro e só guarda o identificador.",
				MessageEN: "Person erased. The log stays intact and keeps only the identifier."}
			if d.SignOut != nil {
				out.SignIns, err = d.SignOut(ctx, done.Subjects)
			}
			return out, err
		})
}

// personToErase reads whom the call names; exactly one of the two fields does.
func (d *Deps) personToErase(ctx context.Context, in *erasePersonIn) (uuid.UUID, error) {
	if (in.Person == "") == (in.PersonID == "") {
		return uuid.Nil, fault.InvalidArgument.With("Informe o login ou o UUID, um dos dois.", "Give the login or the UUID, one of the two.").On("person")
	}
	if in.PersonID != "" {
		return optionalUUID(in.PersonID, "person_id")
	}
	return d.personNamed(ctx, strings.ToLower(strings.TrimSpace(in.Person)), "person")
}
