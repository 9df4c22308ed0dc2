package ops

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Schema is the JSON Schema of an input or output, made from a Go type. Fields carry tags:
//
//	json  the name, as usual; embedded structs are inlined
//	doc   "pt-BR | English" description
//	req   "1": must be given and not empty
//	enum  a vocabulary by name (see vocabulary), spelled as in the contract
//	max   longest text, largest number or most items; texts without it may have 500 characters
//	min   smallest number
type Schema struct {
	JSON   []byte // canonical, draft 2020-12
	Fields []Field
	checks []check
}

// Field is a property of a schema, for tables and search.
type Field struct {
	Name     string
	Doc      string
	Required bool
}

// formatDecimal marks a text that is an exact number: tables write it as one.
const formatDecimal = "decimal"

// defaultMax bounds texts that say no bound of their own.
const defaultMax = 500

// property is one JSON Schema node, in the order in which it is printed.
type property struct {
	Type                 any       `json:"type,omitempty"`
	Format               string    `json:"format,omitempty"`
	Description          string    `json:"description,omitempty"`
	Enum                 []string  `json:"enum,omitempty"`
	Minimum              *int      `json:"minimum,omitempty"`
	Maximum              *int      `json:"maximum,omitempty"`
	MaxLength            *int      `json:"maxLength,omitempty"`
	MaxItems             *int      `json:"maxItems,omitempty"`
	Items                *property `json:"items,omitempty"`
	Properties           *ordered  `json:"properties,omitempty"`
	Required             []string  `json:"required,omitempty"`
	AdditionalProperties any       `json:"additionalProperties,omitempty"`
}

// ordered keeps properties in the order of the Go fields, so that schemas are stable and readable.
type ordered struct {
	names []string
	props map[string]*property
}

// MarshalJSONTo writes the properties in order.
func (o *ordered) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, n := range o.names {
		if err := e.WriteToken(jsontext.String(n)); err != nil {
			return err
		}
		if err := json.MarshalEncode(e, o.props[n]); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func schemaOf[T any](input bool) *Schema {
	t := reflect.TypeFor[T]()
	s := &Schema{}
	b := builder{input: input, schema: s}
	root := b.object(t, nil, "")
	raw, err := json.Marshal(root)
	if err != nil {
		raw = []byte(`{"type":"object"}`) // cannot happen: every type of a schema is our own; a test compares the golden files
	}
	s.JSON = raw
	return s
}

type builder struct {
	input  bool
	schema *Schema
}

// object describes a struct. path is the index path of the struct from the root, for checks.
func (b *builder) object(t reflect.Type, path []int, prefix string) *property {
	p := &property{Type: "object", Properties: &ordered{props: map[string]*property{}}}
	if b.input {
		p.AdditionalProperties = false
	}
	b.fields(t, path, prefix, p)
	return p
}

func (b *builder) fields(t reflect.Type, path []int, prefix string, p *property) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), path...), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			b.fields(f.Type, at, prefix, p)
			continue
		}
		if name == "-" || name == "" || !f.IsExported() {
			continue
		}
		node := b.value(f.Type, f, at, prefix+name)
		node.Description = describe(f.Tag.Get("doc"))
		p.Properties.names = append(p.Properties.names, name)
		p.Properties.props[name] = node
		required := f.Tag.Get("req") == "1"
		if required || !b.input && !strings.Contains(f.Tag.Get("json"), ",omit") {
			p.Required = append(p.Required, name)
		}
		if prefix == "" {
			b.schema.Fields = append(b.schema.Fields, Field{name, node.Description, required})
		}
	}
}

// describe turns "pt | en" into one text for readers of either language.
func describe(doc string) string {
	pt, en, both := strings.Cut(doc, "|")
	if !both {
		return strings.TrimSpace(pt)
	}
	return strings.TrimSpace(pt) + " / " + strings.TrimSpace(en)
}

func (b *builder) value(t reflect.Type, f reflect.StructField, path []int, name string) *property {
	nullable := t.Kind() == reflect.Pointer
	if nullable {
		t = t.Elem()
	}
	node := b.scalar(t)
	if node == nil {
		node = b.compound(t, f, path, name)
	}
	if words := f.Tag.Get("enum"); words != "" {
		target := node
		if node.Items != nil {
			target = node.Items
		}
		target.Enum = vocabulary(words)
	}
	b.limit(t, f, node, path, name)
	if !b.input && nullable && !strings.Contains(f.Tag.Get("json"), ",omit") {
		node.Type = orNull(node.Type)
	}
	return node
}

func orNull(t any) any {
	if s, ok := t.(string); ok {
		return []string{s, "null"}
	}
	if l, ok := t.([]string); ok {
		return append(append([]string(nil), l...), "null")
	}
	return t
}

// scalar describes the wire types of this package and Go's own; nil when t is neither.
func (b *builder) scalar(t reflect.Type) *property {
	switch t {
	case reflect.TypeFor[Number]():
		if b.input {
			return &property{Type: "number"}
		}
		return &property{Type: []string{"integer", "string"}}
	case reflect.TypeFor[Money]():
		return &property{Type: "string", Format: formatDecimal}
	case reflect.TypeFor[Date]():
		return &property{Type: "string", Format: "date"}
	case reflect.TypeFor[Time]():
		return &property{Type: "string", Format: "date-time"}
	case reflect.TypeFor[ID]():
		if b.input {
			return &property{Type: "string", Format: "uuid"}
		}
		return &property{Type: []string{"string", "null"}, Format: "uuid"}
	case reflect.TypeFor[jsontext.Value]():
		return &property{}
	}
	switch t.Kind() {
	case reflect.Interface: // a fact of a failure: whatever JSON it is
		return &property{}
	case reflect.String:
		return &property{Type: "string"}
	case reflect.Bool:
		return &property{Type: "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &property{Type: "integer"}
	}
	return nil
}

func (b *builder) compound(t reflect.Type, f reflect.StructField, path []int, name string) *property {
	switch t.Kind() {
	case reflect.Slice:
		// Items have no fixed path from the root: their checks hang on the check of the slice.
		inner := &builder{input: b.input, schema: &Schema{}}
		node := &property{Type: "array", Items: inner.value(t.Elem(), reflect.StructField{}, nil, "")}
		if b.input && len(inner.schema.checks) > 0 {
			b.schema.checks = append(b.schema.checks, check{path: path, name: name, items: inner.schema.checks})
		}
		return node
	case reflect.Map:
		inner := &builder{input: b.input, schema: &Schema{}}
		return &property{Type: "object", AdditionalProperties: inner.value(t.Elem(), reflect.StructField{}, nil, "")}
	}
	prefix := name
	if prefix != "" {
		prefix += "."
	}
	if path == nil {
		prefix = ""
	}
	return b.object(t, path, prefix)
}

func (b *builder) limit(t reflect.Type, f reflect.StructField, node *property, path []int, name string) {
	if !b.input || f.Name == "" {
		return
	}
	c := check{path: path, name: name, required: f.Tag.Get("req") == "1", enum: node.Enum}
	c.max, _ = strconv.Atoi(f.Tag.Get("max"))
	minimum, hasMin := f.Tag.Lookup("min")
	switch {
	case node.Type == "string" && node.Format == "":
		if c.max == 0 {
			c.max = defaultMax
		}
		if len(node.Enum) == 0 {
			node.MaxLength = &c.max
		}
	case node.Type == "array" && c.max > 0:
		node.MaxItems = &c.max
	case node.Type == "integer":
		if c.max > 0 {
			node.Maximum = &c.max
		}
		if hasMin {
			c.min, _ = strconv.Atoi(minimum)
			c.hasMin = true
			node.Minimum = &c.min
		}
	}
	b.schema.checks = append(b.schema.checks, c)
}

// check is one limit of an input, found by reflection once and applied on every call.
type check struct {
	path     []int
	name     string
	required bool
	max      int
	min      int
	hasMin   bool
	enum     []string
	items    []check // for each element of a slice of structs
}

// check holds v, a pointer to the decoded input, to the limits of the schema.
func (s *Schema) check(v any) error { return runChecks(s.checks, reflect.ValueOf(v).Elem(), "") }

func runChecks(checks []check, root reflect.Value, prefix string) error {
	for i := range checks {
		v, err := root.FieldByIndexErr(checks[i].path)
		if err != nil { // inside an object that was not given
			continue
		}
		if err := checks[i].run(v, prefix+checks[i].name); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) run(v reflect.Value, name string) error {
	if v.Kind() == reflect.Slice && c.items != nil {
		for i := range v.Len() {
			if err := runChecks(c.items, v.Index(i), name+"["+strconv.Itoa(i)+"]."); err != nil {
				return err
			}
		}
		return nil
	}
	if v.IsZero() {
		if c.required {
			return fault.InvalidArgument.With("Informe %s.", "%s is required.", name).On(name)
		}
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return c.bounds(v, name)
}

func (c *check) bounds(v reflect.Value, name string) error {
	switch v.Kind() {
	case reflect.String:
		return c.text(v.String(), name)
	case reflect.Int, reflect.Int32, reflect.Int64:
		if n := v.Int(); c.max > 0 && n > int64(c.max) || c.hasMin && n < int64(c.min) {
			f := fault.InvalidArgument.With("%s está fora dos limites.", "%s is out of range.", name).On(name)
			if c.hasMin {
				f = f.Detail("minimum", c.min)
			}
			if c.max > 0 {
				f = f.Detail("maximum", c.max)
			}
			return f
		}
	case reflect.Slice:
		if c.max > 0 && v.Len() > c.max {
			return fault.InvalidArgument.With("%s passa de %d itens.", "%s exceeds %d items.", name, c.max).On(name).Detail("maximum", c.max)
		}
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.String {
				if err := c.text(v.Index(i).String(), name+"["+strconv.Itoa(i)+"]"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// text bounds one string. Lists share the bound of texts; a zero byte, which the database cannot keep, is refused.
func (c *check) text(s, name string) error {
	most := c.max
	if most == 0 || most < defaultMax && c.enum == nil && strings.HasSuffix(name, "]") {
		most = defaultMax
	}
	if len(s) > most*4 || len([]rune(s)) > most {
		return fault.InvalidArgument.With("%s passa de %d caracteres.", "%s exceeds %d characters.", name, most).On(name).Detail("maximum", most)
	}
	if strings.ContainsRune(s, 0) {
		return fault.InvalidArgument.With("%s tem caracteres inválidos.", "%s has invalid characters.", name).On(name)
	}
	return nil
}
