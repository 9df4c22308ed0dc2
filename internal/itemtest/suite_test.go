package itemtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/itemtest"
	"github.com/faiston/nexo/internal/postgres"
)

func openPostgres(t testing.TB, now func() time.Time) item.Store {
	t.Helper()
	db := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	s, err := postgres.OpenItems(t.Context(), postgres.ItemsConfig{URL: db.As("nexo_writer"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func openDynamo(t testing.TB, now func() time.Time) item.Store {
	t.Helper()
	return itemtest.OpenDynamo(t, itemtest.Dynoxide(t, "").URL, now)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	itemtest.Run(t, openPostgres)
}

func TestDynamoDB(t *testing.T) {
	t.Parallel()
	itemtest.Run(t, openDynamo)
}

// Both sides answer random calls alike.
func TestPostgresAndDynamoDBAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed+1), func(t *testing.T) {
			t.Parallel()
			itemtest.Differ(t, seed+1, 1000, openDynamo, openPostgres)
		})
	}
}
