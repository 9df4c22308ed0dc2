package app

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
)

// objectStore is where objects are kept, with what belongs to one of the two ways only.
type objectStore struct {
	document.Objects
	check func(context.Context) error
	files *blob.Files // nil: S3
}

// openObjects opens the folder or the buckets that keep documents.
func (a *App) openObjects() (*objectStore, error) {
	key, err := blob.LoadKey(filepath.Join(a.Config.DataDir, "keys", "url.key"), a.o.Random)
	if err != nil {
		return nil, dataDirFault(a.Config.DataDir, err)
	}
	files, err := blob.OpenFiles(blob.FilesOptions{Dir: filepath.Join(a.Config.DataDir, "objects"), Key: key, BaseURL: a.publicURL, Now: a.o.Now, Random: a.o.Random})
	if err != nil {
		return nil, err
	}
	return &objectStore{Objects: files, check: files.Check, files: files}, nil
}

func (s *objectStore) close() error {
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// objectMount serves signed URLs where there is no S3 to do it.
func (a *App) objectMount(mounts map[string]http.Handler) {
	if a.store.files != nil {
		mounts[blob.Mount] = a.store.files.Handler(a.o.Log)
	}
}

// runSweep does what S3's lifecycle does on AWS, until ctx ends.
func (a *App) runSweep(ctx context.Context, every time.Duration) {
	if a.store.files == nil {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := a.store.files.Sweep(ctx, document.Lifecycle())
		if err != nil && ctx.Err() == nil {
			a.o.Log.LogAttrs(ctx, slog.LevelWarn, "objects not swept; tried again", slog.Any("error", err))
		}
		if n > 0 {
			a.o.Log.LogAttrs(ctx, slog.LevelInfo, "objects expired", slog.Int("count", n))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
