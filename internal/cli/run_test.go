package cli

import (
	"os"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string // on the output when done, else on the error output
	}{
		{"no arguments are a call for help", nil, nil, 0, "nexo VERBO"},
		{"help", nil, []string{"help"}, 0, "nexo serve --addr"},
		{"version", nil, []string{"version"}, 0, "schema "},
		{"version for machines", nil, []string{"version", "--json"}, 0, `"schema":`},
		{"unknown verb", nil, []string{"dance"}, 2, "dance"},
		{"unknown verb in help", nil, []string{"help", "dance"}, 2, "Verbo desconhecido"},
		{"unknown flag", nil, []string{"token", "--dance"}, 2, "nexo help token"},
		{"missing argument", nil, []string{"call"}, 2, "nexo help call"},
		{"value out of the list", nil, []string{"tools", "--format", "xml"}, 2, "format"},
		{"life of a token that is no time", nil, []string{"token", "--ttl", "soon"}, 2, "ttl"},
		{"life of a token that is over", nil, []string{"token", "--user", "ana", "--ttl=-1h"}, 2, "positiva"},
		{"a token of nobody", nil, []string{"token"}, 2, "--user"},
		{"wrong configuration", map[string]string{"NEXO_ADDR": "0.0.0.0:1"}, []string{"version"}, 2, "NEXO_ADDR"},
		{"a flag wins over its variable", map[string]string{"NEXO_ADDR": "0.0.0.0:1"}, []string{"version", "--addr", "127.0.0.1:0"}, 0, "schema"},
		{"a variable is as good as its flag", map[string]string{"NEXO_FORMAT": "xml"}, []string{"tools"}, 2, "format"},
		{"import is not faked", nil, []string{"import", "nota.xml", "--preview", "--json"}, 1, "não foi construído"},
		{"runtime is not faked", nil, []string{"runtime", "inventory", "--protocol", "http"}, 1, "not built"},
		{"bench says where it is", nil, []string{"bench"}, 1, "make bench"},
		{"a file that is not there", nil, []string{"reconcile", "/nonexistent.csv"}, 1, "/nonexistent.csv"},
		{"arguments from a file that is not there", nil, []string{"call", "sga_get_balance", "--args", "@/nonexistent"}, 1, "não pôde ser lido"},
		{"tokens are local", map[string]string{"NEXO_MODE": "aws"}, []string{"token", "--user", "ana"}, 2, "NEXO_DATABASE_URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := nowhere(t)
			for k, v := range tt.env {
				env[k] = v
			}
			got := run(t, env, "", tt.args...)
			said := got.out
			if tt.code != 0 {
				said = got.err
			}
			if got.code != tt.code || !strings.Contains(said, tt.says) {
				t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
			}
			if tt.code == 2 && got.out != "" {
				t.Errorf("wrong usage printed to the output: %q", got.out)
			}
			if _, err := os.Stat(env["NEXO_DATA_DIR"]); err == nil {
				t.Error("a verb that needs no database made the data directory")
			}
		})
	}
}

// Both languages, no cause: what the operator needs more stands in the log.
func TestFailuresSpeakBothLanguages(t *testing.T) {
	t.Parallel()
	got := run(t, nowhere(t), "", "reconcile", "/nonexistent.csv")
	want := "nexo: O arquivo /nonexistent.csv não pode ser lido.\n      The file /nonexistent.csv cannot be read.\n      (file)\n"
	if got.err != want {
		t.Errorf("got %q", got.err)
	}
}
