package ops_test

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/identity"
)

// place is where, and for which project, something lies.
type place struct{ project, location string }

// here is what a limited person sees; nowhere holds the same and is out of sight.
func here() place    { return place{"NTT", "SP-A"} }
func nowhere() place { return place{"ITAU", "RJ"} }

// rule is one row of the written policy: who may call an operation, and which limits of the caller hold it.
type rule struct {
	may    string // roles: Admin Logistics Operations Technician Finance Viewer
	person bool   // programs may not, whatever their role
	sight  string // p: the caller's projects, l: the caller's places
	whole  bool   // only who sees all projects and places
	empty  bool   // what is out of sight is not refused but not in the answer
	args   func(w *world, a *identity.Actor, at place) object
}

const everybody = "ALOTFV"

// policy is the table of product.md §2 in operations. An operation without a row fails the build.
func policy() map[string]rule {
	all := map[string]rule{}
	for _, part := range []map[string]rule{stockReads(), otherReads(), documentRows(), stockWrites(), masterWrites(), countsAndTasks(), relayRows(), webhookRules()} {
		for name, r := range part {
			all[name] = r
		}
	}
	return all
}

// at makes the arguments of an operation that is narrowed by place and project.
func at(extra object) func(*world, *identity.Actor, place) object {
	return func(_ *world, _ *identity.Actor, at place) object {
		o := object{"location_id": at.location, "project_id": at.project}
		for k, v := range extra {
			o[k] = v
		}
		return o
	}
}

func fixed(o object) func(*world, *identity.Actor, place) object {
	return func(*world, *identity.Actor, place) object { return o }
}

func stockReads() map[string]rule {
	return map[string]rule{
		"sga_list_inventory":  {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_balance":     {may: everybody, sight: "pl", args: at(object{"part_number": "ISR4331"})},
		"sga_explain_balance": {may: everybody, sight: "pl", args: at(object{"part_number": "ISR4331"})},
		"sga_get_stock_as_of": {may: everybody, sight: "pl", args: at(object{"as_of": "2026-01-31"})},
		"sga_list_low_stock":  {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_movements":   {may: everybody, sight: "pl", args: at(nil)},
		"sga_list_assets":     {may: everybody, sight: "pl", args: at(nil)},
		"sga_search_assets": {may: everybody, sight: "pl", empty: true, args: func(w *world, _ *identity.Actor, at place) object {
			return object{"query": w.asset(at), "search_type": "serial"}
		}},
		"sga_get_asset_timeline": {may: everybody, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"identifier": w.asset(at)}
		}},
		"sga_get_movement": {may: everybody, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"movement_id": w.put("ISR4331", "1", at)["movement_id"]}
		}},
		"sga_list_reservations": {may: everybody, sight: "pl", args: at(nil)},
		// What SAP has at a place out of sight is answered as at a place that nobody has: found in SAP only.
		"sga_reconcile_sap": {may: everybody, args: func(_ *world, _ *identity.Actor, at place) object {
			return object{"sap_data": []any{object{"part_number": "ISR4331", "quantity": 5, "location_code": at.location, "project_code": at.project}}}
		}},
	}
}

func otherReads() map[string]rule {
	return map[string]rule{
		"sga_get_schema_metadata":   {may: everybody, args: fixed(object{})},
		"sga_get_table_columns":     {may: everybody, args: fixed(object{"table_name": "movements"})},
		"sga_get_enum_values":       {may: everybody, args: fixed(object{"enum_name": "movement_type"})},
		"sga_list_part_numbers":     {may: everybody, args: fixed(object{})},
		"sga_get_part_number":       {may: everybody, args: fixed(object{"part_number": "ISR4331"})},
		"sga_list_locations":        {may: everybody, args: fixed(object{})},
		"sga_list_projects":         {may: everybody, args: fixed(object{})},
		"sga_list_counts":           {may: everybody, sight: "pl", args: at(nil)},
		"sga_list_divergences":      {may: everybody, sight: "pl", args: at(nil)},
		"sga_list_reconciliations":  {may: everybody, args: fixed(object{})},
		"sga_get_balance_report":    {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_return_report":     {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_divergence_report": {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_timeline_report":   {may: everybody, sight: "pl", args: at(nil)},
		"sga_get_pending_tasks":     {may: everybody, args: fixed(object{})},
		"sga_verify_ledger":         {may: "A", args: fixed(object{})},
		"sga_list_audit":            {may: "A", whole: true, args: fixed(object{})},
		"sga_get_count":             {may: everybody, sight: "pl", args: byCount(nil)},
		"sga_get_task":              {may: everybody, sight: "pl", args: byTask("task_id")},
		"sga_list_task_groups":      {may: everybody, args: fixed(object{})},
		"sga_list_autonomy":         {may: "AL", args: fixed(object{})},
	}
}

func stockWrites() map[string]rule {
	return map[string]rule{
		"sga_create_movement": {may: "ALOT", sight: "pl", args: moveArgs},
		"sga_create_movements": {may: "ALOT", sight: "pl", args: func(w *world, a *identity.Actor, at place) object {
			return object{"movements": []any{moveArgs(w, a, at), moveArgs(w, a, at)}}
		}},
		"sga_reverse_movement": {may: "AL", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"movement_id": w.put("ISR4331", "1", at)["movement_id"], "reason": "engano"}
		}},
		"sga_create_reservation": {may: "ALO", sight: "pl", args: func(_ *world, _ *identity.Actor, at place) object {
			return object{"part_number": "ISR4331", "quantity": 1, "source_location_id": at.location, "project_id": at.project, "expires_at": tomorrow()}
		}},
		"sga_cancel_reservation": {may: "ALO", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"reservation_id": w.reservation(at), "reason": "não precisa"}
		}},
		"sga_create_asset": {may: "AL", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"part_number": "AP-3802", "serial_number": w.unique("NS"), "location_id": at.location, "project_id": at.project}
		}},
		"sga_update_asset": {may: "ALO", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"part_number": "AP-3802", "serial_number": w.asset(at), "tag": "P-1"}
		}},
		"sga_change_asset_state": {may: "ALOT", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"part_number": "AP-3802", "serial_number": w.asset(at), "status": "QUARANTINE", "reason": "tela trincada"}
		}},
	}
}

// moveArgs is a movement that the actor's role may make at a place: operations reserve, the others transfer.
func moveArgs(_ *world, a *identity.Actor, at place) object {
	o := object{"movement_type": "TRANSFERENCIA", "part_number": "ISR4331", "quantity": 1, "source_location_id": at.location,
		"destination_location_id": "TRANSITO", "project_id": at.project, "reason": "reposição"}
	if a.Is(identity.Operations) {
		o["movement_type"] = "RESERVA"
		delete(o, "destination_location_id")
	}
	return o
}

func masterWrites() map[string]rule {
	return map[string]rule{
		"sga_create_project": {may: "ALO", args: func(w *world, _ *identity.Actor, _ place) object {
			return object{"project_code": w.unique("PRJ"), "project_name": "Projeto novo"}
		}},
		"sga_update_project": {may: "ALO", sight: "p", args: func(_ *world, _ *identity.Actor, at place) object {
			return object{"project_code": at.project, "client_name": "Cliente"}
		}},
		"sga_create_location": {may: "ALO", sight: "l", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"location_code": w.unique("LOC"), "location_name": "Local novo", "location_type": "BIN", "parent_location_id": at.location}
		}},
		"sga_update_location": {may: "ALO", sight: "l", args: func(_ *world, _ *identity.Actor, at place) object {
			return object{"location_code": at.location, "city": "Campinas"}
		}},
		"sga_create_part_number": {may: "ALO", args: func(w *world, _ *identity.Actor, _ place) object {
			return object{"part_number": w.unique("PN"), "description": "Peça nova"}
		}},
		"sga_update_part_number": {may: "ALO", args: fixed(object{"part_number": "CABO-UTP", "manufacturer": "Furukawa"})},
	}
}

func countsAndTasks() map[string]rule {
	return map[string]rule{
		"sga_open_count": {may: "AL", sight: "pl", args: at(object{"count_name": "Contagem"})},
		"sga_submit_count": {may: "AL", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"count_id": w.count(at), "results": []any{object{"part_number": "ISR4331", "counted_quantity": 3, "project_id": at.project}}}
		}},
		"sga_close_count":  {may: "AL", sight: "pl", args: byCount(nil)},
		"sga_approve_task": {may: "AL", person: true, sight: "pl", args: byTask("task_id", "fingerprint")},
		"sga_reject_task": {may: "AL", person: true, sight: "pl", args: func(w *world, a *identity.Actor, at place) object {
			o := byTask("task_id")(w, a, at)
			o["reason"] = "não confere"
			return o
		}},
		"sga_comment_task":  {may: everybody, sight: "pl", args: byTaskWith(object{"comment": "falta a foto"})},
		"sga_assign_task":   {may: "AL", person: true, sight: "pl", args: byTaskWith(object{"reason": "rodízio"})},
		"sga_escalate_task": {may: "ALOT", person: true, sight: "pl", args: byTaskWith(object{"reason": "cliente parado"})},
		"sga_approve_tasks": {may: "AL", person: true, sight: "pl", args: func(w *world, a *identity.Actor, at place) object {
			return object{"tasks": []any{byTask("task_id", "fingerprint")(w, a, at)}}
		}},
		"sga_reject_tasks": {may: "AL", person: true, sight: "pl", args: func(w *world, a *identity.Actor, at place) object {
			return object{"tasks": []any{byTask("task_id")(w, a, at)}, "reason": "não confere"}
		}},
		"sga_erase_person": {may: "A", person: true, args: func(w *world, _ *identity.Actor, _ place) object {
			return object{"person_id": w.someone(w.unique("saiu")), "reason": "pedido da pessoa"}
		}},
		"sga_set_autonomy": {may: "A", person: true, sight: "p", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"client_id": w.agentClient(), "operation": "sga_create_movement", "movement_type": "ENTRADA", "value_band": "UP_TO_500",
				"project_id": at.project, "level": "A", "reason": "começa sugerindo"}
		}},
		// A comparison holds all that its maker could see of our side: who sees less may not read it.
		"sga_get_reconciliation": {may: everybody, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			maker := w.boss
			if at == here() {
				maker = limited(w.boss)
			}
			out := w.must(maker, "sga_reconcile_sap", object{"sap_data": []any{object{"part_number": "ISR4331", "quantity": 5, "location_code": at.location,
				"project_code": at.project}}})
			return object{"reconciliation_id": out["reconciliation_id"]}
		}},
	}
}

func byCount(extra object) func(*world, *identity.Actor, place) object {
	return func(w *world, _ *identity.Actor, at place) object {
		o := object{"count_id": w.count(at)}
		for k, v := range extra {
			o[k] = v
		}
		return o
	}
}

func byTask(fields ...string) func(*world, *identity.Actor, place) object {
	return func(w *world, _ *identity.Actor, at place) object {
		t, o := w.task(at), object{}
		for _, f := range fields {
			o[f] = t[f]
		}
		return o
	}
}

// byTaskWith names a task and adds what the operation asks for besides.
func byTaskWith(extra object) func(*world, *identity.Actor, place) object {
	return func(w *world, a *identity.Actor, at place) object {
		o := byTask("task_id")(w, a, at)
		for k, v := range extra {
			o[k] = v
		}
		return o
	}
}

// agentClient registers an agent of a name that no other call has.
func (w *world) agentClient() string {
	w.t.Helper()
	client := w.unique("agent")
	if _, err := w.owner.Exec(w.t.Context(), `INSERT INTO sga.clients (client_id, person_id, kind) VALUES ($1, $2, 'agent')`, client, newID()); err != nil {
		w.t.Fatal(err)
	}
	return client
}

func tomorrow() string { return time.Now().Add(24 * time.Hour).Format(time.RFC3339) }

// stocked puts goods where the table's arguments look for them.
func (w *world) stocked() *world {
	w.t.Helper()
	for _, p := range []string{"NTT", "ITAU"} {
		for _, l := range []string{"SP-A", "RJ"} {
			w.put("ISR4331", "1000000", place{p, l})
		}
	}
	return w
}

// asset makes a serialised item and gives its serial number.
func (w *world) asset(at place) string {
	w.t.Helper()
	serial := strings.ToUpper(newID().String()[24:]) // nothing like any other: searches find what is spelled alike
	w.put("AP-3802", "1", at, serial)
	return serial
}

func (w *world) reservation(at place) string {
	w.t.Helper()
	return text(w.must(w.boss, "sga_create_reservation", object{"part_number": "ISR4331", "quantity": 1, "source_location_id": at.location,
		"project_id": at.project, "expires_at": tomorrow()})["reservation_id"])
}

func (w *world) count(at place) string {
	w.t.Helper()
	return text(w.must(w.boss, "sga_open_count", object{"count_name": "C", "location_id": at.location, "project_id": at.project})["id"])
}

// adjustment is a movement that always waits.
func adjustment(at place, qty string) object {
	return object{"movement_type": "AJUSTE_NEGATIVO", "part_number": "ISR4331", "quantity": json.Number(qty), "source_location_id": at.location,
		"project_id": at.project, "reason": "contagem"}
}

// task is a proposal of the boss, as sga_get_task shows it.
func (w *world) task(at place) object {
	w.t.Helper()
	out := w.must(w.boss, "sga_create_movement", adjustment(at, "1"))
	return w.must(w.boss, "sga_get_task", object{"task_id": out["task_id"]})
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// letter is how the table writes a role.
func letter(r identity.Role) string { return strings.ToUpper(string(r)[:1]) }
