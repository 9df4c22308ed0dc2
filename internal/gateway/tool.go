package gateway

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// tool is what a name calls: an operation, or the search over them (op is nil).
type tool struct {
	name  string
	op    *ops.Operation
	def   *mcp.Tool
	found []byte // its entry in a search answer, up to the score
}

func declareTools(operations []*ops.Operation) (map[string]*tool, error) {
	tools := make(map[string]*tool, len(operations)+1)
	tools[searchName] = searchTool()
	for _, op := range operations {
		if tools[op.Name] != nil {
			return nil, fmt.Errorf("gateway: tool %s is declared twice", op.Name)
		}
		if len(op.Name) == 0 || len(op.Name) > maxToolName {
			return nil, fmt.Errorf("gateway: tool name %q has no length that MCP allows", op.Name)
		}
		if !describesObject(op.Input) || !describesObject(op.Output) {
			return nil, fmt.Errorf("gateway: tool %s has no valid schemas", op.Name)
		}
		tools[op.Name] = &tool{name: op.Name, op: op, def: definition(op), found: foundEntry(op)}
	}
	return tools, nil
}

// describesObject reports whether s is a schema of objects, as MCP wants both (2025-11-25, tools); the SDK
// would not start otherwise.
func describesObject(s *ops.Schema) bool {
	var schema struct {
		Type string `json:"type"`
	}
	return s != nil && json.Unmarshal(s.JSON, &schema) == nil && schema.Type == "object"
}

// definition is the tool as MCP lists it.
func definition(op *ops.Operation) *mcp.Tool {
	return &mcp.Tool{
		Name:         op.Name,
		Title:        op.Text.Title,
		Description:  describe(op),
		InputSchema:  raw(op.Input.JSON),
		OutputSchema: raw(op.Output.JSON),
		Annotations:  annotations(op.Risk),
		Meta:         mcp.Meta{"nexo/risk": string(op.Risk), "nexo/roles": roleNames(op.Roles), "nexo/title_en": op.Text.TitleEN},
	}
}

// describe puts Portuguese first; the English half says the same for models that choose better by it.
func describe(op *ops.Operation) string {
	if op.Text.DescriptionEN == "" {
		return op.Text.Description
	}
	return op.Text.Description + "\n\n" + op.Text.DescriptionEN
}

// annotations are hints for clients that ask their user before a call. A write only appends to the ledger
// and can be reversed; what is sensitive decides for others, so users should be asked. A write is
// idempotent with its key only, so the hint is false for it.
func annotations(risk ops.Risk) *mcp.ToolAnnotations {
	no := false
	destructive := risk == ops.Sensitive
	return &mcp.ToolAnnotations{
		ReadOnlyHint:    risk == ops.Read,
		IdempotentHint:  risk == ops.Read,
		DestructiveHint: &destructive,
		OpenWorldHint:   &no,
	}
}

func roleNames(roles []identity.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}
