package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// old is a past whose audit has filled its first partition and gone on in the second, all sealed and signed.
func (n *notary) old() {
	n.t.Helper()
	n.history()
	n.exec(`SELECT setval('sga.audit_log_ids', 3999998)`)
	n.work(4)
	n.seal()
}

func (n *notary) drop(anchors []seal.Anchor) error {
	n.t.Helper()
	return n.db.DropAudit(n.t.Context(), anchors, AuditDrop{Owner: Migration{URL: n.own.DSN()}, By: "ops", Reason: "five years",
		Actor: &identity.Actor{PersonID: identity.SystemID(), Kind: "system"}, Call: approval.CallRecord{Door: "cli", Origin: "cli", Operation: "audit drop", Result: "ok"}})
}

func (n *notary) tomorrow() stock.Date { return stock.DateOf(n.now).AddDays(2) }

func (n *notary) count(statement string) (k int64) {
	n.t.Helper()
	if err := n.owner.QueryRow(n.t.Context(), statement).Scan(&k); err != nil {
		n.t.Fatal(err)
	}
	return k
}

// T-01: a partition that is dropped by policy leaves a signed anchor; the chain still verifies, and only because of it.
func TestDroppedAuditLeavesAnAnchor(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.old()
	n.db.UseProof(n.proof)
	n.exec(`INSERT INTO sga.relay_cursors (consumer, source, position, term) VALUES ('audit-log', 'audit', 4000000, 1)`)
	movements, rows := n.count(`SELECT count(*) FROM sga.movements`), n.count(`SELECT count(*) FROM sga.audit_log`)
	anchors, err := n.db.AuditToDrop(t.Context(), n.tomorrow())
	if err != nil || len(anchors) != 1 {
		t.Fatalf("%+v, %v", anchors, err)
	}
	a := anchors[0]
	if a.Partition != "audit_log_0" || a.First != 1 || a.Last != 4 || a.Rows != 19 || a.FirstID != 1 || a.LastID != 3999999 || a.From.IsZero() || a.To.Before(a.From) {
		t.Errorf("%+v", a)
	}
	if err := n.drop(anchors); err != nil {
		t.Fatal(err)
	}
	if got := n.count(`SELECT count(*) FROM sga.movements`); got != movements {
		t.Errorf("%d movements of %d", got, movements)
	}
	if got := n.count(`SELECT count(*) FROM sga.audit_log`); got != rows-19+1 {
		t.Errorf("%d rows of the audit are left, want %d: those of before and that of the drop", got, rows-19+1)
	}
	if got := n.count(`SELECT count(*) FROM sga.audit_log WHERE operation = 'audit drop' AND arguments->>'anchor' = 'seals/anchors/audit_log_0.json'`); got != 1 {
		t.Errorf("%d rows of the drop", got)
	}
	got := n.checked()
	for _, f := range got.Findings {
		t.Errorf("with its anchor: %+v", f)
	}
	n.now = n.now.Add(time.Minute)
	n.work(2) // everything goes on
	n.seal()
	if got := n.checked(); len(got.Findings) > 0 || got.CheckpointAt.IsZero() {
		t.Errorf("%+v", got)
	}
	name := prefixAnchors + "audit_log_0.json"
	for _, replace := range []struct {
		with func()
		want string
	}{
		{func() {}, "The 6 rows of the audit of block 1, of DATE, were deleted, and no signed anchor stands for them"},
		{func() {
			p := n.proof
			p.Key = seal.NewKey([seal.SeedSize]byte{66})
			if err := p.put(t.Context(), name, seal.KindAnchor, a); err != nil {
				t.Fatal(err)
			}
		}, "The 6 rows of the audit of block 1, of DATE, were deleted"},
		{func() {
			wrong := a
			wrong.LastHash = strings.Repeat("0", 64)
			if err := n.proof.put(t.Context(), name, seal.KindAnchor, wrong); err != nil {
				t.Fatal(err)
			}
		}, "The row of the audit 3999999, sealed on DATE, was deleted"},
	} {
		if err := n.proof.Objects.Delete(t.Context(), proofBucket, name); err != nil {
			t.Fatal(err)
		}
		replace.with()
		n.names(replace.want)
	}
}

func TestWhatIsNotDropped(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(n *notary)
		want   string
	}{
		"not full": {func(n *notary) { n.history() }, "not full and sealed"},
		"young":    {func(n *notary) { n.old(); n.now = n.now.AddDate(0, 0, -30) }, "after the date"},
		"not signed": {func(n *notary) {
			n.old()
			n.tamper(`DELETE FROM sga.seal_checkpoints WHERE chain = 'audit' AND number > 1`)
		}, "no signed checkpoint"},
		"not delivered": {func(n *notary) {
			n.old()
			n.exec(`INSERT INTO sga.relay_cursors (consumer, source, position, term) VALUES ('a', 'audit', 7, 1)`)
		}, "not delivered"},
		"tampered with": {func(n *notary) { n.old(); n.tamper(`UPDATE sga.audit_log SET result = 'x' WHERE audit_id = 7`) }, "block 2 of the audit does not agree"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := openNotary(t)
			tc.change(n)
			got, err := n.db.AuditToDrop(t.Context(), n.tomorrow())
			if fault.CodeOf(err) != fault.Conflict || !strings.Contains(fault.Of(err).MessageEN, tc.want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	n := openNotary(t)
	n.old()
	anchors, err := n.db.AuditToDrop(t.Context(), n.tomorrow())
	if err != nil {
		t.Fatal(err)
	}
	if err := n.drop(anchors); fault.CodeOf(err) != fault.Unavailable { // no key: the database does not know of any
		t.Errorf("without a key: %v", err)
	}
	n.db.UseProof(n.proof)
	anchors[0].Partition = `movements"`
	if err := n.drop(anchors); err == nil {
		t.Errorf("something else: %v", err)
	}
	if k := n.count(`SELECT count(*) FROM sga.audit_log`); k != 22 {
		t.Errorf("%d rows", k)
	}
}

// A drop that was interrupted behind its anchor can be done again.
func TestAnchorsAreMadeOnce(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.old()
	anchors, err := n.db.AuditToDrop(t.Context(), n.tomorrow())
	if err != nil {
		t.Fatal(err)
	}
	a := anchors[0]
	for i, want := range []string{"audit_log_0.json", "audit_log_0.json"} {
		if key, err := n.proof.keepAnchor(t.Context(), a); err != nil || key != prefixAnchors+want {
			t.Errorf("%d: %s, %v", i, key, err)
		}
	}
	a.LastHash = strings.Repeat("ab", 32)
	if key, err := n.proof.keepAnchor(t.Context(), a); err != nil || key != prefixAnchors+"audit_log_0-abababababababab.json" {
		t.Errorf("%s, %v", key, err)
	}
	a.First = 3
	if _, err := n.proof.keepAnchor(t.Context(), a); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("of other blocks: %v", err)
	}
}

// restoreOld brings back a copy of after the second block, and works on in it where goOn says so.
func (n *notary) restoreOld(goOn bool) {
	n.t.Helper()
	for _, c := range []struct{ table, id string }{{"audit_log", "audit_id"}, {"event_log", "position"}} {
		if c.table == "audit_log" {
			n.tamper(fmt.Sprintf(`DELETE FROM sga.%s WHERE %s > 12`, c.table, c.id))
		}
	}
	n.tamper(`DELETE FROM sga.seal_blocks WHERE number > 2`)
	n.tamper(`DELETE FROM sga.seal_checkpoints WHERE number > 2`)
	n.now = n.now.Add(time.Hour)
	if goOn {
		n.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
		n.db.audit.flush()
		n.seal()
	}
}

func TestARestoreIsAccepted(t *testing.T) {
	t.Parallel()
	for name, goOn := range map[string]bool{"at once": false, "after the programs have gone on": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := openNotary(t)
			n.history()
			n.restoreOld(goOn)
			got := n.checked()
			if !got.OnlySetBack() || len(got.Setbacks) != 2 {
				t.Fatalf("%+v", got)
			}
			for _, s := range got.Setbacks {
				if s.Kept != 2 || s.KeptID != 12 || s.Signed != 3 || s.SignedID != 18 || s.KeptAt.IsZero() || s.SignedAt.IsZero() || s.HasOtherRows != goOn {
					t.Errorf("%+v", s)
				}
			}
			if _, err := n.db.AcceptRestore(t.Context(), got, "ops", "disk"); err != nil {
				t.Fatal(err)
			}
			n.now = n.now.Add(time.Minute)
			n.work(3)
			n.seal()
			for _, f := range n.checked().Findings {
				t.Errorf("after it was accepted: %+v", f)
			}
			// What is done to the past after that is named as before.
			n.tamper(`DELETE FROM sga.seal_blocks WHERE chain = 'audit' AND number = (SELECT max(number) FROM sga.seal_blocks WHERE chain = 'audit')`)
			n.names("The end of audit was cut off")
			n.tamper(`UPDATE sga.audit_log SET result = 'x' WHERE audit_id = 4`)
			n.names("The row of the audit 4, of DATE, was changed")
		})
	}
}

func TestWhatIsNoRestore(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.history()
	accept := func(want string) {
		t.Helper()
		_, err := n.db.AcceptRestore(t.Context(), n.checked(), "ops", "disk")
		if err == nil || !strings.Contains(fault.Of(err).MessageEN, want) {
			t.Errorf("accepted: %v", err)
		}
	}
	accept("Only a database that is behind") // nothing is wrong
	n.restoreOld(false)
	n.tamper(`UPDATE sga.audit_log SET result = 'x' WHERE audit_id = 4`)
	accept("nothing else is wrong")
	n.tamper(`DELETE FROM sga.seal_blocks`)
	accept("it is no copy of it")
	v := n.checked()
	n.db.proof.Store(nil)
	v.Findings, v.Setbacks = v.Findings[:1], []stock.Setback{{Chain: "audit", Kept: 1}}
	if _, err := n.db.AcceptRestore(t.Context(), v, "ops", "disk"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("without a key: %v", err)
	}
}
