package rest

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The forms of the queue: what each sends, and what the page says after it.
func TestTaskForms(t *testing.T) {
	t.Parallel()
	task := "/tasks/" + taskID
	for _, c := range []struct {
		name, as, to string
		values       url.Values
		status       int
		args         string
		must, not    []string
	}{
		{"comment", "@logistics", task + "/comment", url.Values{"comment": {"falta a foto"}, "idempotency_key": {"k"}}, 200,
			`{"comment":"falta a foto","idempotency_key":"k","task_id":"` + taskID + `"}`, []string{"Feito com a tarefa.", "Aprovar"}, nil},
		{"assign", "@logistics", task + "/assign", url.Values{"assignee_id": {"lead"}, "unknown": {"x"}}, 200,
			`{"assignee_id":"lead","task_id":"` + taskID + `"}`, []string{"Feito com a tarefa."}, nil},
		{"give back", "@logistics", task + "/assign", url.Values{"assignee_id": {""}}, 200, `{"task_id":"` + taskID + `"}`, []string{"Feito com a tarefa."}, nil},
		{"escalate", "@logistics", task + "/escalate", url.Values{"reason": {"parado"}}, 200, `{"reason":"parado","task_id":"` + taskID + `"}`, []string{"Feito com a tarefa."}, nil},
		{"approve several", "@logistics", "/tasks/approve", url.Values{"task": {taskID + " f1", `t2 "f2`}, "comment": {"ok"}}, 200,
			`{"comment":"ok","tasks":[{"task_id":"` + taskID + `","fingerprint":"f1"},{"task_id":"t2","fingerprint":"\"f2"}]}`,
			[]string{"Aprovada e executada.", "O estoque mudou.", "Pendências agrupadas"}, nil},
		{"reject several", "@logistics", "/tasks/reject", url.Values{"task": {taskID + " f1"}, "comment": {"repetida"}}, 200,
			`{"reason":"repetida","tasks":[{"task_id":"` + taskID + `","fingerprint":"f1"}]}`, []string{"Pendências agrupadas"}, nil},
		{"none was ticked", "@logistics", "/tasks/approve", url.Values{"comment": {"ok"}}, 400, "-", []string{"Marque ao menos uma tarefa."}, []string{"executada"}},
		{"not his to say", "@viewer", task + "/escalate", url.Values{"reason": {"x"}}, 403, "", nil, []string{"Feito"}},
		{"without the token", "@logistics", task + "/comment", url.Values{"comment": {"x"}, "form_token": {"x"}}, 403, "-", []string{"A página expirou"}, []string{"Feito"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.values.Get("form_token") == "" {
				c.values.Set("form_token", "TOKEN")
			}
			status, body := w.submit(c.as, task, c.to, c.values)
			if status != c.status {
				t.Errorf("%d %s", status, body)
			}
			for _, must := range c.must {
				if !strings.Contains(body, must) {
					t.Errorf("lacks %q:\n%s", must, body)
				}
			}
			for _, not := range c.not {
				if strings.Contains(body, not) {
					t.Errorf("has %q:\n%s", not, body)
				}
			}
			calls := []string{}
			for _, in := range w.client.calls {
				calls = append(calls, canonical(in.Arguments))
			}
			if len(c.args) > 1 && !slices.Contains(calls, canonical([]byte(c.args))) {
				t.Errorf("calls %q", calls)
			}
		})
	}
}

func TestGroupsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.do(request("@logistics", "GET", "/tasks/groups", ""))
	for _, must := range []string{"Risco alto", "7 tarefas", "R$ 1 – 20,5", "difere em quantidade", "&lt;i&gt; × 6", "Um &lt;b&gt;", `value="` + taskID + ` f1"`, `value="t2 f2" disabled`, "3 mais"} {
		if !strings.Contains(p.Body.String(), must) {
			t.Errorf("lacks %q", must)
		}
	}
	if p.Code != 200 || strings.Contains(p.Body.String(), "<i>") {
		t.Errorf("%d %s", p.Code, p.Body.String())
	}
}
