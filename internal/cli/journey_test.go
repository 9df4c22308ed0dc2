package cli

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// call runs an operation from the shell and reads its answer.
func callFor(t *testing.T, env map[string]string, code int, args ...string) map[string]any {
	t.Helper()
	got := run(t, env, "", append([]string{"call"}, args...)...)
	if got.code != code {
		t.Fatalf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil {
		t.Fatalf("%v: %v in %q", args, err, got.out)
	}
	return answer
}

// stocked is an installation with a project, a place, a part and ten units of it.
func stocked(t *testing.T) map[string]string {
	t.Helper()
	env := installed(t)
	for _, step := range [][]string{
		{"sga_create_project", "--args", `{"project_code":"P1","project_name":"Projeto 1"}`},
		{"sga_create_project", "--args", `{"project_code":"P2","project_name":"Projeto 2"}`},
		{"sga_create_location", "--args", `{"location_code":"SP","location_name":"São Paulo","location_type":"WAREHOUSE"}`},
		{"sga_create_part_number", "--args", `{"part_number":"ABC-1","description":"Roteador"}`},
		{"sga_create_movement", "--args", `{"movement_type":"ENTRADA","part_number":"ABC-1","quantity":10,"destination_location_id":"SP","project_id":"P1"}`, "--user", "logistics", "--group", "logistics"},
	} {
		callFor(t, env, 0, step...)
	}
	return env
}

func TestCallsActAsTheirUser(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	balance := callFor(t, env, 0, "sga_get_balance", "--args", `{"part_number":"ABC-1"}`, "--user", "vera", "--group", "viewer")
	if got := balance["summary"].(map[string]any)["total_quantity"]; got != 10.0 {
		t.Errorf("total %v", got)
	}
	denied := callFor(t, env, 1, "sga_create_project", "--args", `{"project_code":"P9","project_name":"x"}`, "--user", "vera")
	if got := denied["error"].(map[string]any)["code"]; got != string(fault.PermissionDenied) {
		t.Errorf("the group of a known user is remembered: %v", got)
	}
	elsewhere := callFor(t, env, 0, "sga_get_balance", "--args", `{"part_number":"ABC-1"}`, "--user", "otto", "--group", "logistics", "--project", "P2")
	if got := elsewhere["summary"].(map[string]any)["total_quantity"]; got != 0.0 {
		t.Errorf("a user of P2 sees %v of P1", got)
	}
	unknown := run(t, env, "", "call", "sga_get_balance", "--user", "x", "--project", "NOPE")
	if unknown.code != 1 || !strings.Contains(unknown.err, `"NOPE"`) {
		t.Errorf("exit %d, %q", unknown.code, unknown.err)
	}
	noSuch := callFor(t, env, 1, "sga_dance")
	if got := noSuch["error"].(map[string]any)["code"]; got != string(fault.NotFound) {
		t.Errorf("got %v", got)
	}
}

// An adjustment waits; its proposer cannot approve it, another person with the flag can.
func TestApprovalFromTheShell(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	waits := callFor(t, env, 0, "sga_create_movement", "--user", "admin", "--args",
		`{"movement_type":"AJUSTE_NEGATIVO","part_number":"ABC-1","quantity":1,"source_location_id":"SP","project_id":"P1","reason":"perda"}`)
	if waits["status"] != "pending_approval" {
		t.Fatalf("got %v", waits)
	}
	id := waits["task_id"].(string)
	task := callFor(t, env, 0, "sga_get_task", "--args", `{"task_id":"`+id+`"}`)
	approve := `{"task_id":"` + id + `","fingerprint":"` + task["fingerprint"].(string) + `"}`
	if own := callFor(t, env, 1, "sga_approve_task", "--args", approve, "--user", "admin"); own["error"].(map[string]any)["code"] != string(fault.PermissionDenied) {
		t.Errorf("the proposer: %v", own)
	}
	callFor(t, env, 1, "sga_approve_task", "--args", approve, "--user", "lucas", "--group", "logistics") // has no flag
	callFor(t, env, 0, "sga_approve_task", "--args", approve, "--user", "lead", "--group", "logistics")
	balance := callFor(t, env, 0, "sga_get_balance", "--args", `{"part_number":"ABC-1"}`)
	if got := balance["summary"].(map[string]any)["total_quantity"]; got != 9.0 {
		t.Errorf("total %v", got)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	env := installed(t)
	plain := run(t, env, "", "token", "--user", "Ana ", "--group", "logistics")
	if plain.code != 0 || strings.Count(plain.out, ".") != 2 || !strings.HasSuffix(plain.out, "\n") || strings.Count(plain.out, "\n") != 1 {
		t.Fatalf("exit %d, %q %q", plain.code, plain.out, plain.err)
	}
	var doc struct {
		Token  string   `json:"access_token"`
		Groups []string `json:"groups"`
		Scope  []string `json:"scope"`
	}
	full := run(t, env, "", "token", "--user", "ana", "--json")
	if err := json.Unmarshal([]byte(full.out), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Groups) != 1 || doc.Groups[0] != "logistics" || !strings.Contains(strings.Join(doc.Scope, " "), "approve") {
		t.Errorf("got %+v", doc)
	}
	agent := run(t, env, "", "token", "--user", "ana", "--client", "nexo-agent", "--json")
	if strings.Contains(agent.out, "approve") {
		t.Errorf("an agent's token has approve: %s", agent.out)
	}
	for _, bad := range [][]string{{"--user", "ana", "--group", "boss"}, {"--user", "a b"}, {"--user", "ana", "--ttl", "25h"}, {"--user", "ana", "--client", "other"}} {
		if got := run(t, env, "", append([]string{"token"}, bad...)...); got.code != 1 || got.out != "" {
			t.Errorf("%v: exit %d, %q", bad, got.code, got.out)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	got := run(t, env, "", "export", "inventory")
	if got.code != 0 || !strings.Contains(got.out, "ABC-1") || !strings.Contains(got.out, "part_number") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	book := filepath.Join(t.TempDir(), "estoque.xlsx")
	if got := run(t, env, "", "export", "movements", "--out", book); got.code != 0 || got.out != "" {
		t.Errorf("exit %d, %q %q", got.code, got.out, got.err)
	}
	if raw, err := os.ReadFile(book); err != nil || !strings.HasPrefix(string(raw), "PK") {
		t.Errorf("no book: %v", err)
	}
	if got := run(t, env, "", "export", "dances"); got.code != 1 || !strings.Contains(got.err, "inventory") {
		t.Errorf("exit %d, %q", got.code, got.err)
	}
	if got := run(t, env, "", "export", "inventory", "--args", `{"nope":1}`); got.code != 1 {
		t.Errorf("exit %d, %q", got.code, got.err)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	dir := t.TempDir()
	theirs, rows := filepath.Join(dir, "theirs.csv"), filepath.Join(dir, "rows.jsonl")
	if err := os.WriteFile(theirs, []byte("part_number;location;quantity\nABC-1;SP;12\nXYZ;SP;1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, env, "", "reconcile", theirs, "--json", "--rows", rows)
	if got.code != 0 {
		t.Fatalf("exit %d\n%s", got.code, got.err)
	}
	var answer struct {
		Summary map[string]int `json:"summary"`
		ID      string         `json:"reconciliation_id"`
		Causes  []struct {
			Cause string `json:"cause"`
			Count int    `json:"count"`
		} `json:"causes"`
	}
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil {
		t.Fatal(err)
	}
	if s := answer.Summary; s["different"] != 1 || s["only_theirs"] != 1 || s["matched"] != 0 || s["only_ours"] != 0 || answer.ID == "" || answer.Causes[0].Count != 2 {
		t.Errorf("got %+v", answer)
	}
	raw, err := os.ReadFile(rows)
	if err != nil || strings.Count(string(raw), "\n") != 2 || !strings.Contains(string(raw), `"theirs":12,"ours":10,"difference":-2`) {
		t.Errorf("rows %s, %v", raw, err)
	}
	people := run(t, env, "", "reconcile", theirs, "--against", theirs)
	if people.code != 0 || !strings.Contains(people.out, "matched") {
		t.Errorf("exit %d, %q %q", people.code, people.out, people.err)
	}
}

// The sample export and our side of it have planted differences.
func TestReconcileSamples(t *testing.T) {
	t.Parallel()
	samples := os.Getenv("NEXO_SAMPLES")
	if samples == "" {
		t.Skip("NEXO_SAMPLES is not set: the SAP samples are not here")
	}
	got := run(t, installed(t), "", "reconcile", filepath.Join(samples, "sap", "MB52_ptBR.xlsx"), "--against", filepath.Join(samples, "sap", "SGA_lado_nosso.csv"), "--json")
	if got.code != 0 || !strings.Contains(got.out, `"different":6`) || !strings.Contains(got.out, `"matched":57`) {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestMigrateAndDoctor(t *testing.T) {
	t.Parallel()
	env := installed(t)
	if got := run(t, env, "", "migrate"); got.code != 0 || !strings.HasPrefix(got.out, "0 ") {
		t.Errorf("exit %d, %q %q", got.code, got.out, got.err)
	}
	if got := run(t, env, "", "doctor", "--json"); got.code != 0 || !strings.Contains(got.out, `"ready":true`) {
		t.Errorf("exit %d, %q %q", got.code, got.out, got.err)
	}
	env["NEXO_DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"
	if got := run(t, env, "", "doctor"); got.code != 1 || !strings.Contains(got.out, "· database") {
		t.Errorf("exit %d, %q %q", got.code, got.out, got.err)
	}
	if got := run(t, env, "", "migrate"); got.code != 1 || strings.Contains(got.err, "127.0.0.1") {
		t.Errorf("exit %d, %q", got.code, got.err)
	}
}

// stdio ends with its input, and speaks only MCP on its output.
func TestMCPOverStdio(t *testing.T) {
	t.Parallel()
	env := installed(t)
	in, typed := io.Pipe()
	printed, out := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- Run(t.Context(), Process{Args: []string{"mcp", "--user", "vera", "--group", "viewer"}, Env: lookup(env), In: in, Out: out, Err: io.Discard})
		_ = out.Close()
	}()
	lines := bufio.NewScanner(printed)
	lines.Buffer(nil, 1<<20)
	ask := func(request string) (answer map[string]any, raw string) {
		if _, err := io.WriteString(typed, request+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatal("no answer")
		}
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil || answer["jsonrpc"] != "2.0" {
			t.Fatalf("not MCP: %q", lines.Text())
		}
		return answer, lines.Text()
	}
	ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	if _, err := io.WriteString(typed, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	if _, raw := ask(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`); !strings.Contains(raw, `"sga_get_balance"`) || strings.Contains(raw, `"name":"sga_approve_task"`) {
		t.Errorf("a viewer's tools: %.300s", raw)
	}
	if err := typed.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != 0 {
		t.Errorf("exit %d", got)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	if got := run(t, env, "", "verify"); got.code != 0 || !strings.Contains(got.out, "All agrees") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	owner, err := pgx.Connect(t.Context(), env["NEXO_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if _, err := owner.Exec(t.Context(), `UPDATE sga.balances SET quantity_total = quantity_total + 1 WHERE quantity_total > 0`); err != nil {
		t.Fatal(err)
	}
	got := run(t, env, "", "verify", "--json")
	if got.code != 1 || !strings.Contains(got.out, `"ok":false`) || !strings.Contains(got.err, "ABC-1") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}
