package limit

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// maxKeys of a kind are told apart: more than people, agents or projects there are. Addresses beyond
// that, such as those of an attack, share one count.
const maxKeys = 100_000

// Limits counts calls. A nil *Limits lets everything through. It is safe for concurrent use.
type Limits struct {
	now     func() time.Time
	shelves [kinds]shelf
	rooms   [kinds]keys
	done    sync.WaitGroup
}

// keys are the buckets of one kind.
type keys struct {
	mu       sync.RWMutex
	buckets  map[string]*bucket
	overflow bucket
}

// New counts against rates. Without a store this process is the only one.
func New(rates Rates, store Store, now func() time.Time) *Limits {
	l := &Limits{now: now}
	for _, k := range Kinds() {
		l.shelves[k] = shelf{kind: k, rate: rates[k], store: store, done: &l.done}
		l.rooms[k].buckets = map[string]*bucket{}
	}
	return l
}

// Close waits for leases that are under way.
func (l *Limits) Close() {
	if l != nil {
		l.done.Wait()
	}
}

// Take counts one call of a key.
func (l *Limits) Take(k Kind, key string) Verdict {
	if l == nil || l.shelves[k].rate.Calls == 0 {
		return Verdict{OK: true}
	}
	return l.at(k, key, l.now())
}

func (l *Limits) at(k Kind, key string, now time.Time) Verdict {
	s := &l.shelves[k]
	if s.rate.Calls == 0 {
		return Verdict{OK: true}
	}
	room := &l.rooms[k]
	room.mu.RLock()
	b := room.buckets[key]
	room.mu.RUnlock()
	if b == nil {
		b, key = room.add(key, now.UnixNano()/int64(s.rate.Per))
	}
	return b.take(s, key, now)
}

// add makes a bucket, and clears away those of windows that are over when there are too many.
func (r *keys) add(key string, window int64) (*bucket, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.buckets[key]; b != nil {
		return b, key
	}
	if len(r.buckets) >= maxKeys {
		for k, b := range r.buckets {
			b.mu.Lock()
			if b.window < window {
				delete(r.buckets, k)
			}
			b.mu.Unlock()
		}
	}
	if len(r.buckets) >= maxKeys {
		return &r.overflow, "*"
	}
	b := &bucket{}
	r.buckets[key] = b
	return b, key
}

// Call counts a call of an actor to a tool. A refusal is a fault.RateLimited with retry_after in whole
// seconds; first says that it is the first one of its kind in this window, and should be recorded.
func (l *Limits) Call(a *identity.Actor, tool string) (refusal *fault.Error, first bool) {
	if l == nil || a == nil || a.Kind == identity.System {
		return nil, false
	}
	now := l.now()
	kind, key := User, a.Subject
	if a.Kind == identity.Agent {
		kind, key = Agent, a.Client
	}
	if v := l.at(kind, key, now); !v.OK {
		return l.refusal(kind, v), v.First
	}
	if v := l.at(Tool, tool, now); !v.OK {
		return l.refusal(Tool, v), v.First
	}
	return nil, false
}

// Project counts a call that concerns a project, by its code.
func (l *Limits) Project(code string) (refusal *fault.Error, first bool) {
	if v := l.Take(Project, code); !v.OK {
		return l.refusal(Project, v), v.First
	}
	return nil, false
}

// Address counts a request, or a sign-in, from an address. Of IPv6 the network counts: a host there has
// as many addresses as it likes (RFC 6177). Requests without an address come over a socket of this machine.
func (l *Limits) Address(k Kind, from netip.Addr) *fault.Error {
	if l == nil || !from.IsValid() {
		return nil
	}
	if from.Is6() {
		if network, err := from.Prefix(64); err == nil {
			from = network.Addr()
		}
	}
	if v := l.Take(k, from.String()); !v.OK {
		return l.refusal(k, v)
	}
	return nil
}

func (l *Limits) refusal(k Kind, v Verdict) *fault.Error {
	seconds := max(1, int(math.Ceil(v.After.Seconds())))
	pt, en := k.words()
	rate := l.shelves[k].rate
	return fault.RateLimited.With("O limite de uso %[1]s foi atingido: tente de novo em %[3]d s.", "The rate limit of %[2]s is reached: try again in %[3]d s.", pt, en, seconds).
		Detail("limited", k.String()).Detail("limit", rate.Calls).Detail("per_seconds", int(rate.Per/time.Second)).Detail("retry_after", seconds)
}
