package app

import (
	"context"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/relay"
)

// delivered counts what the program's relay says it has delivered.
func (w *world) delivered(consumer string) float64 {
	w.t.Helper()
	families, err := w.relay.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "nexo_relay_delivered_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == consumer {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// A movement reaches the event table through the program as it is wired, and a rebuild finds nothing to add.
func TestRelayIsWired(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	if _, err := w.DB.AssignPositions(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { w.relay.Run(ctx) })
	tables := relay.Tables{Store: w.Items}
	var page item.Page
	for w.delivered(relay.InventoryConsumer) < 3 && t.Context().Err() == nil {
		if _, err := w.DB.LastPosition(ctx); err != nil { // the time of a query, while the relay works
			t.Fatal(err)
		}
	}
	page, err := tables.AtLocation(t.Context(), "SP", relay.View{Kind: "BALANCE"})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%d balances at SP: %v", len(page.Items), err)
	}
	cancel()
	wait.Wait()
	done, err := w.Rebuild(t.Context(), []string{relay.InventoryConsumer, relay.TasksConsumer}, true, func(string, int64, int64) {})
	if err != nil || len(done) != 2 || done[0].Events != 3 {
		t.Errorf("rebuilt %+v, %v", done, err)
	}
	if again, err := tables.AtLocation(t.Context(), "SP", relay.View{Kind: "BALANCE"}); err != nil || len(again.Items) != 1 || string(again.Items[0].Body) != string(page.Items[0].Body) {
		t.Errorf("after the rebuild: %v, %v", again.Items, err)
	}
	if _, err := w.Rebuild(t.Context(), []string{"sessions"}, false, nil); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a table that no log fills: %v", err)
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	m, err := newMeter(reg)
	if err != nil {
		t.Fatal(err)
	}
	m.Leading(true)
	m.Lag("inventory", 7, 2e9)
	m.Delivered("inventory", 3)
	m.Failed("inventory")
	m.Buried("inventory")
	families, err := reg.Gather()
	if err != nil || len(families) != 6 {
		t.Fatalf("%d figures, %v", len(families), err)
	}
	if _, err := newMeter(reg); err == nil {
		t.Error("the same figures twice in one registry")
	}
}
