package postgres

import (
	"fmt"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestAsset(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.assets(stand{serial: "One 1", at: keySPA}, stand{serial: "TWIN", at: keyRJ}, stand{serial: "twin", part: keyIdle, at: keySPB, project: keyITAU})
	one, err := l.db.Asset(t.Context(), stock.Unlimited(), stock.AssetName{Serial: " óne1 "})
	if err != nil || one.Serial != "One 1" || one.Location != keySPA || one.Status != stock.InStock || one.CreatedAt.IsZero() {
		t.Fatalf("by serial: %+v %v", one, err)
	}
	if same, err := l.db.Asset(t.Context(), stock.Unlimited(), stock.AssetName{ID: one.ID}); err != nil || same.ID != one.ID {
		t.Errorf("by id: %+v %v", same, err)
	}
	if a, err := l.db.Asset(t.Context(), stock.Unlimited(), stock.AssetName{Serial: "TWIN", Part: keyIdle}); err != nil || a.Location != keySPB {
		t.Errorf("by serial and part: %+v %v", a, err)
	}
	_, err = l.db.Asset(t.Context(), stock.Unlimited(), stock.AssetName{Serial: "Twin"})
	want := []fault.Detail{{Name: "candidates", Value: []string{"ISR4331", "SFP-10G"}}}
	if f := fault.Of(err); f == nil || f.Code != fault.InvalidArgument || f.Field != "part_number" || cmp.Diff(want, f.Details) != "" {
		t.Errorf("a serial of two parts: %+v", f)
	}
	if a, err := l.db.Asset(t.Context(), within([]stock.ProjectKey{keyITAU}, nil), stock.AssetName{Serial: "TWIN"}); err != nil || a.Part != keyIdle {
		t.Errorf("the one that the caller sees: %+v %v", a, err)
	}
	hidden := within(nil, []stock.LocationKey{keyRJ})
	for name, n := range map[string]stock.AssetName{"unknown": {Serial: "NONE"}, "unknown id": {ID: uuid.Must(uuid.NewV7())}, "hidden": {Serial: "ONE1"}, "hidden id": {ID: one.ID}} {
		_, err := l.db.Asset(t.Context(), hidden, n)
		if f := fault.Of(err); f == nil || f.Code != fault.NotFound || f.MessageEN != "Asset not found." || f.Details != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	var all []stand
	for i := range 40 {
		a := stand{serial: fmt.Sprintf("S%02d", i), part: []stock.PartKey{keyRouter, keyIdle}[i%2], at: []stock.LocationKey{keySP, keySPA, keySPB, keyRJ}[i%4],
			project: []stock.ProjectKey{keyNTT, keyITAU}[i/4%2], status: []stock.AssetStatus{stock.InStock, stock.InUse, stock.Missing}[i%3],
			cond: []stock.Condition{stock.New, stock.Used}[i/2%2], gone: i%10 == 9}
		all = append(all, a)
	}
	l.assets(all...)
	for _, c := range []struct {
		name  string
		scope stock.Scope
		f     stock.AssetFilter
		keep  func(a stand) bool
	}{
		{"all", stock.Unlimited(), stock.AssetFilter{}, func(a stand) bool { return !a.gone }},
		{"with those taken back", stock.Unlimited(), stock.AssetFilter{Inactive: true}, func(stand) bool { return true }},
		{"missing", stock.Unlimited(), stock.AssetFilter{Status: stock.Missing}, func(a stand) bool { return !a.gone && a.status == stock.Missing }},
		{"part and condition", stock.Unlimited(), stock.AssetFilter{Part: keyIdle, Condition: stock.Used}, func(a stand) bool { return !a.gone && a.part == keyIdle && a.cond == stock.Used }},
		{"place with those below", stock.Unlimited(), stock.AssetFilter{Location: keySP}, func(a stand) bool { return !a.gone && a.at != keyRJ }},
		{"project", stock.Unlimited(), stock.AssetFilter{Project: keyITAU}, func(a stand) bool { return !a.gone && a.project == keyITAU }},
		{"own place", within(nil, []stock.LocationKey{keyRJ}), stock.AssetFilter{Location: keyRJ}, func(a stand) bool { return !a.gone && a.at == keyRJ }},
		{"other place", within(nil, []stock.LocationKey{keyRJ}), stock.AssetFilter{Location: keySPA}, func(stand) bool { return false }},
		{"third party", stock.Unlimited(), stock.AssetFilter{Ownership: stock.ThirdParty}, func(stand) bool { return false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []string{}
			for _, a := range all {
				if c.keep(a) {
					want = append(want, a.serial)
				}
			}
			for _, size := range []int{1, 6, 1000} {
				got := []string{}
				for _, a := range walkPages(t, size, func(p stock.Page) ([]stock.AssetRow, string, error) {
					page, err := l.db.Assets(t.Context(), c.scope, c.f, p)
					if err != nil {
						return nil, "", err
					}
					return page.Rows, page.Next, nil
				}) {
					got = append(got, a.Serial)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// storied is an asset that came in, was moved, changed state and left its project's place.
func storied(t *testing.T) *counter {
	t.Helper()
	c := openDesk(t)
	in := mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "S-1")
	in.Move.Papers = stock.Papers{NFNumber: "1687", Ticket: "CHG-1", Reason: "compra"}
	c.must(in)
	c.must(approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "s-1", To: stock.Quarantine, Reason: "caixa aberta"}})
	c.must(mv(stock.Transferencia, "1", "AP-3802", "SP-A", "RJ", "S-1"))
	return c
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	c := storied(t)
	read := func(scope stock.Scope, size int) []string {
		got := []string{}
		for _, e := range walkPages(t, size, func(p stock.Page) ([]stock.TimelineEvent, string, error) {
			page, err := c.db.Timeline(t.Context(), scope, stock.AssetName{Serial: "S-1"}, p)
			if err != nil {
				return nil, "", err
			}
			got = append(got, fmt.Sprint("of ", page.Total))
			return page.Events, page.Next, nil
		}) {
			kind := "STATE_CHANGE"
			if e.Movement != nil {
				kind = fmt.Sprint(e.Movement.Type, " ", e.Movement.Quantity, " ", e.Movement.Papers.NFNumber, " ", e.Movement.Papers.Ticket)
			}
			got = append(got, fmt.Sprint(e.Version, " ", kind, " ", e.FromStatus, ">", e.ToStatus, " ", e.From, ">", e.To, " by ", e.Actor))
		}
		return got
	}
	want := []string{"of 3", "of 3",
		"3 TRANSFERENCIA 1   QUARANTINE>QUARANTINE 12>14 by Ana Souza",
		"2 STATE_CHANGE IN_STOCK>QUARANTINE 12>12 by Ana Souza",
		"1 ENTRADA 1 1687 CHG-1 >IN_STOCK 0>12 by Ana Souza"}
	if diff := cmp.Diff(want, read(stock.Unlimited(), 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := read(within(nil, []stock.LocationKey{keyRJ}), 10); len(got) != 2 || got[0] != "of 1" {
		t.Errorf("a caller of RJ sees %v", got)
	}
	if _, err := c.db.Timeline(t.Context(), within(nil, []stock.LocationKey{keySPA}), stock.AssetName{Serial: "S-1"}, stock.Page{}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a caller of the place that it left: %v", err)
	}
	if _, err := c.db.Timeline(t.Context(), stock.Unlimited(), stock.AssetName{Serial: "S-1"}, stock.Page{Cursor: "x"}); fault.Of(err).Field != "cursor" {
		t.Errorf("a broken cursor: %v", err)
	}
}
