package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

type approveTaskIn struct {
	TaskID         ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Fingerprint    string `json:"fingerprint" req:"1" max:"64" doc:"O que sga_get_task mostrou | What sga_get_task showed"`
	Comment        string `json:"comment,omitzero" doc:"Comentário | Comment"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type rejectTaskIn struct {
	TaskID         ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

// decisionOut answers a decision with what it executed.
type decisionOut struct {
	Success    bool          `json:"success"`
	TaskStatus string        `json:"task_status" enum:"task_status"`
	TaskID     ID            `json:"task_id"`
	Approvals  int           `json:"approvals"`
	Needed     int           `json:"approvals_needed"`
	Results    []movementOut `json:"results"`
	Message    string        `json:"message"`
	MessageEN  string        `json:"message_en"`
}

// deciders may hold the approver's flag; the flag, the limit and the projects are in the profile.
func deciders() []identity.Role {
	return []identity.Role{identity.Admin, identity.Logistics}
}

func (d *Deps) approveTask() *Operation {
	return defineWrite[approveTaskIn, decisionOut](spec{name: "sga_approve_task", text: textApproveTask(), risk: Sensitive, roles: deciders(),
		personOnly: true, scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *approveTaskIn) ([]byte, error) {
			if _, err := d.seenTask(ctx, c.Actor, in.TaskID.UUID); err != nil {
				return nil, err
			}
			dec := d.decision(c, in, in.TaskID.UUID, in.IdempotencyKey)
			dec.Fingerprint, dec.Comment = in.Fingerprint, in.Comment
			return d.decided(c)(d.Desk.Approve(ctx, dec))
		})
}

func (d *Deps) rejectTask() *Operation {
	return defineWrite[rejectTaskIn, decisionOut](spec{name: "sga_reject_task", text: textRejectTask(), risk: Sensitive, roles: deciders(),
		personOnly: true, scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *rejectTaskIn) ([]byte, error) {
			if _, err := d.seenTask(ctx, c.Actor, in.TaskID.UUID); err != nil {
				return nil, err
			}
			dec := d.decision(c, in, in.TaskID.UUID, in.IdempotencyKey)
			dec.Comment = in.Reason
			return d.decided(c)(d.Desk.Reject(ctx, dec))
		})
}

func (d *Deps) decision(c *Call, in any, task uuid.UUID, key string) *approval.Decision {
	dec := &approval.Decision{Actor: c.Actor, Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Key: key, TaskID: task, Arguments: c.Arguments, Render: d.renderDecision}
	if key != "" {
		dec.Hash = hashOf(in)
	}
	return dec
}

func (d *Deps) decided(c *Call) func(*approval.Outcome, error) ([]byte, error) {
	return func(o *approval.Outcome, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return d.answer(c, o)
	}
}

func (d *Deps) renderDecision(o *approval.Outcome) []byte { return encoded(d.decisionOf(o)) }

func (d *Deps) decisionOf(o *approval.Outcome) decisionOut {
	out := decisionOut{Success: true, TaskStatus: string(o.Task.Status), TaskID: ID{o.Task.ID}, Approvals: o.Task.Approvals, Needed: o.Task.Needed,
		Results: []movementOut{}, Message: "Tarefa rejeitada; nada foi executado.", MessageEN: "Task rejected; nothing was executed."}
	if o.Waits {
		n := itoa(out.Approvals) + "/" + itoa(out.Needed)
		out.Message, out.MessageEN = "Aprovação registrada ("+n+"): outra pessoa precisa aprovar; nada foi executado ainda.",
			"Approval recorded ("+n+"): another person must approve; nothing was executed yet."
		return out
	}
	if o.Task.Status == approval.Approved {
		out.Message, out.MessageEN = "Aprovada e executada.", "Approved and executed."
		for i := range o.Posted {
			if o.Posted[i].Movement == nil && o.Posted[i].Assets == nil {
				continue
			}
			m := d.movementOut(o, i)
			m.TaskID, m.TaskStatus = ID{o.Task.ID}, out.TaskStatus
			out.Results = append(out.Results, m)
		}
	}
	return out
}
