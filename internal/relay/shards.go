package relay

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
)

// maxMerged bounds a merged page: one item more is asked of every shard.
const maxMerged = item.MaxPage - 1

// QueryShards reads all shards of q.Partition as one list in the order of the sort key. Sort keys of spread
// partitions end with an id, so none appears twice, and the last one is where the next page begins.
func QueryShards(ctx context.Context, s item.Store, t *item.Table, q item.Query) (item.Page, error) {
	limit := min(q.Size(), maxMerged)
	after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return item.Page{}, fault.InvalidArgument.With("O cursor é inválido.", "The cursor is invalid.").On("cursor")
	}
	one := fromPlace(q, string(after))
	one.Limit = limit + 1
	var found []item.Item
	more := false
	for shard := range Shards {
		one.Partition = shardKey(q.Partition, shard)
		page, err := s.Query(ctx, t, one)
		if err != nil {
			return item.Page{}, err
		}
		found, more = append(found, page.Items...), more || page.Next != ""
	}
	sortOf := func(it *item.Item) string {
		if q.Index == "" {
			return it.Sort
		}
		return it.Index[q.Index].Sort
	}
	found = slices.DeleteFunc(found, func(it item.Item) bool { return q.Cursor != "" && sortOf(&it) == string(after) })
	slices.SortFunc(found, func(a, b item.Item) int {
		if q.Descending {
			a, b = b, a
		}
		return cmp.Compare(sortOf(&a), sortOf(&b))
	})
	if len(found) <= limit && !more {
		return item.Page{Items: found}, nil
	}
	found = found[:min(limit, len(found))]
	return item.Page{Items: found, Next: base64.RawURLEncoding.EncodeToString([]byte(sortOf(&found[len(found)-1])))}, nil
}

// fromPlace narrows a query to what comes from a sort key on, that key included; "" is the beginning.
func fromPlace(q item.Query, after string) item.Query {
	q.Cursor = ""
	if after == "" {
		return q
	}
	if q.Prefix != "" {
		q.From, q.To, q.Prefix = q.Prefix, q.Prefix+"\U0010ffff", ""
	}
	if q.Descending {
		q.To = after
	} else {
		q.From = after
	}
	return q
}
