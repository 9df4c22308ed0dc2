package rest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
)

func TestTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ schema, value, want string }{
		{`{"type":"string"}`, `a"b`, `"a\"b"`},
		{`{"type":"string","format":"uuid"}`, "x", `"x"`},
		{`{"type":"number"}`, "0.10000000000000000000001", `"0.10000000000000000000001"`},
		{`{"type":"integer"}`, "12", "12"}, {`{"type":"integer"}`, "-3", "-3"}, {`{"type":"integer"}`, "007", ""}, {`{"type":"integer"}`, "1.0", ""},
		{`{"type":"integer"}`, "1e3", ""}, {`{"type":"integer"}`, "true", ""}, {`{"type":"integer"}`, "1,2", ""}, {`{"type":"integer"}`, " 1", ""}, {`{"type":"integer"}`, "0x1", ""},
		{`{"type":"boolean"}`, "true", "true"}, {`{"type":"boolean"}`, "TRUE", ""}, {`{"type":"boolean"}`, "1", ""},
		{`{"type":"array","items":{"type":"string"}}`, "a,b", `["a","b"]`}, {`{"type":"array","items":{"type":"integer"}}`, "1,x", ""},
		{`{"type":"object"}`, "{}", ""},
		{`{"type":["integer","null"]}`, "4", "4"},
	} {
		n := new(node)
		if err := json.Unmarshal([]byte(c.schema), n); err != nil {
			t.Fatal(err)
		}
		got, err := typed("p", c.value, n)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s as %s: %s %v", c.value, c.schema, got, err)
		}
		if f := fault.Of(err); err != nil && (f.Code != fault.InvalidArgument || f.Field != "p") {
			t.Errorf("%s: %v", c.value, err)
		}
	}
}

func TestInto(t *testing.T) {
	t.Parallel()
	var a arguments
	a.text("task_id", "é\"\n")
	for body, want := range map[string]string{
		"": `{"task_id":"é\"\n"}`, " { } ": `{"task_id":"é\"\n"} `, `{"x":1}`: `{"task_id":"é\"\n","x":1}`, "[]": "[]", `"s"`: `"s"`, "{": `{"task_id":"é\"\n",`,
	} {
		if got := string(a.into([]byte(body))); got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
	if got := string((&arguments{}).into([]byte("{"))); got != "{" {
		t.Errorf("nothing to add: %s", got)
	}
	a.add("cursor", jsontext.Value("1"))
	if got := string(a.less("task_id").object()); got != `{"cursor":1}` {
		t.Errorf("less: %s", got)
	}
}

// FuzzQuery: whatever stands in a query becomes a JSON object of declared arguments, or invalid_argument.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"limit=1", "limit=01", "tags=a,,b", "flag=true&part_number=%22", "a=%zz", "limit=1&limit=1", "=", "&&", "part_number=%ff", "q=1;2", "cursor=%00"} {
		f.Add(s)
	}
	list, err := readOperations(newToyClient().All())
	if err != nil {
		f.Fatal(err)
	}
	op, rt := list["sga_list_inventory"], &route{pattern: "/inventory", names: map[string]string{"q": "part_number"}}
	f.Fuzz(func(t *testing.T, raw string) {
		params, err := query(&http.Request{URL: &url.URL{RawQuery: raw}})
		var a arguments
		if err == nil {
			err = rt.fromQuery(op, params, &a)
		}
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if v := jsontext.Value(a.object()); !v.IsValid() {
			t.Fatalf("%q: %s", raw, v)
		}
		if err := members(a.object(), func(name string, _ jsontext.Value) {
			if op.input.Properties[name] == nil {
				t.Errorf("%q: argument %q", raw, name)
			}
		}); err != nil {
			t.Error(err)
		}
	})
}

// FuzzKey: a header beside any body gives a body with that key, or one that the operation refuses.
func FuzzKey(f *testing.F) {
	for _, s := range []string{`{}`, ``, `{"idempotency_key":"k"}`, `{"idempotency_key":null}`, `[`, `{"a":{"idempotency_key":"x"}}`, `{"idempotency_\u006bey":"k"}`} {
		f.Add("k", s)
	}
	list, err := readOperations(newToyClient().All())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, body string) {
		r := &http.Request{Header: http.Header{"Idempotency-Key": {key}}}
		out, err := withKey(r, list["sga_create_movement"], []byte(body))
		if err != nil || !jsontext.Value(out).IsValid() {
			return
		}
		var got struct {
			Key string `json:"idempotency_key"`
		}
		if jsontext.Value(out).Kind() != '{' {
			return
		}
		if err := json.Unmarshal(out, &got); err == nil && got.Key != strings.Trim(strings.TrimSpace(key), `"`) && got.Key != strings.TrimSpace(key) && !strings.Contains(key, `"`) {
			t.Errorf("%q beside %q: %s", key, body, out)
		}
	})
}
