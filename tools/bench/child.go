package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// childVariable makes a start of this program one of the servers that are measured.
const childVariable = "NEXO_BENCH_CHILD"

// task is what a child does.
type task struct {
	Kind    string // bare, sdk, inside, reconcile-pg, reconcile-csv
	DSN     string
	Dir     string
	Profile string   // file for a CPU profile
	Files   []string // lists to compare
}

// hello is the child's first line of output.
type hello struct {
	Address string
	Token   string
	Seconds float64 // of a task that is done once
	Answer  string
}

// child is a running server.
type child struct {
	hello
	cmd    *exec.Cmd
	prefix string // of its name in messages
}

var errChild = errors.New("the child said nothing")

// start starts this program as a child and waits for its first line.
func (b *bench) start(ctx context.Context, t task) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if b.o.profiles != "" && t.Kind != "bare" {
		t.Profile = fmt.Sprintf("%s/%s.prof", b.o.profiles, t.Kind)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, prefix: t.Kind}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c.hello)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%w: %s: %w", errChild, t.Kind, err)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // until it ends
	return c, nil
}

// stopTime is how long a child may take to end.
const stopTime = 15 * time.Second

func (c *child) stop() {
	c.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
	timer := time.AfterFunc(stopTime, func() { c.cmd.Process.Kill() })
	defer timer.Stop()
	c.cmd.Wait() //nolint:errcheck // a signal is how it is meant to end
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// runChild is main of a child.
func runChild(text string) int {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if t.Profile != "" {
		f, err := os.Create(t.Profile)
		if err == nil {
			defer f.Close()
			if pprof.StartCPUProfile(f) == nil {
				defer pprof.StopCPUProfile()
			}
		}
	}
	kinds := map[string]func(context.Context, task) error{
		"bare": serveBare, "sdk": serveSDK, "inside": serveInside, "reconcile-pg": reconcilePostgres, "reconcile-csv": reconcileFiles,
	}
	run := kinds[t.Kind]
	if run == nil {
		fmt.Fprintln(os.Stderr, "no child of the kind", t.Kind)
		return 2
	}
	if err := run(ctx, t); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, t.Kind+":", err)
		return 1
	}
	return 0
}

// serve answers on a free port of loopback until ctx ends.
func serve(ctx context.Context, handler func(address string) (http.Handler, string, error)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h, token, err := handler(listener.Addr().String())
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: answerTimeout, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := say(hello{Address: listener.Addr().String(), Token: token}); err != nil {
		return err
	}
	return server.Serve(listener)
}

// say writes the child's first line.
func say(h hello) error { return json.NewEncoder(os.Stdout).Encode(h) }

// discardLog is for servers whose log would only be noise here; errors are seen in the answers.
func discardLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// databaseOf is the name in a connection string.
func databaseOf(dsn string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(dsn, "postgres://"), "/")
	name, _, _ := strings.Cut(rest, "?")
	return name
}
