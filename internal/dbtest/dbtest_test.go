package dbtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// sample is a template of one table; builds counts how often it was built by this process.
func sample(builds *atomic.Int32, hash string) Template {
	return Template{Name: "sample", Hash: hash, Build: func(ctx context.Context, dsn string) error {
		builds.Add(1)
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, `CREATE TABLE thing (id int PRIMARY KEY)`)
		return err
	}}
}

func TestDatabasesAreSeparateAndBuiltOnce(t *testing.T) {
	t.Parallel()
	var builds atomic.Int32
	tpl := sample(&builds, randomName())
	t.Run("each", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				db := New(t, tpl)
				conn := db.Conn(t)
				var n int
				err := conn.QueryRow(t.Context(), `WITH a AS (INSERT INTO thing VALUES ($1) RETURNING id)
					SELECT (SELECT count(*) FROM thing) + (SELECT count(*) FROM a)`, i).Scan(&n)
				if err != nil || n != 1 {
					t.Errorf("rows in a fresh database = %d, %v; want the one just written", n, err)
				}
			})
		}
	})
	if builds.Load() != 1 {
		t.Errorf("the template was built %d times, want once", builds.Load())
	}
}
