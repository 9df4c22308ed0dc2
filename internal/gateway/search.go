package gateway

import (
	"context"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

const (
	// searchName is the name that the AgentCore gateway gives its tool search.
	searchName = "x_amz_bedrock_agentcore_search"
	// searchAnswer is how many tools an answer has; the contract asks for at least this many.
	searchAnswer = 20
	// maxQuery in bytes: a question of a few sentences.
	maxQuery = 2000
)

const searchInput = `{"type":"object","properties":{"query":{"type":"string","description":"O que se quer fazer, em português ou inglês / What is to be done, in Portuguese or English","minLength":1,"maxLength":2000}},"required":["query"],"additionalProperties":false}`

const searchOutput = `{"type":"object","properties":{"tools":{"type":"array","description":"As ferramentas que o chamador pode usar, a melhor primeiro / The tools that the caller may use, best first","items":{"type":"object","properties":{"name":{"type":"string"},"description":{"type":"string"},"inputSchema":{"type":"object"},"score":{"type":"number"}},"required":["name","description","inputSchema","score"]}},"ambiguous":{"type":"boolean","description":"Ofereça as três primeiras em vez de usar a primeira / Offer the first three instead of taking the first"}},"required":["tools","ambiguous"]}`

func searchTool() *tool {
	def := &mcp.Tool{
		Name:  searchName,
		Title: "Encontrar a ferramenta certa",
		Description: "Encontra as ferramentas que servem para uma tarefa descrita em palavras, a melhor primeiro.\n\n" +
			"Finds the tools for a task that is described in words, best first.",
		InputSchema:  raw([]byte(searchInput)),
		OutputSchema: raw([]byte(searchOutput)),
		Annotations:  annotations(ops.Read),
		Meta:         mcp.Meta{"nexo/risk": string(ops.Read), "nexo/roles": roleNames(identity.Roles()), "nexo/title_en": "Find the right tool"},
	}
	return &tool{name: searchName, def: def}
}

// foundEntry is an operation in an answer, up to its score.
func foundEntry(op *ops.Operation) []byte {
	b := appendQuote([]byte(`{"name":`), op.Name)
	b = appendQuote(append(b, `,"description":`...), describe(op))
	b = append(append(b, `,"inputSchema":`...), op.Input.JSON...)
	return append(b, `,"score":`...)
}

// search answers x_amz_bedrock_agentcore_search.
func (g *Gateway) search(ctx context.Context, actor *identity.Actor, arguments []byte) ([]byte, error) {
	query, err := readQuery(arguments)
	if err != nil {
		return nil, err
	}
	found, ambiguous, err := g.o.Client.Find(ctx, actor, query, searchAnswer)
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), `{"tools":[`...)
	for _, f := range found {
		t := g.tools[f.Operation.Name]
		if t == nil {
			continue // declared elsewhere only; it could not be called here
		}
		if b[len(b)-1] == '}' {
			b = append(b, ',')
		}
		const places = 4
		b = strconv.AppendFloat(append(b, t.found...), f.Score, 'f', places, 64)
		b = append(b, '}')
	}
	return append(strconv.AppendBool(append(b, `],"ambiguous":`...), ambiguous), '}'), nil
}

func readQuery(arguments []byte) (string, error) {
	var in struct {
		Query string `json:"query"`
	}
	if arguments != nil {
		if err := json.Unmarshal(arguments, &in, json.RejectUnknownMembers(true)); err != nil {
			return "", fault.InvalidArgument.With("Use um objeto só com query, um texto.", "Use an object with query only, a string.").On("query").Because(err)
		}
	}
	query := strings.TrimSpace(in.Query)
	if query == "" {
		return "", fault.InvalidArgument.With("Informe query.", "query is required.").On("query")
	}
	if len(query) > maxQuery {
		return "", fault.InvalidArgument.With("query passa de %d bytes.", "query exceeds %d bytes.", maxQuery).On("query")
	}
	return query, nil
}
