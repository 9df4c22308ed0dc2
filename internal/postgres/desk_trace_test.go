package postgres

import (
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
	"github.com/google/uuid"
)

// A refused write leaves nothing behind, not even the zero row that was made to be locked.
func TestDeskRefusalLeavesNoRow(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.refused(fault.InsufficientStock, mv(stock.Saida, "1", "SFP-10G", "RJ", ""))
	c.refused(fault.NotFound, mv(stock.Transferencia, "1", "AP-3802", "SP-A", "RJ", "NOBODY"))
	var n int
	if err := c.owner.QueryRow(t.Context(), `SELECT count(*) FROM sga.balances`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d balance rows, %v", n, err)
	}
	c.must(mv(stock.Entrada, "1", "SFP-10G", "", "RJ"))
	c.balance(keyIdle, keyRJ, "1/0")
}

// The policy is the owner's: the role that the program writes with cannot loosen it.
func TestWriterCannotChangeThePolicy(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	for _, statement := range []string{`UPDATE sga.policies SET action = 'execute'`, `UPDATE sga.settings SET closed_through = '1999-01-01'`,
		`DELETE FROM sga.policies`, `INSERT INTO sga.settings DEFAULT VALUES`} {
		if _, err := c.db.writer.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s was allowed", statement)
		}
	}
}

// Approving the adjustment of a count resolves its divergences.
func TestDeskApprovedCountResolvesItsDivergences(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "5", "ISR4331", "", "SP-A"))
	id := uuid.Must(uuid.NewV7())
	c.must(approval.Step{CountOpen: &approval.CountOpen{ID: id, Name: "Prateleira A", Type: "SPOT", Location: "SP-A"}})
	c.must(approval.Step{CountSubmit: &approval.CountSubmit{CountID: id, Results: []approval.CountResult{
		{ID: uuid.Must(uuid.NewV7()), PartNumber: "ISR4331", Condition: stock.New, Quantity: dec("3")}}}})
	closed := c.must(approval.Step{CountClose: &approval.CountClose{CountID: id}})
	if closed.Rule.Name != "contagem" || closed.Task == nil {
		t.Fatalf("got rule %s and task %v", closed.Rule.Name, closed.Task)
	}
	task, err := c.db.Task(t.Context(), closed.Task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.Approve(t.Context(), &approval.Decision{Actor: c.bia, Door: "test", Operation: "sga_approve_task", TaskID: task.ID,
		Fingerprint: task.Fingerprint, Render: render}); err != nil {
		t.Fatal(err)
	}
	c.balance(keyRouter, keySPA, "3/0")
	var status string
	if err := c.owner.QueryRow(t.Context(), `SELECT status FROM sga.divergences WHERE count_id = $1`, id).Scan(&status); err != nil || status != "RESOLVED" {
		t.Errorf("%s, %v", status, err)
	}
}

// A change of state has a rule of its own: it is no movement "with evidence".
func TestDeskChangeOfStateHasItsRule(t *testing.T) {
	t.Parallel()
	c := openDesk(t)
	c.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", "S1"))
	r := c.request(approval.Step{StateChange: &approval.AssetChange{PartNumber: "AP-3802", Serial: "S1", To: stock.Quarantine, Reason: "caiu"}})
	r.Operation = "sga_change_asset_state"
	o, err := c.db.Submit(t.Context(), r)
	if err != nil || o.Rule.Name != "estado" || o.Status != approval.StatusPosted {
		t.Errorf("got %+v, %v", o, err)
	}
}
