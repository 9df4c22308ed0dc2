package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// Delete implements document.Objects.
func (s *S3) Delete(ctx context.Context, b document.Bucket, key string) error {
	if err := checkName(b, key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.name(b), Key: &key}); err != nil && fault.CodeOf(s3Fault(err)) != fault.NotFound {
		return s3Fault(err)
	}
	return s.deleteVersions(ctx, b, key)
}

// deleteVersions removes what a versioned bucket keeps of a deleted object, and the mark of its deletion.
func (s *S3) deleteVersions(ctx context.Context, b document.Bucket, key string) error {
	pages := s3.NewListObjectVersionsPaginator(s.client, &s3.ListObjectVersionsInput{Bucket: s.name(b), Prefix: &key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s3Fault(err)
		}
		var versions []*string
		for _, v := range page.Versions {
			if aws.ToString(v.Key) == key {
				versions = append(versions, v.VersionId)
			}
		}
		for _, m := range page.DeleteMarkers {
			if aws.ToString(m.Key) == key {
				versions = append(versions, m.VersionId)
			}
		}
		for _, id := range versions {
			_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.name(b), Key: &key, VersionId: id})
			if err != nil && fault.CodeOf(s3Fault(err)) != fault.NotFound {
				return s3Fault(err)
			}
		}
	}
	return nil
}

// Copy implements document.Objects.
func (s *S3) Copy(ctx context.Context, b document.Bucket, from, to string) error {
	if err := errors.Join(checkName(b, from), checkName(b, to)); err != nil {
		return fault.Of(err)
	}
	ctx, cancel := context.WithTimeout(ctx, transferTime)
	defer cancel()
	_, err := s.client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: s.name(b), Key: &to, CopySource: aws.String(s.o.Bucket(b) + "/" + url.PathEscape(from)),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		return s3Fault(err)
	}
	return nil
}

// codeOf is the error code that S3 answered, such as NoSuchKey; empty when it did not answer.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// s3Fault says what an answer of S3 means to us. Whatever we cannot put right is unavailable.
func s3Fault(err error) error {
	switch codeOf(err) {
	case "NoSuchKey", "NotFound":
		return missing().Because(err)
	case "PreconditionFailed", "ConditionalRequestConflict":
		return taken().Because(err)
	case "InvalidRange":
		return outOfRange()
	case "BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch":
		return wrongSum().Because(err)
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusRequestedRangeNotSatisfiable {
		return outOfRange()
	}
	return down(err)
}

// inMemory in bytes of a content is kept in memory while it is sent; more goes through a file.
const inMemory = 1 << 20

// spool is a content that has been read and checked, and can be read again.
type spool struct {
	reader io.ReadSeeker
	sum    string
	file   *os.File
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

func spoolOf(ctx context.Context, p *document.Put) (*spool, error) {
	h := sha256.New()
	from := io.TeeReader(io.LimitReader(&patient{ctx, p.Body}, p.Size+1), h)
	s := &spool{}
	var n int64
	var err error
	if p.Size <= inMemory {
		var b bytes.Buffer
		n, err = b.ReadFrom(from)
		s.reader = bytes.NewReader(b.Bytes())
	} else {
		if s.file, err = os.CreateTemp("", "nexo-object-*"); err != nil {
			return nil, err
		}
		s.reader = s.file
		if n, err = io.Copy(s.file, from); err == nil {
			_, err = s.file.Seek(0, io.SeekStart)
		}
	}
	if err == nil && n != p.Size {
		err = wrongSize()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.sum = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

// base64Sum is how S3 writes a SHA-256.
func base64Sum(sum string) string {
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// hexSum is how we write it; empty where S3 has none, or has one over the parts of an upload.
func hexSum(s *string) string {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(s))
	if err != nil || len(raw) != sha256.Size {
		return ""
	}
	return hex.EncodeToString(raw)
}

func tagQuery(tags map[string]string) string {
	q := url.Values{}
	for name, value := range tags {
		q.Set(name, value)
	}
	return q.Encode()
}
