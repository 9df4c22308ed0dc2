package oidc

import (
	"bytes"
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/item"
)

// ItemStore is a Store in the table of sessions, so that people stay signed in when the program starts
// again. A person's sign-ins are found by the table's index of users.
type ItemStore struct {
	items item.Store
	now   func() time.Time
}

var _ Store = (*ItemStore)(nil)

// NewItemStore keeps entries in the table of sessions of items.
func NewItemStore(items item.Store, now func() time.Time) *ItemStore {
	return &ItemStore{items: items, now: now}
}

// storedEntry is the body of an item. The value is a text and no JSON, so that it comes back byte for byte.
type storedEntry struct {
	Kind  StoreKind `json:"kind"`
	Value []byte    `json:"value"`
	Until time.Time `json:"until"`
}

// entryKey cannot meet the id of an agent's session, which is a UUID.
func entryKey(kind StoreKind, key string) item.Key {
	return item.Key{Partition: "oidc#" + string(kind) + "#" + key}
}

// write makes an entry an item. The item ends with the second in which the entry does, so that a table
// that counts in seconds never ends it too early.
func (s *ItemStore) write(kind StoreKind, key string, e Entry, version int64) (item.Write, error) {
	raw, err := json.Marshal(storedEntry{kind, e.Value, e.Until.UTC()})
	if err != nil {
		return item.Write{}, err
	}
	it := item.Item{Key: entryKey(kind, key), Version: version, ExpiresAt: e.Until.Add(time.Second - 1).Truncate(time.Second)}
	if it.Body, err = item.Canonical(raw); err != nil {
		return item.Write{}, err
	}
	if e.Subject != "" {
		it.Index = map[string]item.Key{item.SessionByUser: {Partition: item.UserKey(e.Subject), Sort: "oidc#" + string(kind) + "#" + key}}
	}
	return item.Write{Item: it}, nil
}

// Put stores e, over what was there. Its version is the time, so that it is none that a reader of an
// earlier entry under the key could still hold.
func (s *ItemStore) Put(ctx context.Context, kind StoreKind, key string, e Entry) error {
	w, err := s.write(kind, key, e, max(1, s.now().UnixNano()))
	if err != nil {
		return err
	}
	return s.items.Put(ctx, item.Sessions(), w)
}

// Get returns a living entry.
func (s *ItemStore) Get(ctx context.Context, kind StoreKind, key string) (Entry, error) {
	e, _, err := s.find(ctx, kind, key)
	return e, err
}

// find returns a living entry and its version.
func (s *ItemStore) find(ctx context.Context, kind StoreKind, key string) (Entry, int64, error) {
	it, err := s.items.Get(ctx, item.Sessions(), entryKey(kind, key))
	if err != nil {
		return Entry{}, 0, err
	}
	if it == nil {
		return Entry{}, 0, notFound()
	}
	var stored storedEntry
	if err := json.Unmarshal(it.Body, &stored); err != nil {
		return Entry{}, 0, err
	}
	if !s.now().Before(stored.Until) {
		return Entry{}, 0, notFound()
	}
	return Entry{Value: stored.Value, Until: stored.Until}, it.Version, nil
}

// Take returns a living entry and removes it; who comes second finds nothing.
func (s *ItemStore) Take(ctx context.Context, kind StoreKind, key string) (Entry, error) {
	e, version, err := s.find(ctx, kind, key)
	if err != nil {
		return Entry{}, err
	}
	err = s.items.Delete(ctx, item.Sessions(), item.Removal{Key: entryKey(kind, key), If: item.Condition{Kind: item.IfVersion, Version: version}})
	if item.IsConflict(err) {
		return Entry{}, notFound()
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// Swap replaces a living entry whose value is old.
func (s *ItemStore) Swap(ctx context.Context, kind StoreKind, key string, old []byte, e Entry) (bool, error) {
	have, version, err := s.find(ctx, kind, key)
	if unknown(err) || err == nil && !bytes.Equal(have.Value, old) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w, err := s.write(kind, key, e, version+1)
	if err != nil {
		return false, err
	}
	w.If = item.Condition{Kind: item.IfVersion, Version: version}
	err = s.items.Put(ctx, item.Sessions(), w)
	if item.IsConflict(err) {
		return false, nil
	}
	return err == nil, err
}

// Delete removes an entry, if there is one.
func (s *ItemStore) Delete(ctx context.Context, kind StoreKind, key string) error {
	return s.items.Delete(ctx, item.Sessions(), item.Removal{Key: entryKey(kind, key)})
}
