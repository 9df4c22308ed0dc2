package ops_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/limit"
	"github.com/faiston/nexo/internal/ops"
)

// rated gives the world's operations with rates, on a clock that stands.
func (w *world) rated(rates limit.Rates) *refusals {
	w.t.Helper()
	now, counted := time.Now(), &refusals{store: store{w.db}}
	w.reg = ops.New(ops.Deps{Store: counted, Desk: w.db, NewID: newID, Now: time.Now, Objects: w.files,
		Limits: limit.New(rates, nil, func() time.Time { return now })})
	return counted
}

// refusals counts what of the rate limits goes to the audit.
type refusals struct {
	store
	n atomic.Int64
}

func (r *refusals) RecordCall(at time.Time, a *identity.Actor, c approval.CallRecord) error {
	if c.Result == string(fault.RateLimited) {
		r.n.Add(1)
	}
	return r.store.RecordCall(at, a, c)
}

// S-27 for callers: people and agents apart, tools, projects; a refusal is an error of the call, and the first of
// its kind is in the audit.
func TestLimitOfCallers(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	var rates limit.Rates
	rates[limit.User], rates[limit.Agent] = limit.Rate{Calls: 3, Per: time.Hour}, limit.Rate{Calls: 1, Per: time.Hour}
	audited := w.rated(rates)
	ana := w.person("ana", identity.Admin)
	robot := *ana
	robot.Kind, robot.Client, robot.OnBehalf = identity.Agent, "robot", ana.Subject
	w.must(&robot, "sga_list_projects", object{})
	if b := w.refused(fault.RateLimited, &robot, "sga_list_projects", object{}); b.Details["limited"] != "agent" || !b.Retryable {
		t.Errorf("%+v", b)
	}
	for range 3 {
		w.must(ana, "sga_list_projects", object{})
	}
	for range 20 {
		if b := w.refused(fault.RateLimited, ana, "sga_list_locations", object{}); b.Details["limited"] != "user" {
			t.Errorf("%+v", b)
		}
	}
	w.must(w.person("bia", identity.Admin), "sga_list_projects", object{})
	if n := audited.n.Load(); n != 2 {
		t.Errorf("%d refusals are audited, want the first of each", n)
	}
}

func TestLimitOfToolsAndProjects(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	var rates limit.Rates
	rates[limit.Tool], rates[limit.Project] = limit.Rate{Calls: 4, Per: time.Hour}, limit.Rate{Calls: 2, Per: time.Hour}
	w.rated(rates)
	ana, lima := w.person("ana", identity.Admin), limited(w.person("lima", identity.Admin))
	for range 3 { // of a project that lima does not see
		w.refused(fault.NotFound, lima, "sga_list_inventory", object{"project_id": "ITAU"})
	}
	w.must(ana, "sga_list_inventory", object{"project_id": "itau"})
	if b := w.refused(fault.RateLimited, ana, "sga_list_inventory", object{}); b.Details["limited"] != "tool" {
		t.Errorf("%+v", b)
	}
	w.must(ana, "sga_list_reservations", object{"project_id": "ITAU"})
	if b := w.refused(fault.RateLimited, ana, "sga_get_movements", object{"project_id": "ITAU"}); b.Details["limited"] != "project" {
		t.Errorf("%+v", b)
	}
	w.must(ana, "sga_get_movements", object{"project_id": "NTT"})
	w.must(ana, "sga_get_movements", object{})
}
