package rest

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// object is a JSON object; documents are written with their keys in order.
type object = map[string]any

// OpenAPI gives the API's document (OpenAPI 3.1), made from the declared operations and the table of
// resources. Every text is there in pt-BR and in English.
func OpenAPI(list []*ops.Operation, version string) ([]byte, error) {
	operations, err := readOperations(list)
	if err != nil {
		return nil, err
	}
	if version == "" {
		version = "0"
	}
	b := &apiBook{operations: operations, paths: object{}, schemas: object{"problem": problemSchema()}}
	for _, op := range list {
		b.schemas[op.Name+"_input"] = jsontext.Value(op.Input.JSON)
		b.schemas[op.Name+"_output"] = jsontext.Value(op.Output.JSON)
		b.add(apiPath+"/ops/"+op.Name, http.MethodPost, b.called(op.Name, op.Name, "operations"))
	}
	for _, rt := range resourceRoutes() {
		b.resource(rt)
	}
	b.fixed()
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "NEXO", "version": version,
			"description": "Estoque e ativos: cada operação declarada e os recursos por substantivo. / Stock and assets: every declared operation, and resources by noun.",
			"license":     object{"name": "Proprietary", "url": "/"}},
		"servers":  []any{object{"url": "/"}},
		"security": []any{object{"token": []string{}}, object{"session": []string{}}},
		"tags":     b.tags(),
		"paths":    b.paths,
		"components": object{"schemas": b.schemas, "responses": problemResponses(), "securitySchemes": object{
			"token":   object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Token de acesso / Access token"},
			"session": object{"type": "apiKey", "in": "cookie", "name": "nexo_session", "description": "Sessão do navegador, só em páginas nossas / Browser session, on our own pages only"},
		}},
	}, json.Deterministic(true), jsontext.WithIndent(" "))
}

// apiBook collects the document.
type apiBook struct {
	operations map[string]*operation
	paths      object
	schemas    object
}

func (b *apiBook) add(path, method string, what object) {
	item, ok := b.paths[path].(object)
	if !ok {
		item = object{}
		b.paths[path] = item
	}
	item[strings.ToLower(method)] = what
}

func (b *apiBook) tags() []any {
	out := []any{object{"name": "operations", "description": "As operações pelo nome / Operations by name"}}
	seen := map[string]bool{}
	for _, rt := range resourceRoutes() {
		if noun := nounOf(rt); b.operations[rt.operation] != nil && !seen[noun] {
			seen[noun] = true
			out = append(out, object{"name": noun, "description": "Recurso / Resource: " + noun})
		}
	}
	return append(out, object{"name": "program", "description": "O programa / The program"})
}

func nounOf(rt route) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(rt.pattern, "/"), "/")
	return noun
}

// called describes a URL that calls an operation with a body of its arguments.
func (b *apiBook) called(name, id, tag string) object {
	op := b.operations[name]
	out := b.described(op, id, tag)
	out["requestBody"] = object{"required": len(op.input.names) > 0, "content": object{"application/json": object{"schema": reference(name + "_input")}}}
	if op.keyed() {
		out["parameters"] = []any{keyParameter()}
	}
	return out
}

func (b *apiBook) described(op *operation, id, tag string) object {
	return object{
		"operationId": id, "tags": []string{tag},
		"summary":     op.Text.Title + " / " + op.Text.TitleEN,
		"description": op.Text.Description + "\n\n" + op.Text.DescriptionEN,
		"x-operation": op.Name, "x-risk": string(op.Risk), "x-roles": op.Roles, "x-scope": op.Scope,
		"responses": responses(object{"description": "Feito / Done", "content": object{"application/json": object{"schema": reference(op.Name + "_output")}}}),
	}
}

func keyParameter() object {
	return object{"name": "Idempotency-Key", "in": "header", "required": false, "schema": object{"type": "string", "maxLength": 200},
		"description": "O mesmo que o argumento idempotency_key / The same as the argument idempotency_key"}
}

// resource describes one line of the table. Two lines with one pattern become one: its parameters are
// those of both.
func (b *apiBook) resource(rt route) {
	op := b.operations[rt.operation]
	if op == nil {
		return
	}
	id := strings.ToLower(rt.method) + strings.NewReplacer("/", "_", "{", "", "}", "", "-", "_").Replace(rt.pattern)
	var what object
	path := apiPath + rt.pattern
	if rt.method == http.MethodPost {
		what = b.called(rt.operation, id, nounOf(rt))
		if len(rt.pathNames()) > 0 {
			what["requestBody"] = object{"content": object{"application/json": object{"schema": without(op, rt.pathNames())}}}
		}
	} else {
		what = b.described(op, id, nounOf(rt))
	}
	params, _ := what["parameters"].([]any)
	for _, name := range rt.pathNames() {
		params = append(params, parameter(op, name, name, "path"))
	}
	if rt.method == http.MethodGet {
		params = append(params, queryParameters(&rt, op)...)
	}
	what["parameters"] = params
	if item, ok := b.paths[path].(object); ok && item[strings.ToLower(rt.method)] != nil {
		b.merge(item[strings.ToLower(rt.method)].(object), what)
		return
	}
	b.add(path, rt.method, what)
}

// merge adds a second line of the same pattern: another answer, and parameters that are new.
func (b *apiBook) merge(first, second object) {
	names := map[string]bool{}
	params, _ := first["parameters"].([]any)
	for _, p := range params {
		p.(object)["required"] = false
		names[p.(object)["name"].(string)] = true
	}
	more, _ := second["parameters"].([]any)
	for _, p := range more {
		if !names[p.(object)["name"].(string)] {
			params = append(params, p)
		}
	}
	first["parameters"] = params
	first["summary"] = first["summary"].(string) + " · " + second["summary"].(string)
	first["description"] = first["description"].(string) + "\n\n" + second["description"].(string)
	one := reference(first["x-operation"].(string) + "_output")
	other := reference(second["x-operation"].(string) + "_output")
	first["responses"] = responses(object{"description": "Feito / Done",
		"content": object{"application/json": object{"schema": object{"anyOf": []any{one, other}}}}})
}

func queryParameters(rt *route, op *operation) []any {
	var out []any
	shown := map[string]string{}
	for name, argument := range rt.names {
		shown[argument] = name
	}
	for _, argument := range op.input.names {
		if rt.inPath(argument) || op.input.Properties[argument].is("object") {
			continue
		}
		name := argument
		if shown[argument] != "" {
			name = shown[argument]
		}
		out = append(out, parameter(op, argument, name, "query"))
	}
	if op.table() != nil {
		out = append(out, object{"name": "format", "in": "query", "required": false, "schema": object{"type": "string", "enum": []string{"json", "csv", "xlsx"}},
			"description": "Todas as páginas como tabela / All pages as a table"})
	}
	return out
}

// parameter describes an argument as a part of the path or the query.
func parameter(op *operation, argument, name, in string) object {
	var schema jsontext.Value
	_ = members(op.Input.JSON, func(member string, value jsontext.Value) {
		if member == "properties" {
			_ = members(value, func(n string, v jsontext.Value) {
				if n == argument {
					schema = v.Clone()
				}
			})
		}
	})
	if schema == nil {
		schema = jsontext.Value(`{"type":"string"}`)
	}
	out := object{"name": name, "in": in, "required": in == "path" || required(op, argument), "schema": schema}
	if op.input.Properties[argument].is("array") && in == "query" {
		out["style"], out["explode"] = "form", false
	}
	return out
}

func required(op *operation, argument string) bool {
	for _, f := range op.Input.Fields {
		if f.Name == argument {
			return f.Required
		}
	}
	return false
}

// without is the input schema of an operation less the arguments that stand in the path.
func without(op *operation, names []string) object {
	var schema struct {
		Properties object   `json:"properties"`
		Required   []string `json:"required"`
	}
	_ = json.Unmarshal(op.Input.JSON, &schema)
	for _, name := range names {
		delete(schema.Properties, name)
	}
	must := []string{}
	for _, name := range schema.Required {
		if schema.Properties[name] != nil {
			must = append(must, name)
		}
	}
	return object{"type": "object", "properties": schema.Properties, "required": must, "additionalProperties": false}
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// responses are one success and every failure of the table of codes.
func responses(ok object) object {
	out := object{"200": ok}
	for _, status := range statuses() {
		out[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + strconv.Itoa(status)}
	}
	return out
}

// statuses are those that the table of codes and this door answer failures with.
func statuses() []int {
	seen, out := map[int]bool{}, []int{}
	for _, c := range fault.Codes() {
		if s := c.HTTP(); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return append(out, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
}
