package oidc

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// StoreKind names a set of entries in a Store.
type StoreKind string

// The sets that the issuer keeps. Keys are hashes of what the holder has, never the thing itself.
const (
	KindSession StoreKind = "session" // a browser that has signed in
	KindCode    StoreKind = "code"    // an authorization code not yet used
	KindSpent   StoreKind = "spent"   // a code that was used, so that a second use ends what came of the first
	KindRefresh StoreKind = "refresh" // a family of refresh tokens; only the newest is good
)

// Store keeps what the issuer must remember between requests. Every entry dies by itself. A missing or
// dead entry is fault.NotFound. Implementations are safe for concurrent use.
type Store interface {
	Put(ctx context.Context, kind StoreKind, key string, e Entry) error
	Get(ctx context.Context, kind StoreKind, key string) (Entry, error)
	// Take gets and removes in one step: of two takers one gets it.
	Take(ctx context.Context, kind StoreKind, key string) (Entry, error)
	// Swap replaces the value old by e in one step and reports whether it was there.
	Swap(ctx context.Context, kind StoreKind, key string, old []byte, e Entry) (bool, error)
	Delete(ctx context.Context, kind StoreKind, key string) error
}

// Entry is a value and the time when it dies. The value must not be changed.
type Entry struct {
	Value   []byte
	Until   time.Time
	Subject string // whose it is, for a store that finds entries by person; may be empty
}

// maxEntries of each kind in memory: more sign-ins than a local machine sees, at under 1 KiB each.
const maxEntries = 10_000

// MemoryStore is a Store that forgets everything when the program ends: people sign in again and
// agents authorize again after a restart. Access tokens survive, since the keys are in a file. When a kind is
// full the entry that dies first goes. ItemStore is the one that remembers.
type MemoryStore struct {
	now func() time.Time
	max int

	mu      sync.Mutex
	entries map[StoreKind]map[string]Entry
}

var _ Store = (*MemoryStore)(nil)

// NewMemoryStore makes an empty store.
func NewMemoryStore(now func() time.Time) *MemoryStore {
	return &MemoryStore{now: now, max: maxEntries, entries: make(map[StoreKind]map[string]Entry)}
}

// Put stores e, over what was there.
func (s *MemoryStore) Put(_ context.Context, kind StoreKind, key string, e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.entries[kind]
	if m == nil {
		m = make(map[string]Entry)
		s.entries[kind] = m
	}
	if _, ok := m[key]; !ok && len(m) >= s.max {
		s.makeRoom(m)
	}
	m[key] = e
	return nil
}

// makeRoom drops the dead, or else the entry that would die first. It reads the whole set, which at
// maxEntries takes less than one password check.
func (s *MemoryStore) makeRoom(m map[string]Entry) {
	now := s.now()
	var first string
	for k, e := range m {
		if !now.Before(e.Until) {
			delete(m, k)
			continue
		}
		if first == "" || e.Until.Before(m[first].Until) {
			first = k
		}
	}
	if len(m) >= s.max {
		delete(m, first)
	}
}

// Get returns a living entry.
func (s *MemoryStore) Get(_ context.Context, kind StoreKind, key string) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(kind, key)
}

// Take returns a living entry and removes it.
func (s *MemoryStore) Take(_ context.Context, kind StoreKind, key string) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(kind, key)
	delete(s.entries[kind], key)
	return e, err
}

// Swap replaces a living entry whose value is old.
func (s *MemoryStore) Swap(_ context.Context, kind StoreKind, key string, old []byte, e Entry) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, err := s.find(kind, key)
	if err != nil || !bytes.Equal(have.Value, old) {
		return false, nil
	}
	s.entries[kind][key] = e
	return true, nil
}

// Delete removes an entry, if there is one.
func (s *MemoryStore) Delete(_ context.Context, kind StoreKind, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries[kind], key)
	return nil
}

func (s *MemoryStore) find(kind StoreKind, key string) (Entry, error) {
	e, ok := s.entries[kind][key]
	if !ok {
		return Entry{}, notFound()
	}
	if !s.now().Before(e.Until) {
		delete(s.entries[kind], key)
		return Entry{}, notFound()
	}
	return e, nil
}

func notFound() *fault.Error {
	return fault.NotFound.With("Não encontrado.", "Not found.")
}
