package ops_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
)

// openShop has stock in several places, and one item with a history.
func openShop(t testing.TB) *world {
	w := openWorld(t)
	w.put("ISR4331", "10", place{"NTT", "SP-A"})
	w.put("ISR4331", "4", place{"ITAU", "RJ"})
	w.put("CABO-UTP", "12.5", place{"NTT", "SP-B"})
	w.must(w.boss, "sga_create_movement", object{"movement_type": "ENTRADA", "part_number": "AP-3802", "quantity": 2, "destination_location_id": "SP-A",
		"project_id": "NTT", "serial_numbers": []string{"FCW-1", "FCW-2"}, "nf_number": "1687", "nf_date": "2026-03-01", "ticket": "CHG-1", "reason": "compra"})
	w.must(w.boss, "sga_create_movement", object{"movement_type": "TRANSFERENCIA", "part_number": "AP-3802", "quantity": 1, "source_location_id": "SP-A",
		"destination_location_id": "RJ", "project_id": "NTT", "serial_numbers": []string{"fcw-1"}})
	return w
}

// pick gives the values of some fields of each item, joined, for tables that can be read.
func pick(list any, fields ...string) []string {
	out := []string{}
	items, _ := list.([]any)
	for _, it := range items {
		values := make([]string, len(fields))
		for i, f := range fields {
			values[i] = fmt.Sprint(it.(object)[f])
		}
		out = append(out, strings.Join(values, " "))
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestListInventory(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	items := func(a *identity.Actor, args object) []string {
		t.Helper()
		return pick(w.must(a, "sga_list_inventory", args)["items"], "part_number", "location_code", "project_code", "quantity_available", "stock_status")
	}
	all := []string{"ISR4331 SP-A NTT 10 IN_STOCK", "ISR4331 RJ ITAU 4 LOW_STOCK", "CABO-UTP SP-B NTT 12.5 LOW_STOCK", "AP-3802 SP-A NTT 1 IN_STOCK", "AP-3802 RJ NTT 1 IN_STOCK"}
	same(t, "all", all, items(w.boss, object{}))
	same(t, "place with those below", []string{all[0], all[2], all[3]}, items(w.boss, object{"location_id": "sp"}))
	same(t, "low", []string{all[1], all[2]}, items(w.boss, object{"stock_status": "LOW_STOCK"}))
	same(t, "limited", []string{all[0], all[2], all[3]}, items(limited(w.boss), object{}))
	same(t, "offset", all[3:], items(w.boss, object{"offset": 3}))

	page := w.must(w.boss, "sga_list_inventory", object{"limit": 2})
	same(t, "page", []any{json.Number("5"), json.Number("2"), json.Number("0"), true}, []any{page["total"], page["limit"], page["offset"], page["has_more"]})
	next := w.must(w.boss, "sga_list_inventory", object{"limit": 2, "cursor": page["next_cursor"]})
	same(t, "next page", all[2:4], pick(next["items"], "part_number", "location_code", "project_code", "quantity_available", "stock_status"))
	same(t, "total of the next page", json.Number("5"), next["total"])

	inUse := w.must(w.boss, "sga_list_inventory", object{"status": "in_stock", "part_number": "ap-3802"})
	same(t, "units", []string{"SP-A 1", "RJ 1"}, pick(inUse["items"], "location_code", "quantity_total"))
	same(t, "assets", []string{"FCW-2 SP-A", "FCW-1 RJ"}, pick(inUse["assets"], "serial_number", "location_code"))
	same(t, "alias", []string{}, pick(w.must(w.boss, "sga_list_inventory", object{"status": "INSTALLED"})["items"], "part_number"))

	for field, args := range map[string]object{
		"limit": {"limit": 1001}, "offset": {"offset": -1}, "status": {"status": "LOST"}, "cursor": {"cursor": "x"}, "stock_status": {"stock_status": "LOW_STOCK", "status": "IN_STOCK"},
	} {
		if f := w.refused(fault.InvalidArgument, w.boss, "sga_list_inventory", args); f.Field != field {
			t.Errorf("%v is refused on %q, want %q", args, f.Field, field)
		}
	}
	w.refused(fault.InvalidArgument, w.boss, "sga_list_inventory", object{"cursor": page["next_cursor"], "stock_status": "LOW_STOCK"})
	w.refused(fault.InvalidArgument, limited(w.boss), "sga_list_inventory", object{"cursor": page["next_cursor"]})
	w.refused(fault.NotFound, w.boss, "sga_list_inventory", object{"part_number": "NADA"})
	w.refused(fault.NotFound, limited(w.boss), "sga_list_inventory", object{"location_id": "RJ"})
}

func TestListInventoryOfThePast(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	for on, qty := range map[string]int{"2026-01-10": 5, "2026-02-10": 3} {
		w.must(w.boss, "sga_create_movement", object{"movement_type": "ENTRADA", "part_number": "ISR4331", "quantity": qty, "destination_location_id": "RJ", "movement_on": on})
	}
	for on, want := range map[string][]string{"2026-01-09": {}, "2026-01-10": {"ISR4331 RJ GERAL 5"}, "2026-02-10": {"ISR4331 RJ GERAL 8"}} {
		out := w.must(w.boss, "sga_list_inventory", object{"as_of": on})
		same(t, on, want, pick(out["items"], "part_number", "location_code", "project_code", "quantity_total"))
		same(t, on+" total", json.Number(fmt.Sprint(len(want))), out["total"])
		same(t, on+" balance", want, pick(w.must(w.boss, "sga_get_balance", object{"part_number": "ISR4331", "as_of": on})["by_location"],
			"part_number", "location_code", "project_code", "quantity_total"))
	}
	for field, args := range map[string]object{"status": {"as_of": "2026-01-10", "status": "IN_STOCK"}, "offset": {"as_of": "2026-01-10", "offset": 1}, "stock_status": {"as_of": "2026-01-10", "stock_status": "LOW_STOCK"}} {
		if f := w.refused(fault.InvalidArgument, w.boss, "sga_list_inventory", args); f.Field != field {
			t.Errorf("%v is refused on %q", args, f.Field)
		}
	}
}

func TestGetBalance(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	out := w.must(w.boss, "sga_get_balance", object{"part_number": "isr4331"})
	same(t, "summary", object{"total_quantity": json.Number("14"), "total_reserved": json.Number("0"), "total_available": json.Number("14")}, out["summary"])
	same(t, "places", []string{"ISR4331|SP-A|NTT|NEW Prateleira A NTT Rede 10", "ISR4331|RJ|ITAU|NEW Base Rio Itaú Agências 4"},
		pick(out["by_location"], "balance_id", "location_name", "project_name", "quantity_available"))
	same(t, "fraction", "12.5", w.must(w.boss, "sga_get_balance", object{"part_number": "CABO-UTP"})["summary"].(object)["total_quantity"])
	none := w.must(w.boss, "sga_get_balance", object{"part_number": "TORRE"})
	same(t, "known without stock", []any{true, json.Number("0"), []any{}}, []any{none["found"], none["summary"].(object)["total_quantity"], none["by_location"]})
	same(t, "limited", json.Number("10"), w.must(limited(w.boss), "sga_get_balance", object{"part_number": "ISR4331"})["summary"].(object)["total_quantity"])
	for field, args := range map[string]object{"part_number": {"part_number": "NADA"}, "location_id": {"part_number": "ISR4331", "location_id": "NADA"}, "project_id": {"part_number": "ISR4331", "project_id": "NADA"}} {
		if f := w.refused(fault.NotFound, w.boss, "sga_get_balance", args); f.Field != field {
			t.Errorf("%v is refused on %q", args, f.Field)
		}
	}
	// What lies outside the caller's places answers as what does not exist, but for the code that he typed.
	hidden, unknown := w.refused(fault.NotFound, limited(w.boss), "sga_get_balance", object{"part_number": "ISR4331", "location_id": "RJ"}),
		w.refused(fault.NotFound, limited(w.boss), "sga_get_balance", object{"part_number": "ISR4331", "location_id": "XX"})
	same(t, "hidden and unknown", strings.ReplaceAll(unknown.Message, "XX", "RJ"), hidden.Message)
}

func TestSearchAssetsByName(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	search := func(a *identity.Actor, args object) []string {
		t.Helper()
		return pick(w.must(a, "sga_search_assets", args)["items"], "serial_number", "location_code", "match")
	}
	same(t, "exact", []string{"FCW-1 RJ exact"}, search(w.boss, object{"query": "fcw-1"}))
	same(t, "description", []string{"FCW-1 RJ contains", "FCW-2 SP-A contains"}, search(w.boss, object{"query": "point ACCÉSS"}))
	same(t, "misspelt", []string{"FCW-1 RJ similar", "FCW-2 SP-A similar"}, search(w.boss, object{"query": "acess"}))
	same(t, "ticket", []string{"FCW-1 RJ exact", "FCW-2 SP-A exact"}, search(w.boss, object{"query": "chg-1", "search_type": "ticket"}))
	same(t, "limited", []string{"FCW-2 SP-A contains"}, search(limited(w.boss), object{"query": "Access"}))
	out := w.must(w.boss, "sga_search_assets", object{"query": " fcw ", "limit": 1})
	same(t, "answer", []any{"fcw", "all", json.Number("1"), true}, []any{out["query"], out["search_type"], out["count"], out["has_more"]})
	same(t, "next", []string{"FCW-2 SP-A prefix"}, search(w.boss, object{"query": "fcw", "limit": 1, "cursor": out["next_cursor"]}))
	for _, q := range []string{"", "   ", "\u0007", strings.Repeat("a", stock.MaxSearch+1), "a\x00"} {
		if f := w.refused(fault.InvalidArgument, w.boss, "sga_search_assets", object{"query": q}); f.Field != "query" {
			t.Errorf("%q is refused on %q", q, f.Field)
		}
	}
	if f := w.refused(fault.InvalidArgument, w.boss, "sga_search_assets", object{"query": "x", "search_type": "regex"}); f.Field != "search_type" {
		t.Errorf("search_type: %+v", f)
	}
}

func TestGetAssetTimeline(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	w.must(w.boss, "sga_change_asset_state", object{"part_number": "AP-3802", "serial_number": "FCW-1", "status": "QUARANTINE", "reason": "caixa aberta"})
	events := func(out object) []string {
		return pick(out["timeline"], "movement_type", "quantity", "source_location", "destination_location", "project_code", "to_status", "nf_number")
	}
	want := []string{"STATE_CHANGE 0 RJ RJ NTT QUARANTINE <nil>", "TRANSFERENCIA 1 SP-A RJ NTT IN_STOCK ", "ENTRADA 2 EXTERNO SP-A NTT IN_STOCK 1687"}
	out := w.must(w.boss, "sga_get_asset_timeline", object{"identifier": " Fcw-1 "})
	same(t, "timeline", want, events(out))
	same(t, "counts", []any{true, json.Number("3"), false}, []any{out["found"], out["timeline_count"], out["has_more"]})
	asset := out["asset"].(object)
	same(t, "asset", []any{"FCW-1", "AP-3802", "RJ", "QUARANTINE"}, []any{asset["serial_number"], asset["part_number"], asset["location_code"], asset["status"]})

	page := w.must(w.boss, "sga_get_asset_timeline", object{"identifier": asset["asset_id"], "identifier_type": "asset_id", "limit": 2})
	same(t, "first page", want[:2], events(page))
	rest := w.must(w.boss, "sga_get_asset_timeline", object{"identifier": asset["asset_id"], "identifier_type": "asset_id", "limit": 2, "cursor": page["next_cursor"]})
	same(t, "second page", want[2:], events(rest))

	w.refused(fault.NotFound, w.boss, "sga_get_asset_timeline", object{"identifier": "NADA"})
	w.refused(fault.NotFound, limited(w.boss), "sga_get_asset_timeline", object{"identifier": "FCW-1"})
	for field, args := range map[string]object{
		"identifier":      {"identifier": "x", "identifier_type": "asset_id"},
		"identifier_type": {"identifier": "x", "identifier_type": "tag"},
		"cursor":          {"identifier": "FCW-1", "cursor": "x"},
	} {
		if f := w.refused(fault.InvalidArgument, w.boss, "sga_get_asset_timeline", args); f.Field != field {
			t.Errorf("%v is refused on %q", args, f.Field)
		}
	}
}

// Invoices and values are for those who work with them; the others see that the field is there and nothing in it.
func TestInvoicesAreForThoseWhoMayReadThem(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	id := w.must(w.boss, "sga_get_movements", object{"ticket": "CHG-1"})["items"].([]any)[0].(object)["movement_id"]
	for _, role := range identity.Roles() {
		a := w.person("p-"+string(role), role)
		want := any("1687")
		if role == identity.Operations || role == identity.Technician || role == identity.Viewer {
			want = nil
		}
		m := w.must(a, "sga_get_movement", object{"movement_id": id})
		same(t, string(role), want, m["nf_number"])
		entry := w.must(a, "sga_get_asset_timeline", object{"identifier": "FCW-2"})["timeline"].([]any)[0].(object)
		same(t, string(role), want, entry["nf_number"])
	}
}

func TestGetMovements(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	list := func(a *identity.Actor, args object) []string {
		t.Helper()
		return pick(w.must(a, "sga_get_movements", args)["items"], "movement_type", "part_number", "quantity", "source_location", "destination_location")
	}
	all := []string{"TRANSFERENCIA AP-3802 1 SP-A RJ", "ENTRADA AP-3802 2 EXTERNO SP-A", "ENTRADA CABO-UTP 12.5 EXTERNO SP-B", "ENTRADA ISR4331 4 EXTERNO RJ", "ENTRADA ISR4331 10 EXTERNO SP-A"}
	same(t, "all", all, list(w.boss, object{}))
	same(t, "accented type", all[:1], list(w.boss, object{"movement_type": "Transferência"}))
	same(t, "place", []string{all[0], all[3]}, list(w.boss, object{"location_id": "RJ"}))
	same(t, "serial", all[:2], list(w.boss, object{"serial_number": "fcw-1"}))
	same(t, "before all", []string{}, list(w.boss, object{"end_date": "2020-01-01"}))
	same(t, "known before all", []string{}, list(w.boss, object{"known_at": "2020-01-01T00:00:00-03:00"}))
	same(t, "as of", []string{}, list(w.boss, object{"as_of": "2020-01-01"}))
	same(t, "limited", []string{all[0], all[1], all[2], all[4]}, list(limited(w.boss), object{}))
	page := w.must(w.boss, "sga_get_movements", object{"limit": 2})
	same(t, "page", []any{json.Number("2"), true}, []any{page["count"], page["has_more"]})
	same(t, "next page", all[2:4], list(w.boss, object{"limit": 2, "cursor": page["next_cursor"]}))
	for field, args := range map[string]object{"end_date": {"start_date": "2026-02-02", "end_date": "2026-02-01"}, "movement_type": {"movement_type": "COMPRA"}, "start_date": {"start_date": "01/02/2026"}, "serial_number": {"serial_number": "  "}} {
		if f := w.refused(fault.InvalidArgument, w.boss, "sga_get_movements", args); f.Field != field {
			t.Errorf("%v is refused on %q", args, f.Field)
		}
	}
}

func TestGetMovement(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	items := w.must(w.boss, "sga_get_movements", object{"part_number": "AP-3802"})["items"].([]any)
	m := w.must(w.boss, "sga_get_movement", object{"movement_id": items[0].(object)["movement_id"]})
	same(t, "movement", []any{"TRANSFERENCIA", "person", "sga_create_movement", false, nil}, []any{m["movement_type"], m["actor_kind"], m["operation"], m["approval_required"], m["reversed_by"]})
	same(t, "assets", []string{"FCW-1 IN_STOCK IN_STOCK"}, pick(m["assets"], "serial_number", "from_status", "to_status"))
	reversal := w.must(w.boss, "sga_reverse_movement", object{"movement_id": m["movement_id"], "reason": "engano"})
	m = w.must(w.boss, "sga_get_movement", object{"movement_id": m["movement_id"]})
	same(t, "reversed by", reversal["movement_id"], m["reversed_by"])
	same(t, "reversal", m["movement_id"], w.must(w.boss, "sga_get_movement", object{"movement_id": m["reversed_by"]})["reversal_of"])
	w.refused(fault.NotFound, w.boss, "sga_get_movement", object{"movement_id": newID()})
	w.refused(fault.InvalidArgument, w.boss, "sga_get_movement", object{"movement_id": "1"})
}

func TestListAssets(t *testing.T) {
	t.Parallel()
	w := openShop(t)
	same(t, "all", []string{"FCW-1 RJ", "FCW-2 SP-A"}, pick(w.must(w.boss, "sga_list_assets", object{"status": "IN_STOCK"})["items"], "serial_number", "location_code"))
	same(t, "limited", []string{"FCW-2 SP-A"}, pick(w.must(limited(w.boss), "sga_list_assets", object{"part_number": "AP-3802"})["items"], "serial_number", "location_code"))
	same(t, "defective is bad", []string{}, pick(w.must(w.boss, "sga_list_assets", object{"status": "DEFECTIVE"})["items"], "serial_number"))
	page := w.must(w.boss, "sga_list_assets", object{"limit": 1})
	same(t, "next page", []string{"FCW-2"}, pick(w.must(w.boss, "sga_list_assets", object{"limit": 1, "cursor": page["next_cursor"]})["items"], "serial_number"))
}

func TestSchemaOperations(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	meta := w.must(w.boss, "sga_get_schema_metadata", object{})
	if _, ok := meta["tables"].(object)["movements"]; !ok {
		t.Errorf("tables: %v", meta["table_list"])
	}
	columns := w.must(w.boss, "sga_get_table_columns", object{"table_name": "balances"})
	same(t, "columns", meta["tables"].(object)["balances"].(object)["columns"], columns["columns"])
	values := w.must(w.boss, "sga_get_enum_values", object{"enum_name": "condition"})["values"]
	same(t, "values", []any{"NEW", "USED", "REFURBISHED", "DAMAGED", "DEFECTIVE"}, values)
	for name, args := range map[string]object{
		"sga_get_table_columns": {"table_name": "pg_authid", "schema_name": "pg_catalog"},
		"sga_get_enum_values":   {"enum_name": "none"},
	} {
		w.refused(fault.NotFound, w.boss, name, args)
	}
	for _, table := range []string{"logins", "none", "balances; DROP TABLE sga.movements", "sga.balances"} {
		w.refused(fault.NotFound, w.boss, "sga_get_table_columns", object{"table_name": table})
	}
}
