package rest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	parts := map[string]error{"database": nil, "migrations": nil}
	w := newWorld(t, func(o *Options) { o.Health = func(context.Context) map[string]error { return parts } })
	check := func(path string, status int, must, not string) {
		t.Helper()
		p := w.do(request("", "GET", path, ""))
		if p.Code != status || !strings.Contains(p.Body.String(), must) || not != "" && strings.Contains(p.Body.String(), not) {
			t.Errorf("%s: %d %s", path, p.Code, p.Body)
		}
	}
	check("/healthz", 200, `"process":{"status":"ok"}`, "database")
	check("/readyz", 200, `{"status":"ok","version":"v1","parts":{"database":{"status":"ok"},"migrations":{"status":"ok"}}}`, "")
	parts["seal"] = Degraded{fault.Unavailable.With("O selo está atrasado.", "The seal is behind.")}
	check("/readyz", 200, `"seal":{"status":"degraded","code":"unavailable","error":{"message":"O selo está atrasado."`, `"status":"unavailable"`)
	parts["database"] = fault.Unavailable.With("Sem banco.", "No database.").Because(errors.New("dial /run/pg.sock"))
	parts["migrations"] = errors.New("pq: relation sga.x")
	check("/readyz", 503, `"database":{"status":"unavailable","code":"unavailable","error":{"message":"Sem banco."`, "pg.sock")
	check("/readyz", 503, `"migrations":{"status":"unavailable","code":"internal"`, "sga.x")
	check("/healthz", 200, `"ok"`, "")
}
