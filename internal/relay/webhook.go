package relay

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/faiston/nexo/internal/webhook"
)

const (
	// webhookBatchTime is after how long a delivery tells how far it has come: half of what one may take.
	webhookBatchTime = deliverTime / 2
	// webhookPauseMost is the longest pause between two tries of an event.
	webhookPauseMost = 15 * time.Minute
	// webhookPaused is how long a delivery waits for the relay to notice that its webhook is paused.
	webhookPaused = 2 * listEvery
)

// Sender sends a request to where people said; package outbound satisfies it. An address that may not be
// reached is fault.InvalidArgument.
type Sender interface {
	Do(r *http.Request) (*http.Response, error)
	// Check judges an address before anything is sent to it.
	Check(address string) error
}

// WebhookOptions are what deliveries to webhooks are made of. All but Log must be given.
type WebhookOptions struct {
	Store  webhook.Runner
	Sender Sender
	Vault  *webhook.Vault
	// Areas gives what the creator of a webhook sees now; ok is false when they were shut out.
	Areas  func(ctx context.Context, w *webhook.Webhook) (projects, locations identity.Area, ok bool, err error)
	NewID  func() uuid.UUID
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Webhooks delivers events to receivers outside.
type Webhooks struct{ o WebhookOptions }

// NewWebhooks makes the deliverer.
func NewWebhooks(o WebhookOptions) *Webhooks {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Webhooks{o}
}

// WebhookBackoff is the pause after the nth failure in a row: it doubles from a second up to a quarter of an hour.
func WebhookBackoff(n int) time.Duration { return min(time.Second<<min(n-1, 16), webhookPauseMost) }

// webhookTries is how many failures in a row make an event older than webhook.GiveUp. Pauses are spread over
// their second half, three quarters of them on average.
func webhookTries() int {
	var waited time.Duration
	n := 1
	for ; waited < webhook.GiveUp; n++ {
		waited += WebhookBackoff(n) * 3 / 4
	}
	return n
}

// Subscriptions lists the webhooks that are at work, each a consumer of its own, and pauses those whose
// receivers are not there any more.
func (h *Webhooks) Subscriptions(ctx context.Context) ([]Subscription, error) {
	list, err := h.o.Store.ActiveWebhooks(ctx)
	if err != nil {
		return nil, err
	}
	var out []Subscription
	for _, a := range list {
		if a.Dead >= webhook.MaxDead {
			if err := h.pause(ctx, a.ID, webhook.Undelivered); err != nil {
				return nil, err
			}
			continue
		}
		out = append(out, Subscription{Consumer: &hook{h, a.ID}, From: a.From, Attempts: webhookTries(), Backoff: WebhookBackoff})
	}
	return out, nil
}

func (h *Webhooks) pause(ctx context.Context, id uuid.UUID, why webhook.Reason) error {
	h.o.Log.LogAttrs(ctx, slog.LevelWarn, "webhook paused", slog.String("webhook_id", id.String()), slog.String("reason", string(why)))
	return h.o.Store.PauseWebhook(ctx, id, why)
}

// hook is one webhook as a consumer. It looks its row up for every batch, so that what people change about
// it counts at once.
type hook struct {
	*Webhooks
	id uuid.UUID
}

// Name implements Consumer.
func (k *hook) Name() string { return webhook.ConsumerName(k.id) }

// target is who is told, and what.
type target struct {
	*webhook.Webhook
	projects, locations identity.Area
	secrets             []string
}

// Deliver implements Consumer: one message an event, in order, each after the receiver took the one before.
func (k *hook) Deliver(ctx context.Context, events []stock.LogEvent) (done int, err error) {
	t, err := k.target(ctx)
	if err != nil {
		return 0, err
	}
	list, err := feed.Read(ctx, k.o.Store, events)
	if err != nil {
		return 0, err
	}
	var sent []webhook.Attempt
	began := k.o.Now()
	for i := range list {
		e := &list[i]
		if feed.Wants(t.Kinds, e.Kind) && e.SeenBy(t.projects, t.locations) {
			var a *webhook.Attempt
			if a, err = k.tell(ctx, t, e); a != nil {
				sent = append(sent, *a)
			}
			if err != nil {
				break
			}
		}
		if done++; k.o.Now().Sub(began) > webhookBatchTime {
			break
		}
	}
	return done, k.settle(context.WithoutCancel(ctx), sent, err)
}

// settle keeps what was sent. That it could not be kept is no reason to send it again.
func (k *hook) settle(ctx context.Context, sent []webhook.Attempt, err error) error {
	ctx, cancel := context.WithTimeout(ctx, bookTime)
	defer cancel()
	if kept := k.o.Store.RecordAttempts(ctx, k.id, sent); kept != nil {
		k.o.Log.LogAttrs(ctx, slog.LevelWarn, "webhook attempts not kept", slog.String("webhook_id", k.id.String()), slog.Any("error", kept))
	}
	if n := len(sent); n > 0 && sent[n-1].Status == http.StatusGone {
		if paused := k.pause(ctx, k.id, webhook.Gone); paused != nil {
			return paused
		}
	}
	return err
}

// target reads the webhook and what its creator may see now. One that cannot go on is paused.
func (k *hook) target(ctx context.Context) (*target, error) {
	w, err := k.o.Store.Webhook(ctx, k.id)
	if err != nil {
		return nil, k.rest(ctx, err)
	}
	if !w.Active {
		return nil, k.rest(ctx, nil)
	}
	projects, locations, ok, err := k.o.Areas(ctx, w)
	if err != nil {
		return nil, err
	}
	t := &target{Webhook: w, projects: projects, locations: locations}
	if !ok {
		return nil, k.stop(ctx, webhook.CreatorGone)
	}
	if t.secrets, err = k.o.Vault.Secrets(w, k.o.Now()); err != nil {
		return nil, k.stop(ctx, webhook.NoSecret)
	}
	return t, nil
}

func (k *hook) stop(ctx context.Context, why webhook.Reason) error {
	if err := k.pause(ctx, k.id, why); err != nil {
		return err
	}
	return k.rest(ctx, nil)
}

// rest waits until the relay has noticed that the webhook is paused or gone, so that this counts as no failure.
func (k *hook) rest(ctx context.Context, err error) error {
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return err
	}
	sleep(ctx, webhookPaused)
	return fault.Unavailable.With("O webhook está pausado.", "The webhook is paused.")
}

// tell sends one event.
func (k *hook) tell(ctx context.Context, t *target, e *feed.Event) (*webhook.Attempt, error) {
	body, err := webhook.Message(e)
	if err != nil {
		return nil, err
	}
	a := &webhook.Attempt{WebhookID: k.id, MessageID: webhook.MessageID(e.Position), Kind: e.Kind, Position: e.Position}
	return a, k.send(ctx, t, a, body)
}

// Ping sends a message without an event, once, and says what came of it.
func (h *Webhooks) Ping(ctx context.Context, w *webhook.Webhook) (*webhook.Attempt, error) {
	secrets, err := h.o.Vault.Secrets(w, h.o.Now())
	if err != nil {
		return nil, fault.Unavailable.With("O segredo deste webhook não pode ser lido: gere um novo.", "The secret of this webhook cannot be read: make a new one.").Because(err)
	}
	id, body, err := webhook.Ping(h.o.NewID(), w.ID, h.o.Now())
	if err != nil {
		return nil, err
	}
	a := &webhook.Attempt{WebhookID: w.ID, MessageID: id, Kind: webhook.PingKind}
	if err := h.send(ctx, &target{Webhook: w, secrets: secrets}, a, body); fault.CodeOf(err) == fault.Internal {
		return nil, err
	}
	return a, nil
}

// CheckURL judges an address that somebody wants to be told at.
func (h *Webhooks) CheckURL(address string) error { return h.o.Sender.Check(address) }

// NewSecret makes a secret for a webhook, as its receiver gets it and as it is kept.
func (h *Webhooks) NewSecret(id uuid.UUID) (secret string, sealed []byte, err error) {
	if secret, err = webhook.NewSecret(h.o.Random); err != nil {
		return "", nil, err
	}
	return secret, h.o.Vault.Seal(id, secret), nil
}
