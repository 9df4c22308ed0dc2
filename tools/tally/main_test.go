package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line is an event of package p.
func line(action, test, output string) string {
	s := `{"Action":"` + action + `","Package":"github.com/faiston/nexo/internal/p","Test":"` + test + `"`
	if output != "" {
		s += `,"Output":"` + output + `\n"`
	}
	return s + "}"
}

func TestTally(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "missing.txt")
	if err := os.WriteFile(gone, []byte("chromium: not root\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		in      []string
		missing string
		want    string
		ok      bool
	}{
		{"all well", []string{line("run", "TestA", ""), line("pass", "TestA", ""), line("pass", "TestA/x", ""), line("pass", "", "")}, "",
			"pass internal/p                      0.0s  2\n\n2 passed, 0 failed, 0 skipped\n", true},
		{"skips are named with their reason", []string{line("output", "TestB", "    b_test.go:7: NEXO_SAMPLES is not set"), line("output", "TestB", "--- SKIP: TestB (0.00s)"),
			line("skip", "TestB", ""), line("pass", "TestA", ""), line("pass", "", "")}, "",
			"pass internal/p                      0.0s  2\n\nskipped:\n  internal/p TestB: NEXO_SAMPLES is not set\n\n1 passed, 0 failed, 1 skipped\n", true},
		{"failures show their output", []string{line("output", "TestC", "    c_test.go:9: got 1"), line("fail", "TestC", ""), line("fail", "", "")}, "",
			"--- FAIL internal/p TestC\n    c_test.go:9: got 1\nfail internal/p                      0.0s  1\n\nFAILED:\n  internal/p TestC\n\n0 passed, 1 failed, 0 skipped\n", false},
		{"a package that does not build is a failure", []string{line("output", "", "undefined: x"), line("fail", "", "")}, "",
			"undefined: x\nfail internal/p                      0.0s  0\n\nFAILED:\n  internal/p\n\n0 passed, 1 failed, 0 skipped\n", false},
		{"nothing ran", nil, "", "\n0 passed, 0 failed, 0 skipped\n", false},
		{"what is no event is shown", []string{"go: no such thing"}, "", "go: no such thing\n\n0 passed, 0 failed, 0 skipped\n", false},
		{"what could not be had is named", []string{line("pass", "TestA", "")}, gone,
			"\ncould not be had:\n  chromium: not root\n\n1 passed, 0 failed, 0 skipped\n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			tl := newTally(&out)
			if err := tl.read(strings.NewReader(strings.Join(tt.in, "\n"))); err != nil {
				t.Fatal(err)
			}
			tl.missing(tt.missing)
			if ok := tl.report(); ok != tt.ok {
				t.Errorf("ok = %v", ok)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
