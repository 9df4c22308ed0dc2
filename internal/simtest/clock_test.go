package simtest

import (
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// TestClock is R-13. The desk reads the database's clock alone, so a host whose clock is wrong shows in
// what it sends: ids that carry its time, and expiries and days that it worked out.
func TestClock(t *testing.T) {
	t.Parallel()
	c := Open(t)
	t.Run("order is by sequence, whatever time the ids carry", func(t *testing.T) {
		var last int64
		for _, wrong := range []time.Duration{0, -time.Hour, 24 * time.Hour, -24 * time.Hour} {
			s := Move(stock.Entrada, "1", "UNI-1", "", "CD")
			s.Move.ID = idAt(time.Now().Add(wrong))
			o, err := c.DB.Submit(t.Context(), c.Request(c.Ana, s))
			if err != nil {
				t.Fatal(err)
			}
			m := o.Posted[0].Movement
			if m.Sequence <= last || time.Since(m.RecordedAt).Abs() > time.Minute {
				t.Errorf("%v: sequence %d after %d, recorded at %v", wrong, m.Sequence, last, m.RecordedAt)
			}
			last = m.Sequence
		}
	})
	t.Run("a promise expires by the database", func(t *testing.T) {
		held := Reserve("1", "UNI-1", "CD", time.Now().Add(time.Hour))
		c.must(t, held)
		early := approval.Step{Move: &stock.MoveRequest{ID: uuid.Must(uuid.NewV7()), Type: stock.Liberacao, PartNumber: "UNI-1", Quantity: stock.Whole(1),
			Reservation: held.Move.Reservation, Expired: true}}
		if err := c.submit(t, early); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a host a day ahead released it: %v", err)
		}
		if due, err := c.DB.ExpiredReservations(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("due: %v, %v", due, err)
		}
	})
	t.Run("the business day is that of São Paulo", func(t *testing.T) {
		today := c.Today(t)
		for days, want := range map[int]fault.Code{0: "", -1: "", 1: fault.InvalidArgument} {
			s := Move(stock.Entrada, "1", "UNI-1", "", "CD")
			s.Move.MovementOn = today.AddDays(days)
			if err := c.submit(t, s); fault.CodeOf(err) != want {
				t.Errorf("%d days from today: %v", days, err)
			}
		}
		o, err := c.DB.Submit(t.Context(), c.Request(c.Ana, Move(stock.Entrada, "1", "UNI-1", "", "CD")))
		if err != nil || o.Posted[0].Movement.MovementOn != today {
			t.Errorf("without a day: %+v, %v", o, err)
		}
	})
	c.MustHold(t)
}

// idAt is a UUIDv7 of another time.
func idAt(at time.Time) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}
