package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

func TestItems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		look config.Lookup
		want config.Items
	}{
		{"local", vars(), config.Items{Store: config.ItemsPostgres, Region: "us-east-2"}},
		{"aws", cloud(), config.Items{Store: config.ItemsDynamoDB, Region: "us-east-2"}},
		{"PostgreSQL on AWS too", cloud("NEXO_ITEMS=postgres", "AWS_REGION=sa-east-1"), config.Items{Store: config.ItemsPostgres, Region: "sa-east-1"}},
		{"a server that is not used", vars("NEXO_ITEMS=postgres", "NEXO_DYNAMODB_ENDPOINT=http://localhost:1"),
			config.Items{Store: config.ItemsPostgres, Region: "us-east-2", Endpoint: "http://localhost:1"}},
		{"a server on this machine", vars("NEXO_DYNAMODB_ENDPOINT=http://127.0.0.1:8000/"),
			config.Items{Store: config.ItemsDynamoDB, Region: "us-east-2", Endpoint: "http://127.0.0.1:8000"}},
		{"names", cloud("NEXO_TABLE_INVENTORY=inv", "NEXO_TABLE_HIL_TASKS=tasks", "NEXO_TABLE_AUDIT_LOG=a.b", "NEXO_TABLE_SESSIONS=s_s", "NEXO_TABLE_ACADEMY_TRAININGS=t-t"),
			config.Items{Store: config.ItemsDynamoDB, Region: "us-east-2",
				Names: map[string]string{"inventory": "inv", "hil-tasks": "tasks", "audit-log": "a.b", "sessions": "s_s", "academy-trainings": "t-t"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(tt.look)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Items); diff != "" {
				t.Error(diff)
			}
			for id := range got.Items.Names {
				if !knownTable(id) {
					t.Errorf("no table is called %s", id)
				}
			}
		})
	}
}

func knownTable(id string) bool {
	for _, t := range item.Tables() {
		if t.ID == id {
			return true
		}
	}
	return false
}

func TestItemsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		look  config.Lookup
		field string
	}{
		{"unknown store", vars("NEXO_ITEMS=dynamo"), "NEXO_ITEMS"},
		{"local DynamoDB without a server", vars("NEXO_ITEMS=dynamodb"), "NEXO_DYNAMODB_ENDPOINT"},
		{"no address", vars("NEXO_DYNAMODB_ENDPOINT=127.0.0.1:8000"), "NEXO_DYNAMODB_ENDPOINT"},
		{"a path", vars("NEXO_DYNAMODB_ENDPOINT=http://127.0.0.1:8000/x"), "NEXO_DYNAMODB_ENDPOINT"},
		{"credentials in the address", vars("NEXO_DYNAMODB_ENDPOINT=http://secret@127.0.0.1:8000"), "NEXO_DYNAMODB_ENDPOINT"},
		{"another machine in local mode", vars("NEXO_DYNAMODB_ENDPOINT=https://dynamodb.us-east-2.amazonaws.com"), "NEXO_DYNAMODB_ENDPOINT"},
		{"a name with a slash", cloud("NEXO_TABLE_SESSIONS=a/b"), "NEXO_TABLE_SESSIONS"},
		{"a name that is too short", cloud("NEXO_TABLE_INVENTORY=ab"), "NEXO_TABLE_INVENTORY"},
		{"a name that is too long", cloud("NEXO_TABLE_INVENTORY=" + strings.Repeat("a", 256)), "NEXO_TABLE_INVENTORY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.look)
			f := fault.Of(err)
			if f == nil || f.Code != fault.InvalidArgument || f.Field != tt.field || strings.Contains(f.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}
