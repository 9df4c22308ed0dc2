package postgres

import (
	"sync"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// assetStatus reads where an asset stands: its status and whether a reservation holds it.
func (c *counter) assetStatus(serial string) string {
	c.t.Helper()
	var got string
	if err := c.owner.QueryRow(c.t.Context(), `SELECT status || CASE WHEN reservation_id IS NULL THEN '' ELSE ' held' END FROM sga.assets
		WHERE part_number_key = $1 AND serial_key = $2`, partSerial, serial).Scan(&got); err != nil {
		c.t.Fatal(err)
	}
	return got
}

func reserve(qty, part, at string, until time.Time, serials ...string) approval.Step {
	r := mv(stock.Reserva, qty, part, at, "", serials...)
	r.Move.Reservation, r.Move.ExpiresAt = uuid.Must(uuid.NewV7()), until
	return r
}

// A release names no serials, and a dispatch may name only some: all that the reservation held is freed.
func TestDeskFreesWhatAReservationHeld(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "3", "AP-3802", "", "SP-A", "A1", "A2", "A3"))
	held := reserve("2", "AP-3802", "SP-A", time.Now().Add(time.Hour), "A1", "A2")
	c.must(held)
	if got := c.assetStatus("A1"); got != "RESERVED held" {
		t.Fatalf("after RESERVA: %s", got)
	}
	release := mv(stock.Liberacao, "2", "AP-3802", "", "")
	release.Move.Reservation = held.Move.Reservation
	c.must(release)
	c.balance(partSerial, keySPA, "3/0")
	for _, serial := range []string{"A1", "A2"} {
		if got := c.assetStatus(serial); got != "IN_STOCK" {
			t.Errorf("%s after LIBERACAO: %s", serial, got)
		}
	}
	held = reserve("2", "AP-3802", "SP-A", time.Now().Add(time.Hour), "A2", "A3")
	c.must(held)
	out := mv(stock.Expedicao, "1", "AP-3802", "SP-A", "", "A3")
	out.Move.Reservation = held.Move.Reservation
	c.must(out)
	if got := c.assetStatus("A2") + ", " + c.assetStatus("A3"); got != "IN_STOCK, IN_TRANSIT" {
		t.Errorf("after EXPEDICAO: %s", got)
	}
}

func TestDeskExpiryIsTheDatabases(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "3", "ISR4331", "", "SP-A"))
	for _, tc := range []struct {
		until time.Time
		want  fault.Code
	}{{time.Now().Add(time.Hour), fault.Conflict}, {time.Now().Add(-time.Second), ""}} {
		held := reserve("1", "ISR4331", "SP-A", tc.until)
		c.must(held)
		release := mv(stock.Liberacao, "1", "ISR4331", "", "")
		release.Move.Reservation, release.Move.Expired = held.Move.Reservation, true
		if _, err := c.submit(release); fault.CodeOf(err) != tc.want {
			t.Errorf("expiry %v: got %v, want %q", tc.until, err, tc.want)
		}
	}
}

// The reversal of an entry after another reversed entry finds the asset as it was: not received.
func TestDeskReversesASecondEntry(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	for range 2 {
		o := c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "Z9"))
		c.must(approval.Step{Reversal: &stock.Reversal{ID: uuid.Must(uuid.NewV7()), Original: o.Posted[0].Movement.ID}})
		var active bool
		if err := c.owner.QueryRow(t.Context(), `SELECT is_active FROM sga.assets WHERE serial_key = 'Z9'`).Scan(&active); err != nil || active {
			t.Errorf("active %v, %v", active, err)
		}
	}
}

// A row that somebody holds at a console delays who needs it, and not the desk.
func TestDeskServesOthersWhileARowIsHeld(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "SP-A"))
	c.must(mv(stock.Entrada, "100", "ISR4331", "", "RJ"))
	tx, err := c.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // the test's own lock
	if _, err := tx.Exec(t.Context(), `SELECT 1 FROM sga.balances WHERE location_key = $1 FOR UPDATE`, keySPA); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 40 {
		at, want := "RJ", fault.Code("")
		if i%4 == 0 {
			at, want = "SP-A", fault.Unavailable
		}
		wait.Go(func() {
			if _, err := c.submit(mv(stock.Saida, "1", "ISR4331", at, "")); fault.CodeOf(err) != want {
				t.Errorf("at %s: got %v, want %q", at, err, want)
			}
		})
	}
	wait.Wait()
	c.balance(keyRouter, keyRJ, "70/0")
	c.balance(keyRouter, keySPA, "100/0")
}

func TestDeskRefusesWhatTheTableForbids(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
	c.must(mv(stock.Expedicao, "1", "ISR4331", "SP-A", ""))
	if f := c.refused(fault.InvalidArgument, mv(stock.Expedicao, "1", "ISR4331", "TRANSITO", "")); f.Field != "source_location_id" {
		t.Errorf("field %q", f.Field)
	}
	in := mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "P1")
	in.Move.Project = "NTT"
	out := mv(stock.Saida, "1", "AP-3802", "SP-A", "", "P1")
	out.Move.Project = "NTT"
	c.must(in)
	c.must(out)
	c.refused(fault.Conflict, mv(stock.Reversa, "1", "AP-3802", "", "SP-A", "P1")) // of GERAL
	back := mv(stock.Reversa, "1", "AP-3802", "", "SP-A", "P1")
	back.Move.Project = "NTT"
	c.must(back)
}

// A batch finds all rows that it needs in a try or two, however many were not foreseen.
func TestDeskFindsTheRowsOfALongBatch(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	var in, out []approval.Step
	for i := range 40 {
		s := mv(stock.Entrada, "1", "AP-3802", "", "SP-A", itoa(1000+i))
		s.Move.Condition = stock.Conditions()[i%3]
		in = append(in, s)
		s = mv(stock.Expedicao, "1", "AP-3802", "SP-A", "", itoa(1000+i)) // its condition is the asset's: not known before
		s.Move.NewCondition = stock.Conditions()[(i+i/5)%5]
		out = append(out, s)
	}
	c.must(in...)
	c.must(out...)
	c.balance(partSerial, stock.TransitKey, "40/0")
}

// Each movement of a batch names the rule that let it pass, and only those that lack evidence are marked.
func TestDeskStampsEachMovementWithItsRule(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	with, without := mv(stock.Entrada, "1", "ISR4331", "", "SP-A"), mv(stock.Entrada, "1", "ISR4331", "", "SP-A")
	with.Move.Papers.EvidenceIDs = []uuid.UUID{uuid.Must(uuid.NewV7())}
	c.must(with, without)
	var got string
	if err := c.owner.QueryRow(t.Context(), `SELECT string_agg(rule || ' ' || review, ', ' ORDER BY sequence) FROM sga.movements`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != "movimento false, pessoa-sem-evidencia true" {
		t.Error(got)
	}
}

// A repeated key is answered as the first time, also where what it did now stands in its own way.
func TestDeskReplaysWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	name := "Novo"
	create := func(hash byte) (*approval.Outcome, error) {
		r := c.request(approval.Step{Project: &approval.ProjectEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: "NOVO", Name: &name}})
		r.Key, r.Hash = "k", [32]byte{hash}
		return c.db.Submit(t.Context(), r)
	}
	first, err := create(1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := create(1)
	if err != nil || !again.Replay || string(again.Answer) != string(first.Answer) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := create(2); fault.CodeOf(err) != fault.IdempotencyMismatch {
		t.Errorf("another body: %v", err)
	}
	c.refused(fault.AlreadyExists, approval.Step{Project: &approval.ProjectEdit{Create: true, ID: uuid.Must(uuid.NewV7()), Code: "NOVO", Name: &name}})
}
