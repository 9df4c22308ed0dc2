package ops

import (
	"context"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/webhook"
)

type listWebhooksIn struct {
	IsActive *bool `json:"is_active,omitzero" doc:"Só ativos, ou só pausados | Only active ones, or only paused ones"`
	pageArgs
}

type attemptOut struct {
	SentAt    Time   `json:"sent_at"`
	MessageID string `json:"message_id"`
	Kind      string `json:"kind"`
	Position  int64  `json:"position"` // 0: a ping
	Status    int    `json:"status"`   // of HTTP; 0: no answer
	TookMS    int64  `json:"took_ms"`
	OK        bool   `json:"ok"`
	Error     string `json:"error"` // timeout, refused_address, connection, tls, answer; empty when it was taken
}

type webhookItem struct {
	WebhookID       ID          `json:"webhook_id"`
	URL             string      `json:"url"` // without its path for those who may not change it
	Description     string      `json:"description"`
	Kinds           []string    `json:"event_kinds"` // none: all
	AllProjects     bool        `json:"all_projects"`
	ProjectIDs      []string    `json:"project_ids"`
	AllLocations    bool        `json:"all_locations"`
	LocationIDs     []string    `json:"location_ids"`
	IsActive        bool        `json:"is_active"`
	PausedAt        *Time       `json:"paused_at"`
	PauseReason     string      `json:"pause_reason"`
	OldSecretUntil  *Time       `json:"old_secret_until"`
	CreatedBy       string      `json:"created_by"`
	CreatedAt       Time        `json:"created_at"`
	UpdatedAt       Time        `json:"updated_at"`
	Position        int64       `json:"position"`    // the last one that is done
	Behind          int64       `json:"behind"`      // events of the log behind it
	LagSeconds      int64       `json:"lag_seconds"` // since the oldest of them
	Delivered       int64       `json:"delivered"`   // events passed, those that it is not told included
	Failures        int64       `json:"failures"`
	FailuresInARow  int         `json:"failures_in_a_row"`
	NextAttemptAt   *Time       `json:"next_attempt_at"`
	LastError       string      `json:"last_error"`
	LastErrorEN     string      `json:"last_error_en"`
	OpenDeadLetters int64       `json:"open_dead_letters"`
	LastAttempt     *attemptOut `json:"last_attempt"`
}

type listWebhooksOut struct {
	Count      int           `json:"count"`
	Items      []webhookItem `json:"items"` // the newest first
	HasMore    bool          `json:"has_more"`
	NextCursor string        `json:"next_cursor,omitzero"`
}

func webhookReaders() []identity.Role { return []identity.Role{identity.Admin, identity.Logistics} }

func (d *Deps) listWebhooks() *Operation {
	return define(spec{name: "sga_list_webhooks", text: textListWebhooks(), risk: Read, roles: webhookReaders()},
		func(ctx context.Context, c *Call, in *listWebhooksIn) (*listWebhooksOut, error) {
			p, err := d.Store.WebhookStates(ctx, webhook.Filter{Active: in.IsActive, Projects: c.Actor.Projects, Locations: c.Actor.Locations}, in.page())
			if err != nil {
				return nil, err
			}
			out := &listWebhooksOut{Count: len(p.Rows), Items: make([]webhookItem, len(p.Rows)), HasMore: p.Next != "", NextCursor: p.Next}
			for i := range p.Rows {
				if out.Items[i], err = d.webhookItem(ctx, c.Actor, &p.Rows[i]); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
}

func (d *Deps) webhookItem(ctx context.Context, a *identity.Actor, s *webhook.State) (webhookItem, error) {
	people, err := d.Store.Names(ctx, []uuid.UUID{s.CreatedBy})
	if err != nil {
		return webhookItem{}, err
	}
	del := &s.Delivery
	out := webhookItem{WebhookID: ID{s.ID}, URL: shownURL(a, s.URL), Description: s.Description, Kinds: nonNil(s.Kinds), AllProjects: s.Projects.All,
		ProjectIDs: codesOf(s.Projects), AllLocations: s.Locations.All, LocationIDs: codesOf(s.Locations), IsActive: s.Active,
		PausedAt: timePtr(s.PausedAt), PauseReason: string(s.PauseReason), CreatedBy: people[s.CreatedBy].Display, CreatedAt: Time{s.CreatedAt},
		UpdatedAt: Time{s.UpdatedAt}, Position: del.Position, Behind: del.Behind, LagSeconds: int64(del.Age.Seconds()), Delivered: del.Delivered,
		Failures: del.Failures, FailuresInARow: del.Attempts, NextAttemptAt: timePtr(del.NextAt), LastError: del.Error.Message,
		LastErrorEN: del.Error.MessageEN, OpenDeadLetters: del.DeadLetters}
	if d.Now().Before(s.OldUntil) {
		out.OldSecretUntil = timePtr(s.OldUntil)
	}
	if s.Last != nil {
		last := attempt(s.Last)
		out.LastAttempt = &last
	}
	return out, nil
}

func attempt(a *webhook.Attempt) attemptOut {
	return attemptOut{SentAt: Time{a.At}, MessageID: a.MessageID, Kind: a.Kind, Position: a.Position, Status: a.Status, TookMS: a.Took.Milliseconds(),
		OK: a.OK(), Error: a.Error}
}

// shownURL leaves out what is often a secret of the receiver's: path and query.
func shownURL(a *identity.Actor, address string) string {
	if a.Is(identity.Admin) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func codesOf(a identity.Area) []string {
	out := make([]string, 0, len(a.Codes))
	for code := range a.Codes {
		out = append(out, code)
	}
	slices.Sort(out)
	return out
}

type getWebhookOut struct {
	Webhook  webhookItem  `json:"webhook"`
	Attempts []attemptOut `json:"attempts"` // the last fifty, the newest first
}

func (d *Deps) getWebhook() *Operation {
	return define(spec{name: "sga_get_webhook", text: textGetWebhook(), risk: Read, roles: webhookReaders()},
		func(ctx context.Context, c *Call, in *webhookIn) (*getWebhookOut, error) {
			if _, err := d.seenWebhook(ctx, c.Actor, in.WebhookID.UUID); err != nil {
				return nil, err
			}
			s, err := d.Store.WebhookState(ctx, in.WebhookID.UUID)
			if err != nil {
				return nil, err
			}
			list, err := d.Store.WebhookAttempts(ctx, s.ID)
			if err != nil {
				return nil, err
			}
			out := &getWebhookOut{Attempts: make([]attemptOut, len(list))}
			for i := range list {
				out.Attempts[i] = attempt(&list[i])
			}
			out.Webhook, err = d.webhookItem(ctx, c.Actor, s)
			return out, err
		})
}

type testWebhookOut struct {
	Success bool       `json:"success"` // the receiver took it
	Attempt attemptOut `json:"attempt"`
}

func (d *Deps) testWebhook() *Operation {
	return define(webhookSpec("sga_test_webhook", textTestWebhook()), func(ctx context.Context, c *Call, in *webhookIn) (*testWebhookOut, error) {
		sender, err := d.sender()
		if err != nil {
			return nil, err
		}
		w, err := d.seenWebhook(ctx, c.Actor, in.WebhookID.UUID)
		if err != nil {
			return nil, err
		}
		a, err := sender.Ping(ctx, w)
		if err != nil {
			return nil, err
		}
		if err := d.Store.RecordPing(ctx, a, d.webhookAct(c)); err != nil {
			return nil, err
		}
		return &testWebhookOut{a.OK(), attempt(a)}, nil
	})
}

type replayWebhookIn struct {
	WebhookID ID     `json:"webhook_id" req:"1" doc:"Webhook | Webhook"`
	Position  *int64 `json:"position,omitzero" min:"1" max:"9007199254740991" doc:"Posição do primeiro evento a reenviar | Position of the first event to be sent again"`
	Since     Time   `json:"since,omitzero" doc:"Ou: eventos conhecidos desde este instante | Or: events known since this instant"`
}

type replayWebhookOut struct {
	Success   bool   `json:"success"`
	Position  int64  `json:"position"` // of the event that comes next
	Message   string `json:"message"`
	MessageEN string `json:"message_en"`
}

func (d *Deps) replayWebhook() *Operation {
	return define(webhookSpec("sga_replay_webhook", textReplayWebhook()), func(ctx context.Context, c *Call, in *replayWebhookIn) (*replayWebhookOut, error) {
		if (in.Position == nil) == in.Since.IsZero() {
			return nil, fault.InvalidArgument.With("Informe position ou since.", "Give either position or since.").On("position")
		}
		if _, err := d.seenWebhook(ctx, c.Actor, in.WebhookID.UUID); err != nil {
			return nil, err
		}
		r := &webhook.Replay{ID: in.WebhookID.UUID, Since: in.Since.Time}
		if in.Position != nil {
			r.Position = *in.Position
		}
		next, err := d.Store.ReplayWebhook(ctx, r, d.webhookAct(c))
		if err != nil {
			return nil, err
		}
		return &replayWebhookOut{true, next, "Os eventos serão reenviados em ordem.", "The events will be sent again, in order."}, nil
	})
}
