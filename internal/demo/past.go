package demo

import (
	"context"
	"fmt"

	"github.com/faiston/nexo/internal/approval"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
	"golang.org/x/sync/errgroup"
)

// stepsAtOnce is how many movements one request carries: enough to be fast, few enough for the desk to
// share transactions among the yards.
const stepsAtOnce = 32

// past plays every yard in memory and posts them side by side, each in its order.
func (l *loader) past(ctx context.Context) error {
	shares := make([][]*stock.Part, yards)
	n := 0
	for _, f := range families() {
		for i := range f.members {
			p, err := stock.FindPart(l.Store.Catalog(), l.numberOf(f, i, n), "part_number")
			if err != nil {
				return err
			}
			shares[n%yards] = append(shares[n%yards], p)
			n++
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, parts := range shares {
		y := newYard(l, i, parts)
		l.yards = append(l.yards, y)
		g.Go(func() error {
			if err := y.play(); err != nil {
				return err
			}
			return l.postYard(ctx, y)
		})
	}
	return g.Wait()
}

func (l *loader) numberOf(f family, i, n int) string { return l.part(f, i, n, 0).Number }

func (l *loader) postYard(ctx context.Context, y *yard) error {
	for from := 0; from < len(y.plan); {
		key := fmt.Sprintf("yard-%d-%d", y.number, from)
		if y.plan[from].waits {
			id, err := l.propose(ctx, key, l.Actors.Logistics, y.plan[from].step)
			if err == nil {
				err = l.decide(ctx, key+"-decision", id, true)
			}
			if err != nil {
				return err
			}
			from++
			l.count(1)
			continue
		}
		steps := y.batch(from)
		if err := l.post(ctx, key, l.clerk(from/stepsAtOnce+y.number), steps); err != nil {
			return err
		}
		from += len(steps)
		l.count(len(steps))
	}
	return nil
}

// batch takes the steps from one on that may go together.
func (y *yard) batch(from int) []approval.Step {
	var steps []approval.Step
	for _, e := range y.plan[from:] {
		if e.waits || len(steps) == stepsAtOnce {
			break
		}
		steps = append(steps, e.step)
	}
	return steps
}

// clerk is whose turn it is.
func (l *loader) clerk(i int) *identity.Actor {
	a := l.Actors
	return []*identity.Actor{a.Logistics, a.Operations, a.Logistics, a.Technician, a.Logistics}[i%5]
}
