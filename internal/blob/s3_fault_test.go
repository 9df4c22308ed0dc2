package blob_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/blobtest"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// A bucket that keeps versions keeps none of what was deleted: erasing has to be for good.
func TestS3DeletesEveryVersion(t *testing.T) {
	t.Parallel()
	endpoint := blobtest.Gateway(t)
	store := &blobtest.Store{Objects: openGateway(endpoint)}
	raw := s3.NewFromConfig(aws.Config{Region: blobtest.GatewayRegion, Credentials: credentials.NewStaticCredentialsProvider(blobtest.GatewayUser, blobtest.GatewaySecret, "")},
		func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &endpoint, true })
	bucket := aws.String(document.Documents.Name())
	if _, err := raw.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	versions := func() int {
		out, err := raw.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: bucket})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Versions) + len(out.DeleteMarkers)
	}
	store.Put(t, "v", "one")
	store.Put(t, "v", "two")
	store.Put(t, "v2", "other")
	if n := versions(); n != 3 {
		t.Fatalf("%d versions: the bucket keeps none", n)
	}
	for range 2 {
		if err := store.Delete(t.Context(), document.Documents, "v"); err != nil {
			t.Fatal(err)
		}
	}
	if n := versions(); n != 1 {
		t.Errorf("%d versions are left", n)
	}
}

func TestEnsureBuckets(t *testing.T) {
	t.Parallel()
	endpoint := blobtest.Gateway(t)
	s := blob.OpenS3(blob.S3Options{Endpoint: endpoint, Now: time.Now, Bucket: func(b document.Bucket) string { return "own-" + string(b) },
		AWS: aws.Config{Region: blobtest.GatewayRegion, Credentials: credentials.NewStaticCredentialsProvider(blobtest.GatewayUser, blobtest.GatewaySecret, "")}})
	if s.Check(t.Context()) == nil {
		t.Fatal("the buckets are there already")
	}
	for range 2 {
		if err := s.EnsureBuckets(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// faulty answers the first calls with a status and the rest with an empty object.
func faulty(t *testing.T, status int, times int64) (*blob.S3, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := calls.Add(1); n <= times {
			w.WriteHeader(status)
			return
		}
		w.Header().Set("Content-Length", "0")
		if r.URL.Query().Has("tagging") {
			body := "<Tagging><TagSet></TagSet></Tagging>"
			w.Header().Set("Content-Length", "36")
			_, _ = w.Write([]byte(body))
		}
	}))
	t.Cleanup(server.Close)
	return blob.OpenS3(blob.S3Options{Endpoint: server.URL, Now: time.Now,
		AWS: aws.Config{Region: "us-east-2", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}}), &calls
}

// A throttled or failing S3 is asked again, a few times and not for ever; a refusal once.
func TestS3Retries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		times  int64
		calls  int64
		want   fault.Code
	}{
		"slow down":    {http.StatusServiceUnavailable, 1, 3, ""},
		"broken":       {http.StatusInternalServerError, 1, 3, ""},
		"for good":     {http.StatusServiceUnavailable, 1000, 4, fault.Unavailable},
		"not allowed":  {http.StatusForbidden, 1000, 1, fault.Unavailable},
		"no such key":  {http.StatusNotFound, 1000, 1, fault.NotFound},
		"too far away": {http.StatusMovedPermanently, 1000, 1, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, calls := faulty(t, tt.status, tt.times)
			_, err := s.Head(t.Context(), document.Documents, "x")
			if fault.CodeOf(err) != tt.want || calls.Load() != tt.calls {
				t.Errorf("%v after %d calls", err, calls.Load())
			}
		})
	}
}

// A body can be read once, and is sent as often as needed.
func TestS3SendsABodyAgain(t *testing.T) {
	t.Parallel()
	s, calls := faulty(t, http.StatusServiceUnavailable, 2)
	for _, size := range []int{10, 2 << 20} {
		body := strings.NewReader(strings.Repeat("x", size))
		if _, err := s.Put(t.Context(), document.Put{Bucket: document.Documents, Key: "x", Type: "text/plain", Size: int64(size), Body: onlyOnce{body}}); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if calls.Load() != 4 {
		t.Errorf("%d calls", calls.Load())
	}
}

type onlyOnce struct{ r *strings.Reader }

func (o onlyOnce) Read(p []byte) (int, error) { return o.r.Read(p) }

// A server that never answers costs its caller no more than his own patience.
func TestS3Hangs(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	s := blob.OpenS3(blob.S3Options{Endpoint: server.URL, Now: time.Now, AWS: aws.Config{Region: "us-east-2", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.Head(ctx, document.Documents, "x"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}
