package relay

import (
	"strings"

	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/stock"
)

// Shards is over how many index partitions the keys are spread that all writers share: DynamoDB takes some
// 1,000 writes a second of one partition ("Best practices for partition keys", developer guide), and the
// ledger is built for 2,000 movements a second. It is part of every such key: changing it means a rebuild.
const Shards = 8

// maxListed bounds lists of ids inside one item, so that it stays far below DynamoDB's 400 KB: a movement may
// carry a hundred thousand serials. The timeline holds all of them; the item says how many there are.
const maxListed = 1000

// metadata is the sort key of the item that an entity itself is.
const metadata = "METADATA"

// sharded spreads an index key over the shards by the id of what stands there.
func sharded(key, id string) string { return shardKey(key, item.Shard(id, Shards)) }

func shardKey(key string, shard int) string {
	return key + "#s" + string([]byte{'0' + byte(shard/10), '0' + byte(shard%10)})
}

// part makes a business code safe inside a key, whose parts are separated by #.
func part(code string) string {
	if !strings.ContainsAny(code, "%#") { // nearly always; a replacer costs more than the rest of an item
		return code
	}
	return strings.NewReplacer("%", "%25", "#", "%23").Replace(code)
}

// key joins a prefix and parts.
func key(prefix string, parts ...string) string {
	for i := range parts {
		parts[i] = part(parts[i])
	}
	return prefix + "#" + strings.Join(parts, "#")
}

// projectKey is the index key of a project. GERAL belongs to all writers and is spread.
func projectKey(code, id string) string {
	if code == stock.GeneralCode {
		return sharded(key("PROJ", code), id)
	}
	return key("PROJ", code)
}

// monthOf is the month of a day or an instant: 2026-03.
func monthOf(day string) string { return day[:min(len("2026-03"), len(day))] }

// firstOf cuts a list to what an item may hold.
func firstOf(list []string) []string { return list[:min(len(list), maxListed)] }
