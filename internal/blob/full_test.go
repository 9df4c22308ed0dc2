//go:build linux

package blob_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/blobtest"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// R-12 for objects: on a full disk uploads are refused, reads live, nothing is left half done, and when there is
// room again they go on without a restart.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system cannot be mounted (needs root and the right to mount): %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	f, err := blob.OpenFiles(blob.FilesOptions{Dir: filepath.Join(dir, "objects"), Key: make([]byte, 32), BaseURL: func() string { return "" }, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	s := &blobtest.Store{Objects: f}
	s.Put(t, "before", "before")
	put := func(key string, size int) error {
		_, err := f.Put(t.Context(), document.Put{Bucket: document.Documents, Key: key, Type: "text/plain", Size: int64(size), Body: bytes.NewReader(make([]byte, size))})
		return err
	}
	files := func() (n int) {
		list, err := os.ReadDir(filepath.Join(dir, "objects", "sga-documents"))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	was := files()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, bytes.Repeat([]byte("x"), 700<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"before", "new"} {
		if err := put(key, 600<<10); fault.CodeOf(err) != fault.Unavailable || !fault.Of(err).Retryable {
			t.Errorf("on a full disk %s is %v", key, err)
		}
	}
	if got := s.Read(t, "before", 0, 0); got != "before" {
		t.Errorf("what was there reads %q", got)
	}
	if _, err := f.Head(t.Context(), document.Documents, "new"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("half of it is there: %v", err)
	}
	if n := files(); n != was {
		t.Errorf("%d files where there were %d", n, was)
	}
	if err := f.Check(t.Context()); err != nil {
		t.Errorf("reading is no longer possible: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := put("new", 600<<10); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := s.Read(t, "new", 0, 0); got != strings.Repeat("\x00", 600<<10) {
		t.Errorf("%d bytes", len(got))
	}
}
