package app

import (
	"testing"
	"time"
)

// An expired reservation ends by a real LIBERACAO of the program itself, once, however often it is looked at.
func TestReservationsExpire(t *testing.T) {
	t.Parallel()
	w := open(t)
	if err := w.programs(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stock()
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	out := w.call("sga_create_reservation", `{"part_number":"ABC-1","quantity":4,"source_location_id":"SP","expires_at":"`+soon+`"}`)
	id := out["reservation_id"].(string)
	if err := w.expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := one[string](w, `SELECT status::text FROM sga.reservations WHERE reservation_id = $1`, id); got != "ACTIVE" {
		t.Fatalf("before its time: %s", got)
	}
	if _, err := w.db.Pool(t).Exec(t.Context(), `UPDATE sga.reservations SET expires_at = clock_timestamp() - interval '1 second' WHERE reservation_id = $1`, id); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := one[string](w, `SELECT status::text FROM sga.reservations WHERE reservation_id = $1`, id); got != "EXPIRED" {
		t.Errorf("after its time: %s", got)
	}
	if got := one[int](w, `SELECT count(*) FROM sga.movements WHERE movement_type = 'LIBERACAO' AND reservation_id = $1 AND actor_kind = 'system' AND actor_id = $2`, id, systemID()); got != 1 {
		t.Errorf("%d releases", got)
	}
	balance := w.call("sga_get_balance", `{"part_number":"ABC-1"}`)["summary"].(map[string]any)
	if balance["total_available"] != 10.0 || balance["total_reserved"] != 0.0 {
		t.Errorf("balance %v", balance)
	}
	if found, err := w.Verify(t.Context(), nil); err != nil || len(found.Findings) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestProposalsExpire(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	out := w.call("sga_create_movement", `{"movement_type":"AJUSTE_NEGATIVO","part_number":"ABC-1","quantity":1,"source_location_id":"SP","reason":"perda"}`)
	if _, err := w.db.Pool(t).Exec(t.Context(), `UPDATE sga.tasks SET created_at = clock_timestamp() - interval '8 days', expires_at = clock_timestamp() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if err := w.expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := one[string](w, `SELECT status::text FROM sga.tasks WHERE task_id = $1`, out["task_id"]); got != "EXPIRED" {
		t.Errorf("status %s", got)
	}
}

// What nobody has decided by its due time is raised, with its event and its history, and by no more than a step.
func TestOverdueTasksAreRaised(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	out := w.call("sga_create_movement", `{"movement_type":"AJUSTE_NEGATIVO","part_number":"ABC-1","quantity":1,"source_location_id":"SP","reason":"perda"}`)
	if err := w.expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := one[string](w, `SELECT priority || ' ' || escalation FROM sga.tasks WHERE task_id = $1`, out["task_id"]); got != "HIGH 0" {
		t.Fatalf("before it is due: %s", got)
	}
	if _, err := w.db.Pool(t).Exec(t.Context(), `UPDATE sga.tasks SET due_at = created_at`); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := one[string](w, `SELECT priority || ' ' || escalation FROM sga.tasks WHERE task_id = $1`, out["task_id"]); got != "URGENT 1" {
		t.Errorf("after it was due: %s", got)
	}
	if got := one[int](w, `SELECT count(*) FROM sga.task_history h JOIN sga.outbox o USING (sequence) WHERE task_id = $1 AND change = 'task_escalated' AND actor_id = $2`,
		out["task_id"], systemID()); got != 1 {
		t.Errorf("%d lines of history", got)
	}
}
