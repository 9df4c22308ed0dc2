package ops

import (
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// Numbers are read exactly or not at all, and written as integers or decimal strings.
func TestNumber(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, out string }{
		{`1`, `1`}, {`1.0`, `1`}, {`1.50`, `"1.5"`}, {`"1.50"`, `"1.5"`}, {`-0`, `0`}, {`"-0.00"`, `0`}, {`1e2`, `100`}, {`1E+2`, `100`}, {`12.5e-1`, `"1.25"`},
		{`0e400`, ``}, {`9007199254740993`, `9007199254740993`}, {`9999999999999999999`, `9999999999999999999`}, {`99999999999999999999`, ``},
		{`0.1234567890123456789`, `"0.1234567890123456789"`}, {`0.12345678901234567891`, ``}, {`1.00000000000000000000000`, `1`}, {`1.00000000000000000001`, ``},
		{`1e-19`, `"0.0000000000000000001"`}, {`1e-20`, ``}, {`0.000`, `0`}, {`"007"`, `7`}, {`"1e3"`, ``}, {`"+1"`, ``}, {`""`, ``}, {`" 1"`, ``}, {`"1,5"`, ``},
		{`"NaN"`, ``}, {`"Infinity"`, ``}, {`null`, ``}, {`true`, ``}, {`[1]`, ``}, {`"` + strings.Repeat("0", 41) + `"`, ``}, {`100000000000e8`, ``}, {`1e99999999999999999999`, ``},
	}
	for _, tc := range tests {
		var n Number
		err := json.Unmarshal([]byte(tc.in), &n)
		if tc.out == "" {
			if err == nil {
				t.Errorf("%s was read as %s", tc.in, n.Decimal)
			}
			continue
		}
		out, errOut := json.Marshal(n)
		if err != nil || errOut != nil || string(out) != tc.out || !n.Set {
			t.Errorf("%s came back as %s, %v", tc.in, out, err)
		}
	}
	if (*Number)(nil).Ptr() != nil || NumPtr(nil) != nil || (&Number{}).Ptr() != nil {
		t.Error("what was not given is nil")
	}
}

func TestTimesDatesAndIDs(t *testing.T) {
	t.Parallel()
	type all struct {
		At Time `json:"at,omitzero"`
		On Date `json:"on,omitzero"`
		ID ID   `json:"id,omitzero"`
	}
	tests := []struct {
		in, out string
		bad     bool
	}{
		{`{"at":"2026-03-01T08:00:00-03:00"}`, `{"at":"2026-03-01T08:00:00.000-03:00"}`, false},
		{`{"at":"2026-03-01T11:00:00.123456Z"}`, `{"at":"2026-03-01T08:00:00.123-03:00"}`, false},
		{`{"at":"2026-03-01T08:00:00"}`, ``, true}, {`{"at":"2026-03-01"}`, ``, true}, {`{"at":"1989-12-31T23:59:59Z"}`, ``, true}, {`{"at":"9999-01-01T00:00:00Z"}`, ``, true},
		{`{"at":5}`, ``, true}, {`{"at":""}`, `{}`, false}, {`{"at":null,"on":null,"id":null}`, `{}`, false},
		{`{"on":"2026-02-28"}`, `{"on":"2026-02-28"}`, false}, {`{"on":"2026-02-29"}`, ``, true}, {`{"on":"28/02/2026"}`, ``, true}, {`{"on":[]}`, ``, true},
		{`{"id":"0190A0B0-0000-7000-8000-00000000000F"}`, `{"id":"0190a0b0-0000-7000-8000-00000000000f"}`, false},
		{`{"id":"0190a0b0000070008000000000000001"}`, ``, true}, {`{"id":"{0190a0b0-0000-7000-8000-000000000001}"}`, ``, true}, {`{"id":"x"}`, ``, true},
	}
	for _, tc := range tests {
		var v all
		err := json.Unmarshal([]byte(tc.in), &v)
		out, _ := json.Marshal(v)
		if (err != nil) != tc.bad || !tc.bad && string(out) != tc.out {
			t.Errorf("%s: %s, %v", tc.in, out, err)
		}
	}
	if out, _ := json.Marshal(struct{ ID ID }{}); string(out) != `{"ID":null}` {
		t.Errorf("no id is %s", out)
	}
	winter := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	if out, _ := json.Marshal(Time{winter}); string(out) != `"2026-07-01T09:00:00.000-03:00"` {
		t.Errorf("got %s", out)
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	tests := map[jsontext.Pointer]string{
		"": "", "/a": "a", "/movements/3/quantity": "movements[3].quantity", "/policies/conditions/0": "policies.conditions[0]", "/a~1b~0c": "a/b~c", "/12": "[12]",
		"/1234567": "1234567", "//x": ".x",
	}
	for in, want := range tests {
		if got := fieldOf(in); strings.TrimPrefix(got, ".") != strings.TrimPrefix(want, ".") {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := fieldOf(jsontext.Pointer("/" + strings.Repeat("é", 100))); len(got) > 120 || strings.ToValidUTF8(got, "?") != got {
		t.Errorf("a long name is cut to %q", got)
	}
}

type innerIn struct {
	Code string   `json:"code" req:"1" max:"3" doc:"Código | Code"`
	Tags []string `json:"tags,omitzero" max:"2" doc:"Marcas | Tags"`
}

type outerIn struct {
	Kind  string    `json:"kind,omitzero" enum:"condition" doc:"Tipo | Kind"`
	Size  int       `json:"size,omitzero" min:"2" max:"4" doc:"Tamanho | Size"`
	Inner *innerIn  `json:"inner,omitzero" doc:"Dentro | Inside"`
	Rows  []innerIn `json:"rows,omitzero" max:"2" doc:"Linhas | Rows"`
	Free  string    `json:"free,omitzero" doc:"Livre | Free"`
	innerIn
}

// The limits of a schema hold at every depth, and name the place.
func TestSchemaChecks(t *testing.T) {
	t.Parallel()
	s := schemaOf[outerIn](true)
	tests := []struct{ in, field string }{
		{`{"code":"a"}`, ""}, {`{}`, "code"}, {`{"code":""}`, "code"}, {`{"code":"abcd"}`, "code"}, {`{"code":"ééé"}`, ""}, {`{"code":"a\u0000"}`, "code"},
		{`{"code":"a","inner":{}}`, "inner.code"}, {`{"code":"a","inner":{"code":"abcd"}}`, "inner.code"}, {`{"code":"a","inner":null}`, ""},
		{`{"code":"a","inner":{"code":"b","tags":["1","2","3"]}}`, "inner.tags"}, {`{"code":"a","rows":[{"code":"b"},{}]}`, "rows[1].code"},
		{`{"code":"a","rows":[{"code":"b"},{"code":"b"},{"code":"b"}]}`, "rows"}, {`{"code":"a","rows":[{"code":"b","tags":["` + strings.Repeat("x", 501) + `"]}]}`, "rows[0].tags[0]"},
		{`{"code":"a","size":1}`, "size"}, {`{"code":"a","size":5}`, "size"}, {`{"code":"a","size":4}`, ""}, {`{"code":"a","size":0}`, ""},
		{`{"code":"a","free":"` + strings.Repeat("é", 500) + `"}`, ""}, {`{"code":"a","free":"` + strings.Repeat("é", 501) + `"}`, "free"},
		{`{"code":"a","inner":{"x":1}}`, "inner.x"}, {`{"code":"a","rows":[{"code":"b","code":"c"}]}`, "rows[0].code"}, {`{"code":"a","rows":{}}`, "rows"},
	}
	for _, tc := range tests {
		err := decode([]byte(tc.in), new(outerIn), s)
		if tc.field == "" && err == nil {
			continue
		}
		if fault.CodeOf(err) != fault.InvalidArgument || fault.Of(err).Field != tc.field || fault.Of(err).Retryable {
			t.Errorf("%.60s: got %v, want %q", tc.in, err, tc.field)
		}
	}
}

func TestSchemaIsPublished(t *testing.T) {
	t.Parallel()
	want := `{"type":"object","properties":{"kind":{"type":"string","description":"Tipo / Kind","enum":["NEW","USED","REFURBISHED","DAMAGED","DEFECTIVE"]},` +
		`"size":{"type":"integer","description":"Tamanho / Size","minimum":2,"maximum":4},` +
		`"inner":{"type":"object","description":"Dentro / Inside","properties":{"code":{"type":"string","description":"Código / Code","maxLength":3},` +
		`"tags":{"type":"array","description":"Marcas / Tags","maxItems":2,"items":{"type":"string"}}},"required":["code"],"additionalProperties":false},` +
		`"rows":{"type":"array","description":"Linhas / Rows","maxItems":2,"items":{"type":"object","properties":{"code":{"type":"string",` +
		`"description":"Código / Code","maxLength":3},"tags":{"type":"array","description":"Marcas / Tags","maxItems":2,"items":{"type":"string"}}},` +
		`"required":["code"],"additionalProperties":false}},"free":{"type":"string","description":"Livre / Free","maxLength":500},` +
		`"code":{"type":"string","description":"Código / Code","maxLength":3},"tags":{"type":"array","description":"Marcas / Tags","maxItems":2,` +
		`"items":{"type":"string"}}},"required":["code"],"additionalProperties":false}`
	s := schemaOf[outerIn](true)
	if diff := cmp.Diff(want, string(s.JSON)); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, f := range s.Fields {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"kind", "size", "inner", "rows", "free", "code", "tags"}, names); diff != "" {
		t.Error(diff)
	}
	type out struct {
		At    *Time          `json:"at"`
		Maybe *Number        `json:"maybe,omitzero"`
		N     Number         `json:"n"`
		Any   jsontext.Value `json:"any"`
		Map   map[string]int `json:"map"`
	}
	got := string(schemaOf[out](false).JSON)
	wantOut := `{"type":"object","properties":{"at":{"type":["string","null"],"format":"date-time"},"maybe":{"type":["integer","string"]},` +
		`"n":{"type":["integer","string"]},"any":{},"map":{"type":"object","additionalProperties":{"type":"integer"}}},"required":["at","n","any","map"]}`
	if diff := cmp.Diff(wantOut, got); diff != "" {
		t.Error(diff)
	}
}

// A replay is the first answer with the present status of its task, whatever its texts say.
func TestPresentAnswer(t *testing.T) {
	t.Parallel()
	tricky := `x","task_status":"PENDING","y":"`
	row := movementOut{TaskStatus: "PENDING", Status: "pending_approval", Balances: []balanceAfter{}, Rule: tricky, Message: `"task_status":"PENDING"`}
	raw := encoded(movementsOut{Status: "pending_approval", TaskStatus: "PENDING", Results: []movementRow{{movementOut: row}, {movementOut: row}}})
	for _, replay := range []bool{false, true} {
		got := presentAnswer(&approval.Outcome{Answer: raw, Replay: replay, Task: &approval.Task{ID: uuid.Max, Status: approval.Rejected}})
		var out movementsOut
		if err := json.Unmarshal(got, &out); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "PENDING", true: "REJECTED"}[replay]
		if out.TaskStatus != want || out.Results[1].TaskStatus != want || out.Results[0].Rule != tricky || out.Results[0].Message != `"task_status":"PENDING"` {
			t.Errorf("replay %v: %s", replay, got)
		}
	}
	if got := presentAnswer(&approval.Outcome{Answer: raw, Replay: true}); string(got) != string(raw) {
		t.Error("an answer without a task is as it was")
	}
}

func TestVocabulariesAreKnown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"movement_type", "location_type", "asset_status", "condition", "ownership", "reason_code", "reservation_status", "task_type",
		"task_status", "priority", "search_type", "identifier_type", "count_type", "divergence_status", "write_status", "item_status", "batch_status", "stock_status"} {
		if len(vocabulary(name)) < 2 {
			t.Errorf("%s has no words", name)
		}
	}
	if vocabulary("nada") != nil {
		t.Error("an unknown vocabulary has none")
	}
	if v, err := word(stock.Conditions(), "", "condition"); v != "" || err != nil {
		t.Error("no word is no word")
	}
}
