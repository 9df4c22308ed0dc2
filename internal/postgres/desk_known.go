package postgres

import (
	"sync"

	"github.com/faiston/nexo/internal/stock"
)

// knownKeys remembers balances that certainly exist, so that their zero row is not inserted again.
// Balances are never deleted, so what was once seen committed stays true.
type knownKeys struct {
	mu   sync.RWMutex
	seen map[stock.Key]struct{}
}

// maxKnown bounds the set to some 10 MiB; beyond it keys are simply not remembered.
const maxKnown = 100_000

func (s *knownKeys) has(k stock.Key) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.seen[k]
	return ok
}

func (s *knownKeys) add(keys map[stock.Key]stock.Balance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range keys {
		if len(s.seen) < maxKnown {
			s.seen[k] = struct{}{}
		}
	}
}
