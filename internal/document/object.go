// Package document knows papers and files: what is kept of them, what was read from them, who may see
// them. Their bytes are objects, which package blob keeps on disk or in S3.
package document

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Bucket is one of the seven buckets of the infrastructure document, §5, by its short name; the
// environment says what it is called on AWS.
type Bucket string

// The seven buckets.
const (
	Frontend      Bucket = "frontend"
	Documents     Bucket = "sga-documents"
	EquipmentDocs Bucket = "sga-equipment-docs"
	AcademyAudio  Bucket = "academy-audio"
	AcademySlides Bucket = "academy-slides"
	AcademyVideos Bucket = "academy-videos"
	Trainings     Bucket = "academy-trainings"
)

// Buckets lists them.
func Buckets() []Bucket {
	return []Bucket{Frontend, Documents, EquipmentDocs, AcademyAudio, AcademySlides, AcademyVideos, Trainings}
}

// Name is what the bucket is called on AWS unless the environment says otherwise.
func (b Bucket) Name() string { return "faiston-one-" + string(b) + "-prod" }

// Object is what is known of stored bytes.
type Object struct {
	Key        string
	Size       int64
	Type       string // content type, as found by inspection
	SHA256     string // hex, of the content; empty where the store does not know it
	ModifiedAt time.Time
	Tags       map[string]string
}

// Put is a whole object on its way into the store.
type Put struct {
	Bucket   Bucket
	Key      string
	Type     string
	Size     int64 // bytes; what is read must be exactly as many
	Body     io.Reader
	Tags     map[string]string
	IfAbsent bool // refuse with already_exists when the key is taken
}

// Upload is a URL at which a client may put one object of exactly this type, length and checksum.
type Upload struct {
	Method string
	URL    string
	Header http.Header // what the client has to send
	Until  time.Time
}

// Grant asks for an upload URL.
type Grant struct {
	Bucket Bucket
	Key    string
	Type   string
	Size   int64
	SHA256 string // hex
	For    time.Duration
}

// Objects keeps bytes under keys. Keys are made by the program and never by a client. Failures are
// *fault.Error: not_found, already_exists, invalid_argument (a key or a size), unavailable.
type Objects interface {
	// Put stores an object whole or not at all.
	Put(ctx context.Context, p Put) (*Object, error)
	// Get opens an object from an offset; length 0 is to its end. The caller closes it.
	Get(ctx context.Context, b Bucket, key string, offset, length int64) (io.ReadCloser, *Object, error)
	// Head describes an object.
	Head(ctx context.Context, b Bucket, key string) (*Object, error)
	// List gives objects by prefix in order of their keys; next is empty at the end.
	List(ctx context.Context, b Bucket, prefix, cursor string, limit int) (page []Object, next string, err error)
	// Delete removes an object and, where the store keeps versions, all of them; one that is not there is no error.
	Delete(ctx context.Context, b Bucket, key string) error
	// Copy copies within a bucket.
	Copy(ctx context.Context, b Bucket, from, to string) error
	// SignPut gives a URL for one upload.
	SignPut(ctx context.Context, g Grant) (*Upload, error)
	// SignGet gives a URL for one download under a file name, always as an attachment.
	SignGet(ctx context.Context, b Bucket, key, filename string, lifetime time.Duration) (string, error)
}
