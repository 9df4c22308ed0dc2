package rest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
)

// TestCalls: a request as somebody, its status, the call behind it, and what the answer must and must not have.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, as, method, url, body string
		status                      int
		call                        string // operation and canonical arguments; empty: none was made
		must, not                   string
	}{
		{"nobody", "", "GET", "/api/v1/inventory", "", 401, "", `"code":"unauthenticated"`, "items"},
		{"wrong token", "x y", "GET", "/api/v1/inventory", "", 401, "", `"unauthenticated"`, "items"},
		{"disabled", "gone", "GET", "/api/v1/inventory", "", 403, "", `Conta desativada`, "items"},
		{"list", "viewer", "GET", "/api/v1/inventory?limit=5&flag=true&tags=a,b&status=IN_STOCK&part_number=", "", 200,
			`sga_list_inventory {"flag":true,"limit":5,"status":"IN_STOCK","tags":["a","b"]}`, `"items"`, ""},
		{"path", "viewer", "GET", "/api/v1/balances/CABO%2FUTP?as_of=2026-01-31", "", 200, `sga_get_balance {"as_of":"2026-01-31","part_number":"CABO/UTP"}`, `"found"`, ""},
		{"path twice", "viewer", "GET", "/api/v1/balances/A?part_number=B", "", 400, "", `"field":"part_number"`, ""},
		{"search", "viewer", "GET", "/api/v1/assets?q=switch", "", 200, `sga_search_assets {"query":"switch"}`, "items", ""},
		{"search by its inner name", "viewer", "GET", "/api/v1/assets?query=switch", "", 400, "", `"field":"query"`, ""},
		{"list of assets", "viewer", "GET", "/api/v1/assets?status=BAD", "", 200, `sga_list_assets {"status":"BAD"}`, "items", ""},
		{"unknown parameter", "viewer", "GET", "/api/v1/inventory?colour=red", "", 400, "", `"field":"colour"`, "items"},
		{"parameter twice", "viewer", "GET", "/api/v1/inventory?limit=1&limit=2", "", 400, "", `"field":"limit"`, "items"},
		{"not an integer", "viewer", "GET", "/api/v1/inventory?limit=1e2", "", 400, "", `"field":"limit"`, "items"},
		{"not a boolean", "viewer", "GET", "/api/v1/inventory?flag=yes", "", 400, "", `"allowed"`, "items"},
		{"broken query", "viewer", "GET", "/api/v1/inventory?a=%zz", "", 400, "", "malformada", "items"},
		{"query not UTF-8", "viewer", "GET", "/api/v1/inventory?part_number=%ff", "", 400, "", "UTF-8", "items"},
		{"path not UTF-8", "viewer", "GET", "/api/v1/balances/%ff", "", 400, "", "UTF-8", "found"},
		{"long query", "viewer", "GET", "/api/v1/inventory?part_number=" + strings.Repeat("x", maxQuery), "", 414, "", "invalid_argument", "items"},
		{"operation", "viewer", "POST", "/api/v1/ops/sga_get_balance", `{"part_number":"C9300-48P"}`, 200, `sga_get_balance {"part_number":"C9300-48P"}`, "found", ""},
		{"alias", "viewer", "POST", "/api/v1/ops/SGAPostgresTools___sga_get_balance", `{"part_number":"C9300-48P"}`, 200, `sga_get_balance {"part_number":"C9300-48P"}`, "found", ""},
		{"operation without a body", "viewer", "POST", "/api/v1/ops/sga_list_inventory", "", 200, `sga_list_inventory `, "items", ""},
		{"operation that is none", "viewer", "POST", "/api/v1/ops/sga_drop", "{}", 404, "", `"field":"name"`, ""},
		{"operation with a query", "viewer", "POST", "/api/v1/ops/sga_list_inventory?limit=1", "{}", 400, "", `"field":"limit"`, ""},
		{"write as viewer", "viewer", "POST", "/api/v1/movements", `{"movement_type":"ENTRADA"}`, 403, `sga_create_movement {"movement_type":"ENTRADA"}`, `"required_roles":["logistics"]`, "posted"},
		{"write as logistics", "logistics", "POST", "/api/v1/movements", `{"movement_type":"ENTRADA"}`, 200, `sga_create_movement {"movement_type":"ENTRADA"}`, "posted", ""},
		{"not enough", "logistics", "POST", "/api/v1/movements", `{"movement_type":"SAIDA","quantity":"5"}`, 409, `sga_create_movement {"movement_type":"SAIDA","quantity":"5"}`, `"details":{"available":"3"}`, "posted"},
		{"body and path", "logistics", "POST", "/api/v1/tasks/" + taskID + "/approve", `{"fingerprint":"f1"}`, 200, `sga_approve_task {"fingerprint":"f1","task_id":"` + taskID + `"}`, "Aprovada", ""},
		{"path without body", "logistics", "POST", "/api/v1/tasks/" + taskID + "/approve", ``, 409, `sga_approve_task {"task_id":"` + taskID + `"}`, `"retryable":true`, ""},
		{"task in body and path", "logistics", "POST", "/api/v1/tasks/" + taskID + "/approve", `{"task_id":"other","fingerprint":"f1"}`, 400, "-", "invalid_argument", "Aprovada"},
		{"approving without the scope", "mcp-logistics", "POST", "/api/v1/tasks/" + taskID + "/approve", `{"fingerprint":"f1"}`, 403, "-", `"required_scope":"sga/approve"`, "Aprovada"},
		{"wrong method", "viewer", "DELETE", "/api/v1/movements", "", 405, "", "não aceita DELETE", ""},
		{"no such address", "viewer", "GET", "/api/v1/nothing", "", 404, "", "not_found", ""},
		{"operations are not declared: no stub", "admin", "GET", "/api/v1/reconciliations", "", 404, "", "not_found", ""},
		{"no events here", "viewer", "GET", "/api/v1/events", "", 404, "", "not_found", ""},
		{"internal", "viewer", "POST", "/api/v1/ops/sga_fail", `{}`, 500, "-", `"id":"`, "SELECT"},
		{"panic", "viewer", "POST", "/api/v1/ops/sga_fail", `{"how":"panic"}`, 500, "-", `"code":"internal"`, "goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.do(request(c.as, c.method, c.url, c.body))
			body := p.Body.String()
			if p.Code != c.status || !strings.Contains(body, c.must) || c.not != "" && strings.Contains(body, c.not) {
				t.Errorf("%d %s", p.Code, body)
			}
			in, call := w.client.last(), ""
			if in.Name != "" {
				call = in.Name + " " + canonical(in.Arguments)
			}
			if c.call != "-" && call != c.call {
				t.Errorf("called %q, want %q", call, c.call)
			}
			if in.Name != "" && (in.Door != "rest" || in.Actor == nil) {
				t.Errorf("invocation %+v", in)
			}
			if media := p.Header().Get("Content-Type"); (media == "application/json") != (c.status == 200) || (media == "application/problem+json") != (c.status >= 400) {
				t.Errorf("media type %s", media)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, code := range fault.Codes() {
		for _, l := range []string{"pt-BR,en;q=0.5", "en-US", ""} {
			r := request("viewer", "POST", "/api/v1/ops/sga_fail", `{"how":"`+string(code)+`"}`)
			r.Header.Set("Accept-Language", l)
			p := w.do(r)
			var got problem
			if err := json.Unmarshal(p.Body.Bytes(), &got, json.RejectUnknownMembers(true)); err != nil {
				t.Fatal(err)
			}
			title, detail := code.TitlePT(), "Frase."
			if strings.HasPrefix(l, "en") {
				title, detail = code.Title(), "Sentence."
			}
			want := problem{Type: "urn:nexo:error:" + string(code), Title: title, Status: code.HTTP(), Detail: detail, Instance: "urn:uuid:" + p.Header().Get("X-Request-Id"),
				Body: fault.Body{Code: code, Message: "Frase.", MessageEN: "Sentence.", Field: "how", Retryable: got.Retryable}}
			if code == fault.Internal {
				want.Details = map[string]any{"id": p.Header().Get("X-Request-Id")}
			}
			if diff := cmp.Diff(want, got); diff != "" || p.Code != code.HTTP() {
				t.Error(code, p.Code, diff)
			}
			if strings.Contains(p.Body.String(), "SELECT") {
				t.Errorf("%s leaks its cause", code)
			}
			if (p.Header().Get("Retry-After") != "") != got.Retryable {
				t.Errorf("%s: Retry-After %q", code, p.Header().Get("Retry-After"))
			}
			if (p.Header().Get("WWW-Authenticate") != "") != (code == fault.Unauthenticated) {
				t.Errorf("%s: WWW-Authenticate %q", code, p.Header().Get("WWW-Authenticate"))
			}
		}
	}
	if !strings.Contains(w.log.String(), "SELECT secret") {
		t.Error("the log lacks the cause of the internal error")
	}
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const where = `resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource"`
	for name, c := range map[string]struct {
		r    *http.Request
		want string
		not  string
	}{
		"no token":      {request("", "GET", "/api/v1/tasks", ""), `Bearer realm="nexo", ` + where, "error="},
		"bad token":     {request("no token", "GET", "/api/v1/tasks", ""), `error="invalid_token"`, "scope="},
		"missing scope": {request("mcp-admin", "POST", "/api/v1/tasks/"+taskID+"/approve", "{}"), `error="insufficient_scope"`, "invalid_token"},
		"which scope":   {request("mcp-admin", "POST", "/api/v1/tasks/"+taskID+"/approve", "{}"), `scope="sga/approve"`, "invalid_token"},
	} {
		got := w.do(c.r).Header().Get("WWW-Authenticate")
		if !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s: %s", name, got)
		}
	}
	r := request("", "GET", "/api/v1/tasks?access_token=tok-admin", "")
	if p := w.do(r); p.Code != 401 {
		t.Errorf("a token in the query: %d", p.Code)
	}
	r = request("@admin", "GET", "/api/v1/tasks", "")
	r.Header.Set("Authorization", "bearer tok-admin")
	if p := w.do(r); p.Code != 401 {
		t.Errorf("a bad token beside a good session: %d", p.Code)
	}
}

func TestIdempotencyKeyHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header, body string
		status       int
		want         string
	}{
		"header alone":           {"k1", `{"movement_type":"ENTRADA"}`, 200, `{"idempotency_key":"k1","movement_type":"ENTRADA"}`},
		"quoted":                 {`"k1"`, `{ }`, 200, `{"idempotency_key":"k1"}`},
		"no body":                {"k1", ``, 200, `{"idempotency_key":"k1"}`},
		"argument alone":         {"", `{"idempotency_key":"k2"}`, 200, `{"idempotency_key":"k2"}`},
		"both equal":             {"k1", `{"idempotency_key":"k1"}`, 200, `{"idempotency_key":"k1"}`},
		"both equal, escaped":    {"k1", `{"idempotency_key":"\u006b1"}`, 200, `{"idempotency_key":"k1"}`},
		"both differ":            {"k1", `{"idempotency_key":"k2"}`, 409, ""},
		"malformed":              {"k1", `{"movement_type":`, 400, ""},
		"not an object":          {"k1", `[1]`, 400, ""},
		"trailing value":         {"k1", `{} {}`, 400, ""},
		"argument of wrong type": {"k1", `{"idempotency_key":7}`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := request("logistics", "POST", "/api/v1/movements", c.body)
			if c.header != "" {
				r.Header.Set("Idempotency-Key", c.header)
			}
			p := w.do(r)
			if p.Code != c.status {
				t.Fatalf("%d %s", p.Code, p.Body)
			}
			if got := canonical(w.client.last().Arguments); c.want != "" && got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if c.status == 409 && (!strings.Contains(p.Body.String(), `"retryable":false`) || w.client.last().Name != "") {
				t.Errorf("a conflict of keys: %s", p.Body)
			}
		})
	}
	w := newWorld(t)
	r := request("viewer", "POST", "/api/v1/ops/sga_get_balance", `{"part_number":"C9300-48P"}`)
	r.Header.Set("Idempotency-Key", "k1")
	if p := w.do(r); p.Code != 200 || strings.Contains(string(w.client.last().Arguments), "k1") {
		t.Errorf("a read has no key: %d %s", p.Code, p.Body)
	}
}
