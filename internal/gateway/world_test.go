package gateway

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
)

// handler is what a toy operation does.
type handler func(ctx context.Context, in ops.Invocation) ([]byte, error)

// toyClient stands for the registry: operations of the real one need a database.
type toyClient struct {
	list []*ops.Operation
	does map[string]handler

	mu    sync.Mutex
	calls []ops.Invocation
}

var _ ops.Client = (*toyClient)(nil)

func (c *toyClient) Visible(a *identity.Actor) []*ops.Operation {
	var out []*ops.Operation
	for _, op := range c.list {
		if a.Is(op.Roles...) && a.HasScope(op.Scope) {
			out = append(out, op)
		}
	}
	return out
}

// Find scores by the words of a question that stand in the English description.
func (c *toyClient) Find(_ context.Context, a *identity.Actor, query string, limit int) ([]ops.Found, bool, error) {
	if query == "break" {
		return nil, false, errors.New("index /var/lib/nexo/index is gone")
	}
	var out []ops.Found
	for _, op := range c.Visible(a) {
		f := ops.Found{Operation: op}
		for word := range strings.FieldsSeq(strings.ToLower(query)) {
			if strings.Contains(strings.ToLower(op.Text.DescriptionEN), word) {
				f.Score += 0.25
			}
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(x, y ops.Found) int { return int(100 * (y.Score - x.Score)) })
	return out[:min(limit, len(out))], strings.Contains(query, "or"), nil
}

func (c *toyClient) Call(ctx context.Context, in ops.Invocation) ([]byte, error) {
	i := slices.IndexFunc(c.list, func(op *ops.Operation) bool { return op.Name == in.Name })
	if i < 0 {
		return nil, fault.NotFound.With("Operação desconhecida.", "Unknown operation.").On("name")
	}
	c.mu.Lock()
	c.calls = append(c.calls, in)
	c.mu.Unlock()
	if op := c.list[i]; !in.Actor.Is(op.Roles...) || !in.Actor.HasScope(op.Scope) {
		return nil, fault.PermissionDenied.With("Seu papel não permite %s.", "Your role does not allow %s.", op.Name)
	}
	return c.does[in.Name](ctx, in)
}

// add declares a toy operation.
func (c *toyClient) add(op ops.Operation, input string, do handler) {
	if op.Scope == "" {
		op.Scope = identity.ScopeTools
	}
	op.Input = &ops.Schema{JSON: []byte(input)}
	op.Output = &ops.Schema{JSON: []byte(`{"type":"object"}`)}
	c.list = append(c.list, &op)
	c.does[op.Name] = do
}

func newToyClient() *toyClient {
	c := &toyClient{does: map[string]handler{}}
	c.add(ops.Operation{Name: "sga_get_balance", Risk: ops.Read, Roles: identity.Roles(), Text: ops.Text{
		Title: "Ver o saldo", TitleEN: "See the balance", Description: "Mostra o saldo de uma peça.", DescriptionEN: "Shows the balance of a part."}},
		`{"type":"object","properties":{"part_number":{"type":"string"}},"required":["part_number"],"additionalProperties":false}`, balance)
	c.add(ops.Operation{Name: "sga_create_movement", Risk: ops.Write, Roles: []identity.Role{identity.Admin, identity.Logistics}, Text: ops.Text{
		Title: "Lançar um movimento", TitleEN: "Post a movement", Description: "Move estoque.", DescriptionEN: "Moves stock of a part."}},
		`{"type":"object","properties":{"quantity":{"type":"number"}}}`, movement)
	c.add(ops.Operation{Name: "sga_approve_task", Risk: ops.Sensitive, Roles: []identity.Role{identity.Admin}, Scope: identity.ScopeApprove, PersonOnly: true,
		Text: ops.Text{Title: "Aprovar", TitleEN: "Approve", Description: "Aprova uma tarefa.", DescriptionEN: "Approves a task."}},
		`{"type":"object","properties":{"task_id":{"type":"string"}},"required":["task_id"]}`, movement)
	c.add(ops.Operation{Name: "sga_import_file", Risk: ops.Write, Long: true, Roles: []identity.Role{identity.Admin}, Text: ops.Text{
		Title: "Importar", TitleEN: "Import", Description: "Importa um arquivo."}}, `{"type":"object"}`, importing)
	c.add(ops.Operation{Name: "sga_fail", Risk: ops.Read, Roles: []identity.Role{identity.Admin}, Text: ops.Text{Title: "Falhar", Description: "Falha."}},
		`{"type":"object"}`, failing)
	return c
}

func balance(_ context.Context, in ops.Invocation) ([]byte, error) {
	var args struct {
		PartNumber string `json:"part_number"`
	}
	if len(in.Arguments) == 0 {
		return nil, fault.InvalidArgument.With("Informe part_number.", "part_number is required.").On("part_number")
	}
	if err := json.Unmarshal(in.Arguments, &args, json.RejectUnknownMembers(true)); err != nil {
		return nil, fault.InvalidArgument.With("Argumento inválido.", "Invalid argument.")
	}
	if args.PartNumber == "NADA" {
		return nil, fault.NotFound.With("Peça %q não encontrada.", "Part %q not found.", args.PartNumber).On("part_number")
	}
	return ops.Encode(struct {
		Found      bool   `json:"found"`
		PartNumber string `json:"part_number"`
		Note       string `json:"note"`
	}{true, args.PartNumber, "5 < 6 & \"ótimo\"\u2028\t"})
}

func movement(_ context.Context, in ops.Invocation) ([]byte, error) {
	return nil, fault.InsufficientStock.With("Só há 3.", "There are only 3.").On("quantity").Detail("requested", "5").Detail("available", "3")
}

// importing takes four seconds and reports each; the clock is synctest's.
func importing(ctx context.Context, in ops.Invocation) ([]byte, error) {
	for i := range int64(4) {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if in.OnProgress != nil {
			in.OnProgress(ops.Progress{Done: i + 1, Total: 4, Message: "linhas"})
		}
	}
	return []byte(`{"rows":4}`), nil
}

// failing fails in the way that it is told.
func failing(ctx context.Context, in ops.Invocation) ([]byte, error) {
	var args struct {
		How string `json:"how"`
	}
	_ = json.Unmarshal(in.Arguments, &args)
	switch args.How {
	case "sql":
		return nil, errors.New(`ERROR: relation "sga.movements" does not exist (SQLSTATE 42P01) at /srv/nexo/postgres/desk.go:12`)
	case "panic":
		panic("runtime error at /srv/nexo/postgres/desk.go:12")
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	case "detail":
		return nil, fault.Conflict.With("Conflito.", "Conflict.").Detail("bad", func() {})
	}
	return nil, fault.Code(args.How).With("Falhou.", "Failed.").Because(errors.New("SELECT secret"))
}

// toyVerifier takes a role, or several joined by dots, for a token.
type toyVerifier struct{}

func (toyVerifier) Verify(_ context.Context, token string) (identity.Claims, error) {
	refused := fault.Unauthenticated.With("Token de acesso ausente ou inválido.", "Missing or invalid access token.")
	switch token {
	case "expired":
		return identity.Claims{}, refused.Because(errors.New("token has expired"))
	case "outage":
		refused.Retryable = true
		return identity.Claims{}, refused.Because(oidc.ErrNoKeys)
	}
	c := identity.Claims{Subject: token, Username: token, ClientID: "test", Scopes: []string{identity.ScopeTools}}
	for word := range strings.SplitSeq(token, ".") {
		switch word {
		case "noscope":
			c.Scopes = nil
		case "approver":
			c.Scopes = append(c.Scopes, identity.ScopeApprove)
		default:
			c.Groups = append(c.Groups, word)
		}
	}
	return c, nil
}

func toyActor(_ context.Context, c identity.Claims) (*identity.Actor, error) {
	switch c.Subject {
	case "disabled":
		return nil, fault.PermissionDenied.With("Este acesso está desativado.", "This access is disabled.")
	case "broken":
		return nil, errors.New("SELECT * FROM sga.persons: connection refused")
	case "busy":
		return nil, fault.Unavailable.With("Tente de novo.", "Try again.")
	}
	a := &identity.Actor{Subject: c.Subject, Username: c.Username, Client: c.ClientID, Kind: identity.Person, Scopes: c.Scopes,
		Projects: identity.Everywhere(), Locations: identity.Everywhere()}
	for _, g := range c.Groups {
		a.Roles = append(a.Roles, identity.Role(g))
	}
	return a, nil
}

func toyOptions(c *toyClient) Options {
	return Options{
		Client: c, Operations: c.list, Verifier: toyVerifier{}, Actor: toyActor,
		ResourceMetadataURL: "http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp",
		Version:             "test", NewID: func() string { return "E-1" }, Log: slog.New(slog.DiscardHandler),
	}
}

// newToy is a door over the toy operations.
func newToy(t testing.TB, change func(*Options)) (*Gateway, *toyClient) {
	t.Helper()
	c := newToyClient()
	o := toyOptions(c)
	if change != nil {
		change(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g, c
}
