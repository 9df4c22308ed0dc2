package app

import (
	"context"
	"runtime/debug"

	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/rest"
)

// health checks the parts. Only the database and its schema decide whether the program is taken out of service: the
// ledger works without the others, whose trouble is shown.
func (a *App) health(ctx context.Context) map[string]error {
	parts := map[string]error{"database": a.DB.Ping(ctx)}
	_, err := a.DB.LastPosition(ctx) // fails when the schema is not there
	parts["migrations"] = err
	parts["objects"] = degraded(a.store.check(ctx))
	parts["items"] = degraded(a.items.check(ctx))
	parts["seal"] = a.sealHealth(ctx)
	return parts
}

func degraded(err error) error {
	if err == nil {
		return nil
	}
	return rest.Degraded{Err: err}
}

// Version names the program: the tag or commit that it was built from, and the state of its schema.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version, changed := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (version == "" || version == "(devel)"):
			version = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	return version + changed
}

// SchemaVersion identifies the migrations that this program carries.
func SchemaVersion() string { return postgres.MigrationHash() }
