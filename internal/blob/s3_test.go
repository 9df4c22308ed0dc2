package blob_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/blobtest"
)

func openGateway(endpoint string) *blob.S3 {
	return blob.OpenS3(blob.S3Options{Endpoint: endpoint, Now: time.Now,
		AWS: aws.Config{Region: blobtest.GatewayRegion,
			// What the SDK's loader sets.
			ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported, RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
			Credentials: credentials.NewStaticCredentialsProvider(blobtest.GatewayUser, blobtest.GatewaySecret, "")}})
}

func TestS3Contract(t *testing.T) {
	t.Parallel()
	s := openGateway(blobtest.Gateway(t))
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("store", func(t *testing.T) { // ends before the gateway does
		var n atomic.Int64
		blobtest.Contract(t, func(*testing.T) *blobtest.Store {
			return &blobtest.Store{Objects: s, Prefix: fmt.Sprintf("no-nesting/%d/", n.Add(1))}
		})
	})
}
