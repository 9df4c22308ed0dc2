package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

const (
	randomBytes = 8 // of a content file's name: two that are written at once never meet
	// tries of a read or a create that met a change: each needs another change at the same instant.
	tries = 5
)

// errNotDirectory is what a path through a file gives.
var errNotDirectory error = syscall.ENOTDIR

// FilesOptions say where objects lie. All are needed.
type FilesOptions struct {
	Dir     string        // the folder; made when it is not there
	Key     []byte        // signs URLs; at least 32 bytes
	BaseURL func() string // scheme://host[:port] under which Handler can be reached
	Now     func() time.Time
	Random  io.Reader
}

// Files keeps objects in a folder: one folder a bucket, below it the key as a path. The content is a file
// of a random name beside a sidecar that describes it. Several processes may use one folder.
type Files struct {
	o    FilesOptions
	root *os.Root // no path leaves it, by name or by link (S-11)
}

var _ document.Objects = (*Files)(nil)

// OpenFiles opens the folder.
func OpenFiles(o FilesOptions) (*Files, error) {
	if len(o.Key) < sha256.Size || o.BaseURL == nil || o.Now == nil || o.Random == nil {
		return nil, errors.New("blob: a key of 32 bytes, a URL, a clock and randomness are needed")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, down(err)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, down(err)
	}
	return &Files{o: o, root: root}, nil
}

// Close lets go of the folder.
func (f *Files) Close() error { return f.root.Close() }

// Check says whether the folder can be used, and changes nothing.
func (f *Files) Check(context.Context) error {
	if _, err := f.root.Stat("."); err != nil {
		return down(err)
	}
	return nil
}

// Put implements document.Objects.
func (f *Files) Put(ctx context.Context, p document.Put) (*document.Object, error) {
	return f.put(ctx, &p, "")
}

// put stores an object; sum is the SHA-256 that the content must have, empty for any.
func (f *Files) put(ctx context.Context, p *document.Put, sum string) (*document.Object, error) {
	if err := checkPut(p); err != nil {
		return nil, err
	}
	at := place(p.Bucket, p.Key)
	if p.IfAbsent {
		if _, err := f.describe(at); err == nil {
			return nil, taken()
		}
	}
	file, name, err := f.create(at)
	if err != nil {
		return nil, down(err)
	}
	folder, _ := splitKey(at)
	found, err := fill(ctx, file, p)
	if err == nil && sum != "" && sum != found {
		err = wrongSum()
	}
	if err == nil {
		s := &sidecar{Content: name, Type: p.Type, Size: p.Size, SHA256: found, StoredAt: f.o.Now().UTC(), Tags: p.Tags}
		if err = f.commit(at, s, p.IfAbsent); err == nil {
			return s.object(p.Key), nil
		}
	}
	_ = f.root.Remove(folder + "/" + name) // what is left of it after a crash goes with the next sweep
	return nil, asFault(err)
}

func asFault(err error) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return own
	}
	return down(err)
}

// create makes a new content file for the object at a place, and its folder.
func (f *Files) create(at string) (file *os.File, name string, err error) {
	folder, last := splitKey(at)
	for range tries {
		if err = f.makeFolder(folder); err != nil {
			return nil, "", err
		}
		digits := make([]byte, randomBytes)
		if _, err = io.ReadFull(f.o.Random, digits); err != nil {
			return nil, "", err
		}
		name = last + "#" + hex.EncodeToString(digits)
		file, err = f.root.OpenFile(folder+"/"+name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) { // a delete took the empty folder away
			break
		}
	}
	return file, name, err
}

// makeFolder makes a folder so that it outlives a crash: every folder that got a new entry is synced.
func (f *Files) makeFolder(folder string) error {
	if _, err := f.root.Stat(folder); err == nil {
		return nil
	}
	if err := f.root.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for up := folder; up != ""; {
		up, _ = splitKey(up)
		if err := f.syncFolder(up); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f *Files) syncFolder(folder string) error {
	if folder == "" {
		folder = "."
	}
	d, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fill writes the content and gives its SHA-256; it is on disk when fill returns.
func fill(ctx context.Context, file *os.File, p *document.Put) (sum string, err error) {
	defer func() { err = errors.Join(err, file.Close()) }()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, h), io.LimitReader(&patient{ctx, p.Body}, p.Size+1))
	if err != nil {
		return "", err
	}
	if n != p.Size {
		return "", wrongSize()
	}
	return hex.EncodeToString(h.Sum(nil)), file.Sync()
}

// patient reads until its context ends.
type patient struct {
	ctx  context.Context
	from io.Reader
}

// Read reads on.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if p.from == nil {
		return 0, io.EOF
	}
	return p.from.Read(b)
}

// Head implements document.Objects.
func (f *Files) Head(_ context.Context, b document.Bucket, key string) (*document.Object, error) {
	if err := checkName(b, key); err != nil {
		return nil, err
	}
	s, err := f.describe(place(b, key))
	if err != nil {
		return nil, notThere(err)
	}
	return s.object(key), nil
}

func notThere(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return missing()
	}
	return asFault(err)
}

// Get implements document.Objects.
func (f *Files) Get(_ context.Context, b document.Bucket, key string, offset, length int64) (io.ReadCloser, *document.Object, error) {
	if err := checkName(b, key); err != nil {
		return nil, nil, err
	}
	if err := checkRange(offset, length); err != nil {
		return nil, nil, err
	}
	file, s, err := f.open(place(b, key))
	if err != nil {
		return nil, nil, notThere(err)
	}
	if offset > 0 && offset >= s.Size {
		return nil, nil, errors.Join(outOfRange(), file.Close())
	}
	if length == 0 || length > s.Size-offset {
		length = s.Size - offset
	}
	return &section{io.NewSectionReader(file, offset, length), file}, s.object(key), nil
}

// open opens the content. An overwriting Put may take the content away between the two reads; then the
// sidecar is a new one.
func (f *Files) open(at string) (file *os.File, s *sidecar, err error) {
	folder, _ := splitKey(at)
	for range tries {
		if s, err = f.describe(at); err != nil {
			return nil, nil, err
		}
		info, lerr := f.root.Lstat(folder + "/" + s.Content)
		if lerr == nil && (!info.Mode().IsRegular() || info.Size() != s.Size) {
			return nil, nil, fmt.Errorf("a content file is not what its sidecar says")
		}
		if file, err = f.root.Open(folder + "/" + s.Content); err == nil {
			return file, s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("a content file is missing: %s", s.Content) // not ErrNotExist: this is damage
}

type section struct {
	*io.SectionReader
	file *os.File
}

// Close lets go of the file.
func (s *section) Close() error { return s.file.Close() }
