package gateway

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

const (
	// MaxBody leaves 64 KiB for the envelope around the largest arguments.
	MaxBody = ops.MaxArguments + 64<<10
	// maxDepth of nested arrays and objects: our deepest input has five levels, _meta of clients a few more.
	maxDepth = 64
	// maxID bounds a JSON-RPC id in bytes: a UUID has 38 with its quotes.
	maxID = 256
	// maxMethod and maxToolName bound names; MCP says that a tool's name has at most 128 characters.
	maxMethod   = 128
	maxToolName = 128
)

// JSON-RPC error codes (JSON-RPC 2.0, section 5.1).
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeNoMethod       = -32601
	codeInvalidParams  = -32602
)

// envelope is one JSON-RPC message. Its slices lie in the body.
type envelope struct {
	id     []byte // raw; nil for a notification
	method string // empty for a response
	params []byte // raw object; nil when absent
}

// reader decodes messages strictly: no repeated names, no second value, no broken UTF-8, nothing deeper
// than maxDepth. Only inside a tool's arguments names may repeat: there the operation's own decoder
// refuses them, and its answer names the field. A reader is reused, one message at a time.
type reader struct {
	buf    bytes.Buffer
	strict *jsontext.Decoder
	loose  *jsontext.Decoder // lets names repeat; what is read with it counts names itself
}

func newReader() *reader {
	r := &reader{}
	r.strict = jsontext.NewDecoder(&r.buf)
	r.loose = jsontext.NewDecoder(&r.buf, jsontext.AllowDuplicateNames(true))
	return r
}

// over points one of the decoders at raw.
func (r *reader) over(dec *jsontext.Decoder, raw []byte) *jsontext.Decoder {
	r.buf = *bytes.NewBuffer(raw)
	if dec == r.loose {
		dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true))
	} else {
		dec.Reset(&r.buf)
	}
	return dec
}

// forget drops the references to the last body.
func (r *reader) forget() {
	r.over(r.strict, nil)
	r.over(r.loose, nil)
}

// envelope reads a message. The error says what is wrong with it as a whole; env.id is filled when it was
// read before that.
func (r *reader) envelope(raw []byte) (env envelope, p *problem) {
	if tooDeep(raw) {
		return env, badRequest(codeParse, "O JSON tem níveis demais.", "The JSON is nested too deeply.")
	}
	switch jsontext.Value(raw).Kind() {
	case '{':
	case '[':
		return env, badRequest(codeInvalidRequest, "Lotes de mensagens não são aceitos.", "Batches of messages are not accepted.")
	default:
		return env, badRequest(codeParse, "O corpo deve ser um objeto JSON.", "The body must be a JSON object.")
	}
	var seen members
	p = r.object(r.loose, raw, func(name, value []byte) *problem { return env.take(&seen, name, value) })
	if p == nil {
		p = seen.check(&env)
	}
	if p == nil && env.params != nil && env.method != "tools/call" {
		p = r.object(r.strict, env.params, func(_, _ []byte) *problem { return nil })
	}
	return env, p
}

// members says which parts of a message were there.
type members struct{ version, id, method, params, answer bool }

// mark notes a part, or refuses its second appearance.
func mark(seen *bool) *problem {
	if *seen {
		return malformed()
	}
	*seen = true
	return nil
}

func (env *envelope) take(seen *members, name, value []byte) *problem {
	switch string(name) {
	case "jsonrpc":
		if string(value) != `"2.0"` {
			return badRequest(codeInvalidRequest, "A mensagem não é JSON-RPC 2.0.", "The message is not JSON-RPC 2.0.")
		}
		return mark(&seen.version)
	case "id":
		if !validID(value) {
			return badRequest(codeInvalidRequest, "O id deve ser um texto ou um inteiro.", "The id must be a string or an integer.")
		}
		env.id = value
		return mark(&seen.id)
	case "method":
		method, ok := text(value)
		if !ok || method == "" || len(method) > maxMethod {
			return badRequest(codeInvalidRequest, "O método deve ser um texto.", "The method must be a string.")
		}
		env.method = method
		return mark(&seen.method)
	case "params":
		if value[0] != '{' {
			return badRequest(codeInvalidRequest, "Os parâmetros devem ser um objeto.", "The params must be an object.")
		}
		env.params = value
		return mark(&seen.params)
	case "result", "error":
		return mark(&seen.answer)
	}
	return badRequest(codeInvalidRequest, "A mensagem tem um membro desconhecido.", "The message has an unknown member.")
}

func (m members) check(env *envelope) *problem {
	switch {
	case !m.version:
		return badRequest(codeInvalidRequest, "A mensagem não é JSON-RPC 2.0.", "The message is not JSON-RPC 2.0.")
	case m.method == m.answer, m.answer && !m.id:
		return badRequest(codeInvalidRequest, "A mensagem não é um pedido.", "The message is not a request.")
	}
	return nil
}

// object walks the members of an object that must be all there is in raw.
func (r *reader) object(dec *jsontext.Decoder, raw []byte, member func(name, value []byte) *problem) *problem {
	r.over(dec, raw)
	if _, err := dec.ReadToken(); err != nil {
		return malformed()
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil {
			return malformed()
		}
		end := int(dec.InputOffset())
		key, ok := inside(raw[end-len(name) : end])
		if !ok {
			return malformed()
		}
		value, err := dec.ReadValue()
		if err != nil {
			return malformed()
		}
		end = int(dec.InputOffset())
		if p := member(key, raw[end-len(value):end]); p != nil {
			return p
		}
	}
	if _, err := dec.ReadToken(); err != nil { // the closing brace, or what should not be there
		return malformed()
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return malformed()
	}
	return nil
}

func malformed() *problem {
	return badRequest(codeParse, "O JSON está malformado ou repete um nome.", "The JSON is malformed or repeats a name.")
}

// text is the value of a raw JSON string that was already checked.
func text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inner, ok := inside(raw)
	return string(inner), ok
}

// inside is what a raw JSON string says, without a copy where nothing is escaped.
func inside(raw []byte) ([]byte, bool) {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	return s, err == nil
}

// validID takes strings and integers that every JSON reader keeps exactly (RFC 8259, section 6). MCP
// excludes null.
func validID(raw []byte) bool {
	if len(raw) > maxID {
		return false
	}
	if raw[0] == '"' {
		return true
	}
	const digits = 15 // below 2^53 whatever they are
	number := strings.TrimPrefix(string(raw), "-")
	if number == "" || len(number) > digits || number[0] == '0' && string(raw) != "0" {
		return false
	}
	return strings.Trim(number, "0123456789") == ""
}

// tooDeep counts brackets outside strings, without reading the JSON.
func tooDeep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// badRequest is a refusal by HTTP 400.
func badRequest(code int, pt, en string) *problem {
	return &problem{status: 400, code: code, fault: fault.InvalidArgument.With(pt, en)}
}
