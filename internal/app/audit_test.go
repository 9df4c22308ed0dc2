package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/relay"
	"github.com/faiston/nexo/internal/rest"
	"github.com/faiston/nexo/internal/stock"
)

// seals closes and signs everything that there is.
func (w *world) seals() {
	w.t.Helper()
	s, err := w.DB.NewSealer(w.t.Context(), *w.proof)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	for range 2 { // what is found of the audit while others write is settled for the next
		if _, err := s.Seal(w.t.Context(), true); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := s.Checkpoint(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// A partition goes, its anchor stays, and the audit table of everybody who asks there keeps its rows.
func TestTheAuditIsDroppedByPolicy(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	if _, err := w.AuditToDrop(t.Context(), stock.DateOf(time.Now())); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("of an audit that is not full: %v", err)
	}
	w.seals()
	one[int64](w, `SELECT setval('sga.audit_log_ids', 4000000)`)
	w.call("sga_create_location", `{"location_code":"RJ","location_name":"Rio","location_type":"WAREHOUSE"}`)
	w.seals()
	if _, err := w.Rebuild(t.Context(), []string{relay.AuditConsumer}, false, func(string, int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	const kept = `SELECT count(*) FROM keyed.items WHERE table_id = 'audit-log'`
	before := one[int64](w, kept)
	list, err := w.AuditToDrop(t.Context(), stock.DateOf(time.Now()).AddDays(2))
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := w.DropAudit(t.Context(), list, Keeper{"ops", "cinco anos"}); err != nil {
		t.Fatal(err)
	}
	if got := one[int64](w, kept); got != before || before == 0 {
		t.Errorf("the audit table has %d of %d rows", got, before)
	}
	if got := one[int64](w, `SELECT count(*) FROM sga.audit_log WHERE audit_id < 4000000`); got != 0 {
		t.Errorf("%d rows are left", got)
	}
	v, err := w.Verify(t.Context(), nil)
	if err != nil || len(v.Findings) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
	items := w.call("sga_list_audit", `{"operation":"audit drop"}`)["items"].([]any)
	if len(items) != 1 || !strings.Contains(items[0].(map[string]any)["arguments"].(string), "seals/anchors/audit_log_0.json") {
		t.Errorf("its own row: %v", items)
	}
	if _, err := w.AcceptRestore(t.Context(), v, Keeper{"ops", "x"}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a restore of nothing: %v", err)
	}
}

func TestHealthOfTheSeal(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for waits, degraded := range map[time.Duration]bool{0: false, 30 * time.Second: false, 90 * time.Second: true} {
		s := stock.SealStatus{Chain: "audit", Unsealed: 7}
		if waits > 0 {
			s.OldestUnsealed = now.Add(-waits)
		}
		err := sealLag([]stock.SealStatus{{Chain: "events"}, s}, now)
		if errors.As(err, new(rest.Degraded)) != degraded || degraded && !strings.Contains(fault.Of(err).MessageEN, "seal of audit is 1m30s behind (7 rows)") {
			t.Errorf("%s: %v", waits, err)
		}
	}
	w := open(t)
	w.stock()
	if err := w.health(t.Context())["seal"]; err != nil {
		t.Errorf("a young one: %v", err)
	}
	var log strings.Builder
	w.o.Log, w.proof = slog.New(slog.NewTextHandler(&log, nil)), nil
	if err := w.health(t.Context())["seal"]; !errors.As(err, new(rest.Degraded)) || fault.Of(err).Field != "NEXO_SEAL_KEY" {
		t.Errorf("without a key: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.runSeal(ctx)
	if !strings.Contains(log.String(), "NEXO_SEAL_KEY is missing") {
		t.Errorf("the log: %s", log.String())
	}
}
