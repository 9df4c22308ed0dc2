package ops_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// validate holds a value to the part of JSON Schema that operations publish. It refuses keywords that it
// does not know, so that a schema never says more than is checked.
func validate(schema object, v any, at string) []string {
	for k := range schema {
		if !slices.Contains([]string{"type", "format", "description", "enum", "minimum", "maximum", "maxLength", "maxItems", "items", "properties",
			"required", "additionalProperties"}, k) {
			return []string{at + ": unknown keyword " + k}
		}
	}
	if wrong := checkType(schema["type"], v); wrong != "" {
		return []string{at + ": " + wrong}
	}
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, validateText(schema, v, at)...)
	case json.Number:
		out = append(out, validateNumber(schema, v, at)...)
	case []any:
		if most, ok := schema["maxItems"].(json.Number); ok && len(v) > number(most) {
			out = append(out, at+": too many items")
		}
		items, _ := schema["items"].(object)
		for i, e := range v {
			out = append(out, validate(items, e, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case object:
		out = append(out, validateObject(schema, v, at)...)
	}
	return out
}

func number(n json.Number) int {
	i, _ := strconv.Atoi(string(n))
	return i
}

func checkType(want, v any) string {
	if want == nil {
		return ""
	}
	got := map[bool]string{true: "null"}[v == nil]
	switch v := v.(type) {
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case json.Number:
		got = "number"
		if _, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			got = "integer"
		}
	case []any:
		got = "array"
	case object:
		got = "object"
	}
	allowed, _ := want.([]any)
	if one, ok := want.(string); ok {
		allowed = []any{one}
	}
	if slices.Contains(allowed, any(got)) || got == "integer" && slices.Contains(allowed, any("number")) {
		return ""
	}
	return fmt.Sprintf("is %s %v, want %v", got, v, want)
}

func validateText(schema object, v, at string) (out []string) {
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, any(v)) {
		out = append(out, fmt.Sprintf("%s: %q is none of %v", at, v, words))
	}
	if most, ok := schema["maxLength"].(json.Number); ok && utf8.RuneCountInString(v) > number(most) {
		out = append(out, at+": too long")
	}
	var err error
	switch schema["format"] {
	case "uuid":
		_, err = uuid.Parse(v)
	case "date":
		_, err = time.Parse(time.DateOnly, v)
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, v)
	}
	if err != nil {
		out = append(out, fmt.Sprintf("%s: %q is no %v", at, v, schema["format"]))
	}
	return out
}

func validateNumber(schema object, v json.Number, at string) (out []string) {
	if least, ok := schema["minimum"].(json.Number); ok && number(v) < number(least) {
		out = append(out, at+": too small")
	}
	if most, ok := schema["maximum"].(json.Number); ok && number(v) > number(most) {
		out = append(out, at+": too large")
	}
	return out
}

func validateObject(schema, v object, at string) (out []string) {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			out = append(out, fmt.Sprintf("%s: %s is missing", at, name))
		}
	}
	props, _ := schema["properties"].(object)
	for name, e := range v {
		where := at + "." + name
		if p, ok := props[name].(object); ok {
			out = append(out, validate(p, e, where)...)
			continue
		}
		more, ok := schema["additionalProperties"].(object)
		if !ok && (props != nil || schema["additionalProperties"] == false) {
			out = append(out, where+": is not in the schema")
			continue
		}
		out = append(out, validate(more, e, where)...)
	}
	return out
}

func TestValidator(t *testing.T) {
	t.Parallel()
	schema := parse(t, []byte(`{"type":"object","required":["a"],"properties":{"a":{"type":["integer","string"]},"e":{"type":"string","enum":["X"]},
		"id":{"type":["string","null"],"format":"uuid"},"l":{"type":"array","maxItems":1,"items":{"type":"number","minimum":1}},"any":{},
		"map":{"type":"object","additionalProperties":{"type":"boolean"}}}}`)).(object)
	tests := []struct {
		value string
		wrong int
	}{
		{`{"a":1,"e":"X","id":null,"l":[2],"any":{"x":[1]},"map":{"k":true}}`, 0},
		{`{"a":"1"}`, 0}, {`{}`, 1}, {`{"a":1.5}`, 1}, {`{"a":1,"e":""}`, 1}, {`{"a":1,"id":"x"}`, 1}, {`{"a":1,"l":[1,2]}`, 1},
		{`{"a":1,"l":[0]}`, 1}, {`{"a":1,"map":{"k":1}}`, 1}, {`{"a":1,"b":1}`, 1}, {`[]`, 1},
	}
	for _, tc := range tests {
		if got := validate(schema, parse(t, []byte(tc.value)), ""); len(got) != tc.wrong {
			t.Errorf("%s: %v", tc.value, got)
		}
	}
	if diff := cmp.Diff([]string{": unknown keyword oneOf"}, validate(object{"oneOf": 1}, 1, "")); diff != "" {
		t.Error(diff)
	}
}
