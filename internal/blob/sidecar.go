package blob

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/document"
)

const (
	// sidecarEnd marks the file that describes an object. Keys never hold '#', so that no key can mean it.
	sidecarEnd = "#.json"
	// tempEnd marks a sidecar that is being written.
	tempEnd = ".tmp"
	// maxSidecar in bytes: a description takes a few hundred.
	maxSidecar = 64 << 10
)

// sidecar describes an object and names the file that has its content. It appears by one rename, so an
// object is there whole, with its description, or not at all.
type sidecar struct {
	Content  string            `json:"content"` // name of the file beside this one
	Type     string            `json:"type"`
	Size     int64             `json:"size"`
	SHA256   string            `json:"sha256"`
	StoredAt time.Time         `json:"stored_at"`
	Tags     map[string]string `json:"tags,omitzero"`
}

func (s *sidecar) object(key string) *document.Object {
	return &document.Object{Key: key, Size: s.Size, Type: s.Type, SHA256: s.SHA256, ModifiedAt: s.StoredAt, Tags: s.Tags}
}

// place is the path of an object below the root, without an ending.
func place(b document.Bucket, key string) string { return string(b) + "/" + key }

// describe reads the sidecar at a place; fs.ErrNotExist when there is none.
func (f *Files) describe(at string) (*sidecar, error) {
	info, err := f.root.Lstat(at + sidecarEnd)
	if err != nil {
		return nil, absent(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSidecar {
		return nil, errors.New("a sidecar is no file of ours")
	}
	raw, err := f.root.ReadFile(at + sidecarEnd)
	if err != nil {
		return nil, err
	}
	s := new(sidecar)
	if err := json.Unmarshal(raw, s, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	if !isContent(at, s.Content) {
		return nil, errors.New("a sidecar names a content that is not its own")
	}
	return s, nil
}

// absent takes a folder that is a file for what it means: nothing is there.
func absent(err error) error {
	if errors.Is(err, errNotDirectory) {
		return fs.ErrNotExist
	}
	return err
}

// isContent reports whether name is a content file of the object at a place: its own name, '#', 16 hex digits.
func isContent(at, name string) bool {
	_, last := splitKey(at)
	digits := 2 * randomBytes
	if len(name) != len(last)+1+digits || name[:len(last)+1] != last+"#" {
		return false
	}
	_, err := hex.DecodeString(name[len(last)+1:])
	return err == nil
}
