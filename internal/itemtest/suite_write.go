package itemtest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

func bodies(w *world) {
	for i, t := range item.Tables() {
		for j, body := range []string{
			`{}`, `{"a":"","b":[],"c":{},"d":null,"e":true,"f":false,"g":0}`,
			`{"n":[9223372036854775807,-9223372036854775808,1,-1]}`, `{"text":"\"\\\u0000\u001f\n\t é 😀 \u007f <&> "}`,
			`{"deep":{"deep":[{"deep":[[["x"]]]}]},"parent":"TASK#1","status":"PENDING","name":"n","ttl_":"no","year":2026}`,
		} {
			raw, err := item.Canonical([]byte(body))
			if err != nil {
				w.Fatal(err)
			}
			it := item.Item{Key: key(fmt.Sprint(i, "#", j), ""), Version: 1<<62 + 1, Body: raw}
			if t.Sort != "" {
				it.Sort = "METADATA"
			}
			w.put(t, it)
			w.holds(t, it.Key, &it)
		}
		for _, name := range t.Reserved() {
			it := item.Item{Key: key("p", ""), Version: 1, Body: []byte(`{"` + name + `":"x"}`)}
			if t.Sort != "" {
				it.Sort = "s"
			}
			w.refuses(name, w.s.Put(w.Context(), t, item.Write{Item: it}))
		}
	}
}

func transactions(w *world) {
	inv, tasks := item.Inventory(), item.Tasks()
	w.put(inv, thing("a", "s", 1))
	w.put(tasks, thing("t", "", 7))
	ops := []item.Op{
		{Table: inv, Put: &item.Write{Item: thing("b", "s", 1), If: item.Condition{Kind: item.IfAbsent}}},
		{Table: inv, Check: &item.Removal{Key: key("never", "s"), If: item.Condition{Kind: item.IfAbsent}}},
		{Table: tasks, Put: &item.Write{Item: thing("t", "", 8), If: item.Condition{Kind: item.IfVersion, Version: 6}}},
		{Table: inv, Delete: &item.Removal{Key: key("a", "s"), If: item.Condition{Kind: item.IfPresent}}},
	}
	seven, one := thing("t", "", 7), thing("a", "s", 1)
	w.conflicts(w.s.Transact(w.Context(), ops), 2, &seven)
	w.holds(inv, key("b", "s"), nil)
	w.holds(inv, key("a", "s"), &one)
	ops[2].Put.If.Version = 7
	if err := w.s.Transact(w.Context(), ops); err != nil {
		w.Fatal(err)
	}
	eight, b := thing("t", "", 8), thing("b", "s", 1)
	w.holds(tasks, key("t", ""), &eight)
	w.holds(inv, key("b", "s"), &b)
	w.holds(inv, key("a", "s"), nil)
	w.holds(inv, key("never", "s"), nil)
	w.conflicts(w.s.Transact(w.Context(), ops), 0, &b) // of several that do not hold the first is named

	many := make([]item.Op, item.MaxTransaction)
	for i := range many {
		many[i] = item.Op{Table: inv, Put: &item.Write{Item: thing("many", fmt.Sprintf("%03d", 999-i), 1), If: item.Condition{Kind: item.IfAbsent}}}
	}
	if err := w.s.Transact(w.Context(), many); err != nil {
		w.Fatal(err)
	}
	if got := w.all(inv, item.Query{Partition: "many"}); len(got) != item.MaxTransaction {
		w.Errorf("%d items", len(got))
	}
	w.refuses("none", w.s.Transact(w.Context(), nil))
	w.refuses("too many", w.s.Transact(w.Context(), append(many, ops[0])))
	w.refuses("a key twice", w.s.Transact(w.Context(), []item.Op{ops[0], {Table: inv, Delete: &item.Removal{Key: key("b", "s")}}}))
	w.refuses("two in one", w.s.Transact(w.Context(), []item.Op{{Table: inv, Put: ops[0].Put, Delete: ops[3].Delete}}))
	w.refuses("nothing", w.s.Transact(w.Context(), []item.Op{{Table: inv}}))
	w.refuses("no table", w.s.Transact(w.Context(), []item.Op{{Put: ops[0].Put}}))
}

// crossing moves one unit at a time between four accounts, with the keys in any order: nothing is lost.
func crossing(w *world) {
	t := item.Inventory()
	account := func(i int, version, units int64) item.Item {
		it := thing(fmt.Sprint("acc", i), "s", version)
		it.Body = fmt.Appendf(nil, `{"units":%d}`, units)
		return it
	}
	for i := range 4 {
		w.put(t, account(i, 1, 100))
	}
	units := func(it *item.Item) int64 {
		n, _ := strconv.ParseInt(strings.Trim(string(it.Body), `{"units:}`), 10, 64)
		return n
	}
	var done atomic.Int64
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for n := range 8 {
				from, to := (g+n)%4, (g*3+n*2+1)%4
				if from == to {
					continue
				}
				for { // until nobody was in the way
					a, b := w.get(t, key(fmt.Sprint("acc", from), "s")), w.get(t, key(fmt.Sprint("acc", to), "s"))
					err := w.s.Transact(w.Context(), []item.Op{
						{Table: t, Put: &item.Write{Item: account(from, a.Version+1, units(a)-1), If: item.Condition{Kind: item.IfVersion, Version: a.Version}}},
						{Table: t, Put: &item.Write{Item: account(to, b.Version+1, units(b)+1), If: item.Condition{Kind: item.IfVersion, Version: b.Version}}},
					})
					if err == nil {
						done.Add(1)
						break
					}
					if !item.IsConflict(err) && fault.CodeOf(err) != fault.Unavailable {
						w.Error(err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	var sum, versions int64
	for i := range 4 {
		it := w.get(t, key(fmt.Sprint("acc", i), "s"))
		sum, versions = sum+units(it), versions+it.Version
	}
	if sum != 400 || versions != 4+2*done.Load() {
		w.Errorf("%d units and %d versions after %d moves", sum, versions, done.Load())
	}
}

// racing lets 16 writers make the same item: one does.
func racing(w *world) {
	t := item.Inventory()
	var won atomic.Int64
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			it := thing("race", "s", 1)
			it.Body = fmt.Appendf(nil, `{"by":%d}`, g%2) // two of the texts, so that an equal item is no proof of having won
			err := w.s.Put(w.Context(), t, item.Write{Item: it, If: item.Condition{Kind: item.IfAbsent}})
			switch c := asConflict(err); {
			case err == nil:
				won.Add(1)
			case c == nil || c.Current == nil:
				w.Errorf("writer %d: %v", g, err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		w.Errorf("%d writers won", won.Load())
	}
}

// updates counts with Update from many sides: no count is lost.
func updates(w *world) {
	t := item.Sessions()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				_, err := item.Update(w.Context(), w.s, t, key("counter", ""), func(it *item.Item) (*item.Item, error) {
					n := int64(1)
					if it != nil {
						n = it.Version + 1
					}
					next := thing("", "", n)
					return &next, nil
				})
				if err != nil {
					w.Error(err)
				}
			}
		})
	}
	wait.Wait()
	want := thing("counter", "", 20)
	w.holds(t, key("counter", ""), &want)
}

func putAll(w *world) {
	t := item.Inventory()
	w.put(t, thing("old", "s", 5))
	var writes []item.Write
	for i := range 60 {
		writes = append(writes, item.Write{Item: thing("new", fmt.Sprintf("%03d", 59-i), 1), If: item.Condition{Kind: []item.ConditionKind{item.Always, item.IfAbsent, item.IfNewer}[i%3]}})
	}
	writes = append(writes, item.Write{Item: thing("old", "s", 4), If: item.Condition{Kind: item.IfNewer}})
	for range 2 { // again does no harm
		if err := w.s.PutAll(w.Context(), t, writes); err != nil {
			w.Fatal(err)
		}
	}
	if got := w.all(t, item.Query{Partition: "new"}); len(got) != 60 {
		w.Errorf("%d items", len(got))
	}
	five := thing("old", "s", 5)
	w.holds(t, key("old", "s"), &five)
	for _, step := range []struct {
		kind          item.ConditionKind
		version, want int64
	}{{item.IfNewer, 5, 5}, {item.IfAbsent, 9, 5}, {item.IfNewer, 6, 6}, {item.Always, 2, 2}} {
		if err := w.s.PutAll(w.Context(), t, []item.Write{{Item: thing("old", "s", step.version), If: item.Condition{Kind: step.kind}}}); err != nil {
			w.Fatal(err)
		}
		want := thing("old", "s", step.want)
		w.holds(t, key("old", "s"), &want)
	}
	other := thing("old", "s", 2)
	other.Body = []byte(`{"other":true}`)
	if err := w.s.PutAll(w.Context(), t, []item.Write{{Item: other, If: item.Condition{Kind: item.IfNewer}}}); err != nil {
		w.Fatal(err)
	}
	two := thing("old", "s", 2)
	w.holds(t, key("old", "s"), &two) // the same version is not newer
	if err := w.s.PutAll(w.Context(), t, nil); err != nil {
		w.Error(err)
	}
	w.refuses("a key twice", w.s.PutAll(w.Context(), t, []item.Write{{Item: thing("x", "s", 1)}, {Item: thing("x", "s", 2)}}))
	w.refuses("a condition that may fail", w.s.PutAll(w.Context(), t, []item.Write{{Item: thing("x", "s", 1), If: item.Condition{Kind: item.IfPresent}}}))
	w.holds(t, key("x", "s"), nil)
}

// putAllRace writes the same items from several sides in different orders, as two relays may after a
// change of leader: nobody fails, and the newest stands.
func putAllRace(w *world) {
	t := item.Inventory()
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for round := range 3 {
				var writes []item.Write
				for i := range 40 {
					n := (i*(2*g+1) + g) % 40
					writes = append(writes, item.Write{Item: thing("p", fmt.Sprintf("%02d", n), int64(1+g+4*round)), If: item.Condition{Kind: item.IfNewer}})
				}
				slicesUnique(&writes)
				if err := w.s.PutAll(w.Context(), t, writes); err != nil {
					w.Error(err)
				}
			}
		})
	}
	wait.Wait()
	got := w.all(t, item.Query{Partition: "p"})
	for _, it := range got {
		if it.Version != 12 {
			w.Errorf("%s has version %d", it.Sort, it.Version)
		}
	}
	if len(got) != 40 {
		w.Errorf("%d items", len(got))
	}
}

// slicesUnique keeps the first write of every key.
func slicesUnique(writes *[]item.Write) {
	seen, out := map[item.Key]bool{}, (*writes)[:0]
	for _, x := range *writes {
		if !seen[x.Item.Key] {
			seen[x.Item.Key] = true
			out = append(out, x)
		}
	}
	*writes = out
}

func deleteAll(w *world) {
	t := item.Inventory()
	var writes []item.Write
	for i := range 70 {
		writes = append(writes, item.Write{Item: thing("gone", fmt.Sprintf("%03d", i), 1)})
	}
	writes = append(writes, item.Write{Item: thing("gone!", "s", 1)})
	if err := w.s.PutAll(w.Context(), t, writes); err != nil {
		w.Fatal(err)
	}
	for range 2 {
		if err := w.s.DeleteAll(w.Context(), t, "gone"); err != nil {
			w.Fatal(err)
		}
	}
	if got := w.all(t, item.Query{Partition: "gone"}); len(got) != 0 {
		w.Errorf("%d items are left", len(got))
	}
	beside := thing("gone!", "s", 1)
	w.holds(t, key("gone!", "s"), &beside)
	w.refuses("no partition", w.s.DeleteAll(w.Context(), t, ""))
}

func limits(w *world) {
	t := item.Audit()
	sized := func(k item.Key, n int) item.Item {
		return item.Item{Key: k, Version: 1, Body: []byte(`{"x":"` + strings.Repeat("x", n) + `"}`)}
	}
	long := key(strings.Repeat("p", item.MaxPartition), strings.Repeat("s", item.MaxSort))
	whole := item.MaxItem - item.MaxPartition - item.MaxSort - len(`{"x":""}`) - 100
	largest := sized(long, whole)
	w.put(t, largest)
	w.holds(t, long, &largest)
	for what, it := range map[string]item.Item{
		"a byte too many": sized(long, whole+1), "long partition": sized(key(long.Partition+"p", "s"), 1), "long sort": sized(key("p", long.Sort+"s"), 1),
		"no partition": sized(key("", "s"), 1), "no sort": sized(key("p", ""), 1), "NUL": sized(key("p\x00", "s"), 1), "no UTF-8": sized(key("p", "\xff"), 1),
		"no version": {Key: key("p", "s"), Body: []byte(`{}`)}, "no body": {Key: key("p", "s"), Version: 1},
		"not canonical":   {Key: key("p", "s"), Version: 1, Body: []byte(`{"b":1,"a":2}`)},
		"an empty name":   {Key: key("p", "s"), Version: 1, Body: []byte(`{"a":[{"":1}]}`)},
		"a fraction":      {Key: key("p", "s"), Version: 1, Body: []byte(`{"a":0.1}`)},
		"empty index":     {Key: key("p", "s"), Version: 1, Body: []byte(`{}`), Index: map[string]item.Key{item.AuditByType: key("", "s")}},
		"half an index":   {Key: key("p", "s"), Version: 1, Body: []byte(`{}`), Index: map[string]item.Key{item.AuditByType: key("t", "")}},
		"unknown index":   {Key: key("p", "s"), Version: 1, Body: []byte(`{}`), Index: map[string]item.Key{item.ByDate: key("t", "s")}},
		"NUL in an index": {Key: key("p", "s"), Version: 1, Body: []byte(`{}`), Index: map[string]item.Key{item.AuditByType: key("t", "\x00")}},
	} {
		w.refuses(what, w.s.Put(w.Context(), t, item.Write{Item: it}))
		w.refuses(what, w.s.PutAll(w.Context(), t, []item.Write{{Item: it}}))
		w.refuses(what, w.s.Transact(w.Context(), []item.Op{{Table: t, Put: &item.Write{Item: it}}}))
	}
	w.holds(t, key("p", "s"), nil)
	_, err := w.s.Get(w.Context(), t, key("p", ""))
	w.refuses("get without sort", err)
	_, err = w.s.Get(w.Context(), item.Tasks(), key("p", "s"))
	w.refuses("get with a sort key too many", err)
}

func apart(w *world) {
	for i, t := range item.Tables() {
		it := thing("same", "", int64(i+1))
		if t.Sort != "" {
			it.Sort = "s"
		}
		w.put(t, it)
	}
	for i, t := range item.Tables() {
		got := w.all(t, item.Query{Partition: "same"})
		if len(got) != 1 || got[0].Version != int64(i+1) {
			w.Errorf("%s: %s", t.ID, cmp.Diff(nil, got))
		}
	}
}
