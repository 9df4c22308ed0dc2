package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

const (
	// chunkRows is how many rows are read at once: some 6 MB of events with their movements.
	chunkRows = 10_000
	// chunksAhead is how many chunks a connection has: one that it reads into, and one that is being looked at.
	chunksAhead = 2
)

// stream reads a range of ids in chunks, over several connections in turn, and hands the chunks on in order while
// the next ones are being read.
type stream[T any] struct {
	from, to int64 // both ends included
	empty    func() T
	read     func(ctx context.Context, tx pgx.Tx, low, high int64, into T) error
	take     func(T) error // in order, by the goroutine that called run
}

// chunkRead is a chunk, or why there is none.
type chunkRead[T any] struct {
	chunk T
	err   error
}

// run reads everything, or ends with the first error.
func (s *stream[T]) run(ctx context.Context, conns []pgx.Tx) error {
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait() // nobody reads on a connection that its transaction is about to leave
	defer cancel()
	free, full := make([]chan T, len(conns)), make([]chan chunkRead[T], len(conns))
	for i, tx := range conns {
		free[i], full[i] = make(chan T, chunksAhead), make(chan chunkRead[T], chunksAhead)
		for range chunksAhead {
			free[i] <- s.empty()
		}
		wait.Go(func() { s.reader(ctx, tx, readerLane[T]{free[i], full[i], int64(i), int64(len(conns))}) })
	}
	for n, low := 0, s.from; low <= s.to; n, low = n+1, low+chunkRows {
		got := <-full[n%len(conns)]
		if got.err != nil {
			return got.err
		}
		if err := s.take(got.chunk); err != nil {
			return err
		}
		free[n%len(conns)] <- got.chunk
	}
	return nil
}

// readerLane is what connects one reader with the taker: it reads every n-th chunk.
type readerLane[T any] struct {
	free  chan T
	full  chan chunkRead[T]
	first int64
	every int64
}

func (s *stream[T]) reader(ctx context.Context, tx pgx.Tx, l readerLane[T]) {
	for low := s.from + l.first*chunkRows; low <= s.to; low += l.every * chunkRows {
		var into T
		select {
		case into = <-l.free:
		case <-ctx.Done():
			return
		}
		err := s.read(ctx, tx, low, min(low+chunkRows-1, s.to), into)
		l.full <- chunkRead[T]{into, err} // there is room: no more chunks exist than fit
		if err != nil {
			return
		}
	}
}
