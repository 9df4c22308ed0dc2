package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test program be the children that a run starts.
func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(runChild(text))
	}
	os.Exit(m.Run())
}

// TestSmoke runs the cases that need neither npm nor the built program, on five thousand movements.
func TestSmoke(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-scale", "0.001", "-duration", "200ms", "-server", "inside", "-buffers", "64MB", "-data", shortDir(t),
		"-only", "noop,balance,timeline,inventory,search-inner-5,search-person,as-of,movement-8,movement-hot,bulk,reconcile-pg,memory"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	o.out, o.doc = filepath.Join(t.TempDir(), "results.json"), filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(o.doc, []byte("before\n"+markBegin+"\nold\n"+markEnd+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.verify = true
	var out bytes.Buffer
	if err := measure(t.Context(), o, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	text, err := os.ReadFile(o.out)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Rows []row }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 12 {
		t.Errorf("%d rows, want 12\n%s", len(got.Rows), out.String())
	}
	for _, r := range got.Rows {
		if _, noPgbench := exec.LookPath("/usr/lib/postgresql/15/bin/pgbench"); r.Verdict == verdictFailed || r.Ours.Errors > 0 || noPgbench == nil && r.LimitName != "" && r.Ratio == 0 {
			t.Errorf("%s: %s, ratio %v, %d errors: %s", r.Case, r.Verdict, r.Ratio, r.Ours.Errors, r.Note)
		}
	}
	page, err := os.ReadFile(o.doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "(`movement-8`)", "\nafter\n"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

// shortDir is a directory that PostgreSQL's user can enter, unlike a test's own.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nexo-bench-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{{"-scale", "0"}, {"-scale", "11"}, {"-duration", "1ms"}, {"word"}, {"-nonsense"}} {
		if _, err := parse(bad, t.Output()); err == nil {
			t.Errorf("%v passes", bad)
		}
	}
	o, err := parse(nil, t.Output())
	if err != nil || o.duration != 5*time.Second || o.scale != 1 || o.server != "auto" {
		t.Errorf("defaults: %+v %v", o, err)
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	for only, want := range map[string]int{"": len(newWorld(1).cases()), "movement-*": 6, "bulk, noop": 2, "nothing": 0} {
		b := &bench{o: options{only: only}, world: newWorld(1)}
		if got := len(b.chosen()); got != want {
			t.Errorf("%q chooses %d cases, want %d", only, got, want)
		}
	}
	seen := map[string]bool{}
	for _, c := range newWorld(1).cases() {
		if seen[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		seen[c.name] = true
	}
}
