package config_test

import (
	"errors"
	"testing"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/go-cmp/cmp"
)

func TestConnection(t *testing.T) {
	t.Parallel()
	given := "NEXO_DATABASE_URL=postgres://nexo_writer@db.example/x"
	for _, tt := range []struct {
		name   string
		look   config.Lookup
		want   config.Connection
		verify bool
	}{
		{"local", vars(), config.Connection{Migrate: true}, false},
		{"local, with a database of one's own", vars(given+"?sslmode=disable", "NEXO_DATABASE_MIGRATE=0"), config.Connection{}, false},
		{"behind a pooler", vars(given, "NEXO_DATABASE_PROXY=1"), config.Connection{Migrate: true, Proxied: true}, false},
		{"tokens of AWS from this machine", vars(given, "NEXO_DATABASE_IAM=1", "AWS_REGION=us-east-2"),
			config.Connection{IAM: true, Region: "us-east-2", Proxied: true, Migrate: true}, true},
		{"tokens, and the cluster itself", vars(given, "NEXO_DATABASE_IAM=1", "AWS_REGION=x", "NEXO_DATABASE_REGION=sa-east-1", "NEXO_DATABASE_PROXY=0"),
			config.Connection{IAM: true, Region: "sa-east-1", Migrate: true}, true},
		{"on AWS", cloud("NEXO_DATABASE_IAM=1", "AWS_REGION=us-east-2", "NEXO_DATABASE_CA_FILE=/etc/ca.pem"),
			config.Connection{IAM: true, Region: "us-east-2", CAFile: "/etc/ca.pem", Proxied: true}, true},
		{"on AWS the migrator migrates", cloud("NEXO_DATABASE_MIGRATE=1", "AWS_REGION=us-east-2"), config.Connection{Region: "us-east-2"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(tt.look)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Connection); diff != "" || got.VerifyTLS() != tt.verify {
				t.Errorf("verify %v\n%s", got.VerifyTLS(), diff)
			}
		})
	}
}

func TestConnectionRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		look  config.Lookup
		field string
	}{
		{"no flag", vars("NEXO_DATABASE_IAM=yes"), "NEXO_DATABASE_IAM"},
		{"no flag either", vars("NEXO_DATABASE_PROXY=true"), "NEXO_DATABASE_PROXY"},
		{"nor this", vars("NEXO_DATABASE_MIGRATE=no"), "NEXO_DATABASE_MIGRATE"},
		{"a token without a region", vars("NEXO_DATABASE_IAM=1"), "NEXO_DATABASE_REGION"},
		{"a token for the private database", vars("NEXO_DATABASE_IAM=1", "AWS_REGION=x"), "NEXO_DATABASE_IAM"},
		{"aws without TLS", cloud("AWS_REGION=x", "NEXO_DATABASE_URL=postgres://nexo_writer@h/d?sslmode=disable"), "NEXO_DATABASE_URL"},
		{"aws with TLS that checks nothing", cloud("AWS_REGION=x", "NEXO_DATABASE_READER_URL=postgres://nexo_reader@h/d?sslmode=require"), "NEXO_DATABASE_READER_URL"},
		{"aws with TLS that does not check the name", cloud("AWS_REGION=x", "NEXO_DATABASE_OWNER_URL=postgres://o@h/d?sslmode=verify-ca"), "NEXO_DATABASE_OWNER_URL"},
		{"aws as nobody", cloud("AWS_REGION=x", "NEXO_DATABASE_URL=postgres://h/d"), "NEXO_DATABASE_URL"},
		{"tokens to whoever answers", vars("NEXO_DATABASE_URL=postgres://u@h/d?sslmode=prefer", "NEXO_DATABASE_IAM=1", "AWS_REGION=x"), "NEXO_DATABASE_URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.look)
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.InvalidArgument || f.Field != tt.field {
				t.Errorf("got %v", err)
			}
		})
	}
}
