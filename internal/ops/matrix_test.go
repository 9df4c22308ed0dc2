package ops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// kinds are a person, an agent that works for one, and a program, with the same rights.
func kinds(a *identity.Actor) []*identity.Actor {
	agent, service := *a, *a
	agent.Kind, agent.OnBehalf, agent.Client = identity.Agent, "sub-boss", "nexo-agent"
	service.Kind, service.Username, service.Client = identity.Service, "", "nexo-robot"
	return []*identity.Actor{a, &agent, &service}
}

// S-20: every operation × every role × own and other project × own and other place × person, agent and
// program answers as the table says.
func TestMatrix(t *testing.T) {
	t.Parallel()
	table := policy()
	for _, op := range openRegistry().All() {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			row, ok := table[op.Name]
			if !ok {
				t.Fatalf("%s has no row in the policy table: say who may call it", op.Name)
			}
			w := openWorld(t).stocked()
			for _, role := range identity.Roles() {
				for _, a := range kinds(limited(w.person("p-"+string(role), role))) {
					for _, spot := range []place{here(), {"NTT", "RJ"}, {"ITAU", "SP-A"}, nowhere()} {
						w.cell(op.Name, row, a, spot)
					}
				}
			}
		})
	}
}

// cell compares one call with the table.
func (w *world) cell(name string, row rule, a *identity.Actor, spot place) {
	w.t.Helper()
	mayCall := strings.Contains(row.may, letter(a.Roles[0])) && (!row.person || a.Kind == identity.Person)
	unseen := strings.Contains(row.sight, "p") && spot.project != "NTT" || strings.Contains(row.sight, "l") && spot.location != "SP-A"
	want := fault.Code("")
	switch {
	case !mayCall || row.whole: // the callers here are limited
		want = fault.PermissionDenied
	case unseen && !row.empty:
		want = fault.NotFound
	}
	args := row.args(w, a, spot)
	out, err := w.ask(a, name, args)
	if got := fault.CodeOf(err); got != want {
		w.t.Errorf("%s by %s %s at %v: got %q (%v), want %q", name, a.Kind, a.Roles[0], spot, got, err, want)
	}
	if err == nil && unseen && row.empty && strings.Contains(fmt.Sprint(out["items"]), text(args["query"])) {
		w.t.Errorf("%s by %s at %v shows what is out of sight: %v", name, a.Roles[0], spot, out)
	}
}

// The same without any role, scope or person: nobody gets further than the door (S-19).
func TestDoorIsClosed(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	noScope, noRole := *w.boss, *w.boss
	noScope.Scopes, noRole.Roles = []string{"openid"}, []identity.Role{"root"}
	before := w.rows()
	for _, op := range w.reg.All() {
		w.refused(fault.Unauthenticated, nil, op.Name, object{})
		b := w.refused(fault.PermissionDenied, &noScope, op.Name, object{})
		if b.Details["required_scope"] != op.Scope {
			t.Errorf("%s does not say which scope is missing: %v", op.Name, b.Details)
		}
		b = w.refused(fault.PermissionDenied, &noRole, op.Name, object{})
		if fmt.Sprint(b.Details["required_roles"]) == "[]" {
			t.Errorf("%s does not say which role is missing: %v", op.Name, b.Details)
		}
	}
	if after := w.rows(); after != before {
		t.Errorf("refused calls wrote: %s, %s", before, after)
	}
}

// What a role may not call it is not shown either, and does not find.
func TestVisibleIsWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	reg, table := openRegistry(), policy()
	for _, role := range identity.Roles() {
		for _, a := range kinds((&world{}).person("x", role)) {
			seen := map[string]bool{}
			for _, op := range reg.Visible(a) {
				seen[op.Name] = true
			}
			for _, op := range reg.All() {
				row := table[op.Name]
				if want := strings.Contains(row.may, letter(role)) && (!row.person || a.Kind == identity.Person); seen[op.Name] != want {
					t.Errorf("%s visible to %s %s: %v", op.Name, a.Kind, role, seen[op.Name])
				}
			}
			found, _, err := reg.Find(t.Context(), a, "aprovar a tarefa e criar movimento", 1000)
			if err != nil || len(found) != len(seen) {
				t.Errorf("%s %s finds %d of %d: %v", a.Kind, role, len(found), len(seen), err)
			}
		}
	}
}

// mayMove is the table of movement types (product.md §2): operations reserve, a technician moves, uses and
// returns what is in his own places.
func mayMove() map[stock.MovementType]string {
	return map[stock.MovementType]string{
		stock.Entrada: "AL", stock.Saida: "ALT", stock.Transferencia: "ALT", stock.Reserva: "ALO", stock.Liberacao: "ALO",
		stock.AjustePositivo: "AL", stock.AjusteNegativo: "AL", stock.Expedicao: "AL", stock.Reversa: "ALT",
	}
}

// typeArgs is a movement of each type that can be made at a place.
func (w *world) typeArgs(kind stock.MovementType, at place) object {
	o := object{"movement_type": string(kind), "part_number": "ISR4331", "quantity": 1, "project_id": at.project}
	switch kind {
	case stock.Entrada, stock.AjustePositivo:
		o["destination_location_id"] = at.location
	case stock.Reversa:
		o["destination_location_id"], o["source_location_id"] = at.location, "EXTERNO"
	case stock.Transferencia:
		o["source_location_id"], o["destination_location_id"] = at.location, "TRANSITO"
	case stock.Liberacao:
		o["reservation_id"] = w.reservation(at)
		delete(o, "project_id")
	default:
		o["source_location_id"] = at.location
	}
	return o
}

// S-20 for the nine types of movement, alone and in a batch of either kind.
func TestMovementMatrix(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	for _, kind := range stock.MovementTypes() {
		for _, role := range identity.Roles() {
			a := limited(w.person("p-"+string(role), role))
			for _, spot := range []place{here(), nowhere()} {
				want := fault.Code("")
				switch {
				case !strings.Contains(mayMove()[kind], letter(role)):
					want = fault.PermissionDenied
				case spot == nowhere():
					want = fault.NotFound
				}
				w.movementCell(a, kind, spot, want)
			}
		}
	}
}

func (w *world) movementCell(a *identity.Actor, kind stock.MovementType, spot place, want fault.Code) {
	w.t.Helper()
	if _, err := w.ask(a, "sga_create_movement", w.typeArgs(kind, spot)); fault.CodeOf(err) != want {
		w.t.Errorf("%s by %s at %v: got %v, want %q", kind, a.Roles[0], spot, err, want)
	}
	if _, err := w.ask(a, "sga_create_movements", object{"movements": []any{w.typeArgs(kind, spot)}}); fault.CodeOf(err) != want {
		w.t.Errorf("batch of %s by %s at %v: got %v, want %q", kind, a.Roles[0], spot, err, want)
	}
	if !strings.Contains("ALOT", letter(a.Roles[0])) {
		return
	}
	out := w.must(a, "sga_create_movements", object{"atomic": false, "movements": []any{w.typeArgs(kind, spot)}})
	row := out["results"].([]any)[0].(object)
	problem, _ := row["error"].(object)
	if text(problem["code"]) != string(want) {
		w.t.Errorf("%s each on its own by %s at %v: got %v, want %q", kind, a.Roles[0], spot, row, want)
	}
}
