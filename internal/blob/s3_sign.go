package blob

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/faiston/nexo/internal/document"
)

// newPresigner signs headers as headers. The SDK would move x-amz-checksum-sha256 into the query, where a
// server may overlook it.
func newPresigner() *v4.Signer {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping, o.DisableHeaderHoisting = true, true })
}

// SignPut implements document.Objects: type, length and checksum are signed headers, so that S3 itself
// refuses anything else.
func (s *S3) SignPut(ctx context.Context, g document.Grant) (*document.Upload, error) {
	if err := checkGrant(&g); err != nil {
		return nil, err
	}
	until := s.o.Now().Add(g.For)
	out, err := s.presign.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: s.name(g.Bucket), Key: &g.Key, ContentType: &g.Type, ContentLength: &g.Size,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: aws.String(base64Sum(g.SHA256))}, s3.WithPresignExpires(g.For))
	if err != nil {
		return nil, down(err)
	}
	return &document.Upload{Method: out.Method, URL: out.URL, Header: out.SignedHeader, Until: until}, nil
}

// SignGet implements document.Objects.
func (s *S3) SignGet(ctx context.Context, b document.Bucket, key, filename string, lifetime time.Duration) (string, error) {
	if err := checkName(b, key); err != nil {
		return "", err
	}
	if err := checkLife(lifetime); err != nil {
		return "", err
	}
	out, err := s.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: s.name(b), Key: &key,
		ResponseContentDisposition: aws.String(document.Attachment(filename)), ResponseCacheControl: aws.String("private, no-store")}, s3.WithPresignExpires(lifetime))
	if err != nil {
		return "", down(err)
	}
	return out.URL, nil
}
