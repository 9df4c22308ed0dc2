package rest

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

type taskItem struct {
	TaskID         string `json:"task_id"`
	TaskType       string `json:"task_type"`
	TaskStatus     string `json:"task_status"`
	Priority       string `json:"priority"`
	Summary        string `json:"summary"`
	SummaryEN      string `json:"summary_en"`
	Rule           string `json:"rule"`
	Reason         string `json:"reason"`
	ReasonEN       string `json:"reason_en"`
	CreatedBy      string `json:"created_by"`
	CreatedAt      string `json:"created_at"`
	ExpiresAt      string `json:"expires_at"`
	ProposedByKind string `json:"proposed_by_kind"`
	AssigneeName   string `json:"assignee_name"`
	DueAt          string `json:"due_at"`
	Overdue        bool   `json:"overdue"`
	Escalation     int    `json:"escalation_level"`
	Approvals      int    `json:"approvals"`
	Needed         int    `json:"approvals_needed"`
	RiskClass      string `json:"risk_class"`
	ValueUnknown   bool   `json:"value_unknown"`
}

// Open says that the task still waits.
func (t *taskItem) Open() bool { return t.TaskStatus == "PENDING" || t.TaskStatus == "IN_PROGRESS" }

type tasksData struct {
	Items   []taskItem `json:"items"`
	Next    string     `json:"next_cursor"`
	Mine    bool       `json:"-"`
	Overdue bool       `json:"-"`
}

// taskList shows what waits, the most urgent first.
func taskList(v *visit) (*view, error) {
	const operation = "sga_get_pending_tasks"
	a, err := v.filters(operation, "task_type", "priority", "task_status", "mine", "overdue", "cursor")
	if err != nil {
		return nil, err
	}
	out, err := asked[tasksData](v, operation, a)
	if err != nil {
		return nil, err
	}
	out.Mine, out.Overdue = v.r.URL.Query().Get("mine") == "true", v.r.URL.Query().Get("overdue") == "true"
	return &view{Name: "tasks", Title: "tasks.title", Data: out}, nil
}

type taskData struct {
	taskItem
	Fingerprint string           `json:"fingerprint"`
	Steps       []jsontext.Value `json:"steps"`
	Effect      []taskEffect     `json:"effect"`
	EvidenceIDs []string         `json:"evidence_ids"`
	TotalValue  quantity         `json:"total_value"`
	DecidedAt   string           `json:"decided_at"`
	DecidedBy   string           `json:"decided_by"`
	Comment     string           `json:"comment"`
	MayDecide   bool             `json:"may_decide"`
	WhyNot      string           `json:"why_not"`
	WhyNotEN    string           `json:"why_not_en"`
	Comments    []taskComment    `json:"comments"`
	Votes       []taskVote       `json:"votes"`
	History     []taskHistory    `json:"history"`
	Me          string           `json:"-"`
	Done        *decisionData    `json:"-"`
	Documents   *documentsData   `json:"-"`
}

type taskComment struct {
	Author     string `json:"author"`
	AuthorKind string `json:"author_kind"`
	Comment    string `json:"comment"`
	At         string `json:"commented_at"`
}

type taskVote struct {
	Person  string `json:"person"`
	Comment string `json:"comment"`
	At      string `json:"voted_at"`
	Void    bool   `json:"void"`
}

type taskHistory struct {
	Change string         `json:"change"`
	Actor  string         `json:"actor"`
	At     string         `json:"changed_at"`
	Detail jsontext.Value `json:"detail"`
}

type taskEffect struct {
	PartNumber   string   `json:"part_number"`
	LocationCode string   `json:"location_code"`
	ProjectCode  string   `json:"project_code"`
	Condition    string   `json:"condition"`
	Before       quantity `json:"before"`
	After        quantity `json:"after"`
}

type decisionData struct {
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

// taskPage shows one task whole: what approving would do, and why it waits.
func taskPage(v *visit) (*view, error) {
	a := &arguments{}
	a.text("task_id", strings.ToValidUTF8(v.r.PathValue("task_id"), "�"))
	out, err := asked[taskData](v, "sga_get_task", a)
	if err != nil {
		return nil, err
	}
	for i := range out.Steps {
		if out.Steps[i].Indent(jsontext.WithIndent("  ")) != nil {
			return nil, fault.Internal.With("Erro interno.", "Internal error.")
		}
	}
	if out.Documents, err = v.documentsOf(document.OfTask, out.TaskID, "/tasks/"+out.TaskID+"/documents"); err != nil {
		return nil, err
	}
	out.Me = v.caller.actor.Username
	return &view{Name: "task", Title: "task", Data: out}, nil
}

func approved(v *visit) (*view, error) {
	return decide(v, "sga_approve_task", "fingerprint", "comment")
}

func rejected(v *visit) (*view, error) { return decide(v, "sga_reject_task", "reason") }

// decide carries out a person's word and shows the task as it then is. If the world has changed since the
// page was made, the fresh page says so and asks anew (I8).
func decide(v *visit, operation string, names ...string) (*view, error) {
	a := &arguments{}
	a.text("task_id", strings.ToValidUTF8(v.r.PathValue("task_id"), "�"))
	for _, name := range append(names, keyArgument) {
		if value := v.form.Get(name); value != "" {
			a.text(name, strings.ToValidUTF8(value, "�"))
		}
	}
	done, cause := asked[decisionData](v, operation, a)
	if fault.CodeOf(cause) == fault.NotFound {
		return nil, cause
	}
	out, err := taskPage(v)
	if err != nil {
		return nil, err
	}
	if cause != nil {
		out.Problem, out.Status = v.d.explain(v.r, cause)
		return out, nil
	}
	out.Status = http.StatusOK
	out.Data.(*taskData).Done = done
	return out, nil
}
