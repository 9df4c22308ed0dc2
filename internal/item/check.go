package item

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/faiston/nexo/internal/fault"
)

// overhead in bytes is what the version, the end and the names of the keys take of an item (developer
// guide, "Item sizes").
const overhead = 100

// MaxWrites is how many items one PutAll takes: more is a mistake of the caller, who has to hold them all.
const MaxWrites = 100_000

func invalid(field, pt, en string, args ...any) *fault.Error {
	return fault.InvalidArgument.With(pt, en, args...).On(field)
}

// Check refuses a key that a table cannot hold.
func (k Key) Check(t *Table) error {
	switch {
	case k.Partition == "" || len(k.Partition) > MaxPartition:
		return invalid("partition", "A chave de partição deve ter de 1 a %d bytes.", "The partition key must have 1 to %d bytes.", MaxPartition)
	case t.Sort == "" && k.Sort != "":
		return invalid("sort", "A tabela %s não tem chave de ordenação.", "Table %s has no sort key.", t.ID)
	case t.Sort != "" && k.Sort == "" || len(k.Sort) > MaxSort:
		return invalid("sort", "A chave de ordenação deve ter de 1 a %d bytes.", "The sort key must have 1 to %d bytes.", MaxSort)
	}
	return checkText(k.Partition, k.Sort)
}

// checkText refuses what one of the two sides cannot hold in a key: PostgreSQL knows no NUL.
func checkText(parts ...string) error {
	for _, s := range parts {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			return invalid("key", "A chave tem caracteres inválidos.", "The key has invalid characters.")
		}
	}
	return nil
}

// Checker refuses items and actions that one of the two sides could not hold. Its scratch memory is used
// again for the next one; it is not safe for concurrent use.
type Checker struct {
	scratch  []byte
	table    *Table
	reserved []string // of table
}

// Item refuses an item that a table cannot hold.
func (c *Checker) Item(t *Table, it *Item) error {
	if err := it.Key.Check(t); err != nil {
		return err
	}
	if it.Version < 1 {
		return invalid("version", "A versão começa em 1.", "Versions begin at 1.")
	}
	if !it.ExpiresAt.IsZero() && (t.Expires == "" || it.ExpiresAt.Unix() < 1) {
		return invalid("expires_at", "Este item não pode ter fim.", "This item cannot have an end.")
	}
	size := overhead + len(it.Partition) + len(it.Sort) + len(it.Body)
	for name, k := range it.Index {
		if t.IndexOf(name) == nil {
			return invalid("index", "A tabela %s não tem o índice %s.", "Table %s has no index %s.", t.ID, name)
		}
		if k.Partition == "" || k.Sort == "" || len(k.Partition) > MaxPartition || len(k.Sort) > MaxSort {
			return invalid("index", "As chaves do índice %s não podem ser vazias nem longas demais.", "The keys of index %s may be neither empty nor too long.", name)
		}
		if err := checkText(k.Partition, k.Sort); err != nil {
			return err
		}
		size += len(k.Partition) + len(k.Sort) + len("GSI1PKGSI1SK")
	}
	if size > MaxItem {
		return invalid("body", "O item tem mais de %d KiB.", "The item has more than %d KiB.", MaxItem>>10).Detail("bytes", size)
	}
	if c.table != t {
		c.table, c.reserved = t, t.Reserved()
	}
	var err error
	c.scratch, err = isCanonical(c.scratch, it.Body, c.reserved)
	return err
}

// Write refuses a write that a table cannot take.
func (c *Checker) Write(t *Table, w *Write) error {
	if err := w.If.check(w.If.Kind >= Always && w.If.Kind <= IfNewer); err != nil {
		return err
	}
	return c.Item(t, &w.Item)
}

// Writes refuses the writes of a PutAll: also two of one key, and conditions that it does not know.
func (c *Checker) Writes(t *Table, writes []Write) error {
	if len(writes) > MaxWrites {
		return invalid("writes", "São mais de %d itens.", "There are more than %d items.", MaxWrites)
	}
	seen := make(map[Key]struct{}, len(writes))
	for i := range writes {
		w := &writes[i]
		if k := w.If.Kind; k != Always && k != IfAbsent && k != IfNewer {
			return invalid("condition", "A condição não vale para muitos itens.", "The condition is not for many items.").Detail("index", i)
		}
		if err := c.Write(t, w); err != nil {
			return fault.Of(err).Detail("index", i)
		}
		seen[w.Item.Key] = struct{}{}
	}
	if len(seen) < len(writes) {
		return repeated()
	}
	return nil
}

func repeated() error {
	return invalid("key", "A mesma chave aparece duas vezes.", "The same key appears twice.")
}

// check refuses conditions that make no sense where they stand.
func (c Condition) check(allowed bool) error {
	if !allowed || c.Kind == IfVersion && c.Version < 1 {
		return invalid("condition", "A condição não faz sentido aqui.", "The condition makes no sense here.")
	}
	return nil
}

// Check refuses a deletion that cannot be: what is to be deleted must be there, or may be.
func (r Removal) Check(t *Table) error {
	if err := r.If.check(r.If.Kind == Always || r.If.Kind == IfPresent || r.If.Kind == IfVersion); err != nil {
		return err
	}
	return r.Key.Check(t)
}

// Ops refuses a transaction that one side could not do.
func (c *Checker) Ops(ops []Op) error {
	if len(ops) == 0 || len(ops) > MaxTransaction {
		return invalid("ops", "Uma transação tem de 1 a %d ações.", "A transaction has 1 to %d actions.", MaxTransaction)
	}
	type place struct {
		table string
		key   Key
	}
	seen, size := map[place]struct{}{}, 0
	for i := range ops {
		if err := c.op(&ops[i]); err != nil {
			return fault.Of(err).Detail("index", i)
		}
		seen[place{ops[i].Table.ID, ops[i].Key()}] = struct{}{}
		if p := ops[i].Put; p != nil {
			size += len(p.Item.Body)
		}
	}
	if len(seen) < len(ops) {
		return repeated()
	}
	if size > MaxTransactionBytes {
		return invalid("ops", "A transação tem mais de 4 MB.", "The transaction has more than 4 MB.")
	}
	return nil
}

// MaxTransactionBytes is the sum of the bodies of a transaction (developer guide, "Quotas": 4 MB in all).
const MaxTransactionBytes = 4<<20 - MaxTransaction*(MaxPartition+MaxSort+overhead)

func (c *Checker) op(o *Op) error {
	given := 0
	for _, is := range []bool{o.Put != nil, o.Delete != nil, o.Check != nil} {
		if is {
			given++
		}
	}
	switch {
	case o.Table == nil || given != 1:
		return invalid("ops", "Uma ação tem uma tabela e é só uma.", "An action has a table and is one only.")
	case o.Put != nil:
		return c.Write(o.Table, o.Put)
	case o.Delete != nil:
		return o.Delete.Check(o.Table)
	}
	k := o.Check.If.Kind
	if err := o.Check.If.check(k == IfAbsent || k == IfPresent || k == IfVersion); err != nil {
		return err
	}
	return o.Check.Key.Check(o.Table)
}

// Key is the key that the action is about.
func (o *Op) Key() Key {
	switch {
	case o.Put != nil:
		return o.Put.Item.Key
	case o.Delete != nil:
		return o.Delete.Key
	case o.Check != nil:
		return o.Check.Key
	}
	return Key{}
}

// If is the condition of the action and the version that it writes, if any.
func (o *Op) If() (c Condition, written int64) {
	switch {
	case o.Put != nil:
		return o.Put.If, o.Put.Item.Version
	case o.Delete != nil:
		return o.Delete.If, 0
	case o.Check != nil:
		return o.Check.If, 0
	}
	return Condition{}, 0
}

// Compare orders keys by bytes: by partition, then by sort key.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Partition, o.Partition), cmp.Compare(k.Sort, o.Sort))
}
