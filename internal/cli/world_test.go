package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/postgres"
)

// outcome is what a run of the program left behind.
type outcome struct {
	code     int
	out, err string
}

// run runs the program in this process with an environment of its own.
func run(t testing.TB, env map[string]string, in string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), Process{Args: args, In: strings.NewReader(in), Out: &out, Err: &errs,
		Env: func(name string) (string, bool) {
			v, ok := env[name]
			return v, ok
		}})
	return outcome{code, out.String(), errs.String()}
}

// nowhere is an environment whose data directory does not exist: verbs that need no database leave it so.
func nowhere(t testing.TB) map[string]string {
	t.Helper()
	return map[string]string{"NEXO_DATA_DIR": t.TempDir() + "/none"}
}

// installed is an environment with a migrated database of its own.
func installed(t testing.TB) map[string]string {
	t.Helper()
	db := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	return map[string]string{"NEXO_DATA_DIR": t.TempDir(), "NEXO_DATABASE_URL": db.DSN()}
}

// lookup reads a map as an environment.
func lookup(env map[string]string) config.Lookup {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}
