package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

const (
	// attempts of one call: the first and three more, with jitter, ride out a throttled second.
	attempts = 4
	// longestPause between attempts.
	longestPause = 2 * time.Second
	// dialTime and tlsTime bound a connection: S3 is in the same region, a few milliseconds away.
	dialTime = 2 * time.Second
	tlsTime  = 3 * time.Second
	// headerTime bounds the wait for an answer once the request has been sent, per attempt.
	headerTime = 10 * time.Second
	// callTime bounds a whole call without content, its attempts together.
	callTime = 30 * time.Second
	// slowest is the rate in bytes a second below which a transfer is given up.
	slowest = 256 << 10
)

// S3Options say where objects are kept. AWS is the credentials and the region.
type S3Options struct {
	AWS      aws.Config
	Endpoint string                       // of an S3-compatible server, which is then addressed by path; empty: AWS
	Bucket   func(document.Bucket) string // what a bucket is called; nil: Bucket.Name
	Now      func() time.Time
}

// S3 keeps objects in buckets of Amazon S3 or of a server that speaks its protocol. Encryption is the
// bucket's own default: a request that asked for another would be refused by its policy.
type S3 struct {
	o       S3Options
	client  *s3.Client
	presign *s3.PresignClient
}

var _ document.Objects = (*S3)(nil)

// OpenS3 makes a client; nothing is sent yet.
func OpenS3(o S3Options) *S3 {
	if o.Bucket == nil {
		o.Bucket = document.Bucket.Name
	}
	c := o.AWS.Copy()
	c.HTTPClient = awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTime }).
		WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = tlsTime, headerTime })
	c.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts, s.MaxBackoff = attempts, longestPause })
	}
	client := s3.NewFromConfig(c, func(s *s3.Options) {
		if o.Endpoint != "" {
			s.BaseEndpoint, s.UsePathStyle = &o.Endpoint, true
		}
		s.DisableLogOutputChecksumValidationSkipped = true
		// Whole reads ask for the checksum themselves. Signed downloads must not: it would be a header that browsers do not send.
		s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &S3{o: o, client: client, presign: s3.NewPresignClient(client, func(p *s3.PresignOptions) { p.Presigner = newPresigner() })}
}

func (s *S3) name(b document.Bucket) *string { return aws.String(s.o.Bucket(b)) }

// Check says whether the documents can be reached, and changes nothing.
func (s *S3) Check(ctx context.Context) error {
	if _, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: s.name(document.Documents)}); err != nil {
		return down(err)
	}
	return nil
}

// EnsureBuckets makes the buckets that are not there. It is for servers of this machine: on AWS Terraform makes them.
func (s *S3) EnsureBuckets(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	for _, b := range document.Buckets() {
		_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: s.name(b)})
		if err != nil && fault.CodeOf(s3Fault(err)) == fault.NotFound {
			_, err = s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: s.name(b)})
		}
		if err != nil {
			return down(err)
		}
	}
	return nil
}

// Put implements document.Objects. The content is read once, checked and kept aside, so that an attempt
// can be repeated and S3 can be told what it must receive.
func (s *S3) Put(ctx context.Context, p document.Put) (*document.Object, error) {
	if err := checkPut(&p); err != nil {
		return nil, err
	}
	body, err := spoolOf(ctx, &p)
	if err != nil {
		return nil, asFault(err)
	}
	defer body.close()
	ctx, cancel := context.WithTimeout(ctx, callTime+time.Duration(p.Size/slowest)*time.Second)
	defer cancel()
	in := &s3.PutObjectInput{Bucket: s.name(p.Bucket), Key: &p.Key, Body: body.reader, ContentLength: &p.Size, ContentType: &p.Type,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: aws.String(base64Sum(body.sum))}
	if len(p.Tags) > 0 {
		in.Tagging = aws.String(tagQuery(p.Tags))
	}
	if p.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	for range tries {
		_, err = s.client.PutObject(ctx, in)
		if !p.IfAbsent || codeOf(err) != "ConditionalRequestConflict" { // somebody else puts at the same time: who was first shows
			break
		}
		if _, err := body.reader.Seek(0, io.SeekStart); err != nil {
			return nil, down(err)
		}
	}
	if err != nil {
		return nil, s3Fault(err)
	}
	return &document.Object{Key: p.Key, Size: p.Size, Type: p.Type, SHA256: body.sum, ModifiedAt: s.o.Now().UTC(), Tags: p.Tags}, nil
}

// Get implements document.Objects. A whole object is checked against its SHA-256 while it is read.
func (s *S3) Get(ctx context.Context, b document.Bucket, key string, offset, length int64) (io.ReadCloser, *document.Object, error) {
	if err := checkName(b, key); err != nil {
		return nil, nil, err
	}
	if err := checkRange(offset, length); err != nil {
		return nil, nil, err
	}
	in := &s3.GetObjectInput{Bucket: s.name(b), Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	if offset > 0 || length > 0 {
		end := ""
		if length > 0 {
			end = fmt.Sprint(offset + length - 1)
		}
		in.Range, in.ChecksumMode = aws.String(fmt.Sprintf("bytes=%d-%s", offset, end)), ""
	}
	ctx, cancel := context.WithTimeout(ctx, transferTime)
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		cancel()
		return nil, nil, s3Fault(err)
	}
	o := &document.Object{Key: key, Size: aws.ToInt64(out.ContentLength), Type: aws.ToString(out.ContentType), SHA256: hexSum(out.ChecksumSHA256), ModifiedAt: aws.ToTime(out.LastModified)}
	if _, total, ok := strings.Cut(aws.ToString(out.ContentRange), "/"); ok {
		if _, err := fmt.Sscan(total, &o.Size); err != nil {
			cancel()
			return nil, nil, errors.Join(down(err), out.Body.Close())
		}
	}
	return &arrival{out.Body, cancel}, o, nil
}

// arrival is a content under way; closing it ends the call.
type arrival struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close ends the call.
func (a *arrival) Close() error {
	defer a.cancel()
	return a.ReadCloser.Close()
}

// Head implements document.Objects.
func (s *S3) Head(ctx context.Context, b document.Bucket, key string) (*document.Object, error) {
	if err := checkName(b, key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.name(b), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return nil, s3Fault(err)
	}
	o := &document.Object{Key: key, Size: aws.ToInt64(out.ContentLength), Type: aws.ToString(out.ContentType), SHA256: hexSum(out.ChecksumSHA256), ModifiedAt: aws.ToTime(out.LastModified)}
	tags, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: s.name(b), Key: &key})
	if err != nil {
		return nil, s3Fault(err)
	}
	for _, t := range tags.TagSet {
		if o.Tags == nil {
			o.Tags = map[string]string{}
		}
		o.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return o, nil
}

// List implements document.Objects. S3 lists neither types, checksums nor tags.
func (s *S3) List(ctx context.Context, b document.Bucket, prefix, cursor string, limit int) ([]document.Object, string, error) {
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
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	in := &s3.ListObjectsV2Input{Bucket: s.name(b), Prefix: &prefix, MaxKeys: aws.Int32(int32(limit))}
	if cursor != "" {
		in.StartAfter = &cursor
	}
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, "", s3Fault(err)
	}
	page := make([]document.Object, 0, len(out.Contents))
	for _, c := range out.Contents {
		page = append(page, document.Object{Key: aws.ToString(c.Key), Size: aws.ToInt64(c.Size), ModifiedAt: aws.ToTime(c.LastModified)})
	}
	if aws.ToBool(out.IsTruncated) && len(page) > 0 {
		return page, page[len(page)-1].Key, nil
	}
	return page, "", nil
}
