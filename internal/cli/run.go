package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
)

// Exit codes of the contract.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Process is what a run of the program has of its surroundings.
type Process struct {
	Args []string // without the program's name
	Env  config.Lookup
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
}

// Main runs the program with the surroundings of this process and returns its exit code.
func Main(ctx context.Context) int {
	return Run(ctx, Process{Args: os.Args[1:], Env: os.LookupEnv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

// Run runs one verb and returns the exit code. A first SIGINT or SIGTERM asks the verb to stop, a second
// one ends the process at once.
func Run(ctx context.Context, p Process) int {
	ctx, stop := interruptible(ctx)
	defer stop()
	s := &session{Process: p, ctx: ctx}
	err := s.dispatch()
	if err == nil {
		return exitDone
	}
	var u *usage
	if errors.As(err, &u) {
		s.explain(u.cause)
		s.printf(p.Err, "      `nexo help%s`\n", u.verb)
		return exitUsage
	}
	s.explain(err)
	return exitFailed
}

// interruptible is a context that ends with the first signal. PostgreSQL dies with this process, also
// when it leaves in a hurry, and recovers at the next start.
func interruptible(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		if _, again := <-signals; again {
			os.Exit(exitFailed)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(signals)
	}
}

// usage is a mistake in how the program was called.
type usage struct {
	verb  string // " verb", for the hint; empty for the whole program
	cause error
}

func (u *usage) Error() string { return u.cause.Error() }

// session is one run of a verb.
type session struct {
	Process
	ctx    context.Context
	Config *config.Config
	Log    *slog.Logger
	silent bool // nobody reads the log
}

// open opens the program on the database, joining the one that runs.
func (s *session) open() (*app.App, error) {
	return app.Open(s.ctx, s.options())
}

func (s *session) options() app.Options {
	return app.Options{Config: s.Config, Log: s.Log, Notify: func(n app.Note) { s.printf(s.Err, "%s\n%s\n", n.PT, n.EN) }}
}

// withApp opens the program, does the work and closes it.
func (s *session) withApp(do func(*app.App) error) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	err = do(a)
	closing, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), config.CloseTime)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}

// explain prints what went wrong in both languages. What the cause says stays in the log.
func (s *session) explain(err error) {
	f := fault.Of(err)
	s.printf(s.Err, "nexo: %s\n      %s\n", f.Message, f.MessageEN)
	if f.Field != "" && !strings.Contains(f.Message, f.Field) {
		s.printf(s.Err, "      (%s)\n", f.Field)
	}
	if s.Log != nil {
		s.Log.LogAttrs(s.ctx, slog.LevelDebug, "failed", slog.String("code", string(f.Code)), slog.Any("error", err))
	}
	if f.Unwrap() != nil && (f.Code == fault.Internal || f.Code == fault.Unavailable) && s.silent {
		s.printf(s.Err, "      NEXO_LOG=text mostra a causa · shows the cause\n")
	}
}
