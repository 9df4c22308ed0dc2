// Package webhook is what the program knows of webhooks without a network: who is told which events, how
// a message looks and is signed (Standard Webhooks 1.0), and how its secret is kept.
package webhook

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// Limits of webhooks.
const (
	// MaxWebhooks of an installation: each one costs a statement every few seconds.
	MaxWebhooks = 100
	// MaxKinds, and the length of a kind in bytes.
	MaxKinds, MaxKind = 50, 60
	// Kept attempts of a webhook: what a person who looks for a fault reads.
	Kept = 50
	// Overlap is how long both secrets sign after a change: receivers change theirs within a day.
	Overlap = 24 * time.Hour
	// GiveUp is how long one event is tried before the next one gets its turn.
	GiveUp = 24 * time.Hour
	// MaxDead is after how many events in a row that were given up the webhook is paused: nobody is there.
	MaxDead = 3
)

// Reason is why a webhook is paused.
type Reason string

// A webhook is paused by a person, or by the program: its receiver said that it is gone (410), too many
// events in a row could not be delivered, its creator may not see anything any more, or its secret
// cannot be read with this installation's key.
const (
	ByHand      Reason = "by_hand"
	Gone        Reason = "receiver_gone"
	Undelivered Reason = "dead_letters"
	CreatorGone Reason = "creator_disabled"
	NoSecret    Reason = "secret_unreadable"
)

// Reasons lists them.
func Reasons() []Reason { return []Reason{ByHand, Gone, Undelivered, CreatorGone, NoSecret} }

// Webhook tells one receiver of events.
type Webhook struct {
	ID          uuid.UUID
	URL         string
	Description string
	Kinds       []string // or their first words (feed.Wants); empty: all
	// Projects and Locations are a part of what its creator saw when it was made; what the creator sees later
	// narrows it again at each delivery.
	Projects, Locations identity.Area
	Secret              []byte    // sealed
	OldSecret           []byte    // sealed; signs, too, until OldUntil
	OldUntil            time.Time // zero: there is no old one
	Active              bool
	PausedAt            time.Time
	PauseReason         Reason // empty while it is active
	CreatedBy           uuid.UUID
	Subject             string // of the creator, whose rights are looked up
	CreatedAt           time.Time
	UpdatedAt           time.Time
	From                int64 // position behind which it began
}

// Consumer is the name of the webhook in the relay's book.
func (w *Webhook) Consumer() string { return ConsumerName(w.ID) }

// ConsumerName is the name of a webhook in the relay's book.
func ConsumerName(id uuid.UUID) string { return "webhook:" + id.String() }

// Attempt is one message that was sent.
type Attempt struct {
	WebhookID uuid.UUID
	At        time.Time
	MessageID string
	Kind      string
	Position  int64 // 0 for a ping
	Status    int   // of HTTP; 0 when there was no answer
	Took      time.Duration
	Error     string // a word: timeout, refused_address, connection, tls, answer; empty when the receiver took it
}

// OK reports whether the receiver took the message.
func (a *Attempt) OK() bool { return a.Error == "" && a.Status >= 200 && a.Status < 300 }

// State is a webhook with how its deliveries go.
type State struct {
	Webhook
	Delivery stock.Delivery // zero before the relay has seen it
	Last     *Attempt       // nil before the first
}

// Change is what an update sets; nil fields stay.
type Change struct {
	ID          uuid.UUID
	Description *string
	Kinds       *[]string
	Active      *bool
	Secret      []byte // a new one, sealed; the present one becomes the old one
}

// Filter narrows the list.
type Filter struct {
	Active *bool
	// Projects and Locations are what the reader sees: webhooks that tell more are left out.
	Projects, Locations identity.Area
}

// Within reports whether a webhook tells only of what these areas hold.
func (w *Webhook) Within(projects, locations identity.Area) bool {
	return inside(w.Projects, projects) && inside(w.Locations, locations)
}

func inside(part, whole identity.Area) bool {
	if whole.All {
		return true
	}
	for code := range part.Codes {
		if !whole.Codes[code] {
			return false
		}
	}
	return !part.All
}

// Page is a stretch of the list, the newest first.
type Page struct {
	Rows []State
	Next string
}

// Store is what operations do with webhooks; package postgres satisfies it. Each write has the audit row of
// its call in its transaction. What does not exist is fault.NotFound.
type Store interface {
	// CreateWebhook keeps w and sets its From. More than MaxWebhooks are a conflict.
	CreateWebhook(ctx context.Context, w *Webhook, by *Act) error
	UpdateWebhook(ctx context.Context, c *Change, by *Act) (*Webhook, error)
	DeleteWebhook(ctx context.Context, id uuid.UUID, by *Act) error
	// ReplayWebhook sets its place in the log, and answers the position of the event that comes next.
	ReplayWebhook(ctx context.Context, r *Replay, by *Act) (next int64, err error)
	// RecordPing keeps the attempt that a person asked for.
	RecordPing(ctx context.Context, a *Attempt, by *Act) error
	Webhook(ctx context.Context, id uuid.UUID) (*Webhook, error)
	WebhookStates(ctx context.Context, f Filter, p stock.Page) (*Page, error)
	// WebhookState is one of them.
	WebhookState(ctx context.Context, id uuid.UUID) (*State, error)
	// WebhookAttempts are the last ones, the newest first.
	WebhookAttempts(ctx context.Context, id uuid.UUID) ([]Attempt, error)
}

// Runner is what the delivery of webhooks needs of the database; package postgres satisfies it.
type Runner interface {
	feed.Toucher
	Webhook(ctx context.Context, id uuid.UUID) (*Webhook, error)
	// ActiveWebhooks lists those that are to be told of events, with how many events in a row were given up.
	ActiveWebhooks(ctx context.Context) ([]Active, error)
	// RecordAttempts keeps what was sent to one webhook, the oldest first, and forgets all but the last Kept.
	RecordAttempts(ctx context.Context, id uuid.UUID, list []Attempt) error
	// PauseWebhook pauses it in the name of the program; one that is paused already stays as it is.
	PauseWebhook(ctx context.Context, id uuid.UUID, why Reason) error
}

// Active is a webhook at work.
type Active struct {
	ID   uuid.UUID
	From int64
	Dead int // events in a row that were given up
}

// Replay says from where a webhook is to be told again.
type Replay struct {
	ID       uuid.UUID
	Position int64     // the first event that is sent again
	Since    time.Time // or the first one known since then; zero: Position counts
}

// Act is who does something to a webhook, for the audit.
type Act struct {
	Actor *identity.Actor
	At    time.Time
	Call  approval.CallRecord
}

// body is a message. Its members stay as they are: receivers read them.
type body struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Position int64           `json:"position,omitempty"`
	At       string          `json:"occurred_at"`
	EntityID string          `json:"entity_id,omitempty"`
	Data     json.RawMessage `json:"data"`
}

// MessageID names an event for its receivers, the same however often it is sent.
func MessageID(position int64) string { return "evt_" + strconv.FormatInt(position, 10) }

// Message is the body that tells of an event.
func Message(e *feed.Event) ([]byte, error) {
	b := body{ID: MessageID(e.Position), Type: e.Kind, Position: e.Position, At: e.KnownAt.UTC().Format(time.RFC3339Nano), EntityID: e.EntityID.String(),
		Data: e.Touch.Data}
	if !e.Known || b.Data == nil {
		b.Data = json.RawMessage("{}")
	}
	return json.Marshal(b)
}

// PingKind is the type of a message that a person asked for, to try a receiver.
const PingKind = "ping"

// Ping is a message without an event.
func Ping(id uuid.UUID, webhook uuid.UUID, at time.Time) (messageID string, raw []byte, err error) {
	messageID = "ping_" + id.String()
	raw, err = json.Marshal(body{ID: messageID, Type: PingKind, At: at.UTC().Format(time.RFC3339Nano),
		Data: json.RawMessage(`{"webhook_id":"` + webhook.String() + `"}`)})
	return messageID, raw, err
}
