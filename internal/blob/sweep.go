package blob

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/document"
)

const (
	// orphanAge is how old a file must be that no object knows: no upload is under way for so long.
	orphanAge = 24 * time.Hour
	day       = 24 * time.Hour
)

// Sweep does in the folder what S3 does in its buckets: it removes objects whose time is over by the
// rules, and what broken-off uploads left. Transitions have no meaning here. removed counts objects.
func (f *Files) Sweep(ctx context.Context, rules []document.Rule) (removed int, err error) {
	for i := range rules {
		r := &rules[i]
		if r.ExpireDays == 0 {
			continue
		}
		n, err := f.expire(ctx, r)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	for _, b := range document.Buckets() {
		if err := f.sweepOrphans(ctx, string(b)); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (f *Files) expire(ctx context.Context, r *document.Rule) (removed int, err error) {
	before := f.o.Now().Add(-time.Duration(r.ExpireDays) * day)
	for cursor := ""; ; {
		page, next, err := f.List(ctx, r.Bucket, r.Prefix, cursor, maxList)
		if err != nil {
			return removed, err
		}
		for i := range page {
			if !r.Expires(&page[i]) || !page[i].ModifiedAt.Before(before) {
				continue
			}
			if err := f.Delete(ctx, r.Bucket, page[i].Key); err != nil {
				return removed, err
			}
			removed++
		}
		if cursor = next; next == "" {
			return removed, nil
		}
	}
}

// sweepOrphans removes content files that no sidecar names and sidecars that never got their name. The
// time of the file system counts for these: nothing else knows when they were made.
func (f *Files) sweepOrphans(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d, err := f.root.Open(folder)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return down(err)
	}
	list, err := d.ReadDir(-1)
	_ = d.Close()
	if err != nil {
		return down(err)
	}
	for _, e := range list {
		if e.IsDir() {
			if err := f.sweepOrphans(ctx, folder+"/"+e.Name()); err != nil {
				return err
			}
			continue
		}
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > orphanAge && f.orphan(folder, e.Name()) {
			_ = f.root.Remove(folder + "/" + e.Name())
		}
	}
	return nil
}

func (f *Files) orphan(folder, name string) bool {
	if strings.HasSuffix(name, sidecarEnd) {
		return false
	}
	if strings.HasSuffix(name, tempEnd) {
		return true
	}
	i := strings.LastIndexByte(name, '#')
	if i < 0 || !isContent(folder+"/"+name[:i], name) {
		return false // not ours
	}
	s, err := f.describe(folder + "/" + name[:i])
	return errors.Is(err, fs.ErrNotExist) || err == nil && s.Content != name
}
