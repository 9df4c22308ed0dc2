package cli

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// eleven are the tools of the infrastructure document.
func eleven() []string {
	return []string{"sga_list_inventory", "sga_get_balance", "sga_search_assets", "sga_get_asset_timeline", "sga_get_movements", "sga_get_pending_tasks",
		"sga_create_movement", "sga_reconcile_sap", "sga_get_schema_metadata", "sga_get_table_columns", "sga_get_enum_values"}
}

func TestToolsTable(t *testing.T) {
	t.Parallel()
	got := run(t, nowhere(t), "", "tools")
	for _, name := range eleven() {
		if !strings.Contains(got.out, "\n"+name+" ") {
			t.Errorf("%s is not listed", name)
		}
	}
}

func TestToolsForMachines(t *testing.T) {
	t.Parallel()
	var docs []toolDoc
	got := run(t, nowhere(t), "", "tools", "--format=json")
	if err := json.Unmarshal([]byte(got.out), &docs, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if d.Title == "" || d.TitleEN == "" || d.Risk == "" || len(d.Roles) == 0 || d.Scope == "" || !d.Input.IsValid() || !d.Output.IsValid() {
			t.Errorf("%s is not described", d.Name)
		}
	}
	var api struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	got = run(t, nowhere(t), "", "tools", "--format=openapi")
	if err := json.Unmarshal([]byte(got.out), &api); err != nil || !strings.HasPrefix(api.OpenAPI, "3.1") || len(api.Paths) < len(docs) {
		t.Errorf("openapi %q with %d paths, %v", api.OpenAPI, len(api.Paths), err)
	}
}

// Gateway targets know only five words of JSON schema, and one type a node.
func TestToolsForGateway(t *testing.T) {
	t.Parallel()
	var targets []target
	got := run(t, nowhere(t), "", "tools", "--format=gateway")
	if err := json.Unmarshal([]byte(got.out), &targets, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	var check func(where string, v map[string]any)
	check = func(where string, v map[string]any) {
		for key, value := range v {
			switch key {
			case "type":
				if _, one := value.(string); !one {
					t.Errorf("%s: type %v", where, value)
				}
			case "description", "required":
			case "items":
				check(where+"[]", value.(map[string]any))
			case "properties":
				for name, p := range value.(map[string]any) {
					check(where+"."+name, p.(map[string]any))
				}
			default:
				t.Errorf("%s has %q", where, key)
			}
		}
	}
	for _, target := range targets {
		check(target.Name, target.InputSchema)
	}
	if len(targets) < len(eleven()) {
		t.Errorf("%d targets", len(targets))
	}
}
