package app

import (
	"context"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/postgres"
)

// world is an open program on a database of its own.
type world struct {
	*App
	t  testing.TB
	db *dbtest.DB
}

func open(t testing.TB, env ...string) *world {
	t.Helper()
	db := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	vars := map[string]string{"NEXO_DATA_DIR": t.TempDir(), "NEXO_DATABASE_URL": db.DSN(), "NEXO_ADDR": "127.0.0.1:8181"}
	for i := 0; i+1 < len(env); i += 2 {
		vars[env[i]] = env[i+1]
	}
	c, err := config.Load(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return &world{a, t, db}
}

func (w *world) act(name string, groups ...string) *identity.Actor {
	w.t.Helper()
	actor, err := w.Act(w.t.Context(), Who{Username: name, Groups: groups})
	if err != nil {
		w.t.Fatal(err)
	}
	return actor
}

// call runs an operation as an admin and reads its answer.
func (w *world) call(name, arguments string) map[string]any {
	w.t.Helper()
	raw, err := w.Ops.Call(w.t.Context(), ops.Invocation{Name: name, Arguments: []byte(arguments), Actor: w.act("admin", "admin"), Door: "test"})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) stock() {
	w.t.Helper()
	w.call("sga_create_location", `{"location_code":"SP","location_name":"São Paulo","location_type":"WAREHOUSE"}`)
	w.call("sga_create_part_number", `{"part_number":"ABC-1","description":"Roteador"}`)
	w.call("sga_create_movement", `{"movement_type":"ENTRADA","part_number":"ABC-1","quantity":10,"destination_location_id":"SP"}`)
}

// one reads a single value as the database's owner.
func one[T any](w *world, sql string, args ...any) (v T) {
	w.t.Helper()
	if err := w.db.Pool(w.t).QueryRow(w.t.Context(), sql, args...).Scan(&v); err != nil {
		w.t.Fatal(err)
	}
	return v
}
