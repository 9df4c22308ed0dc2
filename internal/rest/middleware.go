package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// maxLogged in bytes of a text that a client chose and the log keeps (T-05); slog quotes what is odd in it.
const maxLogged = 200

// record is what is noted about a request while it is answered.
type record struct {
	id      string
	subject string
	route   string
}

type recordKey struct{}

// recordOf gives the record of a request; requests that did not pass the door have an empty one.
func recordOf(r *http.Request) *record {
	if rec, ok := r.Context().Value(recordKey{}).(*record); ok {
		return rec
	}
	return &record{}
}

// ServeHTTP is the way of every request: checks, time, the table of routes, the log, the figures.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := d.Now()
	rec := &record{id: d.NewID().String()}
	r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
	a := &answer{ResponseWriter: w, control: http.NewResponseController(w)}
	d.secureHeaders(a.Header())
	a.Header().Set("X-Request-Id", rec.id)
	timed(a, r)
	d.metrics.begin()
	defer func() {
		d.recovered(a, r, recover())
		if a.status == 0 {
			a.status = http.StatusOK
		}
		if rec.route = r.Pattern; rec.route == "" {
			rec.route = "refused"
		}
		took := d.Now().Sub(start)
		d.metrics.end(rec.route, r.Method, a.status, took)
		d.logged(r, rec, a, took)
	}()
	if err := d.guard(r); err != nil {
		d.fail(a, r, err)
		return
	}
	if err := d.admit(r); err != nil {
		d.fail(a, r, err)
		return
	}
	d.mux.ServeHTTP(a, r)
}

// recovered turns a panic into the same answer as any other failure. Half an answer is cut off.
func (d *door) recovered(a *answer, r *http.Request, thrown any) {
	if thrown == nil {
		return
	}
	if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		cut(a)
		return
	}
	err := fmt.Errorf("panic: %v\n%s", thrown, debug.Stack())
	if a.status != 0 {
		f, _ := d.explain(r, err)
		a.status = f.Code.HTTP()
		cut(a)
		return
	}
	d.fail(a, r, fault.Internal.With("Erro interno.", "Internal error.").Because(err))
}

// logged writes one line a request. Queries and headers may hold secrets and names; they are left out.
func (d *door) logged(r *http.Request, rec *record, a *answer, took time.Duration) {
	level := slog.LevelInfo
	if a.status < 400 && (rec.route == "GET /healthz" || rec.route == "GET /readyz" || rec.route == "GET /metrics") {
		level = slog.LevelDebug // machines ask every few seconds
	}
	d.Log.LogAttrs(r.Context(), level, "request", slog.String("id", rec.id), slog.String("method", clip(r.Method)), slog.String("path", clip(r.URL.Path)),
		slog.Int("status", a.status), slog.Int64("bytes", a.size), slog.Duration("took", took), slog.String("subject", rec.subject))
}

func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged]
	}
	return s
}
