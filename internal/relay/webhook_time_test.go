package relay_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/faiston/nexo/internal/webhook"
)

// desert is a receiver that answers 503 for days, and the table of webhooks, on the clock of the test.
type desert struct {
	mu     sync.Mutex
	hook   webhook.Webhook
	book   *memory
	tries  map[string][]time.Time
	paused chan webhook.Reason
}

func (d *desert) Do(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := r.Header.Get(webhook.HeaderID)
	d.tries[id] = append(d.tries[id], time.Now())
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: io.NopCloser(strings.NewReader("")), ContentLength: -1}, nil
}

func (d *desert) Check(string) error { return nil }

func (d *desert) Touched(context.Context, []stock.LogEvent) (map[int64]stock.Touched, error) {
	return nil, nil
}

func (d *desert) Webhook(context.Context, uuid.UUID) (*webhook.Webhook, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.hook
	return &w, nil
}

func (d *desert) ActiveWebhooks(context.Context) ([]webhook.Active, error) {
	d.mu.Lock()
	active := d.hook.Active
	d.mu.Unlock()
	if !active {
		return nil, nil
	}
	d.book.mu.Lock()
	defer d.book.mu.Unlock()
	return []webhook.Active{{ID: d.hook.ID, Dead: len(d.book.dead)}}, nil
}

func (d *desert) RecordAttempts(context.Context, uuid.UUID, []webhook.Attempt) error { return nil }

func (d *desert) PauseWebhook(_ context.Context, _ uuid.UUID, why webhook.Reason) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook.Active = false
	d.paused <- why
	return nil
}

// A receiver that is away: each event is tried for a day with growing pauses, then the next one gets its turn; after
// three of them the webhook is paused.
func TestWebhookGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vault, err := webhook.NewVault(bytes.Repeat([]byte("k"), 32))
		if err != nil {
			t.Fatal(err)
		}
		d := &desert{book: newMemory(), tries: map[string][]time.Time{}, paused: make(chan webhook.Reason, 1),
			hook: webhook.Webhook{ID: uuid.Max, URL: "https://hooks.example.com/", Active: true, Projects: identity.Everywhere(), Locations: identity.Everywhere()}}
		d.hook.Secret = vault.Seal(d.hook.ID, "whsec_"+"QUJDREVGR0hJSktMTU5PUFFSU1RVVldY")
		hooks := relay.NewWebhooks(relay.WebhookOptions{Store: d, Sender: d, Vault: vault, NewID: newID, Now: time.Now, Random: rand.Reader,
			Areas: func(context.Context, *webhook.Webhook) (identity.Area, identity.Area, bool, error) {
				return identity.Everywhere(), identity.Everywhere(), true, nil
			}})
		log := &list{}
		log.grow(10)
		r := relay.New(relay.Options{Book: d.book, Holder: "a", Sources: map[string]stock.EventReader{relay.SourceEvents: log},
			Subscriptions: hooks.Subscriptions, NewID: newID, Now: time.Now})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Run(ctx)
		}()
		if why := <-d.paused; why != webhook.Undelivered {
			t.Errorf("paused for %s", why)
		}
		stop()
		<-done
		d.mu.Lock()
		defer d.mu.Unlock()
		for position := range int64(webhook.MaxDead) {
			tries := d.tries[webhook.MessageID(position+1)]
			lasted := tries[len(tries)-1].Sub(tries[0])
			if lasted < 20*time.Hour || lasted > 28*time.Hour || len(tries) < 50 || len(tries) > 200 {
				t.Errorf("event %d was tried %d times in %s", position+1, len(tries), lasted)
			}
			if first := tries[1].Sub(tries[0]); first > 3*time.Second {
				t.Errorf("the first pause is %s", first)
			}
		}
		if len(d.book.dead) != webhook.MaxDead {
			t.Errorf("%d dead letters", len(d.book.dead))
		}
	})
}
