package ops_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/outbound"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/webhook"
)

// receiver takes what webhooks are sent.
type receiver struct {
	url    string
	mu     sync.Mutex
	status int
	got    []string // headers and body of each message
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	raw, _ := io.ReadAll(q.Body)
	var head bytes.Buffer
	_ = q.Header.Write(&head)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, head.String()+string(raw))
	w.WriteHeader(r.status)
}

// openReceiver starts a receiver, and what sends to it.
func (w *world) openReceiver() ops.WebhookSender {
	w.t.Helper()
	w.hooks = &receiver{status: http.StatusNoContent}
	s := httptest.NewServer(w.hooks)
	w.t.Cleanup(s.Close)
	w.hooks.url = s.URL + "/in?key=canary"
	vault, err := webhook.NewVault(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		w.t.Fatal(err)
	}
	out := outbound.New(outbound.Options{Allow: []string{strings.TrimPrefix(s.URL, "http://")}})
	w.t.Cleanup(out.Close)
	return relay.NewWebhooks(relay.WebhookOptions{Store: w.db, Sender: out, Vault: vault, NewID: newID, Now: time.Now, Random: rand.Reader,
		Areas: func(_ context.Context, h *webhook.Webhook) (identity.Area, identity.Area, bool, error) {
			return h.Projects, h.Locations, true, nil
		}})
}

// webhook makes one that tells of a place and a project.
func (w *world) webhook(a *identity.Actor, at place) string {
	w.t.Helper()
	return text(w.must(a, "sga_create_webhook", w.hookArgs(at))["webhook_id"])
}

func (w *world) hookArgs(at place) object {
	return object{"url": w.hooks.url, "event_kinds": []any{"movement", "task_created"}, "project_ids": []any{at.project}, "location_ids": []any{at.location}}
}

func webhookRules() map[string]rule {
	of := func(extra object) func(*world, *identity.Actor, place) object {
		return func(w *world, _ *identity.Actor, at place) object {
			o := object{"webhook_id": w.webhook(w.boss, at)}
			for k, v := range extra {
				o[k] = v
			}
			return o
		}
	}
	return map[string]rule{
		"sga_create_webhook": {may: "A", person: true, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object { return w.hookArgs(at) }},
		"sga_list_webhooks":  {may: "AL", args: fixed(object{})},
		"sga_get_webhook":    {may: "AL", sight: "pl", args: of(nil)},
		"sga_update_webhook": {may: "A", person: true, sight: "pl", args: of(object{"is_active": false})},
		"sga_delete_webhook": {may: "A", person: true, sight: "pl", args: of(nil)},
		"sga_test_webhook":   {may: "A", person: true, sight: "pl", args: of(nil)},
		"sga_replay_webhook": {may: "A", person: true, sight: "pl", args: of(object{"position": 1})},
	}
}

func TestWebhookLife(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	made := w.must(w.boss, "sga_create_webhook", object{"url": w.hooks.url, "description": "ERP", "event_kinds": []any{"Task", "movement", "task"}})
	secret, id := text(made["secret"]), text(made["webhook_id"])
	if !strings.HasPrefix(secret, webhook.SecretPrefix) {
		t.Fatalf("no secret: %v", made)
	}
	got := w.must(w.boss, "sga_get_webhook", object{"webhook_id": id})
	item := got["webhook"].(object)
	if diff := cmp.Diff([]any{"task", "movement"}, item["event_kinds"]); diff != "" || item["url"] != w.hooks.url || item["all_projects"] != true {
		t.Errorf("%s %v", diff, item)
	}
	w.must(w.boss, "sga_update_webhook", object{"webhook_id": id, "is_active": false, "description": "ERP velho", "event_kinds": []any{}})
	item = w.must(w.boss, "sga_get_webhook", object{"webhook_id": id})["webhook"].(object)
	if item["is_active"] != false || item["pause_reason"] != "by_hand" || item["paused_at"] == nil || item["description"] != "ERP velho" || len(item["event_kinds"].([]any)) != 0 {
		t.Errorf("%v", item)
	}
	if n := len(w.must(w.boss, "sga_list_webhooks", object{"is_active": true})["items"].([]any)); n != 0 {
		t.Errorf("%d active ones", n)
	}
	rotated := w.must(w.boss, "sga_update_webhook", object{"webhook_id": id, "is_active": true, "rotate_secret": true})
	if s := text(rotated["secret"]); s == secret || !strings.HasPrefix(s, webhook.SecretPrefix) || rotated["webhook"].(object)["old_secret_until"] == nil {
		t.Errorf("%v", rotated)
	}
	tried := w.must(w.boss, "sga_test_webhook", object{"webhook_id": id})
	if tried["success"] != true || len(w.hooks.got) != 1 || strings.Count(w.hooks.got[0], "v1,") != 2 {
		t.Errorf("%v %v", tried, w.hooks.got)
	}
	if diff := cmp.Diff(1, len(w.must(w.boss, "sga_get_webhook", object{"webhook_id": id})["attempts"].([]any))); diff != "" {
		t.Error(diff)
	}
	w.must(w.boss, "sga_delete_webhook", object{"webhook_id": id})
	w.refused(fault.NotFound, w.boss, "sga_get_webhook", object{"webhook_id": id})
	var acts, secrets int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE entity_id = $1 AND result = 'ok'), count(*) FILTER (WHERE a::text LIKE '%whsec_%')
		FROM sga.audit_log a WHERE operation LIKE '%webhook%' AND operation NOT LIKE 'sga_get%' AND operation NOT LIKE 'sga_list%'`, id).Scan(&acts, &secrets); err != nil {
		t.Fatal(err)
	}
	if acts != 5 || secrets != 0 {
		t.Errorf("%d acts are audited, want 5; %d rows hold a secret", acts, secrets)
	}
}

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	for name, change := range map[string]object{
		"inside":          {"url": "https://169.254.169.254/"},
		"clear text":      {"url": "http://hooks.example.com/"},
		"file":            {"url": "file:///etc/passwd"},
		"no address":      {"url": "x"},
		"unknown kind":    {"event_kinds": []any{"moviment"}},
		"strange kind":    {"event_kinds": []any{"task_%"}},
		"long kind":       {"event_kinds": []any{"task_" + strings.Repeat("a", 100)}},
		"description":     {"description": strings.Repeat("a", 501)},
		"unknown argment": {"secret": "mine"},
	} {
		args := object{"url": w.hooks.url}
		for k, v := range change {
			args[k] = v
		}
		w.refused(fault.InvalidArgument, w.boss, "sga_create_webhook", args)
		_ = name
	}
	id := w.webhook(w.boss, here())
	w.refused(fault.InvalidArgument, w.boss, "sga_replay_webhook", object{"webhook_id": id})
	w.refused(fault.InvalidArgument, w.boss, "sga_replay_webhook", object{"webhook_id": id, "position": 1, "since": "2026-01-01T00:00:00Z"})
	w.hooks.status = http.StatusTeapot
	if out := w.must(w.boss, "sga_test_webhook", object{"webhook_id": id}); out["success"] != false || out["attempt"].(object)["error"] != "answer" {
		t.Errorf("%v", out)
	}
	bare := ops.New(ops.Deps{Store: store{w.db}, Desk: w.db, NewID: newID, Now: time.Now})
	w.reg = bare
	w.refused(fault.Unavailable, w.boss, "sga_create_webhook", object{"url": w.hooks.url})
	w.refused(fault.Unavailable, w.boss, "sga_test_webhook", object{"webhook_id": id})
	w.must(w.boss, "sga_delete_webhook", object{"webhook_id": id})
}

// Who sees less than a webhook tells neither sees nor changes it; what is told never goes beyond its maker.
func TestWebhookSight(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	lima, log := limited(w.person("lima", identity.Admin)), limited(w.person("log", identity.Logistics))
	all, mine := text(w.must(w.boss, "sga_create_webhook", object{"url": w.hooks.url})["webhook_id"]),
		text(w.must(lima, "sga_create_webhook", object{"url": w.hooks.url})["webhook_id"])
	w.refused(fault.NotFound, lima, "sga_delete_webhook", object{"webhook_id": all})
	items := w.must(log, "sga_list_webhooks", object{})["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%v", items)
	}
	item := items[0].(object)
	if item["webhook_id"] != mine || item["all_projects"] != false || cmp.Diff([]any{"NTT"}, item["project_ids"]) != "" {
		t.Errorf("%v", item)
	}
	if strings.Contains(text(item["url"]), "canary") {
		t.Errorf("who may not change it reads the receiver's secret: %v", item["url"])
	}
	if n := len(w.must(w.boss, "sga_list_webhooks", object{"limit": 1})["items"].([]any)); n != 1 {
		t.Errorf("a page of one has %d", n)
	}
	first := w.must(w.boss, "sga_list_webhooks", object{"limit": 1})
	second := w.must(w.boss, "sga_list_webhooks", object{"limit": 1, "cursor": first["next_cursor"]})
	if second["has_more"] != false || second["items"].([]any)[0].(object)["webhook_id"] != all {
		t.Errorf("%v", second)
	}
}
