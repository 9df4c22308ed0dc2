package relay

import (
	"context"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/stock"
)

// RebuildOptions say what a rebuild works with.
type RebuildOptions struct {
	Book     Book
	Source   stock.EventReader // the log that Consumer follows
	Name     string            // of that log
	Consumer Consumer          // one of NewInventory, NewTasks, NewAudit
	Holder   string
	// Clean empties every partition that the log touches before it is filled again: for items that somebody
	// changed, which "only if newer" would leave.
	Clean    bool
	Progress func(done, total int64)
	Anew     func()            // told when what an interrupted rebuild without Clean has filled is begun again; nil: nobody listens
	Fault    func(Point) error // a test's hook; nil: none
}

// Rebuild fills a table again from the ledger by delivering the whole log once more, in pages, while the relay
// goes on: an item is only ever replaced by a newer one, so both may write at once. It keeps its place under
// its own name; one that was interrupted goes on there, and only one runs at a time.
func Rebuild(ctx context.Context, o RebuildOptions) (events int64, err error) {
	p, ok := o.Consumer.(*projection)
	if !ok {
		return 0, fault.InvalidArgument.With("O consumidor %q não mantém uma tabela.", "The consumer %q keeps no table.", o.Consumer.Name())
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Fault == nil {
		o.Fault = func(Point) error { return nil }
	}
	if o.Anew == nil {
		o.Anew = func() {}
	}
	b := &rebuild{RebuildOptions: o, lease: stock.RebuildPrefix + p.name}
	if b.term, err = o.Book.TakeLease(ctx, b.lease, o.Holder, leaseLife); err != nil {
		return 0, err
	}
	if b.term == 0 {
		return 0, fault.Conflict.With("Outra reconstrução desta tabela está em curso.", "Another rebuild of this table is running.")
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookTime)
		defer cancel()
		if ended := o.Book.EndLease(end, b.lease, b.term); err == nil {
			err = ended
		}
	}()
	return b.run(ctx, p)
}

type rebuild struct {
	RebuildOptions
	lease string
	term  int64
}

func (b *rebuild) run(ctx context.Context, p *projection) (int64, error) {
	fill, clean := b.lease, b.lease+":clean"
	if err := b.Book.ClaimCursors(ctx, b.term, []stock.CursorStart{{Consumer: fill, Source: b.Name}, {Consumer: clean, Source: b.Name}}); err != nil {
		return 0, err
	}
	if err := b.prepare(ctx, p, fill, clean); err != nil {
		return 0, err
	}
	n, err := b.pass(ctx, fill, p.write)
	if err != nil {
		return n, err
	}
	return n, b.Book.ForgetCursors(ctx, b.term, []string{clean, fill}) // the next rebuild begins at the beginning
}

// prepare empties the table where that is wanted. What an interrupted rebuild has filled into an emptied table stays; what
// it has filled over whatever was there is begun again.
func (b *rebuild) prepare(ctx context.Context, p *projection, fill, clean string) error {
	filled, err := b.Book.Cursor(ctx, fill, b.term)
	if err != nil {
		return err
	}
	cleaned, err := b.Book.Cursor(ctx, clean, b.term)
	if err != nil || filled == nil || cleaned == nil { // taken over: the pass says so
		return err
	}
	switch {
	case !b.Clean && filled.Position == 0:
		return b.restart(ctx, cleaned) // a table half emptied is filled, and counts as not emptied
	case !b.Clean || filled.Position > 0 && cleaned.Position > 0:
		return nil
	case filled.Position > 0:
		b.Anew()
		if err := b.restart(ctx, filled); err != nil {
			return err
		}
	}
	_, err = b.pass(ctx, clean, p.empty)
	return err
}

func (b *rebuild) restart(ctx context.Context, c *stock.Cursor) error {
	_, err := b.Book.MoveCursor(ctx, stock.CursorMove{Consumer: c.Consumer, Term: b.term, From: c.Position})
	return err
}

// pass goes over the log once, to the end that it has when the pass begins: what comes later is the relay's.
func (b *rebuild) pass(ctx context.Context, name string, do func(context.Context, []stock.LogEvent) error) (done int64, err error) {
	end, err := b.Source.LastPosition(ctx)
	if err != nil {
		return 0, err
	}
	for {
		held, err := b.Book.RenewLease(ctx, b.lease, b.term, leaseLife)
		if err != nil {
			return done, err
		}
		c, err := b.Book.Cursor(ctx, name, b.term)
		if err != nil {
			return done, err
		}
		if !held || c == nil {
			return done, fault.Conflict.With("Outra reconstrução assumiu.", "Another rebuild has taken over.")
		}
		b.Progress(min(c.Position, end), end)
		if c.Position >= end {
			return done, nil
		}
		n, err := b.page(ctx, c, do)
		if err != nil || n == 0 {
			return done, err
		}
		done += int64(n)
	}
}

func (b *rebuild) page(ctx context.Context, c *stock.Cursor, do func(context.Context, []stock.LogEvent) error) (int, error) {
	events, err := b.Source.EventsAfter(ctx, c.Position, batchSize)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := do(ctx, events); err != nil {
		return 0, err
	}
	if err := b.Fault(AfterDeliver); err != nil {
		return 0, err
	}
	last := events[len(events)-1]
	_, err = b.Book.MoveCursor(ctx, stock.CursorMove{Consumer: c.Consumer, Term: b.term, From: c.Position, To: last.Position,
		KnownAt: last.KnownAt, Delivered: len(events)})
	return len(events), err
}

// empty deletes the partitions that events touch.
func (p *projection) empty(ctx context.Context, events []stock.LogEvent) error {
	list, err := p.items(ctx, events)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range list {
		partition := list[i].Item.Partition
		if seen[partition] {
			continue
		}
		seen[partition] = true
		if err := p.store.DeleteAll(ctx, p.table, partition); err != nil {
			return err
		}
	}
	return nil
}
