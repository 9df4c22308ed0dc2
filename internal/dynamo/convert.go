package dynamo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/faiston/nexo/internal/item"
)

// attributes of an item, by name.
type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// keyOf gives the attributes of a key.
func keyOf(t *item.Table, k item.Key) attributes {
	out := attributes{t.Partition: text(k.Partition)}
	if t.Sort != "" {
		out[t.Sort] = text(k.Sort)
	}
	return out
}

// attributesOf gives all attributes of an item that has been checked.
func attributesOf(t *item.Table, it *item.Item) (attributes, error) {
	decoder := json.NewDecoder(bytes.NewReader(it.Body))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("dynamo: body: %w", err)
	}
	out := make(attributes, len(body)+4)
	for name, v := range body {
		out[name] = valueOf(v)
	}
	maps.Copy(out, keyOf(t, it.Key))
	out[item.AttributeVersion] = number(it.Version)
	if !it.ExpiresAt.IsZero() {
		out[t.Expires] = number(it.ExpiresAt.Unix())
	}
	for name, k := range it.Index {
		x := t.IndexOf(name)
		out[x.Partition], out[x.Sort] = text(k.Partition), text(k.Sort)
	}
	return out, nil
}

func valueOf(v any) types.AttributeValue {
	switch v := v.(type) {
	case string:
		return text(v)
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i := range v {
			list[i] = valueOf(v[i])
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		members := make(attributes, len(v))
		for name := range v {
			members[name] = valueOf(v[name])
		}
		return &types.AttributeValueMemberM{Value: members}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

// itemOf reads an item. What is no attribute of the table is its body.
func itemOf(t *item.Table, a attributes) (*item.Item, error) {
	it := &item.Item{Key: item.Key{Partition: stringOf(a[t.Partition]), Sort: stringOf(a[t.Sort])}}
	it.Version, _ = integerOf(a[item.AttributeVersion])
	if end, ok := integerOf(a[t.Expires]); ok {
		it.ExpiresAt = time.Unix(end, 0).UTC()
	}
	for _, x := range t.Indexes {
		if k := (item.Key{Partition: stringOf(a[x.Partition]), Sort: stringOf(a[x.Sort])}); k.Partition != "" && k.Sort != "" {
			if it.Index == nil {
				it.Index = make(map[string]item.Key, len(t.Indexes))
			}
			it.Index[x.Name] = k
		}
	}
	body := make(map[string]any, len(a))
	for name, v := range a {
		var err error
		if body[name], err = plain(v); err != nil {
			return nil, err
		}
	}
	for _, name := range t.Reserved() {
		delete(body, name)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("dynamo: body: %w", err)
	}
	if it.Body, err = item.Canonical(raw); err != nil {
		return nil, fmt.Errorf("dynamo: body: %w", err)
	}
	return it, nil
}

// plain is the JSON of an attribute. A number that is no integer was written by another program: it is
// given as a string, as ours would be.
func plain(v types.AttributeValue) (any, error) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value, nil
	case *types.AttributeValueMemberN:
		if _, err := strconv.ParseInt(v.Value, 10, 64); err != nil {
			return v.Value, nil
		}
		return json.Number(v.Value), nil
	case *types.AttributeValueMemberBOOL:
		return v.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			var err error
			if list[i], err = plain(v.Value[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *types.AttributeValueMemberM:
		members := make(map[string]any, len(v.Value))
		for name := range v.Value {
			var err error
			if members[name], err = plain(v.Value[name]); err != nil {
				return nil, err
			}
		}
		return members, nil
	}
	return nil, fmt.Errorf("dynamo: an attribute of type %T is not of this program", v)
}

func stringOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func integerOf(v types.AttributeValue) (int64, bool) {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	return i, err == nil
}

// living reads an item; one that has ended is none.
func (s *Store) living(t *item.Table, a attributes) (*item.Item, error) {
	if len(a) == 0 {
		return nil, nil
	}
	if end, ok := integerOf(a[t.Expires]); ok && end <= s.clock() {
		return nil, nil
	}
	return itemOf(t, a)
}
