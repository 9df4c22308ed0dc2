package app

import (
	"context"
	"testing"
	"time"
)

// at opens the same database on a host whose clock is wrong.
func (w *world) at(wrong time.Duration) *world {
	w.t.Helper()
	a, err := Open(w.t.Context(), Options{Config: w.Config, Now: func() time.Time { return time.Now().Add(wrong) }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := a.Close(context.WithoutCancel(w.t.Context())); err != nil {
			w.t.Error(err)
		}
	})
	return &world{a, w.t, w.db}
}

// TestWrongClocks is R-13 for the whole program: hosts an hour behind, a day ahead, and a day behind write to one
// database. The order is that of the sequence, the days and times are the database's, and a reservation that one
// host makes is not ended by another's clock.
func TestWrongClocks(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.stock()
	today := one[string](w, `SELECT (clock_timestamp() AT TIME ZONE 'America/Sao_Paulo')::date::text`)
	last := 0.0
	for _, wrong := range []time.Duration{0, -time.Hour, 24 * time.Hour, -24 * time.Hour} {
		host := w.at(wrong)
		got := host.call("sga_create_movement", `{"movement_type":"ENTRADA","part_number":"ABC-1","quantity":1,"destination_location_id":"SP"}`)
		sequence, _ := got["sequence"].(float64)
		if sequence <= last {
			t.Errorf("%v: sequence %v after %v", wrong, sequence, last)
		}
		last = sequence
		if on := one[string](w, `SELECT movement_on::text FROM sga.movements ORDER BY sequence DESC LIMIT 1`); on != today {
			t.Errorf("%v: the business day is %s, not %s", wrong, on, today)
		}
		if off := one[float64](w, `SELECT abs(extract(epoch FROM clock_timestamp() - max(recorded_at)))::float8 FROM sga.movements`); off > 60 {
			t.Errorf("%v: recorded %v s away from the database's time", wrong, off)
		}
	}
	w.call("sga_create_movement", `{"movement_type":"RESERVA","part_number":"ABC-1","quantity":1,"source_location_id":"SP"}`)
	ahead := w.at(30 * 24 * time.Hour)
	if err := ahead.expire(t.Context()); err != nil {
		t.Error(err)
	}
	if n := one[int](w, `SELECT count(*) FROM sga.reservations WHERE status = 'ACTIVE'`); n != 1 {
		t.Errorf("%d reservations stand: a host a month ahead ended one", n)
	}
}
