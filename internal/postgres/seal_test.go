package postgres

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/seal"
	"github.com/faiston/nexo/internal/stock"
)

// notary is a desk whose past is sealed.
type notary struct {
	*counter
	proof  Proof
	sealer *Sealer
	now    time.Time
	dir    string // of the objects
}

func openNotary(t testing.TB) *notary {
	t.Helper()
	n := &notary{counter: openDesk(t), now: time.Now(), dir: t.TempDir()}
	files, err := blob.OpenFiles(blob.FilesOptions{Dir: n.dir, Key: make([]byte, 32), BaseURL: func() string { return "" }, Now: time.Now,
		Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	n.proof = Proof{Objects: files, Key: seal.NewKey([seal.SeedSize]byte{7}), Now: func() time.Time { return n.now }}
	n.sealer = n.newSealer(n.proof)
	return n
}

func (n *notary) newSealer(p Proof) *Sealer {
	n.t.Helper()
	s, err := n.db.NewSealer(n.t.Context(), p)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(s.Close)
	return s
}

// work makes n movements, of which every third moves a serial, and gives them positions.
func (n *notary) work(count int) {
	n.t.Helper()
	for i := range count {
		if i%3 == 0 {
			n.must(mv(stock.Entrada, "1", "AP-3802", "", "SP-A", fmt.Sprintf("S%d-%d", n.now.UnixNano(), i)))
		} else {
			n.must(mv(stock.Entrada, "2", "ISR4331", "", "SP-A"))
		}
	}
	n.db.audit.flush()
	if _, err := n.db.AssignPositions(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// seal closes every block and signs it.
func (n *notary) seal() {
	n.t.Helper()
	for range 2 { // what a call finds of the audit while others write is settled for the next
		if _, err := n.sealer.Seal(n.t.Context(), true); err != nil {
			n.t.Fatal(err)
		}
	}
	if err := n.sealer.Checkpoint(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

func (n *notary) status() map[string]stock.SealStatus {
	n.t.Helper()
	list, err := n.db.SealStatus(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	out := map[string]stock.SealStatus{}
	for _, s := range list {
		out[s.Chain] = s
	}
	return out
}

// I5: a block closes when it has enough rows or has waited for long enough, and not before; nothing stays unsealed.
func TestSealsAreTimely(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	round := func() int {
		t.Helper()
		k, err := n.sealer.Seal(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if k := round(); k != 0 {
		t.Errorf("%d blocks of nothing", k)
	}
	n.work(3)
	if k := round(); k != 0 {
		t.Errorf("%d blocks too early", k)
	}
	if s := n.status()["events"]; s.Unsealed != 3 || s.OldestUnsealed.IsZero() || s.Block != 0 {
		t.Errorf("%+v", s)
	}
	n.now = n.now.Add(seal.MaxWait)
	if k := round(); k != 2 {
		t.Errorf("%d blocks, want one a chain", k)
	}
	for chain, s := range n.status() {
		if s.Unsealed != 0 || !s.OldestUnsealed.IsZero() || s.Block != 1 || s.Last != 3 || s.Checkpoint != 0 {
			t.Errorf("%s: %+v", chain, s)
		}
	}
	n.exec(`INSERT INTO sga.event_log (position, sequence, kind, entity_id, known_at)
		SELECT p, 1000000 + p, 'bulk', gen_random_uuid(), now() FROM generate_series(4, 9503) p`)
	if k := round(); k != 3 { // 4000, 4000, 1500: enough, all of them
		t.Errorf("%d blocks of 9,500 events", k)
	}
	if s := n.status()["events"]; s.Unsealed != 0 || s.Block != 4 {
		t.Errorf("%+v", s)
	}
	n.seal()
	for chain, s := range n.status() {
		if s.Checkpoint != s.Block || s.CheckpointAt.IsZero() {
			t.Errorf("%s: %+v", chain, s)
		}
	}
}

// Two leaders, one chain: whoever comes second finds nothing to do.
func TestSealersDoNotMeet(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.work(6)
	other := n.newSealer(n.proof)
	done := make(chan error, 2)
	for _, s := range []*Sealer{n.sealer, other} {
		go func() {
			var err error
			for i := 0; i < 5 && err == nil; i++ {
				if _, err = s.Seal(t.Context(), true); err == nil {
					err = s.Checkpoint(t.Context())
				}
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for chain, s := range n.status() {
		if s.Unsealed != 0 || s.Checkpoint != s.Block {
			t.Errorf("%s: %+v", chain, s)
		}
	}
}

// No block of the audit reaches over the end of a partition.
func TestBlocksEndWithPartitions(t *testing.T) {
	t.Parallel()
	n := openNotary(t)
	n.exec(`SELECT setval('sga.audit_log_ids', 3999998)`)
	n.work(4)
	n.seal()
	rows, err := n.owner.Query(t.Context(), `SELECT first_id || '-' || last_id FROM sga.seal_blocks WHERE chain = 'audit' ORDER BY number`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if strings.Join(got, " ") != "3999999-3999999 4000000-4000002" {
		t.Errorf("blocks %q", got)
	}
}
