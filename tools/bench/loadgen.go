package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The load generator: one goroutine a connection, each with one request at a time, requests written and
// answers read by hand, because it shares the processors with what it measures.

// request is one HTTP request without its body.
type request struct {
	method, path, host string
	headers            string // whole lines
}

// append writes the request with its body.
func (q *request) append(b, body []byte) []byte {
	b = append(append(append(append(b, q.method...), ' '), q.path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(append(b, q.host...), "\r\n"...), q.headers...)
	if q.method == http.MethodPost {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
		b = append(b, "\r\n"...)
	}
	return append(append(b, "\r\n"...), body...)
}

// caller makes the requests of one connection: it appends the next one to b.
type caller func(r *rand.Rand, b []byte) []byte

// load is one run.
type load struct {
	address     string
	connections int
	caller      func() caller // one for each connection
	warmup      time.Duration
	time        time.Duration
	each        int // operations in one request
	rate        int // requests a second over all connections; 0 is as many as there can be
	began       time.Time
	sent        atomic.Int64
}

// turn waits for the time of the next request, where there is a rate.
func (l *load) turn(ctx context.Context) {
	if l.rate > 0 {
		due := l.began.Add(time.Duration(l.sent.Add(1)) * time.Second / time.Duration(l.rate))
		if early := time.Until(due); early > 0 {
			pause(ctx, early)
		}
	}
}

// tally is what came of a run.
type tally struct {
	times  []float64 // ms, sorted
	errors int
	first  string // of the errors
	taken  time.Duration
}

func (t *tally) figure(each int) figure {
	f := figure{P50: percentile(t.times, 50), P99: percentile(t.times, 99), Errors: t.errors, FirstBad: t.first, Load: loadAverage()}
	if t.taken > 0 {
		f.Rate = float64(len(t.times)*max(1, each)) / t.taken.Seconds()
	}
	return f
}

// run calls until the time is over. started is called when the warm-up ends.
func (l *load) run(ctx context.Context, started func()) (*tally, error) {
	var counting, over atomic.Bool
	l.began = time.Now()
	workers := make([]*worker, l.connections)
	var wait sync.WaitGroup
	failed := make(chan error, l.connections)
	for i := range workers {
		w := &worker{load: l, counting: &counting, over: &over, random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i))), next: l.caller()}
		workers[i] = w
		wait.Go(func() {
			if err := w.work(ctx); err != nil {
				failed <- err
				over.Store(true)
			}
		})
	}
	pause(ctx, l.warmup)
	started()
	began := time.Now()
	counting.Store(true)
	until, cancel := context.WithTimeout(ctx, l.time)
	defer cancel()
	select {
	case err := <-failed: // the rest would be no better
		failed <- err
	case <-until.Done():
	}
	over.Store(true)
	taken := time.Since(began)
	wait.Wait()
	all := &tally{taken: taken}
	for _, w := range workers {
		all.times = append(all.times, w.times...)
		all.errors += w.errors
		if all.first == "" {
			all.first = w.first
		}
	}
	slices.Sort(all.times)
	select {
	case err := <-failed:
		return all, err
	default:
		return all, ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

type worker struct {
	load           *load
	counting, over *atomic.Bool
	random         *rand.Rand
	next           caller
	times          []float64
	errors         int
	first          string
	worked         bool // a call has succeeded
}

// answerTimeout ends a call that hangs: far above any answer that would be worth a figure.
const answerTimeout = 60 * time.Second

// hopeless is how many failures without one success end a run.
const hopeless = 100

var errHopeless = errors.New("every call failed")

func (w *worker) work(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.load.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	read := bufio.NewReaderSize(conn, 64<<10)
	var out, body []byte
	for ctx.Err() == nil {
		if w.over.Load() && (len(w.times) > 0 || w.errors > 0) { // a slow call is measured once at least
			return nil
		}
		w.load.turn(ctx)
		out = w.next(w.random, out[:0])
		began := time.Now()
		if err := conn.SetDeadline(began.Add(answerTimeout)); err != nil {
			return err
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
		var status int
		if status, body, err = readAnswer(read, body[:0]); err != nil {
			return err
		}
		took := time.Since(began)
		if bad := status != http.StatusOK || bytes.Contains(body[:min(len(body), 200)], []byte(`"isError":true`)) || bytes.Contains(body[:min(len(body), 200)], []byte(`"error":{"code"`)); bad {
			w.errors++
			if w.first == "" {
				w.first = fmt.Sprintf("%d %s", status, body[:min(len(body), 300)])
			}
			if !w.worked && w.errors == hopeless {
				return fmt.Errorf("%w: %s", errHopeless, w.first)
			}
			continue
		}
		w.worked = true
		if w.counting.Load() && (!w.over.Load() || len(w.times) == 0) { // what ended within the time
			w.times = append(w.times, float64(took.Microseconds())/1000)
		}
	}
	return nil
}

var errAnswer = errors.New("not an HTTP/1.1 answer")

// readAnswer reads one answer; its body is appended to b.
func readAnswer(r *bufio.Reader, b []byte) (status int, body []byte, err error) {
	length, chunked := -1, false
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, b, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			if len(line) < len("HTTP/1.1 200") || string(line[:7]) != "HTTP/1." {
				return 0, b, errAnswer
			}
			status, _ = strconv.Atoi(string(line[9:12]))
			continue
		}
		if len(line) == 0 {
			break
		}
		switch name, value, _ := bytes.Cut(line, []byte(":")); {
		case len(name) == 14 && strings.EqualFold(string(name), "Content-Length"):
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		case len(name) == 17 && strings.EqualFold(string(name), "Transfer-Encoding"):
			chunked = true
		}
	}
	if chunked {
		b, err = readChunks(r, b)
		return status, b, err
	}
	if length > 0 {
		n := len(b)
		b = slices.Grow(b, length)[:n+length]
		_, err = io.ReadFull(r, b[n:])
	}
	return status, b, err
}

func readChunks(r *bufio.Reader, b []byte) ([]byte, error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return b, err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return b, errAnswer
		}
		n := len(b)
		b = slices.Grow(b, int(size)+2)[:n+int(size)+2]
		if _, err := io.ReadFull(r, b[n:]); err != nil {
			return b, err
		}
		b = b[:n+int(size)]
		if size == 0 {
			return b, nil
		}
	}
}
