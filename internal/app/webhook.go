package app

import (
	"context"

	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/outbound"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/webhook"
)

// openWebhooks makes what delivers to webhooks; nil without a master key to keep their secrets with.
func (a *App) openWebhooks() (*relay.Webhooks, error) {
	key, err := masterKey(a.Config, a.o.Random)
	if err != nil || key == nil {
		return nil, err
	}
	vault, err := webhook.NewVault(key)
	if err != nil {
		return nil, err
	}
	return relay.NewWebhooks(relay.WebhookOptions{Store: a.DB, Sender: outbound.New(outbound.Options{Allow: a.Config.Network.Allow}), Vault: vault,
		Areas: a.webhookAreas, NewID: a.NewID, Now: a.o.Now, Random: a.o.Random, Log: a.o.Log}), nil
}

// webhookAreas is what the creator of a webhook gave it, as far as they see it still. Somebody without a profile is
// an admin, whose token said what they see; there is nothing to look up.
func (a *App) webhookAreas(ctx context.Context, w *webhook.Webhook) (projects, locations identity.Area, ok bool, err error) {
	p, err := a.DB.ProfileOf(ctx, w.Subject, "")
	if err != nil {
		return projects, locations, false, err
	}
	given := a.DB.Below(w.Locations)
	switch {
	case p.Known && !p.Active:
		return projects, locations, false, nil
	case !p.Known:
		return w.Projects, given, true, nil
	}
	return both(w.Projects, p.Projects), both(given, p.Locations), true, nil
}

// webhookSubscriptions are the consumers of the relay that go outside.
func (a *App) webhookSubscriptions(ctx context.Context) ([]relay.Subscription, error) {
	if a.webhooks == nil {
		return nil, nil
	}
	return a.webhooks.Subscriptions(ctx)
}

// webhookSender is what operations reach webhooks with; nil without a master key.
func (a *App) webhookSender() ops.WebhookSender {
	if a.webhooks == nil {
		return nil
	}
	return a.webhooks
}
