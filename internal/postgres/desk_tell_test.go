package postgres

import (
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// kinds lists the kinds of the events behind a position, in order.
func (c *counter) kinds(after int64) []string {
	c.t.Helper()
	c.assign()
	events, err := c.db.EventsAfter(c.t.Context(), after, maxEvents)
	if err != nil {
		c.t.Fatal(err)
	}
	out := []string{}
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

// count opens a count of SP-A, enters what was found and closes it.
func (c *counter) count(found string) *approval.Outcome {
	c.t.Helper()
	id := uuid.Must(uuid.NewV7())
	c.must(approval.Step{CountOpen: &approval.CountOpen{ID: id, Name: "C", Type: "SPOT", Location: "SP-A"}})
	c.must(approval.Step{CountSubmit: &approval.CountSubmit{CountID: id, Results: []approval.CountResult{
		{ID: uuid.Must(uuid.NewV7()), PartNumber: "ISR4331", Project: stock.GeneralCode, Condition: stock.New, Quantity: dec(found)}}}})
	return c.must(approval.Step{CountClose: &approval.CountClose{CountID: id}})
}

// Whatever a table or a webhook shows has an event of its own transaction.
func TestEveryChangeHasItsEvent(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "10", "ISR4331", "", "SP-A"))
	c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "S1"))
	tag := "P-1"
	c.must(approval.Step{Asset: &approval.AssetEdit{PartNumber: "AP-3802", Serial: "S1", AssetFacts: stock.AssetFacts{Tag: &tag}}})
	closed := c.count("8")
	want := []string{"movement", "movement", "asset_changed", "count_opened", "count_submitted", "task_created", "count_closed", "divergence_created"}
	if diff := cmp.Diff(want, c.kinds(0)); diff != "" {
		t.Error(diff)
	}
	if _, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, Door: "test", Operation: "sga_approve_task", TaskID: closed.Task.ID,
		Fingerprint: closed.Task.Fingerprint, Render: render}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"movement", "task_approved", "divergence_changed"}, c.kinds(int64(len(want)))); diff != "" {
		t.Error(diff)
	}
	var tasks, divergences, facts int64
	if err := c.owner.QueryRow(t.Context(), `SELECT (SELECT version FROM sga.tasks), (SELECT version FROM sga.divergences),
		(SELECT facts_version FROM sga.assets)`).Scan(&tasks, &divergences, &facts); err != nil || tasks != 2 || divergences != 2 || facts != 1 {
		t.Errorf("versions of task, divergence and asset: %d %d %d %v", tasks, divergences, facts, err)
	}
}

// A proposal that ends by silence ends with an event and an audit row, and a preview that was renewed is told.
func TestExpiryAndRenewedPreviewAreTold(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "S1"))
	task := c.must(mv(stock.AjusteNegativo, "1", "AP-3802", "SP-A", "", "S1")).Task
	c.must(quarantine("S1"))
	if _, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, Door: "test", Operation: "sga_approve_task", TaskID: task.ID,
		Fingerprint: task.Fingerprint, Render: render}); err == nil {
		t.Fatal("approved although the world has changed")
	}
	c.exec(`UPDATE sga.tasks SET expires_at = created_at`)
	if n, err := c.db.ExpireTasks(t.Context()); n != 1 || err != nil {
		t.Fatalf("expired %d: %v", n, err)
	}
	if diff := cmp.Diff([]string{"movement", "task_created", "asset_state", "task_renewed", "task_expired"}, c.kinds(0)); diff != "" {
		t.Error(diff)
	}
	var audited int
	if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.audit_log a JOIN sga.event_log e ON e.sequence = a.sequence
		WHERE a.operation = 'sga_expire_task' AND a.entity_id = $1 AND a.actor_kind = 'system' AND e.kind = 'task_expired'
		AND e.payload @> '{"task_status": "EXPIRED", "locations": ["SP-A"]}'`, task.ID).Scan(&audited); err != nil || audited != 1 {
		t.Errorf("%d audit rows: %v", audited, err)
	}
}
