package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/cli"
)

// asProgram makes the test binary the program itself, so that what runs is what was just compiled.
const asProgram = "NEXO_TEST_AS_PROGRAM"

// patience bounds every wait for the program; a first start fetches PostgreSQL over a slow network.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main(context.Background()))
	}
	os.Exit(m.Run())
}

// home is a data directory, and the environment of the programs that work on it.
type home struct {
	t       testing.TB
	dir     string
	env     []string
	program string
}

// newHome is short and open, as the server's user and the length of a socket's path want it.
func newHome(t testing.TB, env ...string) *home {
	t.Helper()
	dir, err := os.MkdirTemp("", "nexo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, dir: filepath.Join(dir, "data"), program: os.Args[0]}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "NEXO_") {
			h.env = append(h.env, v)
		}
	}
	h.env = append(h.env, asProgram+"=1", "NEXO_DATA_DIR="+h.dir, "NEXO_ADDR=127.0.0.1:0", "NEXO_LOG=json")
	h.env = append(h.env, env...)
	return h
}

func (h *home) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.program, args...)
	cmd.Env = h.env
	return cmd
}

// nexo runs a verb to its end and gives its output.
func (h *home) nexo(want int, args ...string) string {
	h.t.Helper()
	cmd := h.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != want {
		h.t.Fatalf("nexo %s: exit %d, %v\n%s%s", strings.Join(args, " "), code, err, out.String(), errs.String())
	}
	return strings.TrimSpace(out.String())
}

// server is a running serve.
type server struct {
	h       *home
	cmd     *exec.Cmd
	url     string
	welcome string
	log     *buffer
	took    time.Duration // from the start to the last line of the welcome
}

// buffer may be written to and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serve starts the program and waits for its welcome.
func (h *home) serve(args ...string) *server {
	h.t.Helper()
	s := &server{h: h, cmd: h.command(append([]string{"serve"}, args...)...), log: &buffer{}}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.stop(syscall.SIGTERM)
		}
	})
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		s.welcome += lines.Text() + "\n"
		if name, url, ok := strings.Cut(strings.TrimSpace(lines.Text()), " "); ok && name == "Web" {
			s.url = strings.TrimSuffix(strings.TrimSpace(url), "/")
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			s.took = time.Since(began)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s
		}
	}
	err = s.cmd.Wait()
	h.t.Fatalf("serve did not start: %v\n%s%s", err, s.welcome, s.log)
	return nil
}

// stop sends a signal and waits for the end; it gives the exit code, -1 for a signal's death.
func (s *server) stop(signal os.Signal) int {
	_ = s.cmd.Process.Signal(signal)
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

// do sends a request with a token, if there is one, and gives the status and the body.
func (s *server) do(method, path, token, body string) (int, string) {
	s.h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.h.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.h.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}
