package rest

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TestOpenAPI checks the document's structure. NEXO_OPENAPI_OUT names a file to write the document to, for
// a validator that is no Go program.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if p := w.do(request("", "GET", "/api/v1/openapi.json", "")); p.Code != 401 {
		t.Errorf("nobody reads the document: %d", p.Code)
	}
	p := w.do(request("viewer", "GET", "/api/v1/openapi.json", ""))
	checkDocument(t, p.Body.Bytes(), len(w.client.All()))
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Operation  string `json:"x-operation"`
		}
	}
	if err := json.Unmarshal(p.Body.Bytes(), &doc, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	names := func(path, method string) string {
		var out []string
		for _, x := range doc.Paths[path][method].Parameters {
			out = append(out, x.In+":"+x.Name)
		}
		return strings.Join(out, " ")
	}
	for key, want := range map[string]string{
		"get /api/v1/balances/{part_number}":       "path:part_number query:location_id query:project_id query:as_of",
		"get /api/v1/assets":                       "query:q query:search_type query:limit query:cursor query:format query:status",
		"post /api/v1/tasks/{task_id}/approve":     "header:Idempotency-Key path:task_id",
		"post /api/v1/ops/sga_create_movement":     "header:Idempotency-Key",
		"post /api/v1/ops/sga_get_balance":         "",
		"get /api/v1/assets/{identifier}/timeline": "path:identifier query:identifier_type query:cursor",
	} {
		method, path, _ := strings.Cut(key, " ")
		if got := names(path, method); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	if doc.Paths["/api/v1/reconciliations"]["get"].Operation != "" {
		t.Error("an operation that is not declared is described")
	}
}

// checkDocument holds a document to what every OpenAPI 3.1 document must have.
func checkDocument(t *testing.T, raw []byte, operations int) {
	t.Helper()
	if out := os.Getenv("NEXO_OPENAPI_OUT"); out != "" {
		if err := os.WriteFile(out, raw, 0o600); err != nil {
			t.Error(err)
		}
	}
	var doc struct {
		OpenAPI    string                               `json:"openapi"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components map[string]map[string]jsontext.Value `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%s %v", doc.OpenAPI, err)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": ?"([^"]*)"`).FindAllSubmatch(raw, -1) {
		part := strings.Split(string(ref[1]), "/")
		if len(part) != 4 || doc.Components[part[2]][part[3]] == nil {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
	ids, called := map[string]bool{}, 0
	inPath := regexp.MustCompile(`{([^}]*)}`)
	for path, item := range doc.Paths {
		for method, what := range item {
			id, _ := what["operationId"].(string)
			if id == "" || ids[id] {
				t.Errorf("%s %s: id %q", method, path, id)
			}
			ids[id] = true
			if strings.HasPrefix(path, "/api/v1/ops/") {
				called++
			}
			if what["summary"] == "" || what["description"] == "" || what["responses"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
			declared := map[string]bool{}
			params, _ := what["parameters"].([]any)
			for _, p := range params {
				p := p.(map[string]any)
				key := p["in"].(string) + " " + p["name"].(string)
				if declared[key] || p["schema"] == nil || p["in"] == "path" && p["required"] != true {
					t.Errorf("%s %s: parameter %s", method, path, key)
				}
				declared[key] = true
			}
			for _, m := range inPath.FindAllStringSubmatch(path, -1) {
				if !declared["path "+m[1]] {
					t.Errorf("%s %s: %s is not declared", method, path, m[1])
				}
			}
			if method == strings.ToLower(http.MethodGet) && what["requestBody"] != nil {
				t.Errorf("%s %s has a body", method, path)
			}
		}
	}
	if called != operations {
		t.Errorf("%d of %d operations", called, operations)
	}
}
