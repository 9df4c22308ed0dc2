package gateway

import (
	"context"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/ops"
)

// reportEvery is the least time between two notifications: work may report each row, a person reads a few
// a second.
const reportEvery = 200 * time.Millisecond

// reporter sends the newest progress to the client and drops what is older, so that slow clients never
// slow the work down.
type reporter struct {
	newest chan ops.Progress
	done   chan struct{}
	ended  chan struct{}
}

func newReporter(ctx context.Context, session *mcp.ServerSession, token any) *reporter {
	r := &reporter{newest: make(chan ops.Progress, 1), done: make(chan struct{}), ended: make(chan struct{})}
	last := -1.0
	send := func(p ops.Progress) {
		if float64(p.Done) <= last { // MCP: the value must increase with each notification
			return
		}
		last = float64(p.Done)
		// A client that is gone is nobody's error.
		_ = session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Message: p.Message, Progress: last, Total: float64(p.Total)})
	}
	go r.run(send)
	return r
}

func (r *reporter) run(send func(ops.Progress)) {
	defer close(r.ended)
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case p := <-r.newest:
			send(p)
		case <-r.done:
			select {
			case p := <-r.newest:
				send(p)
			default:
			}
			return
		}
		select {
		case <-tick.C:
		case <-r.done:
		}
	}
}

// report offers a progress. One caller at a time.
func (r *reporter) report(p ops.Progress) {
	select {
	case <-r.newest:
	default:
	}
	select {
	case r.newest <- p:
	default:
	}
}

// stop sends what is left and ends: no notification may follow the answer.
func (r *reporter) stop() {
	close(r.done)
	<-r.ended
}
