package rest

import (
	"net/http"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

func commented(v *visit) (*view, error) { return decide(v, "sga_comment_task", "comment") }

func assigned(v *visit) (*view, error) { return decide(v, "sga_assign_task", "assignee_id", "reason") }

func escalated(v *visit) (*view, error) { return decide(v, "sga_escalate_task", "reason") }

type groupsData struct {
	Groups    []groupData   `json:"groups"`
	Truncated bool          `json:"truncated"`
	Done      []groupAnswer `json:"-"`
}

type groupData struct {
	Operation    string      `json:"operation"`
	Rule         string      `json:"rule"`
	TaskType     string      `json:"task_type"`
	RiskClass    string      `json:"risk_class"`
	Projects     []string    `json:"projects"`
	Count        int         `json:"count"`
	LowValue     quantity    `json:"lowest_value"`
	HighValue    quantity    `json:"highest_value"`
	ValueUnknown int         `json:"value_unknown"`
	Oldest       string      `json:"oldest_at"`
	Differing    int         `json:"differing"`
	Facts        []groupFact `json:"differing_facts"`
	Tasks        []groupTask `json:"tasks"`
	More         int         `json:"more"`
}

type groupFact struct {
	Fact     string `json:"fact"`
	Distinct int    `json:"distinct"`
	Values   []struct {
		Value string `json:"value"`
		Count int    `json:"count"`
	} `json:"values"`
}

type groupTask struct {
	TaskID      string   `json:"task_id"`
	Fingerprint string   `json:"fingerprint"`
	Summary     string   `json:"summary"`
	SummaryEN   string   `json:"summary_en"`
	TotalValue  quantity `json:"total_value"`
	Differs     []string `json:"differs"`
	MayDecide   bool     `json:"may_decide"`
}

// MayDecide says whether any of the tasks shown may be decided here.
func (g *groupData) MayDecide() bool {
	for _, t := range g.Tasks {
		if t.MayDecide {
			return true
		}
	}
	return false
}

// groupAnswer is what became of one task of several.
type groupAnswer struct {
	TaskID     string     `json:"task_id"`
	TaskStatus string     `json:"task_status"`
	Message    string     `json:"message"`
	MessageEN  string     `json:"message_en"`
	Error      *groupFail `json:"error"`
}

type groupFail struct {
	Code string `json:"code"`
}

// taskGroups shows alike tasks together, those that differ first.
func taskGroups(v *visit) (*view, error) {
	a := &arguments{}
	if v.r.Method == http.MethodGet {
		var err error
		if a, err = v.filters("sga_list_task_groups", "task_type", "project_id", "mine", "overdue"); err != nil {
			return nil, err
		}
	}
	out, err := asked[groupsData](v, "sga_list_task_groups", a)
	if err != nil {
		return nil, err
	}
	return &view{Name: "groups", Title: "groups.title", Data: out}, nil
}

func approvedMany(v *visit) (*view, error) { return decideMany(v, "sga_approve_tasks", "comment") }

func rejectedMany(v *visit) (*view, error) { return decideMany(v, "sga_reject_tasks", "reason") }

// decideMany carries out a person's word on the tasks that were ticked, each with what the page showed of it.
func decideMany(v *visit, operation, word string) (*view, error) {
	ticked := v.form["task"]
	list := []byte{'['}
	for i, t := range ticked {
		id, print, _ := strings.Cut(strings.ToValidUTF8(t, "�"), " ")
		if i > 0 {
			list = append(list, ',')
		}
		list = append(quoted(append(list, `{"task_id":`...), id), `,"fingerprint":`...)
		list = append(quoted(list, print), '}')
	}
	a := &arguments{}
	a.add("tasks", append(list, ']'))
	for from, to := range map[string]string{"comment": word, keyArgument: keyArgument} {
		if value := v.form.Get(from); value != "" {
			a.text(to, strings.ToValidUTF8(value, "�"))
		}
	}
	type answers struct {
		Results []groupAnswer `json:"results"`
	}
	var done *answers
	cause := error(fault.InvalidArgument.With("Marque ao menos uma tarefa.", "Tick at least one task.").On("tasks"))
	if len(ticked) > 0 {
		done, cause = asked[answers](v, operation, a)
	}
	out, err := taskGroups(v)
	if err != nil {
		return nil, err
	}
	if cause != nil {
		out.Problem, out.Status = v.d.explain(v.r, cause)
		return out, nil
	}
	out.Status = http.StatusOK
	out.Data.(*groupsData).Done = done.Results
	return out, nil
}
