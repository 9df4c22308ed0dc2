package ops_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/schemas anew")

// The schemas that clients rely on change only on purpose: go test ./internal/ops -run Golden -update
func TestGoldenSchemas(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("testdata", "schemas")
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, op := range openRegistry().All() {
		names = append(names, op.Name+".json")
		var got bytes.Buffer
		whole, err := json.Marshal(map[string]json.RawMessage{"input": op.Input.JSON, "output": op.Output.JSON})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&got, whole, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		path := filepath.Join(dir, op.Name+".json")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s has no golden schema; run with -update: %v", op.Name, err)
			continue
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s: the published schema changed; if that is meant, run with -update\n%s", op.Name, diff)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(names, f.Name()) {
			t.Errorf("%s is the schema of no operation", f.Name())
		}
	}
}

// Every schema says what an argument is, bounds it, and is one that the validator of these tests knows.
func TestSchemasAreComplete(t *testing.T) {
	t.Parallel()
	for _, op := range openRegistry().All() {
		root := parse(t, op.Input.JSON).(object)
		if root["additionalProperties"] != false || root["type"] != "object" {
			t.Errorf("%s takes more than it names: %v", op.Name, root)
		}
		for _, f := range fieldsOf(t, op) {
			if doc := text(f.schema["description"]); f.path[len(f.path)-1] != "[]" && !strings.Contains(doc, " / ") && doc != "Part number" {
				t.Errorf("%s: %s is not described in both languages: %q", op.Name, f.name(), doc)
			}
			if f.kind() == "string" && f.schema["format"] == nil && f.schema["enum"] == nil && f.schema["maxLength"] == nil && f.path[len(f.path)-1] != "[]" {
				t.Errorf("%s: %s has no longest length", op.Name, f.name())
			}
			if f.kind() == "array" && f.schema["maxItems"] == nil || f.kind() == "integer" && f.schema["maximum"] == nil {
				t.Errorf("%s: %s has no bound", op.Name, f.name())
			}
		}
		if wrong := validate(parse(t, op.Output.JSON).(object), object{}, ""); len(wrong) > 0 && strings.Contains(wrong[0], "keyword") {
			t.Errorf("%s: %v", op.Name, wrong)
		}
	}
}

// tool is one of the eleven as the earlier system registered it: fields with the words that they took.
type tool struct {
	required []string
	fields   map[string]string // name to type, or to the words of an enum
	answers  []string
}

// theEleven is ../reference/mcp-tools.md §2: what its clients send and read stays valid.
func theEleven() map[string]tool {
	const movements = "ENTRADA SAIDA TRANSFERENCIA RESERVA LIBERACAO AJUSTE_POSITIVO AJUSTE_NEGATIVO"
	return map[string]tool{
		"sga_list_inventory": {nil, map[string]string{"location_id": "string", "project_id": "string", "part_number": "string",
			"status": "IN_STOCK IN_TRANSIT RESERVED", "limit": "integer", "offset": "integer"}, []string{"items", "total", "limit", "offset", "has_more"}},
		"sga_get_balance": {[]string{"part_number"}, map[string]string{"part_number": "string", "location_id": "string", "project_id": "string"},
			[]string{"found", "part_number", "description", "summary", "by_location"}},
		"sga_search_assets": {[]string{"query"}, map[string]string{"query": "string", "search_type": "serial part_number description all", "limit": "integer"},
			[]string{"query", "search_type", "count", "items"}},
		"sga_get_asset_timeline": {[]string{"identifier"}, map[string]string{"identifier": "string", "identifier_type": "asset_id serial_number", "limit": "integer"},
			[]string{"found", "asset", "timeline", "timeline_count"}},
		"sga_get_movements": {nil, map[string]string{"start_date": "string", "end_date": "string", "movement_type": movements + " EXPEDICAO REVERSA",
			"project_id": "string", "location_id": "string", "limit": "integer"}, []string{"count", "items"}},
		"sga_get_pending_tasks": {nil, map[string]string{
			"task_type": "APPROVAL_ENTRY APPROVAL_EXIT APPROVAL_ADJUSTMENT DIVERGENCE_RESOLUTION DOCUMENT_REVIEW QUALITY_CHECK",
			"priority":  "LOW MEDIUM HIGH URGENT", "assignee_id": "string", "limit": "integer"}, []string{"count", "items"}},
		"sga_create_movement": {[]string{"movement_type", "part_number", "quantity"}, map[string]string{"movement_type": movements, "part_number": "string",
			"quantity": "number", "source_location_id": "string", "destination_location_id": "string", "project_id": "string", "serial_numbers": "array",
			"nf_number": "string", "nf_date": "string", "reason": "string"}, []string{"success", "movement_id", "movement_date", "message"}},
		"sga_reconcile_sap": {[]string{"sap_data"}, map[string]string{"sap_data": "array", "include_serials": "boolean"},
			[]string{"total_sap_items", "matches", "discrepancies", "sap_only", "sga_only", "summary"}},
		"sga_get_schema_metadata": {nil, nil, []string{"tables", "enums", "foreign_keys", "required_columns", "table_list", "timestamp"}},
		"sga_get_table_columns": {[]string{"table_name"}, map[string]string{"table_name": "string", "schema_name": "string"},
			[]string{"columns", "table_name", "schema_name"}},
		"sga_get_enum_values": {[]string{"enum_name"}, map[string]string{"enum_name": "string"}, []string{"enum_name", "values"}},
	}
}

func TestTheElevenKeepTheirContract(t *testing.T) {
	t.Parallel()
	reg := openRegistry()
	for name, want := range theEleven() {
		op, err := reg.Lookup("SGAPostgresTools___" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		input := parse(t, op.Input.JSON).(object)
		required, _ := input["required"].([]any)
		if len(required) != len(want.required) {
			t.Errorf("%s requires %v, want %v", name, required, want.required)
		}
		props, _ := input["properties"].(object)
		for field, kind := range want.fields {
			p, _ := props[field].(object)
			if words := strings.Fields(kind); len(words) > 1 {
				for _, w := range words {
					if list, _ := p["enum"].([]any); !slices.Contains(list, any(w)) {
						t.Errorf("%s: %s does not take %s", name, field, w)
					}
				}
			} else if p["type"] != kind {
				t.Errorf("%s: %s is %v, want %s", name, field, p["type"], kind)
			}
		}
		answers, _ := parse(t, op.Output.JSON).(object)["properties"].(object)
		for _, field := range want.answers {
			if answers[field] == nil {
				t.Errorf("%s does not answer %s", name, field)
			}
		}
	}
}

func TestNamesAndOrder(t *testing.T) {
	t.Parallel()
	reg := openRegistry()
	seen := map[string]bool{}
	for i, op := range reg.All() {
		if seen[op.Name] || !strings.HasPrefix(op.Name, "sga_") || op.Risk == "" || len(op.Roles) == 0 || op.Scope == "" || op.Text.Title == "" {
			t.Errorf("%s is not declared whole", op.Name)
		}
		seen[op.Name] = true
		if _, first := theEleven()[op.Name]; first != (i < len(theEleven())) && len(seen) > len(theEleven()) {
			t.Errorf("%s stands at %d: the eleven come first", op.Name, i)
		}
	}
	for _, name := range []string{"", "sga_", "x", "sga_get_balance___", "___", "SGA_GET_BALANCE"} {
		if _, err := reg.Lookup(name); err == nil {
			t.Errorf("%q is no operation", name)
		}
	}
}
