package blob

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/document"
)

// maxList of one page is S3's own limit.
const maxList = 1000

// List implements document.Objects.
func (f *Files) List(ctx context.Context, b document.Bucket, prefix, cursor string, limit int) ([]document.Object, string, error) {
	if err := checkBucket(b); err != nil {
		return nil, "", err
	}
	if err := checkPrefix(prefix); err != nil {
		return nil, "", err
	}
	if cursor != "" && CheckKey(cursor) != nil {
		return nil, "", badKey()
	}
	if limit <= 0 || limit > maxList {
		limit = maxList
	}
	w := &walk{f: f, ctx: ctx, bucket: b, prefix: prefix, after: cursor, want: limit + 1}
	folder, _ := splitKey(prefix)
	if err := w.folder(folder); err != nil && !errors.Is(err, errEnough) {
		return nil, "", asFault(err)
	}
	if len(w.out) > limit {
		return w.out[:limit], w.out[limit-1].Key, nil
	}
	return w.out, "", nil
}

// walk lists a bucket in the order of keys as bytes, which is S3's.
type walk struct {
	f             *Files
	ctx           context.Context
	bucket        document.Bucket
	prefix, after string
	want          int
	out           []document.Object
}

var errEnough = errors.New("enough")

func (w *walk) folder(folder string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	at, keys := string(w.bucket), ""
	if folder != "" {
		at, keys = at+"/"+folder, folder+"/"
	}
	entries, err := w.f.entries(at)
	if err != nil {
		return err
	}
	for _, name := range entries {
		key := keys + name
		if inner, ok := strings.CutSuffix(key, "/"); ok {
			if w.within(key) {
				if err := w.folder(inner); err != nil {
					return err
				}
			}
			continue
		}
		if strings.HasPrefix(key, w.prefix) && key > w.after {
			if err := w.add(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// within reports whether keys below a folder can be asked for: after the cursor, under the prefix.
func (w *walk) within(folder string) bool {
	under := strings.HasPrefix(folder, w.prefix) || strings.HasPrefix(w.prefix, folder)
	return under && (folder > w.after || strings.HasPrefix(w.after, folder))
}

func (w *walk) add(key string) error {
	s, err := w.f.describe(place(w.bucket, key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	w.out = append(w.out, *s.object(key))
	if len(w.out) == w.want {
		return errEnough
	}
	return nil
}

// entries gives the names of objects in a folder and of the folders below it, those with a slash at
// their end, sorted as the keys that begin with them are.
func (f *Files) entries(at string) ([]string, error) {
	d, err := f.root.Open(at)
	if err != nil {
		if err = absent(err); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	defer d.Close() //nolint:errcheck // only read
	list, err := d.ReadDir(-1)
	if err != nil {
		return nil, absent(err)
	}
	var out []string
	for _, e := range list {
		if e.IsDir() {
			out = append(out, e.Name()+"/")
		} else if name, ok := strings.CutSuffix(e.Name(), sidecarEnd); ok && e.Type().IsRegular() {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}
