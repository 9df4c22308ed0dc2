package itemtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/faiston/nexo/internal/item"
)

func asConflict(err error) *item.Conflict {
	var c *item.Conflict
	if errors.As(err, &c) {
		return c
	}
	return nil
}

// stored are the states in which a condition may find an item.
func stored() map[string]*item.Item {
	v1, v5, ended := thing("p", "s", 1), thing("p", "s", 5), thing("p", "s", 5)
	ended.ExpiresAt = time.Unix(1_799_999_000, 0).UTC()
	return map[string]*item.Item{"nothing": nil, "version 1": &v1, "version 5": &v5, "ended": &ended}
}

// conditioned tries a condition on every state; holds names the states on which it holds.
func (w *world) conditioned(c item.Condition, holds []string, try func(item.Condition) error, after func(k item.Key, before *item.Item, held bool)) {
	t := item.Inventory()
	for name, before := range stored() {
		if err := w.s.Delete(w.Context(), t, item.Removal{Key: key("p", "s")}); err != nil {
			w.Fatal(err)
		}
		living := before
		if before != nil {
			w.put(t, *before)
			if !before.ExpiresAt.IsZero() {
				living = nil
			}
		}
		held := false
		for _, h := range holds {
			held = held || h == name
		}
		err := try(c)
		if held && err != nil {
			w.Errorf("%+v on %s: %v", c, name, err)
		} else if !held {
			w.Logf("%+v on %s", c, name)
			w.conflicts(err, 0, living)
		}
		after(key("p", "s"), living, held)
	}
}

func conditionsOfPut(w *world) {
	t := item.Inventory()
	next := thing("p", "s", 3)
	for kind, tt := range map[item.ConditionKind]struct {
		version int64
		holds   []string
	}{
		item.Always:    {0, []string{"nothing", "version 1", "version 5", "ended"}},
		item.IfAbsent:  {0, []string{"nothing", "ended"}},
		item.IfPresent: {0, []string{"version 1", "version 5"}},
		item.IfVersion: {5, []string{"version 5"}},
		item.IfNewer:   {0, []string{"nothing", "version 1", "ended"}},
	} {
		c := item.Condition{Kind: kind, Version: tt.version}
		after := func(k item.Key, before *item.Item, held bool) {
			if held {
				before = &next
			}
			w.holds(t, k, before)
		}
		w.conditioned(c, tt.holds, func(c item.Condition) error { return w.s.Put(w.Context(), t, item.Write{Item: next, If: c}) }, after)
		w.conditioned(c, tt.holds, func(c item.Condition) error {
			return w.s.Transact(w.Context(), []item.Op{{Table: t, Put: &item.Write{Item: next, If: c}}})
		}, after)
	}
	w.refuses("a version that cannot be", w.s.Put(w.Context(), t, item.Write{Item: next, If: item.Condition{Kind: item.IfVersion}}))
	w.refuses("no such condition", w.s.Put(w.Context(), t, item.Write{Item: next, If: item.Condition{Kind: 9}}))
}

func conditionsOfDelete(w *world) {
	t := item.Inventory()
	for kind, tt := range map[item.ConditionKind]struct {
		version int64
		holds   []string
	}{
		item.Always:    {0, []string{"nothing", "version 1", "version 5", "ended"}},
		item.IfPresent: {0, []string{"version 1", "version 5"}},
		item.IfVersion: {5, []string{"version 5"}},
	} {
		c := item.Condition{Kind: kind, Version: tt.version}
		after := func(k item.Key, before *item.Item, held bool) {
			if held {
				before = nil
			}
			w.holds(t, k, before)
		}
		w.conditioned(c, tt.holds, func(c item.Condition) error {
			return w.s.Delete(w.Context(), t, item.Removal{Key: key("p", "s"), If: c})
		}, after)
		w.conditioned(c, tt.holds, func(c item.Condition) error {
			return w.s.Transact(w.Context(), []item.Op{{Table: t, Delete: &item.Removal{Key: key("p", "s"), If: c}}})
		}, after)
	}
	for _, kind := range []item.ConditionKind{item.IfAbsent, item.IfNewer, -1} {
		w.refuses(fmt.Sprint("deletion under ", kind), w.s.Delete(w.Context(), t, item.Removal{Key: key("p", "s"), If: item.Condition{Kind: kind}}))
	}
}

func conditionsOfCheck(w *world) {
	t := item.Inventory()
	for kind, tt := range map[item.ConditionKind]struct {
		version int64
		holds   []string
	}{
		item.IfAbsent:  {0, []string{"nothing", "ended"}},
		item.IfPresent: {0, []string{"version 1", "version 5"}},
		item.IfVersion: {1, []string{"version 1"}},
	} {
		c := item.Condition{Kind: kind, Version: tt.version}
		w.conditioned(c, tt.holds, func(c item.Condition) error {
			return w.s.Transact(w.Context(), []item.Op{{Table: t, Check: &item.Removal{Key: key("p", "s"), If: c}}})
		}, func(k item.Key, before *item.Item, _ bool) { w.holds(t, k, before) })
	}
	for _, kind := range []item.ConditionKind{item.Always, item.IfNewer} {
		w.refuses("a check of nothing", w.s.Transact(w.Context(), []item.Op{{Table: t, Check: &item.Removal{Key: key("p", "s"), If: item.Condition{Kind: kind}}}}))
	}
}

func expiry(w *world) {
	t := item.Tasks()
	it := thing("task", "", 1)
	it.ExpiresAt = w.Now().Add(time.Hour).UTC()
	it.Index = map[string]item.Key{item.TaskByType: key("TYPE#A", "1")}
	w.put(t, it)
	whole := it
	w.Pass(time.Hour - time.Second)
	w.holds(t, it.Key, &whole)
	w.Pass(time.Second)
	w.holds(t, it.Key, nil)
	if got := w.all(t, item.Query{Partition: "task"}); len(got) != 0 {
		w.Errorf("a query still sees %v", got)
	}
	if got := w.all(t, item.Query{Index: item.TaskByType, Partition: "TYPE#A"}); len(got) != 0 {
		w.Errorf("an index still sees %v", got)
	}
	again := thing("task", "", 1)
	if err := w.s.PutAll(w.Context(), t, []item.Write{{Item: again, If: item.Condition{Kind: item.IfNewer}}}); err != nil {
		w.Fatal(err)
	}
	w.holds(t, it.Key, &again) // also without an end and without a place in the index
	if got := w.all(t, item.Query{Index: item.TaskByType, Partition: "TYPE#A"}); len(got) != 0 {
		w.Errorf("the index kept %v", got)
	}
	fraction := thing("fraction", "", 1)
	fraction.ExpiresAt = w.Now().Add(1500 * time.Millisecond)
	w.put(t, fraction)
	fraction.ExpiresAt = w.Now().Add(time.Second).UTC()
	w.holds(t, fraction.Key, &fraction) // ends count in whole seconds
	never := thing("never", "x", 1)
	never.ExpiresAt = w.Now().Add(time.Hour)
	w.refuses("an end in a table without ends", w.s.Put(w.Context(), item.Audit(), item.Write{Item: never}))
}
