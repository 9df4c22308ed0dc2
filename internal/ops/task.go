package ops

import (
	"context"
	"maps"
	"slices"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// TaskReader reads the queue of what waits for people.
type TaskReader interface {
	// Task finds a task by id; not_found when there is none.
	Task(ctx context.Context, id uuid.UUID) (*approval.Task, error)
	// Tasks lists tasks, urgent first and then the one that waits longest, with the cursor of the next page.
	Tasks(ctx context.Context, f approval.TaskFilter) ([]*approval.Task, string, error)
	// Names gives the names of persons; ids of nobody are left out.
	Names(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]identity.Name, error)
	// LoginByUsername finds a login by its name; not_found when there is none.
	LoginByUsername(ctx context.Context, username string) (*identity.Login, error)
}

type pendingTasksIn struct {
	TaskType   string `json:"task_type,omitzero" enum:"task_type" doc:"Tipo da tarefa | Task type"`
	Priority   string `json:"priority,omitzero" enum:"priority" doc:"Prioridade | Priority"`
	AssigneeID string `json:"assignee_id,omitzero" max:"100" doc:"Responsável: login ou UUID | Assignee: login or UUID"`
	Status     string `json:"task_status,omitzero" enum:"task_status" doc:"Situação; sem ela, as abertas | Status; the open ones without it"`
	Limit      int    `json:"limit,omitzero" min:"1" max:"500" doc:"Tamanho da página (padrão 50) | Page size (default 50)"`
	Cursor     string `json:"cursor,omitzero" max:"1024" doc:"Continuação | Continuation"`
}

// taskItem is a task in the list; the fields from entry_id to created_by are those of the earlier system.
type taskItem struct {
	EntryID        ID      `json:"entry_id"`
	SourceType     string  `json:"source_type"`
	NFNumber       string  `json:"nf_number"`
	NFDate         string  `json:"nf_date"`
	SupplierName   string  `json:"supplier_name"`
	TotalValue     *Money  `json:"total_value"`
	TotalItems     int     `json:"total_items"`
	Status         string  `json:"status" enum:"task_status"`
	OCRConfidence  *Number `json:"ocr_confidence"`
	CreatedAt      Time    `json:"created_at"`
	CreatedBy      string  `json:"created_by"`
	TaskID         ID      `json:"task_id"`
	TaskType       string  `json:"task_type" enum:"task_type"`
	TaskStatus     string  `json:"task_status" enum:"task_status"`
	Priority       string  `json:"priority" enum:"priority"`
	Operation      string  `json:"operation"`
	Summary        string  `json:"summary"`
	SummaryEN      string  `json:"summary_en"`
	Rule           string  `json:"rule"`
	Reason         string  `json:"reason"`
	ReasonEN       string  `json:"reason_en"`
	AssigneeID     ID      `json:"assignee_id"`
	ReferenceID    ID      `json:"reference_id"`
	ExpiresAt      Time    `json:"expires_at"`
	ProposedByKind string  `json:"proposed_by_kind"`
}

type pendingTasksOut struct {
	Count      int        `json:"count"`
	Items      []taskItem `json:"items"`
	NextCursor string     `json:"next_cursor,omitzero"`
}

func (d *Deps) getPendingTasks() *Operation {
	return define(spec{name: "sga_get_pending_tasks", text: textGetPendingTasks(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *pendingTasksIn) (*pendingTasksOut, error) {
			f, err := d.taskFilter(ctx, c.Actor, in)
			if err != nil {
				return nil, err
			}
			tasks, next, err := d.Store.Tasks(ctx, f)
			if err != nil {
				return nil, err
			}
			names, err := d.namesOf(ctx, tasks)
			if err != nil {
				return nil, err
			}
			out := &pendingTasksOut{Count: len(tasks), Items: make([]taskItem, len(tasks)), NextCursor: next}
			for i, t := range tasks {
				out.Items[i] = itemOf(t, names, c.Actor)
			}
			return out, nil
		})
}

func (d *Deps) taskFilter(ctx context.Context, a *identity.Actor, in *pendingTasksIn) (approval.TaskFilter, error) {
	f := approval.TaskFilter{Scope: scopeOf(a, d.Store.Catalog()), Cursor: in.Cursor, Limit: in.Limit, Projects: codes(a.Projects), Places: placeCodes(a.Locations)}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var err error
	if f.Type, err = word(approval.TaskTypes(), in.TaskType, "task_type"); err != nil {
		return f, err
	}
	if f.Priority, err = word(approval.Priorities(), in.Priority, "priority"); err != nil {
		return f, err
	}
	if f.Status, err = word(approval.TaskStatuses(), in.Status, "task_status"); err != nil {
		return f, err
	}
	if in.AssigneeID == "" {
		return f, nil
	}
	if f.Assignee, err = uuid.Parse(in.AssigneeID); err == nil {
		return f, nil
	}
	login, err := d.Store.LoginByUsername(ctx, in.AssigneeID)
	if err != nil {
		return f, fault.Of(err).On("assignee_id")
	}
	f.Assignee = login.PersonID
	return f, nil
}

// codes lists an area for SQL, sorted so that cursors stay bound to it; an empty list matches nothing.
func codes(a identity.Area) []string {
	return append([]string{}, slices.Sorted(maps.Keys(a.Codes))...)
}

// placeCodes adds the places that are everybody's.
func placeCodes(a identity.Area) []string {
	return append(codes(a), stock.OutsideCode, stock.TransitCode)
}

func (d *Deps) namesOf(ctx context.Context, tasks []*approval.Task) (map[uuid.UUID]identity.Name, error) {
	var ids []uuid.UUID
	for _, t := range tasks {
		ids = append(ids, t.ProposedBy, t.DecidedBy)
	}
	return d.Store.Names(ctx, ids)
}

// itemOf shows a task in the list, without invoice and value to those who may not read them.
func itemOf(t *approval.Task, names map[uuid.UUID]identity.Name, a *identity.Actor) taskItem {
	it := taskItem{EntryID: ID{t.ID}, TaskID: ID{t.ID}, SourceType: "MANUAL", TotalItems: len(t.Steps), Status: string(t.Status),
		OCRConfidence: NumPtr(t.Confidence), CreatedAt: Time{t.CreatedAt}, CreatedBy: names[t.ProposedBy].Display, TaskType: string(t.Type), TaskStatus: string(t.Status),
		Priority: string(t.Priority), Operation: t.Operation, Summary: t.Summary, SummaryEN: t.SummaryEN, Rule: t.Rule, Reason: t.Reason, ReasonEN: t.ReasonEN,
		AssigneeID: ID{t.Assignee}, ReferenceID: ID{t.Reference}, ExpiresAt: Time{t.ExpiresAt}, ProposedByKind: t.ProposedAs.Kind}
	if it.CreatedBy == "" {
		it.CreatedBy = t.ProposedAs.Username
	}
	if !seesFiscal(a) {
		return it
	}
	it.TotalValue = MoneyPtr(t.Value)
	for _, s := range t.Steps {
		if s.Move != nil && s.Move.Papers.NFNumber != "" {
			it.NFNumber, it.NFDate = s.Move.Papers.NFNumber, s.Move.Papers.NFDate.String()
			break
		}
	}
	return it
}

type getTaskIn struct {
	TaskID ID `json:"task_id" req:"1" doc:"Tarefa | Task"`
}

type effectOut struct {
	PartNumber    string `json:"part_number"`
	LocationCode  string `json:"location_code"`
	ProjectCode   string `json:"project_code"`
	Condition     string `json:"condition"`
	Before        Number `json:"before"`
	After         Number `json:"after"`
	ReservedAfter Number `json:"reserved_after"`
}

// taskOut is a task whole: what approving would execute, and what it would do.
type taskOut struct {
	taskItem
	Fingerprint string           `json:"fingerprint"`
	Steps       []jsontext.Value `json:"steps"`
	Effect      []effectOut      `json:"effect"`
	EvidenceIDs []ID             `json:"evidence_ids"`
	Projects    []string         `json:"projects"`
	Locations   []string         `json:"locations"`
	DecidedAt   Time             `json:"decided_at,omitzero"`
	DecidedBy   string           `json:"decided_by,omitzero"`
	Comment     string           `json:"comment,omitzero"`
	Result      jsontext.Value   `json:"result,omitzero"`
	MayDecide   bool             `json:"may_decide"` // whether the caller may, as far as can be told now
}

func (d *Deps) getTask() *Operation {
	return define(spec{name: "sga_get_task", text: textGetTask(), risk: Read, roles: everyone()},
		func(ctx context.Context, c *Call, in *getTaskIn) (*taskOut, error) {
			t, err := d.seenTask(ctx, c.Actor, in.TaskID.UUID)
			if err != nil {
				return nil, err
			}
			names, err := d.namesOf(ctx, []*approval.Task{t})
			if err != nil {
				return nil, err
			}
			return taskWhole(t, names, c.Actor), nil
		})
}

// seenTask finds a task within the actor's projects and places.
func (d *Deps) seenTask(ctx context.Context, a *identity.Actor, id uuid.UUID) (*approval.Task, error) {
	t, err := d.Store.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	unseen := fault.NotFound.With("Tarefa não encontrada.", "Task not found.").On("task_id")
	for _, code := range t.Projects {
		if !a.Projects.Has(code) {
			return nil, unseen
		}
	}
	for _, code := range t.Locations {
		if code != stock.OutsideCode && code != stock.TransitCode && !a.Locations.Has(code) {
			return nil, unseen
		}
	}
	return t, nil
}

func taskWhole(t *approval.Task, names map[uuid.UUID]identity.Name, a *identity.Actor) *taskOut {
	out := &taskOut{taskItem: itemOf(t, names, a), Fingerprint: t.Fingerprint, Steps: []jsontext.Value{}, Effect: []effectOut{}, EvidenceIDs: []ID{},
		Projects: nonNil(t.Projects), Locations: nonNil(t.Locations), DecidedAt: Time{t.DecidedAt}, DecidedBy: names[t.DecidedBy].Display, Comment: t.Comment,
		Result: jsontext.Value(t.Result)}
	for _, s := range t.Steps {
		if !seesFiscal(a) {
			s = withoutFiscal(s)
		}
		out.Steps = append(out.Steps, jsontext.Value(encoded(&s)))
	}
	for _, e := range t.Effect {
		out.Effect = append(out.Effect, effectOut{e.PartNumber, e.Location, e.Project, e.Condition, Num(e.Before), Num(e.After), Num(e.Reserved)})
	}
	for _, id := range t.Evidence {
		out.EvidenceIDs = append(out.EvidenceIDs, ID{id})
	}
	open := t.Status == approval.Pending || t.Status == approval.InProgress
	out.MayDecide = open && a.Kind == identity.Person && a.Approver.May && a.PersonID != t.ProposedBy && a.HasScope(identity.ScopeApprove)
	return out
}

// withoutFiscal is a step without invoice and values, for those who may not read them. None of them may decide.
func withoutFiscal(s approval.Step) approval.Step {
	if s.Move != nil {
		m := *s.Move
		m.Papers.NFNumber, m.Papers.NFDate, m.Papers.NFKey = "", stock.Date{}, ""
		if m.Asset != nil {
			facts := *m.Asset
			facts.AcquisitionCost, facts.CurrentValue = nil, nil
			m.Asset = &facts
		}
		s.Move = &m
	}
	if s.Part != nil {
		e := *s.Part
		e.UnitCost = nil
		s.Part = &e
	}
	if s.Asset != nil {
		e := *s.Asset
		e.AcquisitionCost, e.CurrentValue = nil, nil
		s.Asset = &e
	}
	return s
}

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

func (d *Deps) renderDecision(o *approval.Outcome) []byte {
	out := decisionOut{Success: true, TaskStatus: string(o.Task.Status), TaskID: ID{o.Task.ID}, Results: []movementOut{},
		Message: "Tarefa rejeitada; nada foi executado.", MessageEN: "Task rejected; nothing was executed."}
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
	return encoded(out)
}
