package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/feed"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// The example of the Standard Webhooks specification, signed there.
func TestSignLikeTheSpecification(t *testing.T) {
	t.Parallel()
	got, err := Sign([]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("got %s %v", got, err)
	}
}

func TestSignWithTwoSecrets(t *testing.T) {
	t.Parallel()
	one, err := NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewSecret(rand.Reader)
	if err != nil || one == two {
		t.Fatalf("%v", err)
	}
	at, body := time.Unix(1700000000, 999), []byte(`{}`)
	got, err := Sign([]string{one, two}, "evt_1", at, body)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range []string{one, two} {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(key) != 32 {
			t.Fatalf("%d bytes, %v", len(key), err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("evt_1.1700000000.{}"))
		want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if diff := cmp.Diff(strings.Join(want, " "), got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "whsec_", "whsec_!", strings.TrimPrefix(one, "whsec_")} {
		if _, err := Sign([]string{one, bad}, "evt_1", at, body); err == nil {
			t.Errorf("%q signs", bad)
		}
	}
	if _, err := NewSecret(strings.NewReader("short")); err == nil {
		t.Error("a short secret was made")
	}
}

func TestVault(t *testing.T) {
	t.Parallel()
	vault, err := NewVault(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewVault(bytes.Repeat([]byte("l"), 32))
	if err != nil {
		t.Fatal(err)
	}
	id, secret := uuid.New(), "whsec_x"
	sealed := vault.Seal(id, secret)
	if bytes.Contains(sealed, []byte(secret)) || bytes.Equal(sealed, vault.Seal(id, secret)) {
		t.Error("a sealed secret is read, or recognised")
	}
	if got, err := vault.Open(id, sealed); err != nil || got != secret {
		t.Errorf("%q %v", got, err)
	}
	if _, err := vault.Open(uuid.New(), sealed); err == nil {
		t.Error("a secret was moved to another webhook")
	}
	if _, err := other.Open(id, sealed); err == nil {
		t.Error("another installation's key opens it")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := vault.Open(id, sealed); err == nil {
		t.Error("a changed secret was opened")
	}
	if _, err := NewVault(make([]byte, 31)); err == nil {
		t.Error("a short key was taken")
	}
}

func TestSecretsOverlap(t *testing.T) {
	t.Parallel()
	vault, err := NewVault(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	w := &Webhook{ID: uuid.New(), OldUntil: now.Add(time.Hour)}
	w.Secret, w.OldSecret = vault.Seal(w.ID, "new"), vault.Seal(w.ID, "old")
	for at, want := range map[time.Time][]string{now: {"new", "old"}, now.Add(time.Hour): {"new"}, now.Add(Overlap): {"new"}} {
		got, err := vault.Secrets(w, at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 12, 0, 0, 123456000, time.FixedZone("", -3*3600))
	e := &feed.Event{LogEvent: stock.LogEvent{Position: 42, Sequence: 99, Kind: "movement", EntityID: uuid.Max, KnownAt: at, Payload: []byte(`{"unit_cost":"canary"}`)},
		Known: true, Touch: feed.Touch{Data: []byte(`{"project_code":"NTT","quantity":"2.5"}`)}}
	got, err := Message(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"evt_42","type":"movement","position":42,"occurred_at":"2026-07-01T15:00:00.123456Z","entity_id":"ffffffff-ffff-ffff-ffff-ffffffffffff",` +
		`"data":{"project_code":"NTT","quantity":"2.5"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	e.Known = false
	if got, err := Message(e); err != nil || !strings.HasSuffix(string(got), `"data":{}}`) {
		t.Errorf("what is not known to concern somebody goes out: %s %v", got, err)
	}
	id, raw, err := Ping(uuid.Nil, uuid.Max, at)
	if err != nil || id != "ping_"+uuid.Nil.String() || !strings.Contains(string(raw), `"type":"ping"`) || strings.Contains(string(raw), "position") {
		t.Errorf("%s %s %v", id, raw, err)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	all, some := identity.Everywhere(), identity.Only("A", "B")
	for _, tt := range []struct {
		hook, reader identity.Area
		want         bool
	}{{all, all, true}, {some, all, true}, {identity.Only("A"), some, true}, {some, some, true}, {identity.Only(), some, true},
		{all, some, false}, {some, identity.Only("A"), false}, {identity.Only("C"), some, false}} {
		w := &Webhook{Projects: tt.hook, Locations: identity.Only()}
		if got := w.Within(tt.reader, identity.Only()); got != tt.want {
			t.Errorf("%+v in %+v: %v", tt.hook, tt.reader, got)
		}
	}
}
