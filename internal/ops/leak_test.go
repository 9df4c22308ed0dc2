package ops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/stock"
)

// swap gives two values for an argument that names something: what exists out of the caller's sight, and
// what does not exist.
type swap func(w *world) (unseen, unknown string)

// swaps is every argument that names something within projects and places (S-21). Creating ones are not
// among them: a code that is taken is taken for everybody.
func swaps() map[string]swap {
	id := func(make func(w *world) string) swap {
		return func(w *world) (string, string) { return make(w), newID().String() }
	}
	code := func(unseen, unknown string) swap { return func(*world) (string, string) { return unseen, unknown } }
	serial := func(w *world) (string, string) { return w.asset(nowhere()), strings.ToUpper(newID().String()[24:]) }
	return map[string]swap{
		"location_id": code("RJ", "ZZ"), "source_location_id": code("RJ", "ZZ"), "destination_location_id": code("RJ", "ZZ"),
		"parent_location_id": code("RJ", "ZZ"), "location_code": code("RJ", "ZZ"), "project_id": code("ITAU", "ZZZZ"), "project_code": code("ITAU", "ZZZZ"),
		"serial_number": serial, "identifier": serial, "query": serial,
		"movement_id":    id(func(w *world) string { return text(w.put("ISR4331", "1", nowhere())["movement_id"]) }),
		"reservation_id": id(func(w *world) string { return w.reservation(nowhere()) }),
		"task_id":        id(func(w *world) string { return text(w.task(nowhere())["task_id"]) }),
		"count_id":       id(func(w *world) string { return w.count(nowhere()) }),
		"document_id":    id(func(w *world) string { return w.document(w.boss, nowhere()) }),
		"document_ids":   id(func(w *world) string { return w.document(w.boss, nowhere()) }),
		"target_id":      id(func(w *world) string { return text(w.put("ISR4331", "1", nowhere())["movement_id"]) }),
		"upload_id": func(w *world) (string, string) {
			return text(w.upload(w.boss, here(), photo())["upload_id"]), strings.Repeat("a", 32)
		},
		"webhook_id":  id(func(w *world) string { return w.webhook(w.boss, nowhere()) }),
		"project_ids": code("ITAU", "ZZZZ"), "location_ids": code("RJ", "ZZ"),
		"reconciliation_id": id(func(w *world) string {
			return text(policy()["sga_get_reconciliation"].args(w, w.boss, nowhere())["reconciliation_id"])
		}),
	}
}

// noNames are arguments that look like names and are none: of the caller's own making, of people, who have
// no scope, or of deliveries and the audit, which only those who see everything may read. serial_numbers and evidence_ids have tests of their own.
func noNames() []string {
	return []string{"evidence_ids", "dead_letter_id", "entity_id", "idempotency_key", "assignee_id", "person_id", "reason_code", "supplier_codes", "serial_numbers", "identifier_type", "client_id"}
}

func looksLikeAName(s string) bool {
	return slices.ContainsFunc([]string{"_id", "_ids", "_code", "_codes", "serial", "identifier", "query"}, func(part string) bool {
		return strings.HasSuffix(s, part) || strings.HasPrefix(s, part)
	})
}

// S-21: what is out of sight answers exactly as what does not exist, for each argument that can name it.
func TestNothingLeaksByName(t *testing.T) {
	t.Parallel()
	known := swaps()
	eachOperation(t, func(t *testing.T, w *world, op *ops.Operation, base object) {
		lima := limited(w.person("lima", identity.Admin))
		for _, f := range fieldsOf(t, op) {
			s, ok := known[f.last()]
			if !ok && looksLikeAName(f.last()) && !slices.Contains(noNames(), f.last()) {
				t.Errorf("%s: say in swaps or noNames whether %s names something", op.Name, f.name())
			}
			creates := strings.HasPrefix(op.Name, "sga_create_") && (f.last() == "location_code" || f.last() == "project_code" || f.last() == "serial_number")
			if !ok || creates || f.kind() != "string" {
				continue
			}
			unseen, unknown := s(w)
			one, two := w.masked(lima, op.Name, set(base, f.path, unseen), unseen), w.masked(lima, op.Name, set(base, f.path, unknown), unknown)
			if one != two {
				t.Errorf("%s tells what is out of sight:\nunseen:  %s\nunknown: %s", f.name(), one, two)
			}
		}
	})
}

// masked is all that a caller gets, without the name that was asked for.
func (w *world) masked(a *identity.Actor, name string, args any, value string) string {
	w.t.Helper()
	out, err := w.ask(a, name, args)
	if err != nil {
		return strings.ReplaceAll(string(marshal(w.t, fault.Of(err).Wire())), value, "…")
	}
	if name == "sga_reconcile_sap" {
		delete(out, "reconciliation_id") // each call keeps its own
	}
	return strings.ReplaceAll(string(marshal(w.t, out)), value, "…")
}

// S-21 for the serial numbers of every type of movement: an item out of sight does not exist for the
// caller, and stays where it is. Only what comes in is held against all there is.
func TestNothingLeaksBySerial(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	lima := limited(w.person("lima", identity.Logistics))
	for _, spot := range []place{{"NTT", "RJ"}, {"ITAU", "SP-A"}, nowhere()} {
		for _, kind := range stock.MovementTypes() {
			for _, quantity := range []int{1, 2} {
				w.put("AP-3802", "1", here(), w.unique("OWN"))
				args := w.typeArgs(kind, here())
				if kind == stock.Liberacao {
					args = object{"movement_type": "LIBERACAO", "quantity": 1, "source_location_id": "SP-A"}
				}
				args["part_number"], args["quantity"] = "AP-3802", quantity
				unseen, unknown := swaps()["serial_number"](w)
				if spot != nowhere() {
					unseen = w.asset(spot)
				}
				args["serial_numbers"] = []string{unseen}
				one := w.masked(lima, "sga_create_movement", args, unseen)
				args["serial_numbers"] = []string{unknown}
				two := w.masked(lima, "sga_create_movement", args, unknown)
				entering := kind == stock.Entrada || kind == stock.AjustePositivo
				if one != two && !(entering && quantity == 1 && strings.Contains(one, `"already_exists"`)) {
					t.Errorf("%s of %d from %v tells what is out of sight:\nunseen:  %s\nunknown: %s", kind, quantity, spot, one, two)
				}
			}
		}
	}
	back := object{"movement_type": "REVERSA", "part_number": "AP-3802", "quantity": 1, "destination_location_id": "SP-A", "project_id": "NTT"}
	serial := w.asset(place{"NTT", "RJ"})
	w.must(w.boss, "sga_create_movement", object{"movement_type": "SAIDA", "part_number": "AP-3802", "quantity": 1, "source_location_id": "RJ",
		"destination_location_id": "CLI", "project_id": "NTT", "serial_numbers": []string{serial}})
	back["serial_numbers"] = []string{serial}
	w.refused(fault.NotFound, lima, "sga_create_movement", back) // the customer's place is not the caller's
	if got := w.balance("AP-3802", place{"NTT", "CLI"}); got != "1/0" {
		t.Errorf("the item left the customer: %s", got)
	}
	w.must(w.boss, "sga_create_movement", back)
}

// A proposal about something is seen by who sees that thing (S-23): the queue and the task itself agree.
func TestProposalsAreInSightOfWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	far, lima := w.person("far", identity.Logistics), limited(w.person("lima", identity.Logistics))
	tests := []struct {
		name string
		args object
		seen bool
	}{
		{"sga_update_asset", object{"part_number": "AP-3802", "serial_number": w.asset(nowhere()), "tag": "X"}, false},
		{"sga_update_asset", object{"part_number": "AP-3802", "serial_number": w.asset(place{"NTT", "RJ"}), "tag": "X"}, false},
		{"sga_update_asset", object{"part_number": "AP-3802", "serial_number": w.asset(here()), "tag": "X"}, true},
		{"sga_update_location", object{"location_code": "RJ", "city": "Niterói"}, false},
		{"sga_update_location", object{"location_code": "SP-B", "parent_location_id": "RJ"}, false},
		{"sga_create_location", object{"location_code": "RJ-1", "location_name": "x", "location_type": "BIN", "parent_location_id": "RJ"}, false},
		{"sga_update_location", object{"location_code": "SP-B", "city": "Osasco"}, true},
		{"sga_update_project", object{"project_code": "ITAU", "client_name": "x"}, false},
		{"sga_create_project", object{"project_code": "NOVO", "project_name": "Novo"}, true},
		{"sga_create_part_number", object{"part_number": "NOVA", "description": "Nova"}, true},
		{"sga_create_movement", adjustment(nowhere(), "1"), false},
		{"sga_create_movement", adjustment(here(), "1"), true},
	}
	for _, tc := range tests {
		out := w.must(far, tc.name, tc.args)
		if out["status"] != "pending_approval" {
			t.Fatalf("%s does not wait: %v", tc.name, out)
		}
		_, err := w.ask(lima, "sga_get_task", object{"task_id": out["task_id"]})
		listed := strings.Contains(string(marshal(t, w.must(lima, "sga_get_pending_tasks", object{}))), text(out["task_id"]))
		if (err == nil) != tc.seen || listed != tc.seen {
			t.Errorf("%s %v: task %v, listed %v, want seen %v", tc.name, tc.args, err, listed, tc.seen)
		}
	}
}
