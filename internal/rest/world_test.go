package rest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
)

// toyClient stands for the registry: the operations of the real one need a database, and are tried with
// it where everything is wired.
type toyClient struct {
	list    []*ops.Operation
	answers map[string]func(args map[string]any) (string, error)

	mu    sync.Mutex
	calls []ops.Invocation
}

func (c *toyClient) All() []*ops.Operation { return c.list }

func (c *toyClient) Visible(a *identity.Actor) []*ops.Operation {
	var out []*ops.Operation
	for _, op := range c.list {
		if a.Is(op.Roles...) && a.HasScope(op.Scope) {
			out = append(out, op)
		}
	}
	return out
}

func (c *toyClient) Find(context.Context, *identity.Actor, string, int) ([]ops.Found, bool, error) {
	return nil, false, nil
}

// Call decodes as strictly as the registry does: duplicates and broken UTF-8 are refused by the library.
func (c *toyClient) Call(_ context.Context, in ops.Invocation) ([]byte, error) {
	c.mu.Lock()
	c.calls = append(c.calls, in)
	c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(op *ops.Operation) bool { return op.Name == in.Name })
	if op := c.list[i]; !in.Actor.Is(op.Roles...) {
		return nil, fault.PermissionDenied.With("Seu papel não permite %s.", "Your role does not allow %s.", op.Name).
			Detail("operation", op.Name).Detail("required_roles", []string{"logistics"})
	} else if !in.Actor.HasScope(op.Scope) {
		return nil, fault.PermissionDenied.With("O token não tem o escopo.", "The token lacks the scope.").Detail("required_scope", op.Scope)
	}
	args := map[string]any{}
	if len(in.Arguments) > 0 {
		if err := json.Unmarshal(in.Arguments, &args); err != nil {
			return nil, fault.InvalidArgument.With("O JSON está malformado.", "The JSON is malformed.").Because(err)
		}
	}
	for name := range args {
		if !slices.ContainsFunc(c.list[i].Input.Fields, func(f ops.Field) bool { return f.Name == name }) {
			return nil, fault.InvalidArgument.With("Argumento desconhecido.", "Unknown argument.").On(name)
		}
	}
	out, err := c.answers[in.Name](args)
	return []byte(out), err
}

// last is the latest call.
func (c *toyClient) last() ops.Invocation {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == 0 {
		return ops.Invocation{}
	}
	return c.calls[len(c.calls)-1]
}

// add declares a toy operation with inputs "name:type".
func (c *toyClient) add(name string, roles []identity.Role, inputs, output string, answer func(map[string]any) (string, error)) *ops.Operation {
	props, fields := []string{}, []ops.Field{}
	for in := range strings.FieldsSeq(inputs) {
		n, t, _ := strings.Cut(in, ":")
		schema := `{"type":"` + t + `","description":"` + n + `"}`
		switch t {
		case "array":
			schema = `{"type":"array","items":{"type":"string"}}`
		case "limit":
			schema = `{"type":"integer","minimum":1,"maximum":1000}`
		}
		props, fields = append(props, `"`+n+`":`+schema), append(fields, ops.Field{Name: n})
	}
	op := &ops.Operation{Name: name, Risk: ops.Read, Roles: roles, Scope: identity.ScopeTools,
		Text:   ops.Text{Title: "Título " + name, TitleEN: "Title " + name, Description: "Descrição.", DescriptionEN: "Description."},
		Input:  &ops.Schema{JSON: []byte(`{"type":"object","properties":{` + strings.Join(props, ",") + `},"additionalProperties":false}`), Fields: fields},
		Output: &ops.Schema{JSON: []byte(output)}}
	c.list = append(c.list, op)
	c.answers[name] = answer
	return op
}

func fixed(text string) func(map[string]any) (string, error) {
	return func(map[string]any) (string, error) { return text, nil }
}

const anyObject = `{"type":"object"}`

// rowsSchema is the output of a list with rows of the given columns, each "name":schema.
func rowsSchema(columns string) string {
	return `{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{` + columns + `}}},"next_cursor":{"type":"string"}}}`
}

const (
	taskID  = "019aa000-0000-7000-8000-00000000000a"
	assetID = "019aa000-0000-7000-8000-00000000000b"
)

func newToyClient() *toyClient {
	c := &toyClient{answers: map[string]func(map[string]any) (string, error){}}
	all, movers := identity.Roles(), []identity.Role{identity.Admin, identity.Logistics}
	c.add("sga_list_inventory", all, "part_number:string location_id:string status:string limit:limit offset:integer cursor:string tags:array flag:boolean",
		rowsSchema(`"part_number":{"type":"string"},"quantity_total":{"type":["integer","string"]},"tags":{"type":"array","items":{"type":"string"}},"deep":{"type":"object"}`), inventory)
	c.add("sga_get_balance", all, "part_number:string location_id:string project_id:string as_of:string", anyObject, balanceOf)
	c.add("sga_search_assets", all, "query:string search_type:string limit:limit cursor:string", rowsSchema(`"asset_id":{"type":"string"}`), found)
	c.add("sga_list_assets", all, "status:string limit:limit cursor:string", rowsSchema(`"asset_id":{"type":"string"}`), fixed(`{"items":[]}`))
	c.add("sga_get_asset_timeline", all, "identifier:string identifier_type:string cursor:string", anyObject, timelineOf)
	c.add("sga_get_movements", all, "start_date:string end_date:string movement_type:string location_id:string cursor:string limit:limit",
		rowsSchema(`"movement_id":{"type":"string"}`), fixed(`{"items":[{"movement_type":"SAIDA","movement_date":"2026-11-20T10:00:00.000-03:00","part_number":"C9300-48P","quantity":"2.5","source_location":"CD-SP","destination_location":"EXTERNO","project_code":"NTT","created_by":"Lia"}],"next_cursor":"n2"}`))
	c.add("sga_create_movement", movers, "movement_type:string part_number:string quantity:number source_location_id:string destination_location_id:string serial_numbers:array evidence_ids:array nf_number:string idempotency_key:string reason_code:string", anyObject, post)
	c.add("sga_explain_balance", all, "part_number:string location_id:string project_id:string condition:string as_of:string cursor:string", anyObject,
		fixed(`{"part_number":"CABO/UTP","description":"Cabo","as_of":"2026-10-31","balance":{"total_quantity":45,"total_reserved":0,"total_available":45},"opening":{"total_quantity":50,"total_reserved":0,"total_available":50},"movements":2,
		"items":[{"movement_id":"m1","movement_type":"AJUSTE_NEGATIVO","movement_on":"2026-10-30","total_change":-5,"total_after":45,"reserved_after":0,"created_by":"Rui","actor_kind":"agent","rule":"baixa","nf_number":null,"task_id":"`+taskID+`","approved_by":"Lia","reversal_of":null},
		{"movement_id":"m2","movement_type":"ENTRADA","movement_on":"2026-10-31","total_change":"2.5","total_after":45,"reserved_after":0,"created_by":"Rui","actor_kind":"person","rule":"x","nf_number":"99","task_id":null}],"next_cursor":"w2"}`))
	c.add("sga_list_part_numbers", all, "query:string limit:limit cursor:string", rowsSchema(`"part_number":{"type":"string"}`), partsOf)
	c.add("sga_get_movement", all, "movement_id:string", anyObject, movementOf)
	c.add("sga_reverse_movement", movers, "movement_id:string reason:string idempotency_key:string", anyObject, reversalOf)
	c.add("sga_get_pending_tasks", all, "task_type:string cursor:string limit:limit", rowsSchema(`"task_id":{"type":"string"}`),
		fixed(`{"items":[{"task_id":"`+taskID+`","priority":"URGENT","summary":"Ajuste de 5 <b>C9300</b>","summary_en":"Adjust 5","reason":"Ajustes esperam.","reason_en":"Adjustments wait."}]}`))
	c.add("sga_get_task", all, "task_id:string", anyObject, taskOf)
	approve := c.add("sga_approve_task", movers, "task_id:string fingerprint:string comment:string idempotency_key:string", anyObject, approveTask)
	approve.Scope = identity.ScopeApprove
	c.add("sga_reject_task", movers, "task_id:string reason:string idempotency_key:string", anyObject, fixed(`{"message":"Tarefa rejeitada.","message_en":"Task rejected."}`)).Scope = identity.ScopeApprove
	for _, name := range []string{"sga_comment_task", "sga_assign_task", "sga_escalate_task"} {
		c.add(name, movers, "task_id:string comment:string assignee_id:string reason:string idempotency_key:string", anyObject,
			fixed(`{"message":"Feito com a tarefa.","message_en":"Done with the task."}`))
	}
	c.add("sga_list_task_groups", all, "task_type:string", anyObject, fixed(`{"groups":[{"operation":"sga_create_movement","rule":"ajuste","task_type":"APPROVAL_ADJUSTMENT",
		"risk_class":"HIGH","projects":["NTT"],"count":7,"lowest_value":"1","highest_value":"20.5","differing":1,"more":3,
		"differing_facts":[{"fact":"quantity","distinct":2,"values":[{"value":"<i>","count":6},{"value":"900","count":1}]}],
		"tasks":[{"task_id":"`+taskID+`","fingerprint":"f1","summary":"Um <b>","differs":["quantity"],"may_decide":true},
		{"task_id":"t2","fingerprint":"f2","summary":"Outro","differs":[],"may_decide":false}]}]}`))
	for _, name := range []string{"sga_approve_tasks", "sga_reject_tasks"} {
		c.add(name, movers, "tasks:array comment:string reason:string idempotency_key:string", anyObject,
			fixed(`{"results":[{"task_id":"`+taskID+`","task_status":"APPROVED","message":"Aprovada e executada.","message_en":"x","error":null},
			{"task_id":"t2","task_status":"PENDING","message":"O estoque mudou.","message_en":"x","error":{"code":"conflict"}}]}`)).Scope = identity.ScopeApprove
	}
	c.add("sga_reconcile_sap", movers, "sap_data:array idempotency_key:string", anyObject, fixed(`{"via":"operation"}`))
	c.add("sga_fail", all, "how:string", anyObject, failing)
	return c
}

// inventory has three pages of one row; part "late" fails on its second page.
func inventory(args map[string]any) (string, error) {
	rows := []string{`{"part_number":"=cmd()","quantity_total":3,"tags":["a","b"],"deep":{}}`, `{"quantity_total":"1.5","part_number":"B"}`, `{"part_number":"C","quantity_total":0,"tags":[]}`}
	page, _ := strconv.Atoi(text(args["cursor"]))
	if page > 0 && args["part_number"] == "late" {
		return "", errors.New("pgx: SELECT * FROM sga.balances WHERE /var/lib")
	}
	next := ""
	if page < 2 {
		next = `,"next_cursor":"` + strconv.Itoa(page+1) + `"`
	}
	return `{"items":[` + rows[page] + `]` + next + `}`, nil
}

func text(v any) string { s, _ := v.(string); return s }

func balanceOf(args map[string]any) (string, error) {
	if args["part_number"] != "C9300-48P" && args["part_number"] != "CABO/UTP" {
		return "", fault.NotFound.With("Part number não encontrado.", "Part number not found.").On("part_number")
	}
	return `{"found":true,"part_number":"` + text(args["part_number"]) + `","description":"Switch <48>","summary":{"total_quantity":1200,"total_reserved":2,"total_available":"1198.5"},
		"by_location":[{"location_code":"CD-SP","location_name":"Centro","project_code":"NTT","condition":"NEW","quantity_total":1200,"quantity_reserved":2,"quantity_available":"1198.5"}]}`, nil
}

func found(args map[string]any) (string, error) {
	if args["query"] == "FOC1" {
		return `{"items":[{"asset_id":"` + assetID + `","serial_number":"foc1","part_number":"C9300-48P"}]}`, nil
	}
	if args["query"] == "switch" {
		return `{"items":[{"asset_id":"` + assetID + `","serial_number":"<i>X</i>","part_number":"A/B","status":"IN_STOCK","location_code":"CD-SP"},{"asset_id":"2","serial_number":"Y"}],"next_cursor":"c2"}`, nil
	}
	return `{"items":[]}`, nil
}

func timelineOf(args map[string]any) (string, error) {
	if args["identifier_type"] != "asset_id" {
		return "", fault.NotFound.With("Ativo não encontrado.", "Asset not found.").On("identifier")
	}
	return `{"asset":{"asset_id":"` + assetID + `","serial_number":"FOC1","part_number":"C9300-48P","status":"IN_USE","condition":"NEW","location_name":"Cliente"},
		"timeline":[{"movement_type":"SAIDA","movement_date":"2026-11-20T10:00:00.000-03:00","source_location":"CD-SP","destination_location":"CLI-1","to_status":"IN_USE","nf_number":null,"created_by":"Lia"}]}`, nil
}

func post(args map[string]any) (string, error) {
	switch {
	case args["quantity"] == "5":
		return "", fault.InsufficientStock.With("Só há 3.", "There are only 3.").On("quantity").Detail("available", "3")
	case strings.HasPrefix(text(args["movement_type"]), "AJUSTE"):
		return `{"status":"pending_approval","task_id":"` + taskID + `","movement_type":"` + text(args["movement_type"]) + `","message":"Aguarda aprovação.","message_en":"Waits for approval.","balances":[]}`, nil
	}
	return `{"status":"posted","task_id":null,"movement_id":"m","movement_type":"` + text(args["movement_type"]) + `","message":"Movimento registrado.","message_en":"Movement posted.","balances":[{"location_code":"CD-SP","project_code":"GERAL","condition":"NEW","quantity_total":7,"quantity_reserved":0,"quantity_available":7}]}`, nil
}

func movementOf(args map[string]any) (string, error) {
	if args["movement_id"] != "m1" {
		return "", fault.NotFound.With("Movimento não encontrado.", "Movement not found.").On("movement_id")
	}
	return `{"movement_id":"m1","movement_type":"SAIDA","movement_date":"2026-11-20T10:00:00.000-03:00","movement_on":"2026-11-19","part_number":"C9300-48P","quantity":2,"source_location":"CD-SP","destination_location":"EXTERNO",
		"created_by":"Lia","actor_kind":"agent","rule":"person-posts","nf_number":null,"reason":"uso <b>","reversal_of":null,"reversed_by":null,"task_id":null,"assets":[{"asset_id":"` + assetID + `","serial_number":"FOC1","to_status":"IN_USE"}]}`, nil
}

func reversalOf(args map[string]any) (string, error) {
	if args["reason"] == "late" {
		return "", fault.Conflict.With("Já foi estornado.", "Already reversed.").Final()
	}
	return `{"status":"posted","message":"Movimento registrado.","message_en":"Movement posted."}`, nil
}

func partsOf(args map[string]any) (string, error) {
	if args["query"] == "cabo" {
		return `{"items":[{"part_number":"CABO/UTP","description":"Cabo UTP"}]}`, nil
	}
	return `{"items":[]}`, nil
}

func taskOf(args map[string]any) (string, error) {
	if args["task_id"] != taskID {
		return "", fault.NotFound.With("Tarefa não encontrada.", "Task not found.").On("task_id")
	}
	return `{"task_id":"` + taskID + `","task_type":"APPROVAL_ADJUSTMENT","task_status":"PENDING","summary":"Ajuste de 5","summary_en":"Adjust 5","reason":"Ajustes esperam.","reason_en":"Adjustments wait.",
		"rule":"adjustments-wait","created_by":"Rui","proposed_by_kind":"agent","fingerprint":"f1","steps":[{"move":{"note":"</pre><script>"}}],"evidence_ids":[],
		"effect":[{"part_number":"C9300-48P","location_code":"CD-SP","project_code":"NTT","condition":"NEW","before":10,"after":5}],"total_value":"1234.5","may_decide":true}`, nil
}

func approveTask(args map[string]any) (string, error) {
	if args["fingerprint"] != "f1" {
		return "", fault.Conflict.With("O estoque mudou desde a prévia.", "The stock has changed since the preview.").On("fingerprint")
	}
	return `{"message":"Aprovada e executada.","message_en":"Approved and executed."}`, nil
}

func failing(args map[string]any) (string, error) {
	for _, code := range fault.Codes() {
		if args["how"] == string(code) {
			return "", code.With("Frase.", "Sentence.").On("how").Because(errors.New("SELECT secret FROM /etc/passwd"))
		}
	}
	if args["how"] == "panic" {
		var m map[string]int
		m["x"] = 1
	}
	return "", errors.New("pgx: SELECT secret FROM /etc/passwd")
}

// toyVerifier knows tokens "tok-ROLE"; "tok-mcp-ROLE" lacks the scope to approve.
type toyVerifier struct{}

func (toyVerifier) Verify(_ context.Context, token string) (identity.Claims, error) {
	name, ok := strings.CutPrefix(token, "tok-")
	if !ok {
		return identity.Claims{}, fault.Unauthenticated.With("Token inválido.", "Invalid token.")
	}
	name, agent := strings.CutPrefix(name, "mcp-")
	c := identity.Claims{Subject: "sub-" + name, Username: name, Groups: []string{name}, Scopes: []string{identity.ScopeTools}, Session: "s1"}
	if !agent {
		c.Scopes = append(c.Scopes, identity.ScopeApprove)
	}
	return c, nil
}

func toySession(r *http.Request) (identity.Claims, bool) {
	c, err := r.Cookie("nexo_session")
	if err != nil {
		return identity.Claims{}, false
	}
	claims, err := toyVerifier{}.Verify(r.Context(), "tok-"+c.Value)
	return claims, err == nil
}

func toyActor(_ context.Context, c identity.Claims) (*identity.Actor, error) {
	if c.Username == "gone" {
		return nil, fault.PermissionDenied.With("Conta desativada.", "Account disabled.")
	}
	a := &identity.Actor{Subject: c.Subject, Username: c.Username, Kind: identity.Person, Scopes: c.Scopes, Projects: identity.Everywhere(), Locations: identity.Everywhere()}
	for _, g := range c.Groups {
		a.Roles = append(a.Roles, identity.Role(g))
	}
	if c.Username == "technician" {
		a.Projects, a.Locations = identity.Only("NTT"), identity.Only("TEC-1")
	}
	return a, nil
}

// world is the door with toys behind it.
type world struct {
	testing.TB
	client  *toyClient
	handler http.Handler
	log     *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{TB: t, client: newToyClient(), log: &lockedBuffer{}}
	o := Options{
		Client: w.client, Actor: toyActor, Bearer: oidc.Bearer, Verifier: toyVerifier{}, Challenge: oidc.ChallengeFor, Session: toySession,
		PublicURL: "http://127.0.0.1:8080", Local: true, Health: func(context.Context) map[string]error { return map[string]error{"database": nil} },
		Version: "v1", NewID: uuid.New, Now: time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(w.log, nil)), Sheet: toySheet,
		Mounts: map[string]http.Handler{"/login": http.NotFoundHandler()},
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if w.handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	return w
}

// toySheet writes cells as they come: text in quotes, numbers bare.
func toySheet(w io.Writer, kind SheetKind, name string, english bool) (Sheet, error) {
	return &toyTable{w}, nil
}

type toyTable struct{ w io.Writer }

func (t *toyTable) Row(cells []Cell) error {
	var out []string
	for _, c := range cells {
		if c.Number {
			out = append(out, c.Text)
		} else {
			out = append(out, strconv.Quote(c.Text))
		}
	}
	_, err := io.WriteString(t.w, strings.Join(out, ";")+"\n")
	return err
}

func (t *toyTable) Close() error { return nil }

// request makes a request as a caller: "" is nobody, "viewer" a token, "@viewer" a browser session.
func request(as, method, url, body string) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+url, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if name, ok := strings.CutPrefix(as, "@"); ok {
		r.AddCookie(&http.Cookie{Name: "nexo_session", Value: name})
	} else if as != "" {
		r.Header.Set("Authorization", "Bearer tok-"+as)
	}
	return r
}

func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

func canonical(raw []byte) string {
	v := jsontext.Value(raw)
	if len(v) == 0 || v.Canonicalize() != nil {
		return string(raw)
	}
	return string(v)
}
