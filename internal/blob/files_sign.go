package blob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

const (
	// MaxGrant is how long a signed URL may live: long enough to send a large file, short enough that one
	// in a browser's history is worth nothing.
	MaxGrant = 15 * time.Minute
	// Mount is where Handler has to be.
	Mount = "/objects/"
)

// grant is what a URL of ours allows. All of it is signed.
type grant struct {
	method string
	bucket document.Bucket
	key    string
	until  int64 // seconds since 1970
	name   string
	media  string
	size   int64
	sum    string
}

// Names of a URL's parameters.
const (
	paramUntil, paramName, paramType, paramSize, paramSum, paramMAC = "expires", "filename", "type", "size", "sha256", "signature"
)

func (g *grant) query() url.Values {
	q := url.Values{paramUntil: {strconv.FormatInt(g.until, 10)}}
	if g.method == http.MethodPut {
		q.Set(paramType, g.media)
		q.Set(paramSize, strconv.FormatInt(g.size, 10))
		q.Set(paramSum, g.sum)
	} else {
		q.Set(paramName, g.name)
	}
	return q
}

// sign covers the method, the path and every parameter; url.Values writes them in one order only.
func (f *Files) sign(g *grant) string {
	mac := hmac.New(sha256.New, f.o.Key)
	for _, part := range []string{"nexo-object-1", g.method, string(g.bucket), g.key, g.query().Encode()} {
		mac.Write([]byte(part + "\n")) // no part has a line break: keys are checked and the query is escaped
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f *Files) url(g *grant) string {
	q := g.query()
	q.Set(paramMAC, f.sign(g))
	return strings.TrimSuffix(f.o.BaseURL(), "/") + Mount + string(g.bucket) + "/" + g.key + "?" + q.Encode()
}

// SignPut implements document.Objects.
func (f *Files) SignPut(_ context.Context, g document.Grant) (*document.Upload, error) {
	if err := checkGrant(&g); err != nil {
		return nil, err
	}
	until := f.o.Now().Add(g.For)
	target := f.url(&grant{method: http.MethodPut, bucket: g.Bucket, key: g.Key, until: until.Unix(), media: g.Type, size: g.Size, sum: g.SHA256})
	return &document.Upload{Method: http.MethodPut, URL: target, Until: until,
		Header: http.Header{"Content-Type": {g.Type}, "Content-Length": {strconv.FormatInt(g.Size, 10)}}}, nil
}

func checkGrant(g *document.Grant) error {
	if err := checkPut(&document.Put{Bucket: g.Bucket, Key: g.Key, Type: g.Type, Size: g.Size}); err != nil {
		return err
	}
	if !isSum(g.SHA256) {
		return fault.InvalidArgument.With("O SHA-256 deve ter 64 dígitos hexadecimais minúsculos.", "The SHA-256 must be 64 lower-case hexadecimal digits.").On("sha256")
	}
	return checkLife(g.For)
}

func checkLife(d time.Duration) error {
	if d <= 0 || d > MaxGrant {
		return fault.InvalidArgument.With("A validade deve ser de até %d minutos.", "The lifetime may be up to %d minutes.", int(MaxGrant.Minutes()))
	}
	return nil
}

func isSum(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// SignGet implements document.Objects.
func (f *Files) SignGet(_ context.Context, b document.Bucket, key, filename string, lifetime time.Duration) (string, error) {
	if err := checkName(b, key); err != nil {
		return "", err
	}
	if err := checkLife(lifetime); err != nil {
		return "", err
	}
	return f.url(&grant{method: http.MethodGet, bucket: b, key: key, until: f.o.Now().Add(lifetime).Unix(), name: document.SafeName(filename)}), nil
}
