package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

type commentTaskIn struct {
	TaskID         ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Comment        string `json:"comment" req:"1" max:"4000" doc:"O que dizer a quem vê a tarefa | What to say to whoever sees the task"`
	EvidenceIDs    []ID   `json:"evidence_ids,omitzero" max:"20" doc:"Evidências | Evidence"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type assignTaskIn struct {
	TaskID         ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	AssigneeID     string `json:"assignee_id,omitzero" max:"100" doc:"Responsável: login ou UUID; sem ele, ninguém | Assignee: login or UUID; nobody without it"`
	DueAt          Time   `json:"due_at,omitzero" doc:"Novo prazo | New due time"`
	Reason         string `json:"reason,omitzero" doc:"Motivo | Reason"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type escalateTaskIn struct {
	TaskID         ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Reason         string `json:"reason" req:"1" doc:"Motivo | Reason"`
	IdempotencyKey string `json:"idempotency_key,omitzero" max:"200" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

// taskChangeOut answers a change of a task with how it stands now.
type taskChangeOut struct {
	Success    bool   `json:"success"`
	TaskID     ID     `json:"task_id"`
	TaskStatus string `json:"task_status" enum:"task_status"`
	Priority   string `json:"priority" enum:"priority"`
	AssigneeID ID     `json:"assignee_id"`
	DueAt      Time   `json:"due_at"`
	Escalation int    `json:"escalation_level"`
	CommentID  ID     `json:"comment_id,omitzero"`
	Message    string `json:"message"`
	MessageEN  string `json:"message_en"`
}

// commentTask lets whoever may see a task say something about it, agents too.
func (d *Deps) commentTask() *Operation {
	return defineWrite[commentTaskIn, taskChangeOut](spec{name: "sga_comment_task", text: textCommentTask(), risk: Write, roles: everyone()},
		func(ctx context.Context, c *Call, in *commentTaskIn) ([]byte, error) {
			change := &approval.TaskChange{Kind: approval.ChangeComment, CommentID: d.NewID(), Decision: *d.decision(c, in, in.TaskID.UUID, in.IdempotencyKey)}
			change.Comment = in.Comment
			var err error
			if change.Evidence, err = d.evidence(ctx, c, in.EvidenceIDs, "evidence_ids"); err != nil {
				return nil, err
			}
			return d.change(ctx, c, change, "Comentário registrado.", "Comment saved.")
		})
}

func (d *Deps) assignTask() *Operation {
	return defineWrite[assignTaskIn, taskChangeOut](spec{name: "sga_assign_task", text: textAssignTask(), risk: Sensitive, roles: deciders(), personOnly: true},
		func(ctx context.Context, c *Call, in *assignTaskIn) ([]byte, error) {
			change := &approval.TaskChange{Kind: approval.ChangeAssign, DueAt: in.DueAt.Time, Decision: *d.decision(c, in, in.TaskID.UUID, in.IdempotencyKey)}
			change.Comment = in.Reason
			if in.AssigneeID != "" {
				var err error
				if change.Assignee, err = d.assignee(ctx, c.Actor, in.AssigneeID); err != nil {
					return nil, err
				}
			}
			return d.change(ctx, c, change, "Responsável alterado.", "Assignee changed.")
		})
}

// assignee finds a person; one's own login needs no look-up.
func (d *Deps) assignee(ctx context.Context, a *identity.Actor, name string) (uuid.UUID, error) {
	if name == a.Username {
		return a.PersonID, nil
	}
	return d.personNamed(ctx, name, "assignee_id")
}

func (d *Deps) escalateTask() *Operation {
	return defineWrite[escalateTaskIn, taskChangeOut](spec{name: "sga_escalate_task", text: textEscalateTask(), risk: Write, personOnly: true,
		roles: []identity.Role{identity.Admin, identity.Logistics, identity.Operations, identity.Technician}},
		func(ctx context.Context, c *Call, in *escalateTaskIn) ([]byte, error) {
			change := &approval.TaskChange{Kind: approval.ChangeEscalate, Decision: *d.decision(c, in, in.TaskID.UUID, in.IdempotencyKey)}
			change.Comment = in.Reason
			return d.change(ctx, c, change, "Tarefa escalada.", "Task escalated.")
		})
}

// change passes a change over the desk, within what the actor may see.
func (d *Deps) change(ctx context.Context, c *Call, change *approval.TaskChange, pt, en string) ([]byte, error) {
	if _, err := d.seenTask(ctx, c.Actor, change.TaskID); err != nil {
		return nil, err
	}
	change.Render = func(o *approval.Outcome) []byte {
		t := o.Task
		return encoded(taskChangeOut{Success: true, TaskID: ID{t.ID}, TaskStatus: string(t.Status), Priority: string(t.Priority), AssigneeID: ID{t.Assignee},
			DueAt: Time{t.DueAt}, Escalation: t.Escalation, CommentID: ID{change.CommentID}, Message: pt, MessageEN: en})
	}
	return d.decided(c)(d.Desk.ChangeTask(ctx, change))
}
