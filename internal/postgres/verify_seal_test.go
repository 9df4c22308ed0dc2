package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// checked verifies with what lies outside.
func (n *notary) checked() *stock.Verification {
	n.t.Helper()
	n.db.UseProof(n.proof)
	return n.verify()
}

// history is a past of three blocks a chain, each signed.
func (n *notary) history() {
	n.t.Helper()
	for i := range 3 {
		n.work(6)
		n.now = n.now.Add(time.Duration(i+1) * time.Minute)
		n.seal()
	}
}

func TestVerifySealedLedger(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.history()
	got := n.checked()
	if len(got.Findings) > 0 || got.Events != 18 || got.AuditRows != 18 || got.Blocks != 6 || got.Checkpoints != 6 || got.Unsealed != 0 {
		t.Fatalf("%+v", got)
	}
	n.work(2)
	if got := n.checked(); len(got.Findings) > 0 || got.Unsealed != 4 {
		t.Errorf("with a tail that waits: %+v", got)
	}
}

// T-01: whatever the owner of the database changes in what is sealed is named: the row, its date, what happened to it.
func TestVerifyNamesWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	const swap = `UPDATE sga.%[1]s SET %[2]s = -%[2]s WHERE %[2]s IN (8, 9)`
	for name, tc := range map[string]struct {
		changes []string
		want    string
	}{
		"a movement, and the balances after it": {[]string{
			`UPDATE sga.movements m SET quantity = 3 FROM sga.event_log e WHERE e.position = 8 AND m.sequence = e.sequence`,
			`UPDATE sga.balances SET quantity_total = quantity_total + 1 WHERE part_number_key = 11`}, "The event of position 8, of DATE, was changed"},
		"a text of a movement":              {[]string{`UPDATE sga.movements SET ticket = 'X' WHERE sequence = (SELECT sequence FROM sga.event_log WHERE position = 2)`}, "The event of position 2, of DATE, was changed"},
		"when a movement was":               {[]string{`UPDATE sga.movements SET recorded_at = recorded_at - interval '1 hour' WHERE sequence = (SELECT sequence FROM sga.event_log WHERE position = 2)`}, "The event of position 2"},
		"what happened to an asset":         {[]string{`UPDATE sga.asset_events SET reason = 'X' WHERE sequence = (SELECT sequence FROM sga.event_log WHERE position = 7)`}, "The event of position 7, of DATE, was changed"},
		"who was told":                      {[]string{`UPDATE sga.event_log SET entity_id = gen_random_uuid() WHERE position = 18`}, "The event of position 18, of DATE, was changed"},
		"a call":                            {[]string{`UPDATE sga.audit_log SET result = 'permission_denied' WHERE audit_id = 4`}, "The row of the audit 4, of DATE, was changed"},
		"where a call came from":            {[]string{`UPDATE sga.audit_log SET origin = '192.0.2.1' WHERE audit_id = 5`}, "The row of the audit 5, of DATE, was changed"},
		"the actor of a call":               {[]string{`UPDATE sga.audit_log SET actor_id = NULL WHERE audit_id = 18`}, "The row of the audit 18, of DATE, was changed"},
		"a call is gone":                    {[]string{`DELETE FROM sga.audit_log WHERE audit_id = 9`}, "The row of the audit 9, sealed on DATE, was deleted"},
		"a call in a gap":                   {[]string{`DELETE FROM sga.audit_log WHERE audit_id = 9`, `INSERT INTO sga.audit_log (audit_id, recorded_at, actor_kind, subject, client_id, door, operation, result) VALUES (9, now(), 'person', 'x', 'x', 'x', 'x', 'ok')`}, "The row of the audit 9, of DATE, was changed"},
		"two calls swapped":                 {[]string{fmt.Sprintf(swap, "audit_log", "audit_id"), `UPDATE sga.audit_log SET audit_id = 17 + audit_id WHERE audit_id < 0`}, "The row of the audit 8, of DATE, was swapped: it was sealed as 9"},
		"two events swapped":                {[]string{fmt.Sprintf(swap, "event_log", "position"), `UPDATE sga.event_log SET position = 17 + position WHERE position < 0`}, "The event of position 8, of DATE, was swapped: it was sealed as 9"},
		"an event and its traces":           {[]string{`DELETE FROM sga.event_log WHERE position = 18`}, "The event of position 18, sealed on DATE, was deleted"},
		"a block's hash":                    {[]string{`UPDATE sga.seal_blocks SET hash = sha256('x') WHERE number = 2 AND chain = 'events'`}, "Block 2 of events, of DATE, was edited"},
		"a block's leaves":                  {[]string{`UPDATE sga.seal_blocks SET leaves = sha256(leaves) WHERE number = 2 AND chain = 'audit'`}, "Block 2 of audit, of DATE, was edited"},
		"a block's date":                    {[]string{`UPDATE sga.seal_blocks SET sealed_at = sealed_at - interval '1 day' WHERE number = 1 AND chain = 'audit'`}, "Block 1 of audit, of DATE, was edited"},
		"a block is gone":                   {[]string{`DELETE FROM sga.seal_blocks WHERE number = 2 AND chain = 'audit'`}, "Block 2 of audit, of no later than DATE, is missing"},
		"the last block is gone":            {[]string{`DELETE FROM sga.seal_blocks WHERE number = 3 AND chain = 'audit'`}, "The end of audit was cut off, or an old copy was restored: the database ends with block 2; the checkpoint of DATE knows block 3"},
		"the tail of the audit":             {[]string{`DELETE FROM sga.seal_blocks WHERE number = 3 AND chain = 'audit'`, `DELETE FROM sga.audit_log WHERE audit_id > 12`}, "The end of audit was cut off"},
		"a note about a signature":          {[]string{`INSERT INTO sga.seal_checkpoints VALUES ('audit', 1, 'seals/audit/7.json', 'k', now())`}, "Checkpoint seals/audit/7.json, signed on DATE, is missing"},
		"all blocks made anew":              {[]string{`DELETE FROM sga.seal_blocks`, `UPDATE sga.audit_log SET result = 'x' WHERE audit_id = 2`}, "The end of events was cut off"},
		"an identity, which no seal covers": {[]string{`DELETE FROM sga.movement_ids WHERE sequence = (SELECT sequence FROM sga.event_log WHERE position = 3)`}, "Movement"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := openNotary(t)
			n.history()
			for _, change := range tc.changes {
				n.tamper(change)
			}
			n.names(tc.want)
		})
	}
}

// names checks the first finding; DATE stands for any date.
func (n *notary) names(want string) {
	n.t.Helper()
	got := n.checked().Findings
	if len(got) == 0 {
		n.t.Fatal("nothing was found")
	}
	text := got[0].MessageEN
	if pt := got[0].Message; strings.Contains(pt, " linha ") && strings.Contains(pt, "ado") && !strings.Contains(pt, "selado o bloco") {
		n.t.Errorf("a row is feminine: %q", pt)
	}
	for _, part := range strings.Split(want, "DATE") {
		i := strings.Index(text, part)
		if i < 0 {
			n.t.Fatalf("first finding %q, want %q", got[0].MessageEN, want)
		}
		text = text[i+len(part):]
	}
	if strings.Contains(want, "DATE") && got[0].RecordedAt.IsZero() {
		n.t.Errorf("no date: %+v", got[0])
	}
	if strings.Contains(got[0].Message+got[0].MessageEN, "%!") {
		n.t.Errorf("%q, %q", got[0].Message, got[0].MessageEN)
	}
}

// T-01, outside the database: what was signed and then changed, taken away or signed by somebody else.
func TestVerifyNamesForgedCheckpoints(t *testing.T) {
	t.Parallel()
	second := checkpointKey(seal.Audit, 2)
	replace := func(n *notary, p Proof, mark seal.Checkpoint) {
		n.t.Helper()
		if err := n.proof.Objects.Delete(n.t.Context(), proofBucket, second); err != nil {
			n.t.Fatal(err)
		}
		if err := p.put(n.t.Context(), second, seal.KindCheckpoint, mark); err != nil {
			n.t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		change func(n *notary)
		want   string
	}{
		"gone": {func(n *notary) { _ = n.proof.Objects.Delete(n.t.Context(), proofBucket, second) }, "Checkpoint " + second + ", signed on DATE, is missing"},
		"edited": {func(n *notary) {
			body, _, err := n.proof.Objects.Get(n.t.Context(), proofBucket, second, 0, 0)
			if err != nil {
				n.t.Fatal(err)
			}
			var raw bytes.Buffer
			_, _ = raw.ReadFrom(body)
			_ = body.Close()
			edited := bytes.Replace(raw.Bytes(), []byte(`"last":12`), []byte(`"last":11`), 1)
			_ = n.proof.Objects.Delete(n.t.Context(), proofBucket, second)
			if _, err := n.proof.Objects.Put(n.t.Context(), document.Put{Bucket: proofBucket, Key: second, Type: signedType, Size: int64(len(edited)), Body: bytes.NewReader(edited)}); err != nil || bytes.Equal(edited, raw.Bytes()) {
				n.t.Fatal(err)
			}
		}, second + " was edited: its signature does not fit"},
		"no JSON": {func(n *notary) {
			_ = n.proof.Objects.Delete(n.t.Context(), proofBucket, second)
			if _, err := n.proof.Objects.Put(n.t.Context(), document.Put{Bucket: proofBucket, Key: second, Type: signedType, Size: 1, Body: strings.NewReader("x")}); err != nil {
				n.t.Fatal(err)
			}
		}, second + " was edited"},
		"another's key": {func(n *notary) {
			p := n.proof
			p.Key = seal.NewKey([seal.SeedSize]byte{99})
			replace(n, p, seal.Checkpoint{Chain: seal.Audit, Number: 2})
		}, second + " is signed with an unknown key"},
		"another block":  {func(n *notary) { replace(n, n.proof, seal.Checkpoint{Chain: seal.Audit, Number: 2, Hash: "00"}) }, "Block 2 of audit is not the one that was signed"},
		"another number": {func(n *notary) { replace(n, n.proof, seal.Checkpoint{Chain: seal.Audit, Number: 3}) }, "Checkpoint " + second + " is that of another block"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := openNotary(t)
			n.history()
			tc.change(n)
			n.names(tc.want)
		})
	}
}

// An old copy of the database comes back, and work goes on in it: the checkpoints outside know better.
func TestVerifyNamesARestoredCopy(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.history()
	for _, change := range []string{`DELETE FROM sga.seal_blocks WHERE number = 3`, `DELETE FROM sga.seal_checkpoints WHERE number = 3`,
		`DELETE FROM sga.audit_log WHERE audit_id > 12`} {
		n.tamper(change)
	}
	n.now = n.now.Add(time.Hour)
	n.names("an old copy was restored: the database ends with block 2; the checkpoint of DATE knows block 3")
	for range 2 {
		n.must(mv(stock.Entrada, "1", "ISR4331", "", "SP-A"))
		n.seal() // block 3 again, of other rows: its checkpoint stands beside the first
	}
	n.names("is not the one that was signed")
	restored := seal.Restore{Numbers: map[seal.Chain]int64{seal.Events: 2, seal.Audit: 2}, At: n.now, By: "ops", Reason: "disk"}
	if err := n.proof.put(context.WithoutCancel(t.Context()), prefixRestores+"1.json", seal.KindRestore, restored); err != nil {
		t.Fatal(err)
	}
	for _, f := range n.checked().Findings {
		t.Errorf("a restore that was declared: %+v", f)
	}
}

// A new key goes on where the old one stopped, and vouches for it.
func TestVerifyAfterANewKey(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.history()
	n.proof.Key = seal.NewKey([seal.SeedSize]byte{8})
	n.sealer = n.newSealer(n.proof)
	n.work(3)
	n.seal()
	if got := n.checked(); len(got.Findings) > 0 || got.Checkpoints != 8 {
		t.Errorf("%+v", got)
	}
	// The record of the new key is taken away: then nobody vouches for the old one.
	if err := n.proof.Objects.Delete(t.Context(), proofBucket, prefixKeys+n.proof.Key.ID()+".json"); err != nil {
		t.Fatal(err)
	}
	n.names("is signed with an unknown key")
}

func TestVerifyWithoutAStore(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.history()
	if got := n.verify(); len(got.Findings) > 0 || got.Blocks != 6 || got.Checkpoints != 0 {
		t.Errorf("%+v", got)
	}
	if err := os.RemoveAll(n.dir); err != nil {
		t.Fatal(err)
	}
	n.names("seals/")
}
