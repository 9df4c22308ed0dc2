package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// readyTime is how long the program may take to answer /readyz.
const readyTime = 60 * time.Second

var errNotReady = errors.New("the program did not become ready")

// environment is what both verbs of the program get.
func (b *bench) environment(address string) []string {
	own := filepath.Join(b.o.data, "nexo-"+databaseOf(b.sga())) // seals belong to one database
	return append(os.Environ(), "NEXO_MODE=local", "NEXO_ADDR="+address, "NEXO_DATABASE_URL="+b.sga(), "NEXO_DATA_DIR="+own, "NEXO_DEMO=0", "NEXO_LOG=json")
}

// startProgram starts `nexo serve` on a free port, waits for /readyz, and mints a token.
func (b *bench) startProgram(ctx context.Context) (*child, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(b.o.data, "serve.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, b.o.program, "serve")
	cmd.Env, cmd.Stdout, cmd.Stderr = b.environment(address), log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{hello: hello{Address: address}, cmd: cmd, prefix: "nexo"}
	if err := waitReady(ctx, address); err != nil {
		c.stop()
		return nil, fmt.Errorf("%w; see %s", err, log.Name())
	}
	c.Seconds = time.Since(began).Seconds()
	if c.Token, err = b.programToken(ctx, address); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// readyEvery is fine against the goal of 100 ms for a start.
const readyEvery = 2 * time.Millisecond

func waitReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		pause(ctx, readyEvery)
	}
	return errNotReady
}

func (b *bench) programToken(ctx context.Context, address string) (string, error) {
	cmd := exec.CommandContext(ctx, b.o.program, "token", "--user", "bench", "--group", "logistics")
	cmd.Env = b.environment(address)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("nexo token: %w", err)
	}
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return "", fmt.Errorf("nexo token: %w", errChild)
	}
	return lines[len(lines)-1], nil
}

// server gives the server under test, started at its first use.
func (b *bench) server(ctx context.Context) (*child, error) {
	if b.ours != nil {
		return b.ours, nil
	}
	var err error
	if b.inside() {
		b.ours, err = b.start(ctx, task{Kind: "inside", DSN: b.sga(), Dir: b.o.data})
	} else {
		b.ours, err = b.startProgram(ctx)
	}
	return b.ours, err
}

// inside says that the server is put together here, because there is no program.
func (b *bench) inside() bool {
	if b.o.server != "auto" {
		return b.o.server == "inside"
	}
	_, err := os.Stat(b.o.program)
	return err != nil
}

// limitServer gives the bare or the SDK's server.
func (b *bench) limitServer(ctx context.Context, kind string) (*child, error) {
	if c := b.servers[kind]; c != nil {
		return c, nil
	}
	c, err := b.start(ctx, task{Kind: kind, DSN: b.sga()})
	if err == nil {
		b.servers[kind] = c
	}
	return c, err
}

func (b *bench) stopServers() {
	if b.ours != nil {
		b.ours.stop()
		b.ours = nil
	}
	for kind, c := range b.servers {
		c.stop()
		delete(b.servers, kind)
	}
}
