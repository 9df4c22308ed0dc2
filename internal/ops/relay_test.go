package ops_test

import (
	"context"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/google/uuid"
)

// deliverer is a relay that can send everything again but position 13.
type deliverer struct{}

func (deliverer) Redeliver(_ context.Context, _ string, position int64) error {
	if position == 13 {
		return fault.Unavailable.With("O destino está fora.", "The receiver is away.")
	}
	return nil
}

// deadLetter puts a dead letter into the book and gives its id.
func (w *world) deadLetter(consumer string, position int64) string {
	w.t.Helper()
	id := newID()
	if _, err := w.owner.Exec(w.t.Context(), `INSERT INTO sga.dead_letters (dead_letter_id, consumer, position, sequence, kind, entity_id, error_code,
		error_message, error_message_en, attempts, first_failed_at, last_failed_at)
		VALUES ($1, $2, $3, 7, 'movement', $4, 'unavailable', 'fora', 'away', 5, now(), now())`, id, consumer, position, uuid.New()); err != nil {
		w.t.Fatal(err)
	}
	return id.String()
}

// relayRows are the rows of the policy that concern deliveries.
func relayRows() map[string]rule {
	letter := func(w *world, _ *identity.Actor, _ place) object {
		w.n++
		return object{"dead_letter_id": w.deadLetter("matrix", int64(1000+w.n))}
	}
	return map[string]rule{
		"sga_get_relay_status":  {may: "AL", whole: true, args: fixed(object{})},
		"sga_list_dead_letters": {may: "AL", whole: true, args: fixed(object{})},
		"sga_retry_dead_letter": {may: "A", whole: true, args: letter},
		"sga_discard_dead_letter": {may: "A", whole: true, args: func(w *world, a *identity.Actor, at place) object {
			o := letter(w, a, at)
			o["reason"] = "o destino não existe mais"
			return o
		}},
	}
}

func TestDeadLetterEnds(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	sent, away, gone := w.deadLetter("inventory", 5), w.deadLetter("inventory", 13), w.deadLetter("hook", 6)
	w.must(w.boss, "sga_retry_dead_letter", object{"dead_letter_id": sent})
	if b := w.refused(fault.Conflict, w.boss, "sga_retry_dead_letter", object{"dead_letter_id": away}); b.Retryable || b.Details["cause"] == nil {
		t.Errorf("got %+v", b)
	}
	w.refused(fault.Conflict, w.boss, "sga_retry_dead_letter", object{"dead_letter_id": sent})
	w.refused(fault.InvalidArgument, w.boss, "sga_discard_dead_letter", object{"dead_letter_id": gone})
	w.must(w.boss, "sga_discard_dead_letter", object{"dead_letter_id": gone, "reason": "o destino não existe mais"})
	w.refused(fault.Conflict, w.boss, "sga_discard_dead_letter", object{"dead_letter_id": gone, "reason": "x"})
	w.refused(fault.NotFound, w.boss, "sga_retry_dead_letter", object{"dead_letter_id": newID().String()})
	open := w.must(w.boss, "sga_list_dead_letters", object{"status": "OPEN"})["items"].([]any)
	if len(open) != 1 || open[0].(object)["dead_letter_id"] != away || text(open[0].(object)["error_en"]) != "The receiver is away." {
		t.Errorf("open: %v", open)
	}
	if n := len(w.must(w.boss, "sga_list_dead_letters", object{"consumer": "inventory"})["items"].([]any)); n != 2 {
		t.Errorf("%d of the inventory", n)
	}
	page := w.must(w.boss, "sga_list_dead_letters", object{"limit": 2})
	rest := w.must(w.boss, "sga_list_dead_letters", object{"limit": 2, "cursor": page["next_cursor"]})
	if len(page["items"].([]any)) != 2 || len(rest["items"].([]any)) != 1 {
		t.Errorf("pages of %v and %v", page["count"], rest["count"])
	}
	var audited int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log WHERE operation IN ('sga_retry_dead_letter', 'sga_discard_dead_letter')
		AND result = 'ok' AND entity_id IN ($1, $2)`, sent, gone).Scan(&audited); err != nil || audited != 2 {
		t.Errorf("%d audit rows: %v", audited, err)
	}
}

func TestRelayStatus(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	w.put("ISR4331", "5", here())
	if _, err := w.db.AssignPositions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Exec(t.Context(), `INSERT INTO sga.relay_cursors (consumer, source, error_code, error_message, error_message_en, attempts, next_at)
		VALUES ('inventory', 'events', 'unavailable', 'fora', 'away', 3, now() + interval '1 minute'), ('new', 'unknown', '', '', '', 0, NULL),
		('rebuild:inventory', 'events', '', '', '', 0, NULL)`); err != nil {
		t.Fatal(err)
	}
	w.deadLetter("inventory", 1)
	items := w.must(w.boss, "sga_get_relay_status", object{})["items"].([]any)
	first := items[0].(object)
	if len(items) != 3 || first["rebuild"] != false || items[2].(object)["rebuild"] != true || text(first["consumer"]) != "inventory" || text(first["error_en"]) != "away" || first["next_attempt_at"] == nil ||
		first["lag_events"] != parse(t, []byte(`1`)) || first["dead_letters_open"] != parse(t, []byte(`1`)) {
		t.Errorf("got %v", items)
	}
	logistics, near := w.person("log", identity.Logistics), limited(w.person("near", identity.Logistics))
	for _, name := range []string{"sga_get_relay_status", "sga_list_dead_letters"} {
		w.must(logistics, name, object{})
		w.refused(fault.PermissionDenied, near, name, object{})
	}
}
