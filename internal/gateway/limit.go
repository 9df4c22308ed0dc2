package gateway

import (
	"sync"

	"github.com/faiston/nexo/internal/fault"
)

// limiter bounds the calls of one subject that run at the same time, so that one client in a loop does
// not take the pool of connections from the others.
type limiter struct {
	most int

	mu      sync.Mutex
	running map[string]int // only subjects that run something are in it
}

func newLimiter(most int) *limiter {
	return &limiter{most: most, running: map[string]int{}}
}

// enter takes a place for subject, or says that there is none.
func (l *limiter) enter(subject string) *fault.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.running[subject]
	if n >= l.most {
		return fault.RateLimited.With("Há chamadas demais em andamento para este usuário: espere uma terminar.",
			"Too many calls of this user are running: wait for one to end.").Detail("limit", l.most)
	}
	l.running[subject] = n + 1
	return nil
}

// leave gives the place back.
func (l *limiter) leave(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.running[subject] - 1; n > 0 {
		l.running[subject] = n
		return
	}
	delete(l.running, subject)
}
