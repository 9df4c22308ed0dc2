package itemtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/item"
)

// texts in the order of their bytes in UTF-8: in UTF-16 the last two would change places, and no
// language sorts them so.
func texts() []string {
	return []string{"#", "0", "10", "9", "A", "Z", "_", "a", "aa", "z", "~", "É", "é", "ﬀ", "\uffff", "😀", "\U0010ffff"}
}

func order(w *world) {
	t := item.Inventory()
	want := texts()
	for i := range want {
		s := want[(i*7)%len(want)] // in no order; 7 and their number share no factor
		w.put(t, thing("p", s, 1))
		it := thing("at "+s, "x", 1)
		it.Index = map[string]item.Key{item.BySerial: key("SERIAL", s)}
		w.put(t, it)
	}
	down := slices.Clone(want)
	slices.Reverse(down)
	for _, limit := range []int{0, 1, 4, len(want)} {
		if diff := cmp.Diff(want, sorts(w.all(t, item.Query{Partition: "p", Limit: limit}))); diff != "" {
			w.Errorf("by %d: %s", limit, diff)
		}
		if diff := cmp.Diff(down, sorts(w.all(t, item.Query{Partition: "p", Limit: limit, Descending: true}))); diff != "" {
			w.Errorf("by %d, descending: %s", limit, diff)
		}
		if diff := cmp.Diff(want, indexSorts(w.all(t, item.Query{Index: item.BySerial, Partition: "SERIAL", Limit: limit}), item.BySerial)); diff != "" {
			w.Errorf("index by %d: %s", limit, diff)
		}
		if diff := cmp.Diff(down, indexSorts(w.all(t, item.Query{Index: item.BySerial, Partition: "SERIAL", Limit: limit, Descending: true}), item.BySerial)); diff != "" {
			w.Errorf("index by %d, descending: %s", limit, diff)
		}
	}
}

func indexSorts(items []item.Item, index string) []string {
	out := []string{}
	for _, it := range items {
		out = append(out, it.Index[index].Sort)
	}
	return out
}

func ranges(w *world) {
	t := item.Audit()
	for _, s := range []string{"a", "ab", "ab\U0010ffff", "abc", "ac", "b", "b#1", "b#2", "b#3", "c", "B#9"} {
		w.put(t, thing("p", s, 1))
		it := thing("q"+s, "x", 1)
		it.Index = map[string]item.Key{item.AuditByType: key("T", s)}
		w.put(t, it)
	}
	for _, tt := range []struct {
		q    item.Query
		want string
	}{
		{item.Query{Prefix: "b#"}, "b#1 b#2 b#3"},
		{item.Query{Prefix: "ab"}, "ab abc ab\U0010ffff"},
		{item.Query{Prefix: "x"}, ""},
		{item.Query{From: "abc", To: "b"}, "abc ab\U0010ffff ac b"},
		{item.Query{From: "b#2"}, "b#2 b#3 c"},
		{item.Query{To: "ab"}, "B#9 a ab"},
		{item.Query{From: "b#2", To: "b#2"}, "b#2"},
		{item.Query{From: "d"}, ""},
	} {
		for _, limit := range []int{100, 1, 2} {
			tt.q.Limit = limit
			want := strings.Fields(tt.want)
			if tt.q.Descending = false; !w.ranged(t, tt.q, want) {
				continue
			}
			slices.Reverse(want)
			tt.q.Descending = true
			w.ranged(t, tt.q, want)
		}
	}
	w.refusedQueries(t)
}

// ranged asks the table and an index that holds the same sort keys.
func (w *world) ranged(t *item.Table, q item.Query, want []string) bool {
	w.Helper()
	q.Partition = "p"
	one := cmp.Diff(want, sorts(w.all(t, q)))
	q.Partition, q.Index = "T", item.AuditByType
	two := cmp.Diff(want, indexSorts(w.all(t, q), item.AuditByType))
	if one+two != "" {
		w.Errorf("%+v: %s%s", q, one, two)
	}
	return one+two == ""
}

func (w *world) refusedQueries(t *item.Table) {
	for what, q := range map[string]item.Query{
		"no partition": {}, "unknown index": {Index: "GSI9", Partition: "p"}, "prefix and range": {Partition: "p", Prefix: "a", From: "b"},
		"reversed range": {Partition: "p", From: "b", To: "a"}, "negative limit": {Partition: "p", Limit: -1}, "too much": {Partition: "p", Limit: item.MaxPage + 1},
		"NUL": {Partition: "a\x00"}, "no UTF-8": {Partition: "p", Prefix: "\xff"}, "long": {Partition: strings.Repeat("x", item.MaxPartition+1)},
		"long prefix": {Partition: "p", Prefix: strings.Repeat("x", item.MaxSort+1)},
	} {
		_, err := w.s.Query(w.Context(), t, q)
		w.refuses(what, err)
	}
	_, err := w.s.Query(w.Context(), item.Tasks(), item.Query{Partition: "p", Prefix: "a"})
	w.refuses("a sort key that the table does not have", err)
}

func pagesPastEnded(w *world) {
	t := item.Inventory()
	var writes []item.Write
	var want []string
	for i := range 120 {
		it := thing("p", fmt.Sprintf("%04d", i), 1)
		if i%10 != 3 {
			it.ExpiresAt = w.Now().Add(time.Minute)
		} else {
			want = append(want, it.Sort)
		}
		writes = append(writes, item.Write{Item: it})
	}
	if err := w.s.PutAll(w.Context(), t, writes); err != nil {
		w.Fatal(err)
	}
	w.Pass(time.Minute)
	for _, limit := range []int{1, 5, 12, 100} {
		if diff := cmp.Diff(want, sorts(w.all(t, item.Query{Partition: "p", Limit: limit}))); diff != "" {
			w.Errorf("by %d: %s", limit, diff)
		}
	}
}

func foreignCursors(w *world) {
	t := item.Inventory()
	for i := range 5 {
		it := thing("p", fmt.Sprint(i), 1)
		it.Index = map[string]item.Key{item.ByDate: key("p", fmt.Sprint(i))}
		w.put(t, it)
	}
	own := item.Query{Partition: "p", Prefix: "", Limit: 2}
	page, err := w.s.Query(w.Context(), t, own)
	if err != nil || page.Next == "" {
		w.Fatal(page, err)
	}
	larger := own
	larger.Cursor, larger.Limit = page.Next, 3 // the size of a page may change on the way
	if rest, err := w.s.Query(w.Context(), t, larger); err != nil || len(rest.Items) != 3 || rest.Next != "" {
		w.Errorf("got %v, %v", rest, err)
	}
	for what, q := range map[string]item.Query{
		"partition": {Partition: "q"}, "prefix": {Partition: "p", Prefix: "1"}, "range": {Partition: "p", From: "0"}, "order": {Partition: "p", Descending: true},
		"index": {Partition: "p", Index: item.ByDate},
	} {
		q.Cursor = page.Next
		_, err := w.s.Query(w.Context(), t, q)
		w.refuses("another "+what, err)
	}
	_, err = w.s.Query(w.Context(), item.Audit(), item.Query{Partition: "p", Cursor: page.Next})
	w.refuses("another table", err)
	last := page.Next[len(page.Next)-1]
	for what, cursor := range map[string]string{"cut": page.Next[:len(page.Next)-2], "no base64": "%", "short": "AAAA", "long": strings.Repeat("A", 1<<14),
		"edited": page.Next[:len(page.Next)-1] + map[bool]string{true: "B", false: "A"}[last == 'A']} {
		own.Cursor = cursor
		_, err := w.s.Query(w.Context(), t, own)
		w.refuses(what, err)
	}
}

func indexes(w *world) {
	t := item.Inventory()
	it := thing("ASSET#1", "METADATA", 1)
	it.Index = map[string]item.Key{}
	for _, x := range t.Indexes {
		it.Index[x.Name] = key(x.Name, "at")
	}
	w.put(t, it)
	for _, x := range t.Indexes {
		if diff := cmp.Diff([]item.Item{it}, w.all(t, item.Query{Index: x.Name, Partition: x.Name})); diff != "" {
			w.Errorf("%s: %s", x.Name, diff)
		}
	}
	moved := thing("ASSET#1", "METADATA", 2)
	moved.Index = map[string]item.Key{item.ByStatus: key("STATUS#OTHER", "at"), item.BySerial: it.Index[item.BySerial]}
	w.put(t, moved)
	for _, x := range t.Indexes {
		want := 0
		if x.Name == item.BySerial {
			want = 1
		}
		if got := w.all(t, item.Query{Index: x.Name, Partition: x.Name}); len(got) != want {
			w.Errorf("%s: %v", x.Name, got)
		}
	}
	if diff := cmp.Diff([]item.Item{moved}, w.all(t, item.Query{Index: item.ByStatus, Partition: "STATUS#OTHER"})); diff != "" {
		w.Error(diff)
	}
	if err := w.s.Delete(w.Context(), t, item.Removal{Key: it.Key}); err != nil {
		w.Fatal(err)
	}
	if got := w.all(t, item.Query{Index: item.ByStatus, Partition: "STATUS#OTHER"}); len(got) != 0 {
		w.Errorf("deleted, and still there: %v", got)
	}
}

// ties are many items at one place of an index; every one is read once, whatever the page.
func ties(w *world) {
	t := item.Inventory()
	want := map[string]int{}
	for i := range 23 {
		it := thing(fmt.Sprintf("M#%02d", i), "x", 1)
		it.Index = map[string]item.Key{item.ByDate: key("D", fmt.Sprint("at", i/10))}
		w.put(t, it)
		want[it.Partition] = 1
	}
	for _, limit := range []int{1, 4, 10, 23} {
		for _, descending := range []bool{false, true} {
			got := map[string]int{}
			for _, it := range w.all(t, item.Query{Index: item.ByDate, Partition: "D", Limit: limit, Descending: descending}) {
				got[it.Partition]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("by %d: %s", limit, diff)
			}
		}
	}
}
