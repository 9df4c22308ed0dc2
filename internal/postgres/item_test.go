package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/item"
)

func openItems(t testing.TB) (*Items, *dbtest.DB) {
	t.Helper()
	db := dbtest.New(t, template())
	s, err := OpenItems(t.Context(), ItemsConfig{URL: db.As("nexo_writer")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, db
}

// moves are items as the event table has most of.
func moves(n, from int) []item.Write {
	out := make([]item.Write, n)
	for i := range out {
		id := fmt.Sprintf("%036d", from+i)
		at := time.Unix(int64(1_700_000_000+from+i), 0).UTC().Format(time.RFC3339)
		out[i] = item.Write{If: item.Condition{Kind: item.IfNewer}, Item: item.Item{Key: item.Key{Partition: "MOVE#" + id, Sort: "METADATA"}, Version: 1,
			Index: map[string]item.Key{
				item.ByLocation: {Partition: fmt.Sprintf("LOC#%d", i%50), Sort: "MOVE#" + at + "#" + id},
				item.ByProject:  {Partition: fmt.Sprintf("PROJ#%d", i%20), Sort: "MOVE#" + at + "#" + id},
				item.ByDate:     {Partition: fmt.Sprintf("DATE#2026-11#%d", i%8), Sort: at + "#" + id},
			},
			Body: []byte(`{"actor":"00000000-0000-7000-8000-0000000000aa","condition":"NEW","created_at":"` + at + `","destination":"SP-A","movement_id":"` + id +
				`","movement_type":"ENTRADA","operation":"sga_create_movement","part_number":"ISR4331","project":"NTT","quantity":"12","source":"EXTERNO"}`)}}
	}
	return out
}

func BenchmarkItemsPutAll(b *testing.B) {
	s, _ := openItems(b)
	batches := make([][]item.Write, 0, 64)
	for n := range 64 {
		batches = append(batches, moves(1000, n*1000))
	}
	b.ResetTimer()
	for n := range b.N {
		if err := s.PutAll(b.Context(), item.Inventory(), batches[n%64]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "items/s")
}
