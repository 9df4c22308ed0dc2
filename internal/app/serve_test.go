package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/rest"
)

// A serve on a database that was given: it migrates it, serves, and ends when its context does. A call
// that is under way is answered first.
func TestServe(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	vars := map[string]string{"NEXO_DATA_DIR": t.TempDir(), "NEXO_DATABASE_URL": db.DSN(), "NEXO_ADDR": "127.0.0.1:0"}
	c, err := config.Load(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	c.SetGC, c.SetMemoryLimit = false, false // other tests share this process
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan Started, 1), make(chan error, 1)
	go func() { ended <- Serve(ctx, Options{Config: c}, func(s Started) { started <- s }) }()
	var s Started
	select {
	case s = <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	if len(s.New) > 0 || s.DemoFile != "" {
		t.Errorf("a given database got demo users: %+v", s)
	}
	body, send := io.Pipe()
	answered := make(chan string, 1)
	go func() {
		// The body is sent when the server asks for it, so that its first bytes say that the call has begun.
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/oauth2/token", body)
		if err != nil {
			answered <- err.Error()
			return
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Expect", "100-continue")
		resp, err := client.Do(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		resp.Body.Close()
		answered <- resp.Status
	}()
	if _, err := io.WriteString(send, "grant_type="); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.WriteString(send, "password"); err != nil {
		t.Fatal(err)
	}
	send.Close()
	if got := <-answered; !strings.HasPrefix(got, "4") {
		t.Errorf("the call under way: %s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestHealthTellsTheTruth(t *testing.T) {
	t.Parallel()
	w := open(t)
	for part, err := range w.health(t.Context()) {
		if err != nil {
			t.Errorf("%s: %v", part, err)
		}
	}
	// What serving needs takes the program out of service; the rest is shown.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	away := func(context.Context) error { return fault.Unavailable.With("fora", "away") }
	w.store.check, w.items.check = away, away
	parts := w.health(ctx)
	for part, decides := range map[string]bool{"database": true, "migrations": true, "objects": false, "items": false} {
		if err := parts[part]; err == nil || errors.As(err, new(rest.Degraded)) == decides {
			t.Errorf("%s: %v, decides on readiness: %v", part, err, decides)
		}
	}
}
