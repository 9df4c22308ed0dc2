package item

import (
	"context"
	"hash/fnv"

	"github.com/faiston/nexo/internal/fault"
)

// updateTries bounds Update: with this many writers of one item at once, each round lets one of them through.
const updateTries = 16

// Update reads an item, lets change say what it becomes, and writes it if nobody wrote in between;
// otherwise it reads again. change gets nil when there is no item, and gives nil to leave things as
// they are; it may be called several times. Update counts the version and gives what is stored in the end.
func Update(ctx context.Context, s Store, t *Table, k Key, change func(*Item) (*Item, error)) (*Item, error) {
	var last error
	for range updateTries {
		old, err := s.Get(ctx, t, k)
		if err != nil {
			return nil, err
		}
		var seen *Item
		w := Write{If: Condition{Kind: IfAbsent}}
		if old != nil {
			c := *old // change may work on what it gets
			seen, w.If = &c, Condition{Kind: IfVersion, Version: old.Version}
		}
		next, err := change(seen)
		if err != nil || next == nil {
			return old, err
		}
		w.Item = *next
		w.Item.Key, w.Item.Version = k, 1
		if old != nil {
			w.Item.Version = old.Version + 1
		}
		if last = s.Put(ctx, t, w); last == nil {
			return &w.Item, nil
		}
		if !IsConflict(last) {
			return nil, last
		}
	}
	return nil, fault.Unavailable.With("O registro é alterado o tempo todo; tente de novo.", "The record changes all the time; try again.").Because(last)
}

// Shard spreads ids over n numbers from 0, always the same for one id: an index key that all writers
// share would throttle the whole table, so it takes this as a suffix, and readers ask all n.
func Shard(id string, n int) int {
	if n < 2 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return int(h.Sum32() % uint32(n))
}
