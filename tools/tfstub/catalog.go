package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The schema is derived from hashicorp/aws 6.66.0 (MPL-2.0) by schema/extract.mjs; see schema/NOTICE.
//
//go:embed schema/schema.json.gz
var schemaFile []byte

//go:embed schema/rules.json
var rulesFile []byte

// catalog is all that is known of the provider.
type catalog struct {
	provider  *kind
	resources map[string]*kind
	data      map[string]*kind
	ephemeral map[string]*kind
	rules     rules
}

// kind is one resource, data source or the provider itself.
type kind struct {
	name  string
	block *block
	proto *tfprotov5.Schema
	typ   tftypes.Object
}

// attribute is as `terraform providers schema -json` writes it.
type attribute struct {
	Type      json.RawMessage `json:"type"`
	Required  bool            `json:"required"`
	Optional  bool            `json:"optional"`
	Computed  bool            `json:"computed"`
	WriteOnly bool            `json:"write_only"`
	typ       tftypes.Type
}

type nested struct {
	Mode  string `json:"nesting_mode"`
	Min   int64  `json:"min_items"`
	Max   int64  `json:"max_items"`
	Block *block `json:"block"`
}

type block struct {
	Attributes map[string]*attribute `json:"attributes"`
	Blocks     map[string]*nested    `json:"block_types"`
}

type schema struct {
	Version int64  `json:"version"`
	Block   *block `json:"block"`
}

func loadCatalog() (*catalog, error) {
	raw, err := gzip.NewReader(bytes.NewReader(schemaFile))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	var file struct {
		Providers map[string]struct {
			Provider  schema            `json:"provider"`
			Resources map[string]schema `json:"resource_schemas"`
			Data      map[string]schema `json:"data_source_schemas"`
			Ephemeral map[string]schema `json:"ephemeral_resource_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.NewDecoder(raw).Decode(&file); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	c := &catalog{resources: map[string]*kind{}, data: map[string]*kind{}, ephemeral: map[string]*kind{}}
	if err := json.Unmarshal(rulesFile, &c.rules); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	p, ok := file.Providers[address]
	if !ok {
		return nil, fmt.Errorf("schema: no %s in it", address)
	}
	if c.provider, err = c.kind("provider", p.Provider); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		from   map[string]schema
		to     map[string]*kind
		prefix string
	}{{p.Resources, c.resources, ""}, {p.Data, c.data, "data."}, {p.Ephemeral, c.ephemeral, "ephemeral."}} {
		for name, s := range list.from {
			k, err := c.kind(list.prefix+name, s)
			if err != nil {
				return nil, err
			}
			list.to[name] = k
		}
	}
	return c, nil
}

func (c *catalog) kind(name string, s schema) (*kind, error) {
	b, typ, err := c.protoBlock(name, s.Block)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &kind{name: name, block: s.Block, proto: &tfprotov5.Schema{Version: s.Version, Block: b}, typ: typ}, nil
}

// protoBlock turns a block of the JSON form into that of the protocol, with its type.
func (c *catalog) protoBlock(path string, b *block) (*tfprotov5.SchemaBlock, tftypes.Object, error) {
	out := &tfprotov5.SchemaBlock{}
	types := map[string]tftypes.Type{}
	for _, name := range sortedKeys(b.Attributes) {
		a := b.Attributes[name]
		typ, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck // the one reader of this form
		if err != nil {
			return nil, tftypes.Object{}, fmt.Errorf("%s: %w", name, err)
		}
		a.typ, types[name] = typ, typ
		out.Attributes = append(out.Attributes, &tfprotov5.SchemaAttribute{Name: name, Type: typ, Required: a.Required, Optional: a.Optional,
			Computed: a.Computed, WriteOnly: a.WriteOnly, Sensitive: slices.Contains(c.rules.Sensitive, path+"."+name)})
	}
	for _, name := range sortedKeys(b.Blocks) {
		n := b.Blocks[name]
		inner, typ, err := c.protoBlock(path+"."+name, n.Block)
		if err != nil {
			return nil, tftypes.Object{}, fmt.Errorf("%s: %w", name, err)
		}
		nb := &tfprotov5.SchemaNestedBlock{TypeName: name, Block: inner, MinItems: n.Min, MaxItems: n.Max}
		switch n.Mode {
		case "list":
			nb.Nesting, types[name] = tfprotov5.SchemaNestedBlockNestingModeList, tftypes.List{ElementType: typ}
		case "set":
			nb.Nesting, types[name] = tfprotov5.SchemaNestedBlockNestingModeSet, tftypes.Set{ElementType: typ}
		case "single":
			nb.Nesting, types[name] = tfprotov5.SchemaNestedBlockNestingModeSingle, typ
		default:
			return nil, tftypes.Object{}, fmt.Errorf("%s: nesting mode %q", name, n.Mode)
		}
		out.BlockTypes = append(out.BlockTypes, nb)
	}
	return out, tftypes.Object{AttributeTypes: types}, nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
