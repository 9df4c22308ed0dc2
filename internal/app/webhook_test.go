package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dbtest"
)

// pages is a log that may be read while it is written.
type pages struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// S-22: the token of a caller goes no further than the door. A planted one is looked for in everything that leaves the
// program and that it keeps: messages to webhooks, the log, the audit, the tables.
func TestTokensNeverLeave(t *testing.T) {
	t.Parallel()
	came := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_ = r.Write(&b)
		came <- b.String()
	}))
	t.Cleanup(receiver.Close)
	db, log := dbtest.New(t), &pages{}
	vars := map[string]string{"NEXO_DATA_DIR": t.TempDir(), "NEXO_DATABASE_URL": db.DSN(), "NEXO_ADDR": "127.0.0.1:0",
		"NEXO_OUTBOUND_ALLOW": strings.TrimPrefix(receiver.URL, "http://")}
	c, err := config.Load(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	c.SetGC, c.SetMemoryLimit = false, false
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan Started, 1), make(chan error, 1)
	o := Options{Config: c, Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	go func() { ended <- Serve(ctx, o, func(s Started) { started <- s }) }()
	var s Started
	select {
	case s = <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	token := mint(t, o, "carla")
	post := func(name string, args map[string]any) {
		t.Helper()
		raw, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/ops/"+name, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if body, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK && name != "sga_get_balance" {
			t.Fatalf("%s: %s %s", name, answer.Status, body)
		} else if strings.Contains(string(body), token) {
			t.Errorf("%s answers with the token", name)
		}
	}
	post("sga_create_webhook", map[string]any{"url": receiver.URL + "/in"})
	post("sga_create_part_number", map[string]any{"part_number": "ABC-1", "description": "Roteador"})
	post("sga_get_balance", map[string]any{"part_number": "none"})
	var sent string
	select {
	case sent = <-came:
	case <-time.After(30 * time.Second):
		t.Fatal("the webhook was told nothing")
	}
	if !strings.Contains(sent, `"part_number":"ABC-1"`) || !strings.Contains(sent, "Webhook-Signature: v1,") || strings.Contains(sent, "Authorization") || strings.Contains(sent, "Cookie") {
		t.Errorf("sent %s", sent)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	signature := token[strings.LastIndexByte(token, '.')+1:]
	for place, text := range map[string]string{"a message": sent, "the log": log.String(), "the database": everything(t, db)} {
		if strings.Contains(text, signature) {
			t.Errorf("the token is in %s", place)
		}
	}
}

// mint makes an admin's token, as `nexo token` does beside a running serve.
func mint(t *testing.T, o Options, name string) string {
	t.Helper()
	a, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	minted, err := a.Token(t.Context(), Who{Username: name, Groups: []string{"admin"}}, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return minted.Token
}

// everything is the text of all rows that a call could have left something in.
func everything(t *testing.T, db *dbtest.DB) string {
	t.Helper()
	var out strings.Builder
	for _, table := range []string{"audit_log", "webhooks", "webhook_attempts", "event_log", "outbox", "idempotency_keys", "dead_letters", "relay_cursors", "rate_limits", "tasks"} {
		var text *string
		if err := db.Pool(t).QueryRow(t.Context(), `SELECT string_agg(x::text, ' ') FROM sga.`+table+` x`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != nil {
			out.WriteString(*text)
		}
	}
	if !strings.Contains(out.String(), "sga_create_webhook") {
		t.Error("the audit says nothing of the webhook")
	}
	return out.String()
}

func TestMasterKey(t *testing.T) {
	t.Parallel()
	c := &config.Config{Mode: config.Local, DataDir: t.TempDir()}
	one, err := masterKey(c, strings.NewReader(strings.Repeat("a", 32)))
	if err != nil || len(one) != masterKeySize {
		t.Fatalf("%v %v", one, err)
	}
	again, err := masterKey(c, strings.NewReader(strings.Repeat("b", 32)))
	if err != nil || !bytes.Equal(one, again) {
		t.Errorf("the second start has another key: %v", err)
	}
	path := filepath.Join(c.DataDir, "keys", "master.key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := masterKey(c, nil); err == nil {
		t.Error("a key that everybody reads was taken")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := masterKey(c, nil); err == nil {
		t.Error("a damaged key was taken, or replaced")
	}
	if key, err := masterKey(&config.Config{Mode: config.AWS}, nil); err != nil || key != nil {
		t.Errorf("%v %v", key, err)
	}
}
