package cli

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/rest"
)

// tools lists the declared operations. It needs no database.
type tools struct {
	Format string `enum:"table,json,gateway,openapi" default:"table" help:"Forma · Form: table, json, gateway, openapi"`
}

// Run prints the list.
func (t tools) Run(s *session) error {
	all := app.Declared()
	switch t.Format {
	case "json":
		return s.printPretty(described(all))
	case "gateway":
		return s.printPretty(gatewayTargets(all))
	case "openapi":
		doc, err := rest.OpenAPI(all, app.Version())
		if err != nil {
			return err
		}
		s.printf(s.Out, "%s\n", doc)
		return nil
	}
	rows := [][]string{{"OPERAÇÃO · OPERATION", "RISCO · RISK", "PAPÉIS · ROLES", "TÍTULO · TITLE"}}
	for _, op := range all {
		rows = append(rows, []string{op.Name, string(op.Risk), roles(op), op.Text.Title})
	}
	return s.table(rows)
}

func roles(op *ops.Operation) string {
	out := ""
	for i, r := range op.Roles {
		if i > 0 {
			out += ","
		}
		out += string(r)
	}
	return out
}

func (s *session) printPretty(v any) error {
	raw, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	s.printf(s.Out, "%s\n", raw)
	return nil
}

// toolDoc is an operation in the JSON form, the names of MCP's tools/list where it has them.
type toolDoc struct {
	Name          string         `json:"name"`
	Title         string         `json:"title"`
	TitleEN       string         `json:"title_en"`
	Description   string         `json:"description"`
	DescriptionEN string         `json:"description_en"`
	Risk          ops.Risk       `json:"risk"`
	Roles         []string       `json:"roles"`
	Scope         string         `json:"scope"`
	PersonOnly    bool           `json:"person_only"`
	Input         jsontext.Value `json:"inputSchema"`
	Output        jsontext.Value `json:"outputSchema"`
}

func described(all []*ops.Operation) []toolDoc {
	out := make([]toolDoc, len(all))
	for i, op := range all {
		out[i] = toolDoc{op.Name, op.Text.Title, op.Text.TitleEN, op.Text.Description, op.Text.DescriptionEN, op.Risk, nil, op.Scope, op.PersonOnly,
			op.Input.JSON, op.Output.JSON}
		for _, r := range op.Roles {
			out[i].Roles = append(out[i].Roles, string(r))
		}
	}
	return out
}

// target is a tool in the form that an AgentCore gateway target takes.
type target struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	InputSchema map[string]any `json:"inputSchema"`
}

// gatewayTargets writes the schemas with the few words that gateway targets know; the operation itself
// enforces the rest.
func gatewayTargets(all []*ops.Operation) []target {
	out := make([]target, len(all))
	for i, op := range all {
		var full any
		if err := json.Unmarshal(op.Input.JSON, &full); err != nil { // schemas are our own, and tested
			full = map[string]any{"type": "object"}
		}
		out[i] = target{op.Name, op.Text.Description + "\n" + op.Text.DescriptionEN, narrowSchema(full)}
	}
	return out
}

// narrowSchema keeps type, description, items, properties and required.
func narrowSchema(v any) map[string]any {
	in, _ := v.(map[string]any)
	out := map[string]any{"type": "string"}
	for key, value := range in {
		switch key {
		case "type":
			out[key] = firstType(value)
		case "description", "required":
			out[key] = value
		case "items":
			out[key] = narrowSchema(value)
		case "properties":
			props := map[string]any{}
			for name, p := range value.(map[string]any) {
				props[name] = narrowSchema(p)
			}
			out[key] = props
		}
	}
	return out
}

// firstType takes one of several types: the first that is not null.
func firstType(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	if i := slices.IndexFunc(list, func(t any) bool { return t != "null" }); i >= 0 {
		return list[i]
	}
	return "string"
}
