package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

func TestObjects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		look config.Lookup
		want config.Objects
	}{
		{"a folder in local mode", vars(), config.Objects{Store: "files"}},
		{"buckets in aws mode", cloud(), config.Objects{Store: "s3"}},
		{"an S3-compatible server of this machine", vars("NEXO_OBJECTS=s3", "NEXO_S3_ENDPOINT=http://127.0.0.1:7070"),
			config.Objects{Store: "s3", Endpoint: "http://127.0.0.1:7070"}},
		{"buckets of other names", cloud("NEXO_BUCKET_SGA_DOCUMENTS=papers", "NEXO_BUCKET_FRONTEND=faiston-one-frontend-prod"),
			config.Objects{Store: "s3", Buckets: map[document.Bucket]string{document.Documents: "papers"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(tt.look)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Objects); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestObjectsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		look  config.Lookup
		field string
	}{
		{"unknown store", vars("NEXO_OBJECTS=ftp"), "NEXO_OBJECTS"},
		{"a folder in aws mode", cloud("NEXO_OBJECTS=files"), "NEXO_OBJECTS"},
		{"a server without the store", vars("NEXO_S3_ENDPOINT=http://127.0.0.1:7070"), "NEXO_S3_ENDPOINT"},
		{"s3 without a server in local mode", vars("NEXO_OBJECTS=s3"), "NEXO_S3_ENDPOINT"},
		{"another machine in local mode", vars("NEXO_OBJECTS=s3", "NEXO_S3_ENDPOINT=https://s3.example"), "NEXO_S3_ENDPOINT"},
		{"clear text to another machine", cloud("NEXO_S3_ENDPOINT=http://minio.example"), "NEXO_S3_ENDPOINT"},
		{"a password in the address", cloud("NEXO_S3_ENDPOINT=https://u:p@s3.example"), "NEXO_S3_ENDPOINT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.look)
			var f *fault.Error
			if !errors.As(err, &f) || f.Field != tt.field {
				t.Errorf("got %v", err)
			}
		})
	}
}
