package app

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// objectStore is where objects are kept, with what belongs to one of the two ways only.
type objectStore struct {
	document.Objects
	check func(context.Context) error
	files *blob.Files // nil: S3
}

// openObjects opens the folder or the buckets that keep documents.
func (a *App) openObjects(ctx context.Context) (*objectStore, error) {
	if a.Config.Objects.Store == config.ObjectS3 {
		return a.openBuckets(ctx)
	}
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

// openBuckets takes credentials and region from where every AWS program does.
func (a *App) openBuckets(ctx context.Context) (*objectStore, error) {
	loaded, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fault.Unavailable.With("As credenciais da AWS não puderam ser lidas.", "The AWS credentials could not be read.").Because(err)
	}
	loaded.Region = a.Config.Items.Region
	set := a.Config.Objects
	s := blob.OpenS3(blob.S3Options{AWS: loaded, Endpoint: set.Endpoint, Bucket: set.Bucket, Now: a.o.Now})
	if a.Config.Mode == config.Local { // a server of this machine that stands in for AWS: nobody else makes its buckets
		if err := s.EnsureBuckets(ctx); err != nil {
			return nil, err
		}
	}
	return &objectStore{Objects: s, check: s.Check}, nil
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

// runSweep ends uploads that nobody completed and, where there is no S3 to do it, objects whose time is over,
// until ctx ends.
func (a *App) runSweep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := a.sweepObjects(ctx)
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

const (
	// uploadTimeout is when an upload by URL counts as given up: its URL ended long before, and so does its object now.
	uploadTimeout = 24 * time.Hour
	// sweepBatch bounds one round.
	sweepBatch = 200
)

func (a *App) sweepObjects(ctx context.Context) (n int, err error) {
	stale, err := a.DB.StaleUploads(ctx, a.o.Now().Add(-uploadTimeout), sweepBatch)
	if err != nil {
		return 0, err
	}
	for i := range stale {
		if err := a.giveUp(ctx, &stale[i]); err != nil && fault.CodeOf(err) != fault.Conflict { // somebody else settled it
			return n, err
		}
		n++
	}
	if a.store.files == nil {
		return n, nil
	}
	expired, err := a.store.files.Sweep(ctx, document.Lifecycle())
	return n + expired, err
}

// giveUp refuses an upload that was not completed, and removes what came of it: a crash may have left it at its
// place already, where no lifecycle would end it.
func (a *App) giveUp(ctx context.Context, d *document.Document) error {
	v := document.Verdict{Status: document.Refused, Reason: "O envio não foi concluído em um dia.", ReasonEN: "The upload was not completed within a day."}
	act := document.Act{Actor: identity.TheSystem(), Call: approval.CallRecord{Door: "system", Operation: "sga_expire_upload"}}
	if _, err := a.DB.SettleDocument(ctx, d.ID, v, act); err != nil {
		return err
	}
	d.Type = d.DeclaredType // inspection finds no other
	b, key, _ := d.Place()
	if d.Handle != "" {
		if err := a.Objects.Delete(ctx, document.Documents, document.UploadKey(d.Handle)); err != nil {
			return err
		}
	}
	return a.Objects.Delete(ctx, b, key)
}

// keepPaper stores a document of the demo company.
func (a *App) keepPaper(ctx context.Context, d *document.Document, content []byte) error {
	_, err := a.Objects.Put(ctx, document.Put{Bucket: d.Bucket, Key: d.Key, Type: d.Type, Size: d.Size, Body: bytes.NewReader(content)})
	if err != nil {
		return err
	}
	if _, err := a.DB.Document(ctx, document.Sight{Scope: stock.Scope{AllProjects: true, AllLocations: true}, Admin: true, Fiscal: true}, d.ID); err == nil {
		return nil // a load before this one was cut short
	}
	by := identity.TheSystem()
	return a.DB.AddDocument(ctx, d, document.Act{Actor: by, Call: approval.CallRecord{Door: "demo", Operation: "sga_create_upload"}})
}
