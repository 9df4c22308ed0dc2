package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/pglocal"
)

func main() {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(runChild(text))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	if err := measure(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// superuser owns the databases of the bench.
const superuser = pglocal.Superuser

var errNoProgram = errors.New("there is no program: build bin/nexo, or give -program")

// options are the flags.
type options struct {
	data, cache, out, doc string
	program, server       string
	only, profiles        string
	buffers               string
	scale                 float64
	duration              time.Duration
	list, verify          bool
}

func parse(args []string, to io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(to)
	f.StringVar(&o.data, "data", "bench/data", "directory of PostgreSQL and of the lists; it stays between runs")
	f.StringVar(&o.cache, "cache", ".cache", "directory of what is fetched from npm")
	f.StringVar(&o.out, "out", "bench/results.json", "file for the results")
	f.StringVar(&o.doc, "doc", "", "page whose generated part is written anew (docs/performance.md)")
	f.StringVar(&o.program, "program", "bin/nexo", "the program")
	f.StringVar(&o.server, "server", "auto", "what is measured: program, inside (the MCP door put together here), auto (the program where it is built)")
	f.StringVar(&o.only, "only", "", "cases to run, with * for any letters, separated by commas")
	f.StringVar(&o.profiles, "cpuprofile", "", "directory for CPU profiles of the servers that run inside")
	f.StringVar(&o.buffers, "buffers", "1GB", "shared_buffers of PostgreSQL")
	f.Float64Var(&o.scale, "scale", 1, "size of the data: 1 is 10,000 parts × 50 places, 1,000,000 assets, 5,000,000 movements")
	f.DurationVar(&o.duration, "duration", 5*time.Second, "time of each measurement")
	f.BoolVar(&o.verify, "verify", false, "replay the log before and after, as nexo verify does")
	f.BoolVar(&o.list, "list", false, "list the cases and end")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.scale <= 0 || o.scale > 10 || o.duration < 100*time.Millisecond || f.NArg() > 0 {
		fmt.Fprintln(to, "bench: scale goes from above 0 to 10, duration from 100ms, and there are no arguments")
		return o, flag.ErrHelp
	}
	return o, nil
}

// bench is one run.
type bench struct {
	o       options
	to      io.Writer
	world   world
	pg      *pglocal.Cluster
	began   time.Time
	ours    *child
	servers map[string]*child
	limits  map[string]figure
	peak    float64 // memory of the server, MB
	own     string  // prefix of the database, where it is not the common one
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.to, format+"\n", args...) }

func (b *bench) sga() string {
	return b.pg.DSN(superuser, b.world.databaseName(cmp.Or(b.own, "nexo_")))
}

func (b *bench) lean() string { return b.pg.DSN(superuser, b.world.databaseName("lean_")) }

// warmup is enough to fill pools, caches and plans.
func (b *bench) warmup() time.Duration { return min(2*time.Second, b.o.duration/2) }

// measure runs the chosen cases.
func measure(ctx context.Context, o options, to io.Writer) error {
	b := &bench{o: o, to: to, world: newWorld(o.scale), began: time.Now(), servers: map[string]*child{}, limits: map[string]figure{}}
	chosen := b.chosen()
	if o.list {
		for _, c := range chosen {
			b.say("%-20s %s", c.name, c.what)
		}
		return nil
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer b.close()
	if err := b.ready(ctx); err != nil {
		return err
	}
	if err := b.verify(ctx); err != nil {
		return err
	}
	b.say("%s\n", b.facts())
	printRow(to, header())
	var rows []*row
	for _, c := range chosen {
		r := b.runCase(ctx, c)
		if ctx.Err() != nil {
			break
		}
		rows = append(rows, r)
		printRow(to, r.cells())
		if r.Note != "" {
			b.say("  %s", r.Note)
		}
	}
	if err := errors.Join(b.verify(ctx), b.save(rows)); err != nil {
		return err
	}
	if o.doc != "" {
		return b.document(rows)
	}
	return ctx.Err()
}

func (b *bench) runCase(ctx context.Context, c testCase) *row {
	r := &row{Case: c.name, What: c.what, Goal: c.goal}
	err := c.run(ctx, b, r)
	r.judge()
	if r.Ours.Errors > 0 {
		r.Note = strings.TrimSpace(fmt.Sprintf("%s %d errors, the first: %s", r.Note, r.Ours.Errors, r.Ours.FirstBad))
	}
	if err != nil {
		r.Verdict = verdictFailed
		if !strings.Contains(r.Note, err.Error()) {
			r.Note = strings.TrimSpace(r.Note + " " + err.Error())
		}
	}
	return r
}

// chosen are the cases of -only.
func (b *bench) chosen() []testCase {
	all := b.world.cases()
	if b.o.only == "" {
		return all
	}
	var out []testCase
	for _, c := range all {
		for pattern := range strings.SplitSeq(b.o.only, ",") {
			if ok, _ := path.Match(strings.TrimSpace(pattern), c.name); ok {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// open starts PostgreSQL as `nexo serve` does, with more memory.
func (b *bench) open(ctx context.Context) error {
	for _, dir := range []*string{&b.o.data, &b.o.profiles} {
		if *dir == "" {
			continue
		}
		full, err := filepath.Abs(*dir)
		if err != nil {
			return err
		}
		*dir = full
		if err := os.MkdirAll(full, 0o711); err != nil { // 0711: the server's user must be able to enter
			return err
		}
	}
	var err error
	b.pg, err = pglocal.Open(ctx, pglocal.Options{DataDir: b.o.data, SharedBuffers: b.o.buffers, MaxConnections: 120,
		OnProgress: func(s pglocal.Step) { b.say("%s", s.Note().EN) }})
	return err
}

func (b *bench) close() {
	b.stopServers()
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := b.pg.Close(ctx); err != nil {
		b.say("PostgreSQL: %v", err)
	}
}
