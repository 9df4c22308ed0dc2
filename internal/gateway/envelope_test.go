package gateway

import (
	stdjson "encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// FuzzEnvelope: what we take, the SDK reads in the same way, and so would any reader.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		getBalance, waiting26, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, `{"jsonrpc":"2.0","id":"\u00e7","result":{}}`,
		`{"jsonrpc":"2.0","id":-7,"method":"tools/call","params":{"name":"a","NAME":"b"}}`, `{"id":1,"id":2}`, `[]`, `{"jsonrpc":"2.0","id":1,"method":"ping"} {}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rd := newReader()
		env, p := rd.envelope(raw)
		if p != nil {
			if !stdjson.Valid(p.append(nil, env.id)) {
				t.Fatalf("the refusal is no JSON: %s", p.append(nil, env.id))
			}
			return
		}
		message, err := jsonrpc.DecodeMessage(raw)
		if err != nil {
			t.Fatalf("the SDK refuses %q: %v", raw, err)
		}
		request, isRequest := message.(*jsonrpc.Request)
		if isRequest != (env.method != "") {
			t.Fatalf("a request? %v, the SDK says %v", env.method, isRequest)
		}
		if !isRequest {
			return
		}
		if request.Method != env.method || string(request.Params) != string(env.params) || request.IsCall() != (env.id != nil) {
			t.Fatalf("read %q %q %q, the SDK %q %v %q", env.method, env.id, env.params, request.Method, request.ID, request.Params)
		}
		if env.method == "tools/call" {
			sameCall(t, rd, env.params)
		}
	})
}

// sameCall holds the params of tools/call against encoding/json.
func sameCall(t *testing.T, rd *reader, params []byte) {
	t.Helper()
	c, p := rd.call(params)
	if p != nil {
		return
	}
	var std struct {
		Name      string             `json:"name"`
		Arguments stdjson.RawMessage `json:"arguments"`
	}
	if err := stdjson.Unmarshal(params, &std); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", params, err)
	}
	if string(std.Arguments) == "null" {
		std.Arguments = nil
	}
	if std.Name != c.name || string(std.Arguments) != string(c.arguments) {
		t.Fatalf("read %q %q, encoding/json %q %q", c.name, c.arguments, std.Name, std.Arguments)
	}
}

// FuzzDoor: nothing that a caller sends is our error, and every answer is JSON.
func FuzzDoor(f *testing.F) {
	f.Add(getBalance, "2025-11-25", "application/json")
	f.Add(waiting26, "2026-07-28", "*/*")
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}`, "", "")
	f.Add(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, "2026-07-28", "*/*")
	g, _ := newToy(f, nil)
	f.Fuzz(func(t *testing.T, body, version, accept string) {
		if strings.Contains(body, "wait") || strings.Contains(body, "import") || strings.Contains(body, "\\u") {
			return // takes its time by design
		}
		r := newPost(t.Context(), "viewer", version, strings.NewReader(body))
		r.Header.Set("Accept", accept)
		r.Header.Set("Mcp-Method", "server/discover")
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, r)
		if rec.Code >= 500 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") && !stdjson.Valid(rec.Body.Bytes()) {
			t.Fatalf("no JSON: %s", rec.Body)
		}
	})
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		`"a"`: true, `""`: true, `1`: true, `0`: true, `-5`: true, `999999999999999`: true,
		`null`: false, `true`: false, `{}`: false, `[]`: false, `1.0`: false, `1e3`: false, `-0`: false, `9007199254740992`: false, `-`: false,
		`"` + strings.Repeat("x", maxID) + `"`: false,
	} {
		if got := validID([]byte(id)); got != want {
			t.Errorf("validID(%s) = %v", id, got)
		}
	}
}

func TestTooDeep(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		strings.Repeat("[", maxDepth):                                false,
		strings.Repeat("[", maxDepth+1):                              true,
		strings.Repeat("[]", 1000):                                   false,
		`"` + strings.Repeat("[", 100) + `"`:                         false,
		`"\"` + strings.Repeat("[", 100) + `"`:                       false,
		`"\\"` + strings.Repeat("{", 100):                            true,
		`{"a":"` + strings.Repeat("{", 100) + `","b":[[1],{"c":1}]}`: false,
	} {
		if got := tooDeep([]byte(body)); got != want {
			t.Errorf("tooDeep(%.40q) = %v", body, got)
		}
	}
}

// A reader that read one message reads the next as if it were new.
func TestReaderIsReused(t *testing.T) {
	t.Parallel()
	rd := newReader()
	var got []string
	for _, s := range []string{getBalance, `{"broken`, getBalance, `[1]`, `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"a":2}}`, waiting26} {
		env, p := rd.envelope([]byte(s))
		if p != nil {
			got = append(got, "refused")
			continue
		}
		c, _ := rd.call(env.params)
		got = append(got, c.name)
	}
	want := []string{"sga_get_balance", "refused", "sga_get_balance", "refused", "refused", "sga_fail"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
