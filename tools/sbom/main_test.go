package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: "github.com/faiston/nexo", Version: "v1.2.3+dirty"},
		Deps: []*debug.Module{{Path: "example.com/a", Version: "v1.0.0", Sum: "h1:x="},
			{Path: "example.com/b", Version: "v2.0.0", Replace: &debug.Module{Path: "example.com/c", Version: "v3.0.0", Sum: "h1:y="}}},
		Settings: []debug.BuildSetting{{Key: "vcs.time", Value: "2026-11-23T00:00:00Z"}, {Key: "vcs.revision", Value: "abc"}, {Key: "-ldflags", Value: "secret"}}}
	got := describe(info, [32]byte{1})
	if got.Spec != "1.6" || got.Metadata.Timestamp != "2026-11-23T00:00:00Z" || got.Metadata.Component.PURL != "pkg:golang/github.com/faiston/nexo@v1.2.3%2Bdirty" {
		t.Errorf("%+v", got.Metadata)
	}
	var names []string
	for _, c := range got.Components {
		names = append(names, c.PURL)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/example.com/a@v1.0.0", "pkg:golang/example.com/c@v3.0.0"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, got.Dependencies[0].DependsOn); diff != "" {
		t.Error(diff)
	}
	if again := describe(info, [32]byte{1}); cmp.Diff(got, again) != "" || describe(info, [32]byte{2}).Serial == got.Serial {
		t.Error("the number is not the program's own")
	}
}

// TestThisProgram reads a real program: the test itself.
func TestThisProgram(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(os.Args[0], &out); err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(out.Bytes(), &got, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "pkg:golang/github.com/google/uuid@") || len(got.Metadata.Component.Hashes) != 1 {
		t.Errorf("%s", out.String())
	}
	if err := run("main.go", &out); err == nil {
		t.Error("a text is no program")
	}
}
