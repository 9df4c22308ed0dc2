package relay_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/outbound"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/stock"
	"github.com/faiston/nexo/internal/webhook"
)

// verify is a receiver's side, written from the Standard Webhooks specification and not from our code.
func verify(secret string, h http.Header, body []byte, now time.Time) error {
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return errors.New("the time of the message is not now")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("webhook-id"), seconds, body)
	for _, one := range strings.Fields(h.Get("webhook-signature")) {
		version, sum, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(sum)
		if version == "v1" && err == nil && hmac.Equal(got, mac.Sum(nil)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

// told is a message as it arrived.
type told struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Position int64           `json:"position"`
	At       time.Time       `json:"occurred_at"`
	EntityID string          `json:"entity_id"`
	Data     json.RawMessage `json:"data"`
	header   http.Header
	body     string
}

// inbox is a receiver that holds messages up to the light.
type inbox struct {
	t      *testing.T
	url    string
	secret string
	id     uuid.UUID
	answer func(n int) int // of the nth message, from 1; nil: 204

	mu   sync.Mutex
	got  []told
	came chan struct{}
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	m := told{header: r.Header.Clone(), body: string(body)}
	i.mu.Lock()
	if err != nil || json.Unmarshal(body, &m) != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		i.t.Errorf("not a message: %s %s", r.Method, body)
	}
	if err := verify(i.secret, r.Header, body, time.Now()); err != nil || m.ID != r.Header.Get("webhook-id") {
		i.t.Errorf("%s: %v", m.ID, err)
	}
	i.got = append(i.got, m)
	status := http.StatusNoContent
	if i.answer != nil {
		status = i.answer(len(i.got))
	}
	i.mu.Unlock()
	w.WriteHeader(status)
	i.came <- struct{}{}
}

// wait gives the first n messages.
func (i *inbox) wait(n int) []told {
	i.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		i.mu.Lock()
		if len(i.got) >= n {
			defer i.mu.Unlock()
			return slices.Clone(i.got)
		}
		i.mu.Unlock()
		select {
		case <-i.came:
		case <-limit:
			i.t.Fatalf("%d messages of %d", len(i.got), n)
		}
	}
}

func positionsOf(list []told) (out []int64) {
	for _, m := range list {
		out = append(out, m.Position)
	}
	return out
}

// post is a world with webhooks.
type post struct {
	*world
	t     *testing.T
	allow []string
	vault *webhook.Vault
	hooks *relay.Webhooks
	areas func(*webhook.Webhook) (identity.Area, identity.Area, bool)
}

func openPost(t *testing.T) *post {
	t.Helper()
	p := &post{world: openWorld(t), t: t}
	var err error
	if p.vault, err = webhook.NewVault(bytes.Repeat([]byte("k"), 32)); err != nil {
		t.Fatal(err)
	}
	p.areas = func(w *webhook.Webhook) (identity.Area, identity.Area, bool) { return w.Projects, w.Locations, true }
	return p
}

// receiver starts an inbox and registers it.
func (p *post) receiver(change func(*webhook.Webhook)) *inbox {
	p.t.Helper()
	i := &inbox{t: p.t, came: make(chan struct{}, 10_000)}
	i.url = p.listen(i)
	i.id, i.secret = p.register(i.url, change)
	return i
}

func (p *post) listen(h http.Handler) string {
	p.t.Helper()
	s := httptest.NewServer(h)
	p.t.Cleanup(s.Close)
	p.allow = append(p.allow, strings.TrimPrefix(s.URL, "http://"))
	return s.URL + "/in"
}

func (p *post) register(url string, change func(*webhook.Webhook)) (id uuid.UUID, secret string) {
	p.t.Helper()
	secret, err := webhook.NewSecret(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	w := &webhook.Webhook{ID: newID(), URL: url, Projects: identity.Everywhere(), Locations: identity.Everywhere(), CreatedBy: p.ana.PersonID,
		Subject: p.ana.Subject, CreatedAt: time.Now()}
	if change != nil {
		change(w)
	}
	w.Secret = p.vault.Seal(w.ID, secret)
	if err := p.db.CreateWebhook(p.t.Context(), w, p.act("sga_create_webhook")); err != nil {
		p.t.Fatal(err)
	}
	return w.ID, secret
}

func (p *post) act(name string) *webhook.Act {
	return &webhook.Act{Actor: p.ana, At: time.Now(), Call: approval.CallRecord{Door: "test", Operation: name, Result: "ok"}}
}

// run delivers until stop is called.
func (p *post) run() (stop func()) {
	p.t.Helper()
	out := outbound.New(outbound.Options{Allow: p.allow, Time: time.Second})
	p.hooks = relay.NewWebhooks(relay.WebhookOptions{Store: p.db, Sender: out, Vault: p.vault, NewID: newID, Now: time.Now, Random: rand.Reader,
		Areas: func(_ context.Context, w *webhook.Webhook) (identity.Area, identity.Area, bool, error) {
			a, b, ok := p.areas(w)
			return a, b, ok, nil
		}})
	o := p.options("post", nil)
	o.Subscriptions = p.hooks.Subscriptions
	r := relay.New(o)
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	once := sync.OnceFunc(func() {
		cancel()
		<-done
		out.Close()
	})
	p.t.Cleanup(once)
	return once
}

// entries makes n entries of routers at a place, each an event.
func (p *post) entries(n int, at string) {
	p.t.Helper()
	for range n {
		p.must(mv(stock.Entrada, "1", "ISR4331", "", at))
	}
	p.assign()
}

// state waits until what the list shows of a webhook fits.
func (p *post) state(id uuid.UUID, fits func(*webhook.State) bool) *webhook.State {
	p.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for {
		s, err := p.db.WebhookState(p.t.Context(), id)
		if err != nil {
			p.t.Fatal(err)
		}
		if fits(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-limit:
			p.t.Fatalf("it stays %+v", s)
		}
	}
}

func TestWebhooksAreToldInOrder(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	p.entries(3, "SP-A") // before there was anybody to tell
	i := p.receiver(nil)
	p.entries(20, "SP-A")
	text := "Módulo"
	p.must(approval.Step{Part: &approval.PartEdit{Create: true, ID: newID(), Number: "SFP", Description: &text}})
	p.assign()
	p.run()
	got := i.wait(21)
	for n, m := range got {
		if m.Position != int64(n+4) || m.ID != webhook.MessageID(m.Position) || m.At.IsZero() || m.EntityID == "" {
			t.Errorf("message %d is %s", n, m.body)
		}
	}
	var data struct {
		Project   string   `json:"project_code"`
		Locations []string `json:"location_codes"`
		Part      string   `json:"part_number"`
		Type      string   `json:"movement_type"`
		Quantity  string   `json:"quantity"`
	}
	if err := json.Unmarshal(got[0].Data, &data); err != nil || got[0].Type != "movement" || data.Project != "GERAL" || data.Part != "ISR4331" || data.Quantity != "1" ||
		data.Type != "ENTRADA" || !slices.Equal(data.Locations, []string{"SP-A"}) {
		t.Errorf("%s %v", got[0].body, err)
	}
	if last := got[20]; last.Type != "part_number" || string(last.Data) != `{"part_number":"SFP","created":true}` {
		t.Errorf("%s", last.body)
	}
	s := p.state(i.id, func(s *webhook.State) bool { return s.Delivery.Behind == 0 && s.Last != nil })
	if !s.Last.OK() || s.Last.Position != 24 || s.Delivery.Delivered != 21 || s.Delivery.Failures != 0 {
		t.Errorf("%+v", s)
	}
	if list, err := p.db.WebhookAttempts(t.Context(), i.id); err != nil || len(list) != 21 || list[0].Position != 24 {
		t.Errorf("%d attempts are kept: %v", len(list), err)
	}
}

// S-14: one bad receiver does not delay others, whatever it does.
func TestBadReceiversDelayNobody(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	for name, bad := range map[string]http.HandlerFunc{
		"slow": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // a server sees that a client has gone only after that
			select {
			case <-r.Context().Done():
			case <-ended:
			}
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		},
		"loop":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/in", http.StatusMovedPermanently) },
		"header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 10<<20)) },
		"inside": nil,
	} {
		url := "https://169.254.169.254/latest/meta-data"
		if bad != nil {
			url = p.listen(bad)
		}
		id, _ := p.register(url, func(w *webhook.Webhook) { w.Description = name })
		t.Cleanup(func() {
			s, err := p.db.WebhookState(context.WithoutCancel(t.Context()), id)
			if err != nil || s.Last == nil || s.Last.OK() != (name == "endless") {
				t.Errorf("%s: %+v %v", name, s, err)
			}
		})
	}
	good := p.receiver(nil)
	p.entries(30, "SP-A")
	began := time.Now()
	p.run()
	good.wait(30)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the good one waited %s", took)
	}
	for _, s := range p.all() {
		if s.Description != "" {
			p.state(s.ID, func(s *webhook.State) bool { return s.Last != nil })
		}
	}
}

func (p *post) all() []webhook.State {
	p.t.Helper()
	list, err := p.db.WebhookStates(p.t.Context(), webhook.Filter{Projects: identity.Everywhere(), Locations: identity.Everywhere()}, stock.Page{})
	if err != nil {
		p.t.Fatal(err)
	}
	return list.Rows
}

// What fails comes again, the same message, and what comes behind it waits.
func TestWebhooksAreToldAgain(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	i := p.receiver(nil)
	i.answer = func(n int) int { return []int{204, 500, 429, 302, 200, 200}[min(n-1, 5)] }
	p.entries(3, "SP-A")
	p.run()
	got := i.wait(6)
	if want := []int64{1, 2, 2, 2, 2, 3}; !slices.Equal(positionsOf(got), want) {
		t.Errorf("got %v, want %v", positionsOf(got), want)
	}
	if got[1].body != got[4].body || got[1].header.Get("webhook-id") != got[4].header.Get("webhook-id") {
		t.Error("the repetition is another message")
	}
	s := p.state(i.id, func(s *webhook.State) bool { return s.Delivery.Behind == 0 })
	if s.Delivery.Failures != 3 || s.Delivery.DeadLetters != 0 {
		t.Errorf("%+v", s.Delivery)
	}
}

func TestAGoneReceiverPausesItsWebhook(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	i := p.receiver(nil)
	gone := true
	i.answer = func(int) int {
		if gone {
			return http.StatusGone
		}
		return http.StatusOK
	}
	p.entries(2, "SP-A")
	p.run()
	i.wait(1)
	s := p.state(i.id, func(s *webhook.State) bool { return !s.Active })
	if s.PauseReason != webhook.Gone || s.PausedAt.IsZero() {
		t.Errorf("%+v", s)
	}
	i.mu.Lock()
	gone = false
	i.mu.Unlock()
	yes := true
	if _, err := p.db.UpdateWebhook(t.Context(), &webhook.Change{ID: i.id, Active: &yes}, p.act("sga_update_webhook")); err != nil {
		t.Fatal(err)
	}
	if got := positionsOf(i.wait(3)); !slices.Equal(got, []int64{1, 1, 2}) {
		t.Errorf("it goes on where it stopped: %v", got)
	}
	var acts int
	if err := p.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log WHERE entity_id = $1 AND actor_kind = 'system'`, i.id).Scan(&acts); err != nil || acts != 1 {
		t.Errorf("the program's own pause has %d rows in the audit: %v", acts, err)
	}
}

// I10 outside: a webhook tells what its creator gave it, and no more than they see now.
func TestWebhooksTellWhatTheirCreatorSees(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	place := p.receiver(func(w *webhook.Webhook) { w.Locations = identity.Only("RJ") })
	kinds := p.receiver(func(w *webhook.Webhook) { w.Kinds = []string{"project"} })
	narrowed := p.receiver(nil)
	shut := p.receiver(nil)
	p.areas = func(w *webhook.Webhook) (identity.Area, identity.Area, bool) {
		switch w.ID {
		case narrowed.id:
			return identity.Only("ITAU"), w.Locations, true
		case shut.id:
			return identity.Area{}, identity.Area{}, false
		}
		return w.Projects, w.Locations, true
	}
	p.entries(2, "SP-A")
	p.entries(1, "RJ")
	itau := "Itaú"
	p.must(approval.Step{Project: &approval.ProjectEdit{Create: true, ID: newID(), Code: "ITAU", Name: &itau}})
	other := mv(stock.Entrada, "2", "ISR4331", "", "SP-A")
	other.Move.Project = "ITAU"
	p.must(other)
	p.assign()
	p.run()
	for _, step := range []struct {
		i    *inbox
		want []int64
	}{{place, []int64{3}}, {kinds, []int64{4}}, {narrowed, []int64{4, 5}}} {
		step.i.wait(len(step.want))
		p.state(step.i.id, func(s *webhook.State) bool { return s.Delivery.Behind == 0 })
		if got := positionsOf(step.i.wait(0)); !slices.Equal(got[:min(len(got), len(step.want))], step.want) {
			t.Errorf("got %v, want %v", got, step.want)
		}
	}
	if s := p.state(shut.id, func(s *webhook.State) bool { return !s.Active }); s.PauseReason != webhook.CreatorGone || len(shut.wait(0)) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWebhooksAreReplayed(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	i := p.receiver(nil)
	p.entries(5, "SP-A")
	p.run()
	i.wait(5)
	p.state(i.id, func(s *webhook.State) bool { return s.Delivery.Behind == 0 })
	next, err := p.db.ReplayWebhook(t.Context(), &webhook.Replay{ID: i.id, Position: 4}, p.act("sga_replay_webhook"))
	if err != nil || next != 4 {
		t.Fatalf("%d %v", next, err)
	}
	if got := positionsOf(i.wait(7)); !slices.Equal(got, []int64{1, 2, 3, 4, 5, 4, 5}) {
		t.Errorf("%v", got)
	}
	p.state(i.id, func(s *webhook.State) bool { return s.Delivery.Behind == 0 })
	since, err := p.db.EventsAfter(t.Context(), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		r    webhook.Replay
		want int64
	}{{webhook.Replay{Since: since[0].KnownAt}, since[0].Position}, {webhook.Replay{Position: 99}, 6}, {webhook.Replay{Since: time.Now().Add(time.Hour)}, 6}, {webhook.Replay{Position: 1}, 1}} {
		step.r.ID = i.id
		if next, err := p.db.ReplayWebhook(t.Context(), &step.r, p.act("sga_replay_webhook")); err != nil || next > step.want {
			t.Errorf("%+v: %d %v, want %d", step.r, next, err, step.want)
		}
	}
}

// A secret that is replaced signs on for a day, beside the new one.
func TestReceiversHaveADayForANewSecret(t *testing.T) {
	t.Parallel()
	p := openPost(t)
	i := p.receiver(nil)
	fresh, err := webhook.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.db.UpdateWebhook(t.Context(), &webhook.Change{ID: i.id, Secret: p.vault.Seal(i.id, fresh)}, p.act("sga_update_webhook")); err != nil {
		t.Fatal(err)
	}
	p.entries(1, "SP-A")
	p.run()
	m := i.wait(1)[0] // the inbox has checked the old one
	if err := verify(fresh, m.header, []byte(m.body), time.Now()); err != nil {
		t.Errorf("the new secret does not sign: %v", err)
	}
	if err := verify("whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)), m.header, []byte(m.body), time.Now()); err == nil {
		t.Error("any secret signs")
	}
	p.exec(`UPDATE sga.webhooks SET secret = 'x'`)
	p.entries(1, "SP-A")
	if s := p.state(i.id, func(s *webhook.State) bool { return !s.Active }); s.PauseReason != webhook.NoSecret {
		t.Errorf("%+v", s)
	}
}
