package postgres

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/faiston/nexo/internal/stock"
)

// BenchmarkDesk measures transfers through the desk: decided, audited, in the outbox, each with an
// idempotency key. -cpu and the parallelism stand for callers that wait together.
func BenchmarkDesk(b *testing.B) {
	for _, callers := range []int{1, 8, 32, 128} {
		b.Run("callers="+itoa(callers), func(b *testing.B) {
			c := openDesk(b)
			for _, at := range []string{"SP-A", "SP-B", "RJ", "SP"} {
				c.must(mv(stock.Entrada, "100000000", "ISR4331", "", at))
				c.must(mv(stock.Entrada, "100000000", "CABO-UTP", "", at))
				c.must(mv(stock.Entrada, "100000000", "SFP-10G", "", at))
			}
			places, parts := []string{"SP-A", "SP-B", "RJ", "SP"}, []string{"ISR4331", "CABO-UTP", "SFP-10G"}
			var n atomic.Int64
			b.SetParallelism(callers / 2)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					from := rand.IntN(4)
					r := c.request(mv(stock.Transferencia, "1", parts[rand.IntN(3)], places[from], places[(from+1+rand.IntN(3))%4]))
					r.Key = itoa(int(n.Add(1)))
					if _, err := c.db.Submit(b.Context(), r); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "moves/s")
		})
	}
}
