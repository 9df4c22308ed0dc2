package cli

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func model(t *testing.T) *kong.Application {
	t.Helper()
	var g grammar
	k, err := parser(&g, lookup(nil))
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

func TestEveryVerbIsExplained(t *testing.T) {
	t.Parallel()
	all := run(t, nowhere(t), "", "help")
	for _, node := range model(t).Children {
		v := verbText(node.Name)
		if v.pt == "" || v.en == "" || v.example == "" || !strings.HasPrefix(v.usage, node.Name) {
			t.Errorf("%s: not explained: %+v", node.Name, v)
		}
		for _, args := range [][]string{{"help", node.Name}, {node.Name, "--help"}, {"-h", node.Name}} {
			got := run(t, nowhere(t), "", args...)
			if got.code != 0 || !strings.Contains(got.out, v.example) || !strings.Contains(got.out, v.en) {
				t.Errorf("%v: exit %d, %q", args, got.code, got.out)
			}
		}
		if !strings.Contains(all.out, "$ "+v.example+"\n") {
			t.Errorf("help has no example of %s", node.Name)
		}
	}
	if n := len(model(t).Children); n != len(verbs()) {
		t.Errorf("%d verbs, %d explained", n, len(verbs()))
	}
}

func TestEveryFlagIsExplained(t *testing.T) {
	t.Parallel()
	check := func(verb string, flags []*kong.Flag) {
		for _, f := range flags {
			if f.Help == "" {
				t.Errorf("%s --%s has no help", verb, f.Name)
			}
			page := run(t, nowhere(t), "", strings.Fields("help "+verb)...)
			if !strings.Contains(page.out, "--"+f.Name) || !strings.Contains(page.out, "("+envName(f.Name)+")") {
				t.Errorf("help %s does not show --%s and its variable", verb, f.Name)
			}
		}
	}
	m := model(t)
	check("", m.Flags)
	for _, node := range m.Children {
		check(node.Name, node.Flags)
	}
}

func TestHelpAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args  string
		asked bool
		verb  string
	}{
		{"", true, ""}, {"help", true, ""}, {"help call", true, "call"}, {"--help", true, ""}, {"-h", true, ""}, {"call --help", true, "call"},
		{"call x --args {} -h", true, "call"}, {"call x", false, ""}, {"import -- --help", false, ""}, {"token --user help", false, ""},
	}
	for _, tt := range tests {
		if asked, verb := helpAsked(strings.Fields(tt.args)); asked != tt.asked || verb != tt.verb {
			t.Errorf("%q: %v %q", tt.args, asked, verb)
		}
	}
}

func TestEnvironmentOfFlags(t *testing.T) {
	t.Parallel()
	env := map[string]string{"NEXO_USER": "bia", "NEXO_GROUP": "logistics,viewer", "NEXO_TTL": "2h", "NEXO_JSON": "true", "NEXO_PROJECT": ""}
	var g grammar
	k, err := parser(&g, lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse([]string{"token", "--ttl", "3h"}); err != nil {
		t.Fatal(err)
	}
	got := g.Token
	if got.User != "bia" || len(got.Group) != 2 || got.TTL.Hours() != 3 || !got.JSON || got.Project != nil {
		t.Errorf("got %+v", got)
	}
}
