package postgres

import (
	"fmt"
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// openInventory has balances of every part at every place, some of them empty.
func openInventory(t *testing.T) (*ledger, []stock.BalanceRow) {
	t.Helper()
	l := openLedger(t)
	var rows []stock.BalanceRow
	i := int64(0)
	for _, part := range []stock.PartKey{keyRouter, keyCable, keyIdle} {
		for _, at := range []stock.LocationKey{stock.TransitKey, keySP, keySPA, keySPB, keyRJ} {
			for _, owner := range []stock.ProjectKey{keyNTT, keyITAU} {
				for _, condition := range []stock.Condition{stock.New, stock.Defective} {
					i++
					r := stock.BalanceRow{Key: stock.Key{Part: part, Location: at, Project: owner, Condition: condition}, Total: stock.Whole(i % 13), Reserved: stock.Whole(min(i%13, i%4))}
					l.exec(`INSERT INTO sga.balances (part_number_key, location_key, project_key, condition, quantity_total, quantity_reserved) VALUES ($1, $2, $3, $4, $5, $6)`,
						int32(part), int32(at), int32(owner), string(condition), r.Total, r.Reserved)
					rows = append(rows, r)
				}
			}
		}
	}
	return l, rows
}

func TestInventory(t *testing.T) {
	t.Parallel()
	l, all := openInventory(t)
	below := map[stock.LocationKey][]stock.LocationKey{keySP: {keySP, keySPA, keySPB}}
	minimum := map[stock.PartKey]stock.Quantity{keyRouter: stock.Whole(5), keyCable: stock.Whole(100), keyIdle: {}}
	for _, c := range []struct {
		name  string
		scope stock.Scope
		f     stock.InventoryFilter
	}{
		{"all", stock.Unlimited(), stock.InventoryFilter{}},
		{"part", stock.Unlimited(), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Part: keyCable}}},
		{"place with those below", stock.Unlimited(), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Location: keySP}}},
		{"leaf", stock.Unlimited(), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Location: keySPA, Project: keyNTT}}},
		{"road", stock.Unlimited(), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Location: stock.TransitKey}}},
		{"condition", stock.Unlimited(), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Condition: stock.Defective}}},
		{"out of stock", stock.Unlimited(), stock.InventoryFilter{Level: stock.OutOfStock}},
		{"low", stock.Unlimited(), stock.InventoryFilter{Level: stock.LowStock}},
		{"enough at a place", stock.Unlimited(), stock.InventoryFilter{Level: stock.Sufficient, BalanceFilter: stock.BalanceFilter{Location: keySP}}},
		{"own project", within([]stock.ProjectKey{keyITAU}, nil), stock.InventoryFilter{}},
		{"own place", within(nil, []stock.LocationKey{keySPB, keyRJ}), stock.InventoryFilter{}},
		{"own place within another", within(nil, []stock.LocationKey{keySPB, keyRJ}), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Location: keySP}}},
		{"other project", within([]stock.ProjectKey{keyITAU}, nil), stock.InventoryFilter{BalanceFilter: stock.BalanceFilter{Project: keyNTT}}},
		{"nothing", stock.Scope{}, stock.InventoryFilter{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := []string{}
			for _, r := range all {
				f, s := c.f, c.scope
				places := below[f.Location]
				if places == nil {
					places = []stock.LocationKey{f.Location}
				}
				if (f.Part == 0 || f.Part == r.Part) && (f.Location == 0 || slices.Contains(places, r.Location)) && (f.Project == 0 || f.Project == r.Project) &&
					(f.Condition == "" || f.Condition == r.Condition) && (f.Level == "" || f.Level == stock.LevelOf(r.Available(), minimum[r.Part])) &&
					s.SeesProject(r.Project) && (s.AllLocations || slices.Contains(s.Locations, r.Location)) {
					want = append(want, rowText(r))
				}
			}
			for _, size := range []int{1, 7, 1000} {
				got := []string{}
				for _, r := range walkPages(t, size, func(p stock.Page) ([]stock.BalanceRow, string, error) {
					page, err := l.db.Inventory(t.Context(), c.scope, c.f, p, 0)
					if err != nil {
						return nil, "", err
					}
					if page.Total != int64(len(want)) {
						t.Errorf("total %d, want %d", page.Total, len(want))
					}
					return page.Rows, page.Next, nil
				}) {
					got = append(got, rowText(r))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

func rowText(r stock.BalanceRow) string {
	return fmt.Sprint(keyText(r.Key), " ", r.Total.Trim(0), "(", r.Reserved.Trim(0), ")")
}

func TestInventoryByOffset(t *testing.T) {
	t.Parallel()
	l, all := openInventory(t)
	for _, offset := range []int{0, 10, len(all) - 1, len(all), len(all) + 5} {
		p, err := l.db.Inventory(t.Context(), stock.Unlimited(), stock.InventoryFilter{}, stock.Page{Limit: 3}, offset)
		if err != nil {
			t.Fatal(err)
		}
		want := all[min(offset, len(all)):min(offset+3, len(all))]
		if p.Total != int64(len(all)) || len(p.Rows) != len(want) || len(want) > 0 && p.Rows[0].Key != want[0].Key {
			t.Errorf("offset %d: total %d, rows %v", offset, p.Total, p.Rows)
		}
	}
}

func TestInventoryCursorIsBoundToItsList(t *testing.T) {
	t.Parallel()
	l, _ := openInventory(t)
	p, err := l.db.Inventory(t.Context(), stock.Unlimited(), stock.InventoryFilter{}, stock.Page{Limit: 3}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"other filter": func() error {
			_, err := l.db.Inventory(t.Context(), stock.Unlimited(), stock.InventoryFilter{Level: stock.LowStock}, stock.Page{Cursor: p.Next}, 0)
			return err
		},
		"other scope": func() error {
			_, err := l.db.Inventory(t.Context(), within([]stock.ProjectKey{keyNTT}, nil), stock.InventoryFilter{}, stock.Page{Cursor: p.Next}, 0)
			return err
		},
		"other list": func() error {
			_, err := l.db.Assets(t.Context(), stock.Unlimited(), stock.AssetFilter{}, stock.Page{Cursor: p.Next})
			return err
		},
		"edited": func() error {
			_, err := l.db.Inventory(t.Context(), stock.Unlimited(), stock.InventoryFilter{}, stock.Page{Cursor: "A" + p.Next[1:]}, 0)
			return err
		},
	} {
		if f := fault.Of(read()); f == nil || f.Code != fault.InvalidArgument || f.Field != "cursor" {
			t.Errorf("%s: %v", name, f)
		}
	}
}

func TestInventoryOfAssetsInAState(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	l.assets(
		stand{serial: "A1", at: keySPA}, stand{serial: "A2", at: keySPA}, stand{serial: "A3", at: keySPB, status: stock.InUse},
		stand{serial: "B1", part: keyIdle, at: keyRJ, status: stock.InUse, project: keyITAU}, stand{serial: "B2", part: keyIdle, at: keyRJ, status: stock.InUse, cond: stock.Used},
		stand{serial: "B3", part: keyIdle, at: keyRJ, status: stock.Missing}, stand{serial: "B4", part: keyIdle, at: keyRJ, status: stock.InUse, gone: true},
	)
	read := func(scope stock.Scope, f stock.InventoryFilter, size int) (rows, assets []string) {
		for _, p := range walkPages(t, 1000, func(p stock.Page) ([]*stock.InventoryPage, string, error) {
			p.Limit = size
			page, err := l.db.Inventory(t.Context(), scope, f, p, 0)
			if err != nil {
				return nil, "", err
			}
			return []*stock.InventoryPage{page}, page.Next, nil
		}) {
			for _, r := range p.Rows {
				rows = append(rows, rowText(r))
			}
			for _, a := range p.Assets {
				assets = append(assets, a.Serial)
			}
			if p.More {
				assets = append(assets, "…")
			}
		}
		return rows, assets
	}
	rows, assets := read(stock.Unlimited(), stock.InventoryFilter{Status: stock.InUse}, 1)
	want := []string{"11@13/11 NEW 1(0)", "13@14/11 USED 1(0)", "13@14/12 NEW 1(0)"}
	if diff := cmp.Diff([][]string{want, {"A3", "B2", "B1"}}, [][]string{rows, assets}); diff != "" {
		t.Errorf("in use (-want +got):\n%s", diff)
	}
	rows, assets = read(stock.Unlimited(), stock.InventoryFilter{Status: stock.InStock}, 1)
	if diff := cmp.Diff([][]string{{"11@12/11 NEW 2(0)"}, {"A1", "…"}}, [][]string{rows, assets}); diff != "" {
		t.Errorf("in stock (-want +got):\n%s", diff)
	}
	rows, assets = read(within([]stock.ProjectKey{keyITAU}, nil), stock.InventoryFilter{Status: stock.InUse}, 10)
	if diff := cmp.Diff([][]string{{"13@14/12 NEW 1(0)"}, {"B1"}}, [][]string{rows, assets}); diff != "" {
		t.Errorf("own project (-want +got):\n%s", diff)
	}
	if rows, _ = read(stock.Unlimited(), stock.InventoryFilter{Status: stock.Quarantine}, 10); rows != nil {
		t.Errorf("in quarantine: %v", rows)
	}
}
