package gateway

import (
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/fault"
)

// callParams is what tools/call carries. Its slices lie in the body.
type callParams struct {
	name      string
	arguments []byte // raw; nil when absent or null
	progress  bool   // a progressToken was given
	meta      requestMeta
}

// requestMeta is the part of params._meta that revision 2026-07-28 needs, raw.
type requestMeta struct {
	version, capabilities, clientInfo []byte
}

// known names of params; another spelling of one is refused, because a proxy that folds case would read
// another call than we do.
func knownParams() [6]string {
	return [...]string{"name", "arguments", "_meta", "requestState", "inputResponses", "task"}
}

// call reads the params of tools/call.
func (r *reader) call(params []byte) (c callParams, p *problem) {
	if params == nil {
		return c, badParams("Faltam os parâmetros.", "The params are missing.")
	}
	var seen seenParams
	p = r.object(r.loose, params, func(name, value []byte) *problem { return c.take(&seen, name, value) })
	if p != nil || seen.metaRaw == nil {
		return c, p
	}
	if seen.metaRaw[0] != '{' {
		return c, badParams("_meta deve ser um objeto.", "_meta must be an object.")
	}
	return c, r.object(r.strict, seen.metaRaw, c.takeMeta)
}

// seenParams says which parts of the params were there.
type seenParams struct {
	name, arguments, meta, state bool
	metaRaw                      []byte
}

func (c *callParams) take(seen *seenParams, name, value []byte) *problem {
	switch string(name) {
	case "_meta":
		seen.metaRaw = value
		return mark(&seen.meta)
	case "name":
		tool, ok := text(value)
		if !ok {
			return badParams("O nome da ferramenta deve ser um texto.", "The tool's name must be a string.")
		}
		c.name = tool
		return mark(&seen.name)
	case "arguments":
		if value[0] != 'n' { // some clients send null for none
			c.arguments = value
		}
		return mark(&seen.arguments)
	case "requestState":
		if string(value) != `""` && value[0] != 'n' {
			return badParams("Nenhuma ferramenta pediu dados: requestState não é aceito.", "No tool asked for input: requestState is not accepted.")
		}
		return mark(&seen.state)
	case "inputResponses", "task": // to be ignored by servers that do not have them
	default:
		for _, known := range knownParams() {
			if strings.EqualFold(string(name), known) {
				return badParams("Um parâmetro está escrito de outra forma.", "A parameter is spelled in another way.")
			}
		}
	}
	return nil
}

func (c *callParams) takeMeta(name, value []byte) *problem {
	switch string(name) {
	case "progressToken":
		if value[0] != '"' && !validID(value) {
			return badParams("O progressToken deve ser um texto ou um inteiro.", "The progressToken must be a string or an integer.")
		}
		c.progress = true
	case mcp.MetaKeyProtocolVersion:
		c.meta.version = value
	case mcp.MetaKeyClientCapabilities:
		c.meta.capabilities = value
	case mcp.MetaKeyClientInfo:
		c.meta.clientInfo = value
	}
	return nil
}

// badParams is a refusal of params: HTTP 400 from 2026-07-28 on, 200 before (see problem.write).
func badParams(pt, en string) *problem {
	return &problem{code: codeInvalidParams, fault: fault.InvalidArgument.With(pt, en)}
}
