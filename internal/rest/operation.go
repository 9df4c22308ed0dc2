package rest

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/ops"
)

// node is what this door reads of a JSON Schema: enough to type a query and to lay out a table.
type node struct {
	Type       jsontext.Value   `json:"type"` // a name or a list of them
	Format     string           `json:"format"`
	Enum       []string         `json:"enum"`
	Maximum    *int             `json:"maximum"`
	Items      *node            `json:"items"`
	Properties map[string]*node `json:"properties"`
	names      []string         // of the properties, in the order of the schema
}

// UnmarshalJSONFrom keeps the order of the properties, which is the order of columns.
func (n *node) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	type plain node
	if err := json.Unmarshal(raw, (*plain)(n)); err != nil {
		return err
	}
	var order struct {
		Properties jsontext.Value `json:"properties"`
	}
	if err := json.Unmarshal(raw, &order); err != nil || order.Properties == nil {
		return err
	}
	return members(order.Properties, func(name string, _ jsontext.Value) { n.names = append(n.names, name) })
}

// is reports whether a value of the schema may have type name.
func (n *node) is(name string) bool {
	var one string
	if json.Unmarshal(n.Type, &one) == nil {
		return one == name
	}
	var many []string
	return json.Unmarshal(n.Type, &many) == nil && slices.Contains(many, name)
}

// members walks the members of a JSON object in order. The value is only good during the call.
func members(object jsontext.Value, each func(name string, value jsontext.Value)) error {
	d := newDecoder(object)
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '{' {
		return errNotObject
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		each(key, value)
	}
	return nil
}

// operation is a declared operation with its schemas read.
type operation struct {
	*ops.Operation
	input  *node
	output *node
}

func readOperations(list []*ops.Operation) (map[string]*operation, error) {
	out := make(map[string]*operation, len(list))
	for _, op := range list {
		o := &operation{Operation: op, input: &node{}, output: &node{}}
		if err := json.Unmarshal(op.Input.JSON, o.input); err != nil {
			return nil, fmt.Errorf("rest: input schema of %s: %w", op.Name, err)
		}
		if err := json.Unmarshal(op.Output.JSON, o.output); err != nil {
			return nil, fmt.Errorf("rest: output schema of %s: %w", op.Name, err)
		}
		out[op.Name] = o
	}
	return out, nil
}

// keyed reports whether the operation takes an idempotency key.
func (o *operation) keyed() bool { return o.input.Properties[keyArgument] != nil }

// table gives the rows' schema of an operation that answers a list page by page.
func (o *operation) table() *node {
	items := o.output.Properties["items"]
	if items == nil || items.Items == nil || len(items.Items.names) == 0 || o.input.Properties["cursor"] == nil {
		return nil
	}
	return items.Items
}
