package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/document"
)

// commit makes the object at a place be what s says: the one step at which it appears or changes.
func (f *Files) commit(at string, s *sidecar, ifAbsent bool) error {
	raw, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		return err
	}
	folder, _ := splitKey(at)
	temp := folder + "/" + s.Content + tempEnd // as unique as the content's name
	if err := f.writeSynced(temp, raw); err != nil {
		_ = f.root.Remove(temp)
		return err
	}
	if ifAbsent {
		err = f.root.Link(temp, at+sidecarEnd) // fails if it is there, which a rename would not
		_ = f.root.Remove(temp)
		if errors.Is(err, fs.ErrExist) {
			return taken()
		}
		if err != nil {
			return err
		}
		return f.syncFolder(folder)
	}
	before, _ := f.describe(at) // nil: there is none
	if err := f.root.Rename(temp, at+sidecarEnd); err != nil {
		_ = f.root.Remove(temp)
		return err
	}
	if before != nil {
		_ = f.root.Remove(folder + "/" + before.Content) // readers that have it open read on
	}
	return f.syncFolder(folder)
}

func (f *Files) writeSynced(name string, raw []byte) (err error) {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(raw); err != nil {
		return err
	}
	return file.Sync()
}

// Delete implements document.Objects.
func (f *Files) Delete(_ context.Context, b document.Bucket, key string) error {
	if err := checkName(b, key); err != nil {
		return err
	}
	at := place(b, key)
	s, err := f.describe(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	folder, _ := splitKey(at)
	if err := f.root.Remove(at + sidecarEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return down(err)
	}
	if s != nil {
		_ = f.root.Remove(folder + "/" + s.Content) // without its sidecar it is nobody's; the sweep finds it
	}
	if err := f.syncFolder(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return down(err)
	}
	f.prune(b, folder)
	return nil
}

// prune takes away folders that have become empty, up to the bucket's own.
func (f *Files) prune(b document.Bucket, folder string) {
	for folder != string(b) && folder != "" {
		if f.root.Remove(folder) != nil { // not empty
			return
		}
		folder, _ = splitKey(folder)
	}
}

// Copy implements document.Objects.
func (f *Files) Copy(ctx context.Context, b document.Bucket, from, to string) error {
	if err := checkName(b, to); err != nil {
		return err
	}
	body, o, err := f.Get(ctx, b, from, 0, 0)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // only read
	_, err = f.put(ctx, &document.Put{Bucket: b, Key: to, Type: o.Type, Size: o.Size, Body: body, Tags: o.Tags}, o.SHA256)
	return err
}

// LoadKey reads the secret that signs URLs from a file of mode 0600, and makes it at the first start.
func LoadKey(path string, random io.Reader) ([]byte, error) {
	for range tries {
		raw, err := os.ReadFile(path)
		if err == nil {
			key, err := hex.DecodeString(string(raw))
			if err != nil || len(key) != keyBytes {
				return nil, errors.New("blob: the key file of URLs is damaged; take it away and start again")
			}
			return key, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := makeKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, errors.New("blob: the key file of URLs cannot be made")
}

// keyBytes of the secret: as many as the hash has (RFC 2104, section 3).
const keyBytes = 32

// makeKey writes a new secret in one step, so that nobody reads half of it; fs.ErrExist when somebody was faster.
func makeKey(path string, random io.Reader) error {
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return err
	}
	folder, _ := splitKey(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, "url.key.*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // it has its second name by then
	_, err = temp.WriteString(hex.EncodeToString(key))
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Link(temp.Name(), path)
}
