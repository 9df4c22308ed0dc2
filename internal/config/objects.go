package config

import (
	"net/url"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/document"
)

// Where objects are kept.
const (
	// ObjectFiles keeps them in the data directory; the default of local mode.
	ObjectFiles = "files"
	// ObjectS3 keeps them in buckets; the default, and the only way, of aws mode.
	ObjectS3 = "s3"
)

// ObjectSweepEvery is how late an object may expire beyond its day, as S3's own lifecycle runs once a day.
const ObjectSweepEvery = time.Hour

// Objects says where documents and other files are kept.
type Objects struct {
	Store    string                     // NEXO_OBJECTS: files or s3
	Endpoint string                     // NEXO_S3_ENDPOINT: of an S3-compatible server; empty: AWS
	Buckets  map[document.Bucket]string // NEXO_BUCKET_…, such as NEXO_BUCKET_SGA_DOCUMENTS; those that are called otherwise
}

// BucketVariable is the variable that says what a bucket is called.
func BucketVariable(b document.Bucket) string {
	return "NEXO_BUCKET_" + strings.ToUpper(strings.ReplaceAll(string(b), "-", "_"))
}

func loadObjects(get func(name, fallback string) string, m Mode) Objects {
	store := ObjectFiles
	if m == AWS {
		store = ObjectS3
	}
	o := Objects{Store: get("NEXO_OBJECTS", store), Endpoint: get("NEXO_S3_ENDPOINT", "")}
	for _, b := range document.Buckets() {
		if name := get(BucketVariable(b), b.Name()); name != b.Name() {
			if o.Buckets == nil {
				o.Buckets = map[document.Bucket]string{}
			}
			o.Buckets[b] = name
		}
	}
	return o
}

func (o *Objects) check(m Mode) error {
	switch {
	case o.Store != ObjectFiles && o.Store != ObjectS3:
		return wrong("NEXO_OBJECTS", "deve ser files ou s3", "must be files or s3")
	case o.Store == ObjectFiles && m == AWS:
		return wrong("NEXO_OBJECTS", "não pode ser files no modo aws: o disco de um contêiner se perde", "cannot be files in aws mode: the disk of a container is lost")
	case o.Endpoint == "" && o.Store == ObjectS3 && m == Local:
		return wrong("NEXO_S3_ENDPOINT", "falta: no modo local, NEXO_OBJECTS=s3 precisa de um servidor desta máquina",
			"is missing: in local mode NEXO_OBJECTS=s3 needs a server on this machine")
	case o.Endpoint == "":
		return nil
	case o.Store == ObjectFiles:
		return wrong("NEXO_S3_ENDPOINT", "só vale com NEXO_OBJECTS=s3", "needs NEXO_OBJECTS=s3")
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		return wrong("NEXO_S3_ENDPOINT", "deve ser um endereço https, ou http desta máquina", "must be an https address, or http on this machine")
	}
	if m == Local && !Loopback(u.Hostname()) {
		return wrong("NEXO_S3_ENDPOINT", "sai desta máquina: no modo local deve ser um endereço dela", "leaves this machine: in local mode it must be one of its addresses")
	}
	return nil
}

// Bucket is what a bucket is called.
func (o *Objects) Bucket(b document.Bucket) string {
	if name, ok := o.Buckets[b]; ok {
		return name
	}
	return b.Name()
}
