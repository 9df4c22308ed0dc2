package postgres

import (
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// Movements and changes of assets say whom they concern: the project, and the places of both ends but
// not the outside and the road.
func TestTouched(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	in := c.must(mv(stock.Entrada, "2", "AP-3802", "", "SP-A", "S1", "S2"))
	across := c.must(mv(stock.Transferencia, "1", "AP-3802", "SP-A", "RJ", "S1"))
	road := c.must(mv(stock.Expedicao, "1", "AP-3802", "RJ", "", "S1"))
	state := c.must(approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "s2", To: stock.Quarantine, Reason: "caiu"}})
	if _, err := c.db.AssignPositions(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, err := c.db.EventsAfter(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.db.Touched(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	move := func(kind stock.MovementType, q string, at ...string) stock.Touched {
		return stock.Touched{Project: stock.GeneralCode, Locations: at, PartNumber: "AP-3802", MovementType: string(kind), Quantity: q}
	}
	want := map[int64]stock.Touched{
		in.Posted[0].Movement.Sequence:     move(stock.Entrada, "2", "SP-A"),
		across.Posted[0].Movement.Sequence: move(stock.Transferencia, "1", "SP-A", "RJ"),
		road.Posted[0].Movement.Sequence:   move(stock.Expedicao, "1", "RJ"),
	}
	for _, e := range events {
		if e.Kind == "asset_state" && e.EntityID == state.Posted[0].Assets[0].After.ID {
			want[e.Sequence] = stock.Touched{Project: stock.GeneralCode, Locations: []string{"SP-A"}, PartNumber: "AP-3802", Serial: "S2", Status: "QUARANTINE"}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var reason string
	if err := c.owner.QueryRow(t.Context(), `SELECT reason FROM sga.asset_events WHERE to_status = 'QUARANTINE'`).Scan(&reason); err != nil || reason != "caiu" {
		t.Errorf("the reason of the change is lost: %q %v", reason, err)
	}
}
