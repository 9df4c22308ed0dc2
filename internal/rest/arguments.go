package rest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// maxQuery in bytes of a query: every argument of the longest list at its limit.
	maxQuery = 8 << 10
	// keyArgument is the argument that Idempotency-Key is an alias of.
	keyArgument = "idempotency_key"
)

// arguments collects the members of a JSON object.
type arguments struct{ members []byte }

func (a *arguments) add(name string, value jsontext.Value) {
	if len(a.members) > 0 {
		a.members = append(a.members, ',')
	}
	a.members = append(quoted(a.members, name), ':')
	a.members = append(a.members, value...)
}

func (a *arguments) text(name, value string) { a.add(name, quoted(nil, value)) }

// object is the JSON object of what was collected.
func (a *arguments) object() []byte {
	out := make([]byte, 0, len(a.members)+2)
	return append(append(append(out, '{'), a.members...), '}')
}

// less is what was collected without some names.
func (a *arguments) less(names ...string) *arguments {
	out := &arguments{}
	_ = members(a.object(), func(name string, value jsontext.Value) { // written here, so it can be read
		if !slices.Contains(names, name) {
			out.add(name, value)
		}
	})
	return out
}

// into puts what was collected before the members of body. A name that is in both then appears twice,
// which the operation's decoder refuses. A body that is no object is left for it to refuse, too.
func (a *arguments) into(body []byte) []byte {
	if len(a.members) == 0 {
		return body
	}
	const space = " \t\r\n"
	rest := bytes.TrimLeft(body, space)
	if len(rest) == 0 {
		return a.object()
	}
	if rest[0] != '{' {
		return body
	}
	inner := bytes.TrimLeft(rest[1:], space)
	out := make([]byte, 0, len(a.members)+len(inner)+2)
	out = append(append(out, '{'), a.members...)
	if len(inner) == 0 || inner[0] != '}' {
		out = append(out, ',')
	}
	return append(out, inner...)
}

// quoted appends a JSON string. The text is valid UTF-8: whoever takes it from outside has checked.
func quoted(to []byte, s string) []byte {
	out, err := jsontext.AppendQuote(to, s)
	if err != nil {
		return append(to, `""`...)
	}
	return out
}

// query reads the parameters of a request's URL: none twice, none broken. Those without a value, as forms
// send them, are left out.
func query(r *http.Request) (map[string]string, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, &refusal{fault.InvalidArgument.With("A consulta passa de %d bytes.", "The query exceeds %d bytes.", maxQuery), http.StatusRequestURITooLong}
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.InvalidArgument.With("A consulta está malformada.", "The query is malformed.")
	}
	out := make(map[string]string, len(values))
	for name, list := range values {
		shown := name
		if len(shown) > 100 || !utf8.ValidString(shown) {
			shown = ""
		}
		if len(list) > 1 {
			return nil, fault.InvalidArgument.With("O parâmetro aparece duas vezes.", "The parameter appears twice.").On(shown)
		}
		if !utf8.ValidString(list[0]) {
			return nil, fault.InvalidArgument.With("O parâmetro não está em UTF-8.", "The parameter is not UTF-8.").On(shown)
		}
		if shown == "" {
			return nil, unknownParameter(shown)
		}
		if list[0] != "" {
			out[name] = list[0]
		}
	}
	return out, nil
}

func unknownParameter(name string) error {
	return fault.InvalidArgument.With("Parâmetro desconhecido.", "Unknown parameter.").On(name)
}

// typed writes a parameter as the JSON that its schema asks for. Limits and words of lists are checked by
// the operation, as for every door.
func typed(name, value string, n *node) (jsontext.Value, error) {
	wrong := fault.InvalidArgument.With("O parâmetro tem o tipo errado.", "The parameter has the wrong type.").On(name)
	switch {
	case n.is("boolean"):
		if value != "true" && value != "false" {
			return nil, wrong.Detail("allowed", []string{"true", "false"})
		}
		return jsontext.Value(value), nil
	case n.is("integer"):
		v := jsontext.Value(value)
		if strings.ContainsAny(value, ".eE \t\r\n") || v.Kind() != '0' || !v.IsValid() {
			return nil, wrong
		}
		return v, nil
	case n.is("array"):
		var out []jsontext.Value
		for part := range strings.SplitSeq(value, ",") {
			v, err := typed(name, part, n.Items)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return json.Marshal(out)
	case n.is("object"):
		return nil, wrong
	}
	return quoted(nil, value), nil // texts, dates and ids; numbers are read exactly from a decimal string
}

// fromQuery maps the parameters of a request onto the arguments of an operation.
func (rt *route) fromQuery(op *operation, params map[string]string, to *arguments) error {
	for _, name := range sortedKeys(params) {
		argument := name
		if rt.names[name] != "" {
			argument = rt.names[name]
		} else if rt.hides(name) {
			return unknownParameter(name)
		}
		n := op.input.Properties[argument]
		if n == nil || rt.inPath(argument) || argument == keyArgument {
			return unknownParameter(name)
		}
		value, err := typed(name, params[name], n)
		if err != nil {
			return err
		}
		to.add(argument, value)
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// withKey puts the Idempotency-Key header among the arguments of an operation that takes one.
func withKey(r *http.Request, op *operation, body []byte) ([]byte, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 || !op.keyed() {
		return body, nil
	}
	key := strings.TrimSpace(values[0])
	if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1] // the header's draft standard quotes it
	}
	if len(values) > 1 || key == "" || !utf8.ValidString(key) {
		return nil, fault.InvalidArgument.With("Cabeçalho Idempotency-Key inválido.", "Invalid Idempotency-Key header.").On(keyArgument)
	}
	given, found := "", false
	err := members(body, func(name string, value jsontext.Value) {
		if name == keyArgument && value.Kind() == '"' {
			raw, err := jsontext.AppendUnquote(nil, value)
			given, found = string(raw), err == nil
		}
	})
	switch {
	case len(body) > 0 && err != nil:
		return body, nil // malformed: the operation says how
	case found && given != key:
		return nil, fault.Conflict.With("O cabeçalho Idempotency-Key e o argumento idempotency_key são diferentes.",
			"The header Idempotency-Key and the argument idempotency_key differ.").On(keyArgument).Final()
	case found:
		return body, nil
	}
	var a arguments
	a.text(keyArgument, key)
	return a.into(body), nil
}
