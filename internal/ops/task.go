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
	Mine       bool   `json:"mine,omitzero" doc:"Só as que são minhas | Only those assigned to me"`
	Overdue    bool   `json:"overdue,omitzero" doc:"Só as atrasadas | Only those past their due time"`
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
	RiskClass      string  `json:"risk_class" enum:"risk_class"`
	AssigneeName   string  `json:"assignee_name"`
	DueAt          Time    `json:"due_at"`
	Overdue        bool    `json:"overdue"`
	Escalation     int     `json:"escalation_level"`
	Approvals      int     `json:"approvals"`
	Needed         int     `json:"approvals_needed"`
	ValueUnknown   bool    `json:"value_unknown"` // a part has no cost: total_value is not the whole
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
				out.Items[i] = d.itemOf(t, names, c.Actor)
			}
			return out, nil
		})
}

func (d *Deps) taskFilter(ctx context.Context, a *identity.Actor, in *pendingTasksIn) (approval.TaskFilter, error) {
	f := approval.TaskFilter{Overdue: in.Overdue, Scope: scopeOf(a, d.Store.Catalog()), Cursor: in.Cursor, Limit: in.Limit, Projects: codes(a.Projects), Places: placeCodes(a.Locations)}
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
	if in.Mine {
		f.Assignee = a.PersonID
		return f, nil
	}
	if in.AssigneeID == "" {
		return f, nil
	}
	f.Assignee, err = d.personNamed(ctx, in.AssigneeID, "assignee_id")
	if fault.CodeOf(err) == fault.NotFound { // who may look at the queue need not learn which logins exist
		f.Assignee, err = uuid.Max, nil
	}
	return f, err
}

// personNamed finds a person by id or login.
func (d *Deps) personNamed(ctx context.Context, name, field string) (uuid.UUID, error) {
	if id, err := uuid.Parse(name); err == nil {
		return id, nil
	}
	login, err := d.Store.LoginByUsername(ctx, name)
	if err != nil {
		return uuid.Nil, fault.Of(err).On(field)
	}
	return login.PersonID, nil
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
		ids = append(ids, t.ProposedBy, t.DecidedBy, t.Assignee, t.AssignedBy)
		for _, v := range t.Votes {
			ids = append(ids, v.Person)
		}
		for _, c := range t.Comments {
			ids = append(ids, c.Author)
		}
		for _, h := range t.History {
			ids = append(ids, h.Actor)
		}
	}
	return d.Store.Names(ctx, ids)
}

// itemOf shows a task in the list, without invoice and value to those who may not read them.
func (d *Deps) itemOf(t *approval.Task, names map[uuid.UUID]identity.Name, a *identity.Actor) taskItem {
	it := taskItem{EntryID: ID{t.ID}, TaskID: ID{t.ID}, SourceType: "MANUAL", TotalItems: len(t.Steps), Status: string(t.Status),
		OCRConfidence: NumPtr(t.Confidence), CreatedAt: Time{t.CreatedAt}, CreatedBy: names[t.ProposedBy].Display, TaskType: string(t.Type), TaskStatus: string(t.Status),
		Priority: string(t.Priority), Operation: t.Operation, Summary: t.Summary, SummaryEN: t.SummaryEN, Rule: t.Rule, Reason: t.Reason, ReasonEN: t.ReasonEN,
		AssigneeID: ID{t.Assignee}, ReferenceID: ID{t.Reference}, ExpiresAt: Time{t.ExpiresAt}, ProposedByKind: t.ProposedAs.Kind,
		RiskClass: string(t.Risk()), AssigneeName: names[t.Assignee].Display, DueAt: Time{t.DueAt}, Overdue: t.Open() && t.DueAt.Before(d.Now()),
		Escalation: t.Escalation, Approvals: t.Approvals, Needed: t.Needed, ValueUnknown: t.ValueUnknown}
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
	WhyNot      string           `json:"why_not,omitzero"`
	WhyNotEN    string           `json:"why_not_en,omitzero"`
	Comments    []commentOut     `json:"comments"`
	Votes       []voteOut        `json:"votes"`
	History     []historyOut     `json:"history"`
}

type commentOut struct {
	CommentID   ID     `json:"comment_id"`
	Author      string `json:"author"`
	AuthorKind  string `json:"author_kind"`
	Comment     string `json:"comment"`
	EvidenceIDs []ID   `json:"evidence_ids"`
	At          Time   `json:"commented_at"`
}

// voteOut is one person's approval; one that was for an effect that has changed since is void.
type voteOut struct {
	Person  string `json:"person"`
	Comment string `json:"comment"`
	At      Time   `json:"voted_at"`
	Void    bool   `json:"void"`
}

type historyOut struct {
	Change    string         `json:"change"`
	Actor     string         `json:"actor"`
	ActorKind string         `json:"actor_kind"`
	At        Time           `json:"changed_at"`
	Detail    jsontext.Value `json:"detail"`
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
			return d.taskWhole(t, names, c.Actor), nil
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

func (d *Deps) taskWhole(t *approval.Task, names map[uuid.UUID]identity.Name, a *identity.Actor) *taskOut {
	out := &taskOut{taskItem: d.itemOf(t, names, a), Fingerprint: t.Fingerprint, Steps: []jsontext.Value{}, Effect: []effectOut{}, EvidenceIDs: ids(t.Evidence),
		Projects: nonNil(t.Projects), Locations: nonNil(t.Locations), DecidedAt: Time{t.DecidedAt}, DecidedBy: names[t.DecidedBy].Display, Comment: t.Comment,
		Result: jsontext.Value(t.Result), Comments: []commentOut{}, Votes: []voteOut{}, History: []historyOut{}}
	for _, s := range t.Steps {
		if !seesFiscal(a) {
			s = withoutFiscal(s)
		}
		out.Steps = append(out.Steps, jsontext.Value(encoded(&s)))
	}
	for _, e := range t.Effect {
		out.Effect = append(out.Effect, effectOut{e.PartNumber, e.Location, e.Project, e.Condition, Num(e.Before), Num(e.After), Num(e.Reserved)})
	}
	for _, c := range t.Comments {
		out.Comments = append(out.Comments, commentOut{ID{c.ID}, names[c.Author].Display, string(c.Kind), c.Body, ids(c.Evidence), Time{c.At}})
	}
	for _, v := range t.Votes {
		out.Votes = append(out.Votes, voteOut{names[v.Person].Display, v.Comment, Time{v.At}, !v.VoidedAt.IsZero() || v.Fingerprint != t.Fingerprint})
	}
	for _, h := range t.History {
		out.History = append(out.History, historyOut{h.Change, names[h.Actor].Display, string(h.Kind), Time{h.At}, jsontext.Value(h.Detail)})
	}
	out.mayDecide(t.MayDecide(a, d.Now()), t.Voted(a.PersonID))
	return out
}

// mayDecide says whether the caller may decide, and of an open task why not.
func (o *taskOut) mayDecide(refused error, voted bool) {
	o.MayDecide = refused == nil && !voted
	if f := fault.Of(refused); f != nil && f.Code == fault.PermissionDenied {
		o.WhyNot, o.WhyNotEN = f.Wire().Message, f.Wire().MessageEN
	}
	if refused == nil && voted {
		o.WhyNot, o.WhyNotEN = "Você já aprovou; falta outra pessoa.", "You have already approved; another person is missing."
	}
}

func ids(list []uuid.UUID) []ID {
	out := make([]ID, len(list))
	for i, id := range list {
		out[i] = ID{id}
	}
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
