package postgres

import (
	"slices"
	"testing"

	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	s, err := l.db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string][]stock.ColumnInfo{}
	for _, table := range s.Tables {
		tables[table.Name] = table.Columns
	}
	if _, there := tables["logins"]; there {
		t.Error("password hashes are described to readers")
	}
	var required, keys []string
	for _, c := range tables["balances"] {
		if c.Required() {
			required = append(required, c.Name)
		}
		if c.PrimaryKey {
			keys = append(keys, c.Name)
		}
	}
	key := []string{"part_number_key", "location_key", "project_key", "condition"}
	if diff := cmp.Diff([][]string{key, key}, [][]string{required, keys}); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(tables["assets"], func(c stock.ColumnInfo) bool { return c.Name == "status" })
	if i < 0 || tables["assets"][i].TypeName != "asset_status" || tables["assets"][i].Nullable {
		t.Errorf("assets: %+v", tables["assets"])
	}
	for _, e := range s.Enums {
		want := map[string][]string{"movement_type": stock.Values(stock.MovementTypes()), "condition": stock.Values(stock.Conditions()),
			"asset_status": stock.Values(stock.AssetStatuses()), "location_type": stock.Values(stock.LocationTypes()),
			"ownership": stock.Values(stock.Ownerships()), "reason_code": stock.Values(stock.ReasonCodes())}[e.Name]
		if want != nil && cmp.Diff(want, e.Values) != "" {
			t.Errorf("%s differs from the vocabulary:\n%s", e.Name, cmp.Diff(want, e.Values))
		}
	}
	if !slices.ContainsFunc(s.ForeignKeys, func(k stock.ForeignKey) bool {
		return k.Table == "reservations" && k.References == "balances" && slices.Equal(k.Columns, key) && slices.Equal(k.RefColumns, key)
	}) {
		t.Errorf("foreign keys: %+v", s.ForeignKeys)
	}
}
