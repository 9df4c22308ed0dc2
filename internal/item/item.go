// Package item is the one port to keyed tables: what DynamoDB keeps on AWS and PostgreSQL keeps on one
// machine. It knows the tables and their keys, the conditions of a write and the limits that both sides
// hold to; adapters (packages dynamo and postgres) only carry it out, and one suite (package itemtest)
// proves that they agree.
//
// Nothing about stock is ever decided from these tables, and a write to them never shares a transaction
// with the ledger: events reach them through the outbox.
package item

import (
	"context"
	"time"
)

// Key names an item in its table, or its place in an index. Keys are compared byte by byte.
type Key struct {
	Partition string // 1 to 2,048 bytes
	Sort      string // up to 1,024 bytes; empty in tables without a sort key
}

// Item is a row: keys, a version, an end, and a JSON object.
type Item struct {
	Key
	Version   int64          // of the writer's counting, from 1; "newer" compares it
	ExpiresAt time.Time      // to the second; the zero time never. From then on the item is not there, whenever it is deleted
	Index     map[string]Key // its places in the table's indexes, by index name; one that is missing is not in that index
	Body      []byte         // a JSON object in canonical form (Canonical): numbers are integers, quantities are strings
}

// Condition is what must hold of the stored item for a write to happen. An expired item counts as absent.
type Condition struct {
	Kind    ConditionKind
	Version int64 // of IfVersion
}

// ConditionKind tells conditions apart.
type ConditionKind int

// Conditions of a write.
const (
	Always    ConditionKind = iota
	IfAbsent                // no item has the key
	IfPresent               // an item has the key
	IfVersion               // the stored version is Condition.Version
	IfNewer                 // absent, or stored with a lower version than the one that is written
)

// Write is an item to put, under a condition.
type Write struct {
	Item Item
	If   Condition
}

// Op is one action of a transaction: exactly one field is set. A key may appear once in a transaction.
type Op struct {
	Table  *Table
	Put    *Write
	Delete *Removal
	Check  *Removal // nothing happens, but the condition must hold
}

// Removal names an item and the condition on it.
type Removal struct {
	Key Key
	If  Condition
}

// Query reads one partition in order. At most one of Prefix and From/To is used.
type Query struct {
	Index      string // name of an index; empty is the table itself
	Partition  string
	Prefix     string // of the sort key
	From, To   string // of the sort key, both ends included; an empty one is open
	Descending bool
	Limit      int    // 1 to MaxPage; 0 is 100
	Cursor     string // of the page before; bound to the same query
}

// Page is a stretch of a query; Next is empty at the end.
type Page struct {
	Items []Item
	Next  string
}

// Store keeps the tables. Reads of the table itself see every write that was acknowledged; reads of an
// index may lag behind, so nothing may be decided from them. Failures are *fault.Error: unavailable (may
// be tried again), conflict (a condition did not hold; see Conflict), invalid_argument (a limit).
type Store interface {
	// Get gives an item, or nil when there is none.
	Get(ctx context.Context, t *Table, k Key) (*Item, error)
	// Put writes one item; a condition that does not hold is a *Conflict.
	Put(ctx context.Context, t *Table, w Write) error
	// PutAll writes many items of different keys, in any order, each on its own. Conditions may be Always, IfAbsent
	// and IfNewer, and one that does not hold is no error: what is there already stands. After an
	// error some may have been written; writing all again does no harm.
	PutAll(ctx context.Context, t *Table, w []Write) error
	// Delete removes an item; one that is not there is no error unless the condition says so.
	Delete(ctx context.Context, t *Table, r Removal) error
	// Query reads a page.
	Query(ctx context.Context, t *Table, q Query) (Page, error)
	// Transact does up to MaxTransaction actions or none. A condition that does not hold is a *Conflict with its index.
	Transact(ctx context.Context, ops []Op) error
	// DeleteAll empties a partition, in steps: it is no transaction.
	DeleteAll(ctx context.Context, t *Table, partition string) error
}

// Limits that both sides hold to; they are DynamoDB's (developer guide, "Quotas").
const (
	MaxPartition   = 2048
	MaxSort        = 1024
	MaxItem        = 400 << 10 // bytes of keys and body
	MaxTransaction = 100
	MaxPage        = 1000
)
