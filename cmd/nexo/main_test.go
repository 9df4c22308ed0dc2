package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// quiet is a home without the demo, which these journeys do not need.
func quiet(t *testing.T, env ...string) *home { return newHome(t, append(env, "NEXO_DEMO=0")...) }

func TestServeJoinStop(t *testing.T) {
	t.Parallel()
	h := quiet(t)
	s := h.serve()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/.well-known/openid-configuration": 200, "/.well-known/jwks.json": 200,
		"/.well-known/oauth-protected-resource": 200, "/.well-known/oauth-protected-resource/mcp": 200, "/api/v1/openapi.json": 401, "/mcp": 401} {
		if got, body := s.do("GET", path, "", ""); got != want {
			t.Errorf("GET %s: %d, want %d\n%.300s", path, got, want, body)
		}
	}
	token := h.nexo(0, "token", "--user", "lia", "--group", "logistics")
	if got, body := s.do("POST", "/mcp", token, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); got != 200 || !strings.Contains(body, `"sga_get_balance"`) {
		t.Errorf("tools/list: %d\n%.300s", got, body)
	}
	h.nexo(0, "call", "sga_create_project", "--args", `{"project_code":"P1","project_name":"x"}`)
	if got, body := s.do("POST", "/api/v1/ops/sga_create_project", token, `{"project_code":"P2","project_name":"y"}`); got != 200 {
		t.Errorf("an operation by REST: %d\n%s", got, body)
	}
	if got, body := s.do("POST", "/api/v1/ops/sga_get_balance", token, `{"part_number":"X"}`); got != 404 || !strings.Contains(body, `"code":"not_found"`) {
		t.Errorf("a part that is not there: %d\n%s", got, body)
	}
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d after SIGTERM\n%s", code, s.log)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "serve.json")); err == nil {
		t.Error("a stopped serve still says that it is there")
	}
	if _, err := os.Stat(filepath.Join(h.dir, "postgres", "data", "postmaster.pid")); err == nil {
		t.Error("PostgreSQL was left running")
	}
}

// What was answered before a kill is there after it, and tokens from before are still good.
func TestKillAndStartAgain(t *testing.T) {
	t.Parallel()
	h := quiet(t, "NEXO_ADDR="+freeAddress(t))
	s := h.serve()
	token := h.nexo(0, "token", "--user", "ana", "--group", "admin")
	for _, call := range [][2]string{
		{"sga_create_location", `{"location_code":"SP","location_name":"São Paulo","location_type":"WAREHOUSE"}`},
		{"sga_create_part_number", `{"part_number":"ABC-1","description":"Roteador"}`},
		{"sga_create_movement", `{"movement_type":"ENTRADA","part_number":"ABC-1","quantity":7,"destination_location_id":"SP"}`},
	} {
		if got, body := s.do("POST", "/api/v1/ops/"+call[0], token, call[1]); got != 200 {
			t.Fatalf("%s: %d\n%s", call[0], got, body)
		}
	}
	s.stop(syscall.SIGKILL)
	again := h.serve()
	t.Logf("first start %v, start after kill -9 %v", s.took, again.took)
	if got, body := again.do("POST", "/api/v1/ops/sga_get_balance", token, `{"part_number":"ABC-1"}`); got != 200 || !strings.Contains(body, `"total_quantity":7`) {
		t.Errorf("after the kill: %d\n%s", got, body)
	}
	h.nexo(0, "verify")
	if code := again.stop(os.Interrupt); code != 0 {
		t.Errorf("exit %d after Ctrl-C", code)
	}
	third := h.serve()
	t.Logf("start with everything in place %v", third.took)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Verbs work without a serve: they start the database, and stop it again.
func TestVerbsAlone(t *testing.T) {
	t.Parallel()
	h := quiet(t)
	h.nexo(0, "migrate")
	answer := h.nexo(0, "call", "sga_create_project", "--args", `{"project_code":"P1","project_name":"x"}`)
	var out map[string]any
	if err := json.Unmarshal([]byte(answer), &out); err != nil || out["status"] != "posted" {
		t.Errorf("%v in %q", err, answer)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "postgres", "data", "postmaster.pid")); err == nil {
		t.Error("PostgreSQL was left running")
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := quiet(t, "NEXO_ADDR="+l.Addr().String())
	h.nexo(1, "serve")
	if _, err := os.Stat(h.dir); err == nil {
		t.Error("the database was started before the address was tried")
	}
}

// The first start makes the users and the company, the second finds them. It runs a program without the
// race detector, under which eighteen months take minutes.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	if os.Getenv("NEXO_E2E") == "" {
		t.Skip("NEXO_E2E is not set: make e2e loads the demo company")
	}
	h := newHome(t)
	h.program = filepath.Join(filepath.Dir(h.dir), "nexo")
	if out, err := exec.Command("go", "build", "-o", h.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first := h.serve()
	for _, user := range []string{"admin", "logistics", "operations", "technician", "finance", "viewer", "lead", "admin2"} {
		if !strings.Contains(first.welcome, "\n  "+user+" ") {
			t.Errorf("the welcome has no password of %s:\n%s", user, first.welcome)
		}
	}
	var projects struct {
		Items []any `json:"items"`
	}
	if err := json.Unmarshal([]byte(h.nexo(0, "call", "sga_list_projects")), &projects); err != nil || len(projects.Items) < 20 {
		t.Errorf("%d projects, %v", len(projects.Items), err)
	}
	h.nexo(0, "verify")
	if code := first.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	second := h.serve()
	t.Logf("first start %v, second %v", first.took, second.took)
	if strings.Contains(second.welcome, "senha") || !strings.Contains(second.welcome, "demo-users.txt") {
		t.Errorf("the second welcome:\n%s", second.welcome)
	}
}
