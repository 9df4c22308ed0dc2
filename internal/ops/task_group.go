package ops

import (
	"context"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

type taskGroupsIn struct {
	TaskType  string `json:"task_type,omitzero" enum:"task_type" doc:"Tipo da tarefa | Task type"`
	ProjectID string `json:"project_id,omitzero" max:"50" doc:"Código do projeto | Project code"`
	Mine      bool   `json:"mine,omitzero" doc:"Só as que são minhas | Only those assigned to me"`
	Overdue   bool   `json:"overdue,omitzero" doc:"Só as atrasadas | Only those past their due time"`
}

// maxGrouped is how many open tasks are compared at most: a queue that long is no queue any more. The answer says
// when there were more.
const maxGrouped = 2000

// alikeShown is how many tasks of a group are listed when they do not differ; those that differ are all listed.
const alikeShown = approval.MaxTogether

type taskGroupsOut struct {
	Count     int            `json:"count"`
	Groups    []taskGroupOut `json:"groups"`
	Truncated bool           `json:"truncated"` // there are more open tasks than were compared
}

type taskGroupOut struct {
	Operation    string      `json:"operation"`
	Rule         string      `json:"rule"`
	TaskType     string      `json:"task_type" enum:"task_type"`
	RiskClass    string      `json:"risk_class" enum:"risk_class"`
	Projects     []string    `json:"projects"`
	Count        int         `json:"count"`
	LowValue     *Money      `json:"lowest_value"`
	HighValue    *Money      `json:"highest_value"`
	ValueUnknown int         `json:"value_unknown"`
	Oldest       Time        `json:"oldest_at"`
	Differing    int         `json:"differing"` // tasks that differ from most of the group
	Facts        []factOut   `json:"differing_facts"`
	Tasks        []groupTask `json:"tasks"`
	More         int         `json:"more"` // alike tasks that are not listed
}

type factOut struct {
	Fact     string         `json:"fact"`
	Distinct int            `json:"distinct"`
	Values   []factValueOut `json:"values"`
}

type factValueOut struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

type groupTask struct {
	TaskID      ID       `json:"task_id"`
	Fingerprint string   `json:"fingerprint"`
	Summary     string   `json:"summary"`
	SummaryEN   string   `json:"summary_en"`
	TotalValue  *Money   `json:"total_value"`
	CreatedAt   Time     `json:"created_at"`
	Differs     []string `json:"differs"`
	MayDecide   bool     `json:"may_decide"`
}

func (d *Deps) listTaskGroups() *Operation {
	return define(spec{name: "sga_list_task_groups", text: textListTaskGroups(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *taskGroupsIn) (*taskGroupsOut, error) {
			owner, err := project(c.Actor, d.Store.Catalog(), in.ProjectID, "project_id")
			if err != nil {
				return nil, err
			}
			tasks, more, err := d.openTasks(ctx, c.Actor, in)
			if err != nil {
				return nil, err
			}
			if owner != nil {
				tasks = ofProject(tasks, owner.Code)
			}
			names, err := d.namesOf(ctx, tasks)
			if err != nil {
				return nil, err
			}
			out := &taskGroupsOut{Groups: []taskGroupOut{}, Truncated: more}
			for _, g := range approval.GroupTasks(tasks) {
				out.Groups = append(out.Groups, d.groupOut(&g, names, c.Actor))
			}
			out.Count = len(out.Groups)
			return out, nil
		})
}

// openTasks reads the open tasks that the actor may see, up to maxGrouped.
func (d *Deps) openTasks(ctx context.Context, a *identity.Actor, in *taskGroupsIn) (all []*approval.Task, more bool, err error) {
	f, err := d.taskFilter(ctx, a, &pendingTasksIn{TaskType: in.TaskType, Mine: in.Mine, Overdue: in.Overdue, Limit: 500})
	if err != nil {
		return nil, false, err
	}
	for {
		page, next, err := d.Store.Tasks(ctx, f)
		if err != nil {
			return nil, false, err
		}
		all = append(all, page...)
		if next == "" || len(all) >= maxGrouped {
			return all, next != "", nil
		}
		f.Cursor = next
	}
}

func ofProject(tasks []*approval.Task, code string) []*approval.Task {
	var out []*approval.Task
	for _, t := range tasks {
		for _, p := range t.Projects {
			if p == code {
				out = append(out, t)
				break
			}
		}
	}
	return out
}

func (d *Deps) groupOut(g *approval.Group, names map[uuid.UUID]identity.Name, a *identity.Actor) taskGroupOut {
	out := taskGroupOut{Operation: g.Operation, Rule: g.Rule, TaskType: string(g.Type), RiskClass: string(g.Risk), Projects: nonNil(g.Projects),
		Count: len(g.Tasks), ValueUnknown: g.Unknown, Oldest: Time{g.Oldest}, Facts: []factOut{}, Tasks: []groupTask{}}
	money := seesFiscal(a)
	if money {
		out.LowValue, out.HighValue = MoneyPtr(g.Low), MoneyPtr(g.High)
	}
	for _, f := range g.Facts {
		fact := factOut{Fact: f.Name, Distinct: f.Distinct, Values: []factValueOut{}}
		for _, v := range f.Values {
			if f.Name == "proposer" {
				v.Value = nameOf(names, v.Value)
			}
			fact.Values = append(fact.Values, factValueOut{v.Value, v.Count})
		}
		out.Facts = append(out.Facts, fact)
	}
	for _, t := range g.Tasks {
		if len(t.Differs) > 0 {
			out.Differing++
		} else if len(out.Tasks) >= out.Differing+alikeShown {
			out.More++
			continue
		}
		row := groupTask{TaskID: ID{t.Task.ID}, Fingerprint: t.Task.Fingerprint, Summary: t.Task.Summary, SummaryEN: t.Task.SummaryEN,
			CreatedAt: Time{t.Task.CreatedAt}, Differs: nonNil(t.Differs), MayDecide: t.Task.MayDecide(a, d.Now()) == nil}
		if money {
			row.TotalValue = MoneyPtr(t.Task.Value)
		}
		out.Tasks = append(out.Tasks, row)
	}
	return out
}

// nameOf shows a person's id as a name; it stays as it is where nobody has it.
func nameOf(names map[uuid.UUID]identity.Name, id string) string {
	parsed, err := uuid.Parse(id)
	if err != nil || names[parsed].Display == "" {
		return id
	}
	return names[parsed].Display
}

type approveTasksIn struct {
	Tasks          []approveItem `json:"tasks" req:"1" max:"50" doc:"As tarefas, uma a uma, com o que foi mostrado de cada | The tasks, one by one, with what was shown of each"`
	Comment        string        `json:"comment,omitzero" doc:"Comentário | Comment"`
	IdempotencyKey string        `json:"idempotency_key,omitzero" max:"150" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type approveItem struct {
	TaskID      ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Fingerprint string `json:"fingerprint" req:"1" max:"64" doc:"O que foi mostrado | What was shown"`
}

type rejectTasksIn struct {
	Tasks          []rejectItem `json:"tasks" req:"1" max:"50" doc:"As tarefas, uma a uma | The tasks, one by one"`
	Reason         string       `json:"reason" req:"1" doc:"Motivo | Reason"`
	IdempotencyKey string       `json:"idempotency_key,omitzero" max:"150" doc:"Chave que torna a repetição segura | Key that makes a repetition safe"`
}

type rejectItem struct {
	TaskID      ID     `json:"task_id" req:"1" doc:"Tarefa | Task"`
	Fingerprint string `json:"fingerprint,omitzero" max:"64" doc:"O que foi mostrado; rejeitar não depende dele | What was shown; a rejection does not depend on it"`
}

type decisionsOut struct {
	Decided int           `json:"decided"`
	Refused int           `json:"refused"`
	Results []decisionRow `json:"results"`
}

// decisionRow is the answer to one task of several.
type decisionRow struct {
	decisionOut
	Error *fault.Body `json:"error,omitzero"`
}

func (d *Deps) approveTasks() *Operation {
	return defineWrite[approveTasksIn, decisionsOut](spec{name: "sga_approve_tasks", text: textApproveTasks(), risk: Sensitive, roles: deciders(),
		personOnly: true, scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *approveTasksIn) ([]byte, error) {
			list := make([]oneDecision, len(in.Tasks))
			for i, it := range in.Tasks {
				one := &approveTaskIn{TaskID: it.TaskID, Fingerprint: it.Fingerprint, Comment: in.Comment}
				list[i] = oneDecision{id: it.TaskID, key: itemKey(in.IdempotencyKey, it.TaskID), in: one, do: d.Desk.Approve, print: it.Fingerprint, comment: in.Comment}
			}
			return d.decideEach(ctx, c, list)
		})
}

func (d *Deps) rejectTasks() *Operation {
	return defineWrite[rejectTasksIn, decisionsOut](spec{name: "sga_reject_tasks", text: textRejectTasks(), risk: Sensitive, roles: deciders(),
		personOnly: true, scope: identity.ScopeApprove},
		func(ctx context.Context, c *Call, in *rejectTasksIn) ([]byte, error) {
			list := make([]oneDecision, len(in.Tasks))
			for i, it := range in.Tasks {
				one := &rejectTaskIn{TaskID: it.TaskID, Reason: in.Reason}
				list[i] = oneDecision{id: it.TaskID, key: itemKey(in.IdempotencyKey, it.TaskID), in: one, do: d.Desk.Reject, comment: in.Reason}
			}
			return d.decideEach(ctx, c, list)
		})
}

// itemKey is the idempotency key of one task of several.
func itemKey(key string, id ID) string {
	if key == "" {
		return ""
	}
	return key + "#" + id.String()
}

// oneDecision is one task of several.
type oneDecision struct {
	id      ID
	key     string
	in      any // what the operation on one task would have been called with
	do      func(context.Context, *approval.Decision) (*approval.Outcome, error)
	print   string
	comment string
}

// decideEach decides tasks of one type and risk class, each in its own transaction and with its own answer. One that
// the actor may not see, or that is of another class, refuses them all before anything is done.
func (d *Deps) decideEach(ctx context.Context, c *Call, list []oneDecision) ([]byte, error) {
	if len(list) == 0 {
		return nil, fault.InvalidArgument.With("Nomeie ao menos uma tarefa.", "Name at least one task.").On("tasks")
	}
	tasks, err := d.checkTogether(ctx, c.Actor, list)
	if err != nil {
		return nil, err
	}
	out := decisionsOut{Results: make([]decisionRow, len(list))}
	for i, one := range list {
		row, err := d.decideOne(ctx, c, one)
		switch {
		case err == nil:
			out.Decided++
		case out.Decided == 0 && fault.CodeOf(err) == fault.IdempotencyMismatch:
			return nil, err // the key is another call's: nothing of this one was done
		default:
			out.Refused++
			if row, err = d.refusedDecision(c, one, tasks[i], err); err != nil {
				return nil, err
			}
		}
		out.Results[i] = row
	}
	return Encode(out)
}

// refusedDecision answers that a task was not decided, and has it audited.
func (d *Deps) refusedDecision(c *Call, one oneDecision, t *approval.Task, cause error) (decisionRow, error) {
	body := fault.Of(cause).Wire()
	r := approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: string(body.Code), Arguments: encoded(one.in)}
	return decisionRow{decisionOut: decisionOut{TaskID: one.id, TaskStatus: string(t.Status), Approvals: t.Approvals, Needed: t.Needed,
		Results: []movementOut{}, Message: body.Message, MessageEN: body.MessageEN}, Error: &body}, d.Store.RecordCall(d.Now(), c.Actor, r)
}

// checkTogether finds the tasks that the actor may see, once each, and holds them to one type and risk class.
func (d *Deps) checkTogether(ctx context.Context, a *identity.Actor, list []oneDecision) ([]*approval.Task, error) {
	tasks := make([]*approval.Task, len(list))
	seen := map[ID]bool{}
	for i, one := range list {
		field := "tasks[" + itoa(i) + "].task_id"
		if seen[one.id] {
			return nil, fault.InvalidArgument.With("A mesma tarefa aparece duas vezes.", "The same task appears twice.").On(field)
		}
		seen[one.id] = true
		t, err := d.seenTask(ctx, a, one.id.UUID)
		if err != nil {
			return nil, fault.Of(err).On(field)
		}
		tasks[i] = t
	}
	return tasks, approval.SameRisk(tasks)
}

func (d *Deps) decideOne(ctx context.Context, c *Call, one oneDecision) (row decisionRow, err error) {
	dec := d.decision(c, one.in, one.id.UUID, one.key)
	dec.Fingerprint, dec.Comment, dec.Arguments = one.print, one.comment, encoded(one.in)
	dec.Render = func(o *approval.Outcome) []byte {
		row.decisionOut = d.decisionOf(o)
		return encoded(row.decisionOut)
	}
	o, err := one.do(ctx, dec)
	if err != nil {
		return decisionRow{}, err
	}
	if !o.Replay {
		return row, nil
	}
	raw, err := d.answer(c, o)
	if err != nil {
		return decisionRow{}, err
	}
	return row, json.Unmarshal(raw, &row.decisionOut)
}
