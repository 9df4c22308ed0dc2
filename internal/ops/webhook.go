package ops

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/webhook"
)

// WebhookSender is what goes outside for webhooks; package relay satisfies it.
type WebhookSender interface {
	// CheckURL judges an address. It fails with fault.InvalidArgument on url.
	CheckURL(address string) error
	// NewSecret makes a secret, as its receiver gets it and as it is kept.
	NewSecret(id uuid.UUID) (secret string, sealed []byte, err error)
	// Ping sends a message that tells nothing, and says what came of it.
	Ping(ctx context.Context, w *webhook.Webhook) (*webhook.Attempt, error)
}

// sender fails where the program has none.
func (d *Deps) sender() (WebhookSender, error) {
	if d.Webhooks == nil {
		return nil, fault.Unavailable.With("Webhooks precisam da chave da instalação: defina NEXO_MASTER_KEY.",
			"Webhooks need the installation's key: set NEXO_MASTER_KEY.").Final()
	}
	return d.Webhooks, nil
}

// webhookSpec is what changes where events go: an administrator's act, and a person's, since what an agent
// reads must never decide who is told of the company's stock.
func webhookSpec(name string, text Text) spec {
	return spec{name: name, text: text, risk: Sensitive, roles: []identity.Role{identity.Admin}, personOnly: true}
}

type createWebhookIn struct {
	URL         string   `json:"url" req:"1" max:"2048" doc:"Endereço https que recebe os eventos | https address that receives the events"`
	Kinds       []string `json:"event_kinds,omitzero" max:"50" doc:"Tipos de evento, inteiros (task_approved) ou pela primeira palavra (task); sem eles, todos | Kinds of events, whole (task_approved) or by their first word (task); all without them"`
	Description string   `json:"description,omitzero" max:"500" doc:"Para que serve | What it is for"`
	ProjectIDs  []string `json:"project_ids,omitzero" max:"500" doc:"Só eventos destes projetos; sem eles, dos que você vê | Only events of these projects; without them, of those that you see"`
	LocationIDs []string `json:"location_ids,omitzero" max:"500" doc:"Só eventos destes locais e dos que estão dentro deles | Only events of these places and of those below them"`
}

type createWebhookOut struct {
	Success   bool   `json:"success"`
	WebhookID ID     `json:"webhook_id"`
	Secret    string `json:"secret"` // shown this once
	Position  int64  `json:"from_position"`
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

func (d *Deps) createWebhook() *Operation {
	return define(webhookSpec("sga_create_webhook", textCreateWebhook()),
		func(ctx context.Context, c *Call, in *createWebhookIn) (*createWebhookOut, error) {
			sender, err := d.sender()
			if err != nil {
				return nil, err
			}
			w := &webhook.Webhook{ID: d.NewID(), URL: strings.TrimSpace(in.URL), Description: in.Description, Active: true,
				CreatedBy: c.Actor.PersonID, Subject: c.Actor.Subject, CreatedAt: d.Now()}
			if err := sender.CheckURL(w.URL); err != nil {
				return nil, err
			}
			if w.Kinds, err = eventKinds(in.Kinds); err != nil {
				return nil, err
			}
			if w.Projects, w.Locations, err = d.areasOf(c.Actor, in.ProjectIDs, in.LocationIDs); err != nil {
				return nil, err
			}
			var secret string
			if secret, w.Secret, err = sender.NewSecret(w.ID); err != nil {
				return nil, err
			}
			if err := d.Store.CreateWebhook(ctx, w, d.webhookAct(c)); err != nil {
				return nil, err
			}
			return &createWebhookOut{Success: true, WebhookID: ID{w.ID}, Secret: secret, Position: w.From,
				Message:   "Webhook criado. Guarde o segredo: ele não será mostrado de novo.",
				MessageEN: "Webhook created. Keep the secret: it will not be shown again."}, nil
		})
}

// webhookAct is the audit's half of a change.
func (d *Deps) webhookAct(c *Call) *webhook.Act {
	return &webhook.Act{Actor: c.Actor, At: d.Now(),
		Call: approval.CallRecord{Door: c.Door, Origin: c.Origin, Operation: c.Operation.Name, Result: "ok", Arguments: c.Arguments}}
}

// eventKinds checks kinds of events: a misspelled one would never be sent, and nobody would notice.
func eventKinds(list []string) ([]string, error) {
	out := []string{}
	for i, kind := range list {
		kind = strings.ToLower(strings.TrimSpace(kind))
		noun, _, _ := strings.Cut(kind, "_")
		if len(kind) > webhook.MaxKind || !slices.Contains(feed.Nouns(), noun) || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, fault.InvalidArgument.With("Tipo de evento desconhecido; use %s ou um tipo que comece assim.", "Unknown kind of event; use %s, or a kind that begins so.",
				strings.Join(feed.Nouns(), ", ")).On("event_kinds[" + itoa(i) + "]")
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	return out, nil
}

// areasOf narrows what the actor sees to what a webhook is to tell.
func (d *Deps) areasOf(a *identity.Actor, projectCodes, locationCodes []string) (projects, locations identity.Area, err error) {
	projects, locations = a.Projects, a.Locations
	cat := d.Store.Catalog()
	if len(projectCodes) > 0 {
		projects = identity.Only()
		for i, code := range projectCodes {
			p, err := project(a, cat, code, "project_ids["+itoa(i)+"]")
			if err != nil {
				return projects, locations, err
			}
			if p != nil {
				projects.Codes[p.Code] = true
			}
		}
	}
	if len(locationCodes) > 0 {
		locations = identity.Only()
		for i, code := range locationCodes {
			l, err := location(a, cat, code, "location_ids["+itoa(i)+"]")
			if err != nil {
				return projects, locations, err
			}
			if l != nil {
				locations.Codes[l.Code] = true
			}
		}
	}
	return projects, locations, nil
}

// seenWebhook finds a webhook that tells of nothing but what the actor sees. Others are not found, exactly
// as those that do not exist.
func (d *Deps) seenWebhook(ctx context.Context, a *identity.Actor, id uuid.UUID) (*webhook.Webhook, error) {
	w, err := d.Store.Webhook(ctx, id)
	if err == nil && !w.Within(a.Projects, a.Locations) {
		return nil, fault.NotFound.With("Webhook não encontrado.", "Webhook not found.").On("webhook_id")
	}
	return w, err
}

type updateWebhookIn struct {
	WebhookID   ID       `json:"webhook_id" req:"1" doc:"Webhook | Webhook"`
	Description *string  `json:"description,omitzero" max:"500" doc:"Para que serve | What it is for"`
	Kinds       []string `json:"event_kinds,omitzero" max:"50" doc:"Novos tipos de evento; uma lista vazia são todos | New kinds of events; an empty list is all of them"`
	IsActive    *bool    `json:"is_active,omitzero" doc:"false pausa, true retoma de onde parou | false pauses, true resumes where it stopped"`
	Rotate      bool     `json:"rotate_secret,omitzero" doc:"Gera um segredo novo; o antigo ainda assina por 24 h | Makes a new secret; the old one signs as well for 24 h"`
}

type updateWebhookOut struct {
	Success   bool        `json:"success"`
	Webhook   webhookItem `json:"webhook"`
	Secret    string      `json:"secret,omitzero"` // of a rotation, shown this once
	Message   string      `json:"message"`
	MessageEN string      `json:"message_en"`
}

func (d *Deps) updateWebhook() *Operation {
	return define(webhookSpec("sga_update_webhook", textUpdateWebhook()),
		func(ctx context.Context, c *Call, in *updateWebhookIn) (*updateWebhookOut, error) {
			if _, err := d.seenWebhook(ctx, c.Actor, in.WebhookID.UUID); err != nil {
				return nil, err
			}
			ch := &webhook.Change{ID: in.WebhookID.UUID, Description: in.Description, Active: in.IsActive}
			if in.Kinds != nil {
				kinds, err := eventKinds(in.Kinds)
				if err != nil {
					return nil, err
				}
				ch.Kinds = &kinds
			}
			out := &updateWebhookOut{Success: true, Message: "Webhook alterado.", MessageEN: "Webhook changed."}
			if in.Rotate {
				sender, err := d.sender()
				if err != nil {
					return nil, err
				}
				if out.Secret, ch.Secret, err = sender.NewSecret(ch.ID); err != nil {
					return nil, err
				}
			}
			if _, err := d.Store.UpdateWebhook(ctx, ch, d.webhookAct(c)); err != nil {
				return nil, err
			}
			s, err := d.Store.WebhookState(ctx, ch.ID)
			if err != nil {
				return nil, err
			}
			out.Webhook, err = d.webhookItem(ctx, c.Actor, s)
			return out, err
		})
}

type webhookIn struct {
	WebhookID ID `json:"webhook_id" req:"1" doc:"Webhook | Webhook"`
}

type doneOut struct {
	Success   bool   `json:"success"`
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

func (d *Deps) deleteWebhook() *Operation {
	return define(webhookSpec("sga_delete_webhook", textDeleteWebhook()), func(ctx context.Context, c *Call, in *webhookIn) (*doneOut, error) {
		if _, err := d.seenWebhook(ctx, c.Actor, in.WebhookID.UUID); err != nil {
			return nil, err
		}
		if err := d.Store.DeleteWebhook(ctx, in.WebhookID.UUID, d.webhookAct(c)); err != nil {
			return nil, err
		}
		return &doneOut{true, "Webhook apagado.", "Webhook deleted."}, nil
	})
}
