package simtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// smallDisk mounts a file system of so many bytes in memory, which only root may.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a small disk is a tmpfs, and only root may mount one")
	}
	dir, err := os.MkdirTemp("", "nexo-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := syscall.Mount("nexo-disk", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0711", bytes)); err != nil {
		t.Skipf("this machine lets nobody mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is left of a disk; remove the file to give it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	if cerr := f.Close(); !errors.Is(err, syscall.ENOSPC) || cerr != nil {
		t.Fatalf("%v, %v", err, cerr)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// wide is a batch whose rows take room: many serials, each an asset with its event.
func wide(prefix string) []approval.Step {
	var steps []approval.Step
	for i := range 5 {
		var serials []string
		for j := range 100 {
			serials = append(serials, fmt.Sprintf("%s-%d-%d-%060d", prefix, i, j, j))
		}
		steps = append(steps, Move(stock.Entrada, "100", "SER-1", "", "CD", serials...))
	}
	return steps
}

// diskSettings keep a cluster small, and write what is dirty only at a checkpoint.
func diskSettings() []string {
	return []string{"shared_buffers=32MB", "min_wal_size=32MB", "max_wal_size=48MB", "autovacuum=off", "checkpoint_timeout=1h"}
}

// TestDataDiskFull is the first half of R-12: the disk of the tables is full. Writes are refused with the
// reason, and wholly; reads go on; when there is room again the same process writes again.
func TestDataDiskFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 160<<20)
	c := Open(t, dbtest.Own{Dir: disk, WALDir: smallDisk(t, 256<<20), Settings: diskSettings(), Supervised: true})
	c.must(t, Move(stock.Entrada, "5", "UNI-1", "", "CD"))
	free := fill(t, disk)
	refused := 0
	for n := 0; refused < 3 && n < 200; n++ {
		key := fmt.Sprint("full", n)
		_, err := c.DB.Submit(t.Context(), c.keyed(key, key, wide(key)...))
		if err == nil {
			continue
		}
		refused++
		if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || !f.Retryable || f.MessageEN != "The database's disk is full or failing." {
			t.Errorf("a full disk is told as: %v", err)
		}
	}
	if refused == 0 {
		t.Fatal("the disk never was full")
	}
	if _, err := c.DB.Movements(t.Context(), stock.Unlimited(), stock.MovementFilter{}, stock.Page{Limit: 5}); err != nil {
		t.Errorf("reads do not go on: %v", err)
	}
	c.MustHold(t)
	free()
	if _, err := c.DB.Submit(t.Context(), c.keyed("after", "after", wide("after")...)); err != nil {
		t.Errorf("with room again: %v", err)
	}
	c.MustHold(t)
}

// TestWALDiskFull is the second half: PostgreSQL cannot write its log, and gives itself up rather than
// pretend (PANIC). Writes and reads are "unavailable" with it; the supervisor tries to start it until there is room,
// and then this process goes on without a restart, with all that was acknowledged.
func TestWALDiskFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 96<<20)
	c := Open(t, dbtest.Own{WALDir: disk, Settings: diskSettings(), Supervised: true})
	acked := map[string]string{}
	submit := func(key string) error {
		out, err := c.DB.Submit(t.Context(), c.keyed(key, key, Move(stock.Entrada, "1", "UNI-1", "", "CD")))
		if err == nil {
			acked[key] = string(out.Answer)
		}
		return err
	}
	if err := submit("before"); err != nil {
		t.Fatal(err)
	}
	free := fill(t, disk)
	var err error
	for n := 0; err == nil && n < 50; n++ {
		if err = submit(fmt.Sprint("full", n)); err == nil {
			_, _ = c.Owner.Exec(t.Context(), `SELECT pg_switch_wal()`) // the next segment needs room
		}
	}
	if f := fault.Of(err); f == nil || f.Code != fault.Unavailable {
		t.Fatalf("a full disk of the log is told as: %v", err)
	}
	c.waitHealth(t, fault.Unavailable)
	free()
	if err := insist(func() error { return submit("after") }); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	c.Owner.Reset()
	c.waitHealth(t, "")
	for key, answer := range acked {
		c.mustStore(t, key, answer)
	}
	c.MustHold(t)
	t.Logf("%d acknowledged and stored", len(acked))
}
