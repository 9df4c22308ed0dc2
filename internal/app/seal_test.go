package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/stock"
)

// I5: what is done while serve's worker runs is sealed, and signed outside the database when it ends.
func TestEverythingIsSealed(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.runSeal(ctx); close(ended) }()
	w.stock()
	if _, err := w.DB.AssignPositions(t.Context()); err != nil {
		t.Fatal(err)
	}
	for one[int64](w, `SELECT count(*) FROM sga.audit_log`) < 3 || one[int64](w, `SELECT count(*) FROM sga.event_log`) < 3 {
		if t.Context().Err() != nil {
			t.Fatal("the writes were not recorded")
		}
	}
	w.call("sga_list_inventory", `{}`) // its audit row is queued when the end comes
	cancel()
	<-ended
	if n := one[int64](w, `SELECT count(*) FROM sga.audit_log WHERE operation = 'sga_list_inventory'`); n != 1 {
		t.Errorf("%d audit rows of the last call", n)
	}
	status, err := w.DB.SealStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if s.Unsealed != 0 || s.Block == 0 || s.Checkpoint != s.Block {
			t.Errorf("%+v", s)
		}
		page, _, err := w.Objects.List(t.Context(), document.Documents, "seals/"+s.Chain+"/", "", 10)
		if err != nil || len(page) == 0 {
			t.Errorf("%s: no checkpoint lies outside: %v", s.Chain, err)
		}
	}
	scrape, err := w.relay.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range scrape {
		names = append(names, f.GetName())
	}
	if !strings.Contains(strings.Join(names, " "), "nexo_seal_unsealed_seconds") {
		t.Errorf("figures: %q", names)
	}
}

func TestAgeOfWhatWaits(t *testing.T) {
	t.Parallel()
	w := open(t)
	m, now := newSealMeter(w.relay.metrics), time.Now()
	for age, s := range map[time.Duration]stock.SealStatus{
		0:           {Chain: "events"},
		time.Minute: {Chain: "audit", OldestUnsealed: now.Add(-time.Minute), CheckpointAt: now},
	} {
		if got := m.show(s, now); got != age {
			t.Errorf("%+v: %s", s, got)
		}
	}
	if got := m.show(stock.SealStatus{OldestUnsealed: now.Add(time.Hour)}, now); got != 0 {
		t.Errorf("a clock that runs ahead: %s", got)
	}
}

// In aws mode the key comes from the environment; without it nothing is signed, and what is sealed stays sealed.
func TestKeyOfTheInstallation(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := *w.Config
	same, err := installationKey(&c, "", "seal.key", nil)
	if err != nil || len(same) != 32 {
		t.Fatalf("the key of before: %v", err)
	}
	c.Mode = config.AWS
	if key, err := installationKey(&c, "", "seal.key", nil); key != nil || err != nil {
		t.Errorf("aws mode without a key: %v, %v", key, err)
	}
	key, err := installationKey(&c, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "seal.key", nil)
	if err != nil || len(key) != 32 || key[0] != 0 {
		t.Errorf("a given key: %v", err)
	}
}
