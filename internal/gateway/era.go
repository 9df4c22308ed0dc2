package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// newEra is the first revision without sessions and initialize: every request says its version in
	// _meta and repeats method and name in headers.
	newEra = "2026-07-28"
	// noVersion is the revision of a request that does not say one (MCP 2025-06-18, transports).
	noVersion = "2025-03-26"
)

// Headers of MCP over HTTP, in Go's canonical form.
const (
	headerVersion     = "Mcp-Protocol-Version"
	headerMethod      = "Mcp-Method"
	headerName        = "Mcp-Name"
	headerLastEventID = "Last-Event-Id"
)

// first is the value of a header whose name is canonical.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// knownVersion refuses revisions that never were. One after 2026-07-28 is answered with what we have
// (checkEra), so that a newer client can step down.
func (g *Gateway) knownVersion(version string) *problem {
	if version == "" || version >= newEra || slices.Contains(g.versions, version) {
		return nil
	}
	all := strings.Join(g.versions, ", ") + "."
	return badRequest(codeInvalidRequest, "Versão do protocolo não suportada: use "+all, "Unsupported protocol version: use "+all)
}

// checkEra holds a tools/call to the rules of its revision, in the order and the words of the SDK (MCP
// 2026-07-28, transports: "Server Validation", and basic: "_meta"). It is only asked on the lean way.
func (g *Gateway) checkEra(h http.Header, c *callParams) *problem {
	header := first(h, headerVersion)
	inMeta, _ := text(c.meta.version)
	if header < newEra && inMeta == "" {
		return nil
	}
	switch {
	case header == "":
		return mismatch(headerVersion + " header is required for requests carrying " + strconv.Quote(mcp.MetaKeyProtocolVersion))
	case inMeta == "":
		return badMeta("missing or invalid _meta field " + strconv.Quote(mcp.MetaKeyProtocolVersion))
	case header != inMeta:
		return mismatch(headerVersion + " header " + strconv.Quote(header) + " does not match request " + mcp.MetaKeyProtocolVersion + " " + strconv.Quote(inMeta))
	case header < newEra:
		return nil
	}
	if p := checkHeaders(h, c.name); p != nil {
		return p
	}
	if p := checkClient(c); p != nil {
		return p
	}
	if !slices.Contains(g.versions, header) {
		return unsupportedVersion(header, g.versions)
	}
	return nil
}

// checkHeaders compares the headers that a proxy may route by with the body that we act on.
func checkHeaders(h http.Header, name string) *problem {
	switch method := first(h, headerMethod); method {
	case "tools/call":
	case "":
		return mismatch("missing required Mcp-Method header")
	default:
		return mismatch("header mismatch: Mcp-Method header value '" + method + "' does not match body value 'tools/call'")
	}
	switch tool := first(h, headerName); tool {
	case "":
		return mismatch(`missing required Mcp-Name header for method "tools/call"`)
	case name:
		return nil
	default:
		return mismatch("header mismatch: Mcp-Name header value '" + tool + "' does not match body value '" + name + "'")
	}
}

// checkClient looks at what the client says of itself. Nothing is done with it, but a client that gets it
// wrong here learns it here.
func checkClient(c *callParams) *problem {
	if c.meta.clientInfo != nil {
		var info struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}
		if c.meta.clientInfo[0] != '{' || json.Unmarshal(c.meta.clientInfo, &info) != nil {
			return badMeta("invalid _meta field " + strconv.Quote(mcp.MetaKeyClientInfo))
		}
	}
	if !objectOfObjects(c.meta.capabilities) {
		return badMeta("missing or invalid _meta field " + strconv.Quote(mcp.MetaKeyClientCapabilities))
	}
	return nil
}

// objectOfObjects is the shape of client capabilities.
func objectOfObjects(raw []byte) bool {
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	if len(raw) == len("{}") {
		return true
	}
	var members map[string]jsontext.Value
	if json.Unmarshal(raw, &members) != nil {
		return false
	}
	for name, value := range members {
		switch name {
		case "experimental", "extensions", "roots", "sampling", "elicitation":
			if kind := value.Kind(); kind != '{' && kind != 'n' {
				return false
			}
		}
	}
	return true
}

func mismatch(message string) *problem {
	return &problem{status: http.StatusBadRequest, code: mcp.CodeHeaderMismatch, message: message}
}

func badMeta(message string) *problem {
	return &problem{status: http.StatusBadRequest, code: codeInvalidParams, message: message}
}

func unsupportedVersion(asked string, have []string) *problem {
	data, _ := json.Marshal(struct {
		Supported []string `json:"supported"`
		Requested string   `json:"requested"`
	}{have, asked}) // strings only: it cannot fail
	return &problem{status: http.StatusBadRequest, code: mcp.CodeUnsupportedProtocolVersion, message: "unsupported protocol version", data: data}
}

// methodKind says how a message with this method is to be treated.
type methodKind int

const (
	unknownMethod methodKind = iota
	callMethod
	notice
)

// kindOf knows the methods that the door serves; the SDK would also take some for which we have nothing
// (logging, completion, subscriptions to resources). Lists that are empty are answered, because clients
// ask for them without looking at the capabilities.
func kindOf(method string) methodKind {
	switch method {
	case "tools/call", "tools/list", "initialize", "ping", "server/discover", "subscriptions/listen",
		"resources/list", "resources/templates/list", "resources/read", "prompts/list", "prompts/get":
		return callMethod
	case "notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed":
		return notice
	}
	return unknownMethod
}

func noMethod(method, version string) *problem {
	p := &problem{code: codeNoMethod, status: http.StatusOK,
		fault: fault.NotFound.With("Método desconhecido.", "Unknown method.").Detail("method", method)}
	if version >= newEra {
		p.status = http.StatusNotFound
	}
	return p
}
