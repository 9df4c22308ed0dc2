package blob_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/blobtest"
)

// folder is a file store in a folder of its own, with its URLs served.
type folder struct {
	*blob.Files
	dir string
	now time.Time // 0: the real time
}

func openFolder(t *testing.T) *folder {
	t.Helper()
	f := &folder{dir: t.TempDir()}
	server := httptest.NewUnstartedServer(nil)
	files, err := blob.OpenFiles(blob.FilesOptions{Dir: f.dir, Key: bytes.Repeat([]byte{7}, 32), Random: rand.Reader,
		BaseURL: func() string { return server.URL },
		Now: func() time.Time {
			if f.now.IsZero() {
				return time.Now()
			}
			return f.now
		}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = files.Handler(slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(func() {
		server.Close()
		_ = files.Close()
	})
	f.Files = files
	return f
}

func TestFilesContract(t *testing.T) {
	t.Parallel()
	blobtest.Contract(t, func(t *testing.T) *blobtest.Store { return &blobtest.Store{Objects: openFolder(t).Files} })
}

func (f *folder) store() *blobtest.Store { return &blobtest.Store{Objects: f.Files} }

// names lists the files below the folder.
func (f *folder) names(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, f.dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
