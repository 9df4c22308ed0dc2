package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/pglocal"
)

// state is one constellation of programs and schema.
type state struct {
	name    string
	schema  []string // programs that migrate, in order
	serving []string // programs that serve; calls go to each in turn
	verify  string   // the program that checks the ledger at the end
}

// olderSchema is what the new version says where it finds the schema before, if it cannot work on it.
const olderSchema = "nexo migrate"

// states are those of a rollout: migrate first, then replace the programs one by one; or replace them first.
func states(old, fresh string) []state {
	return []state{
		{"the version before on the new schema", []string{old, fresh}, []string{old}, fresh},
		{"both at once on the new schema", []string{old, fresh}, []string{old, fresh}, fresh},
		{"the new version on the new schema", []string{old, fresh}, []string{fresh}, fresh},
		{"the new version on the schema before", []string{old}, []string{fresh}, old},
	}
}

// errOlder says that a program will not work on an older schema, in words that tell what to do.
var errOlder = errors.New("refuses to start, and says to run `nexo migrate` first")

// try sets the state up, calls everything and verifies.
func (s *state) try(ctx context.Context, cluster *pglocal.Cluster, work string) (err error) {
	name := strings.ReplaceAll(s.name, " ", "_")
	url, err := newDatabase(ctx, cluster, name)
	if err != nil {
		return err
	}
	for _, program := range s.schema {
		if _, err := (&install{program: program, url: url, dir: filepath.Join(work, name, "migrate")}).verb(ctx, "migrate"); err != nil {
			return err
		}
	}
	c := &caller{}
	for i, program := range s.serving {
		in := &install{program: program, url: url, dir: filepath.Join(work, name, fmt.Sprint(i))}
		if err := in.serve(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, in.stop()) }()
		c.installs = append(c.installs, in)
	}
	if err := c.all(ctx, name[:3]); err != nil {
		return err
	}
	in := &install{program: s.verify, url: url, dir: filepath.Join(work, name, "verify")}
	_, err = in.verb(ctx, "verify")
	return err
}

// install is a program with its data directory, on a database that others may share.
type install struct {
	program, url, dir string
	cmd               *exec.Cmd
	address           string
	tokens            map[string]string
	log               said
}

// said is what a program writes while it runs.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps what the program says.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// tail is its last words.
func (s *said) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 3000
	text := s.text.String()
	return text[max(0, len(text)-most):]
}

func (in *install) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, in.program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "NEXO_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "NEXO_DATABASE_URL="+in.url, "NEXO_DATA_DIR="+in.dir, "NEXO_ADDR=127.0.0.1:0", "NEXO_LOG=json", "NEXO_DEMO=0")
	if len(args) > 0 && args[0] != "migrate" {
		cmd.Env = append(cmd.Env, "NEXO_DATABASE_MIGRATE=0") // the version before does not know it, and has nothing to migrate
	}
	return cmd
}

// verb runs a verb to its end and gives what it printed.
func (in *install) verb(ctx context.Context, args ...string) (string, error) {
	cmd := in.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(in.program), strings.Join(args, " "), err, out.String(), errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// serve starts the program, waits for its welcome, and makes the tokens of two who may approve.
func (in *install) serve(ctx context.Context) error {
	in.cmd = in.command(ctx, "serve")
	in.cmd.Stderr = &in.log
	out, err := in.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := in.cmd.Start(); err != nil {
		return err
	}
	const patience = time.Minute
	late := time.AfterFunc(patience, func() { _ = in.cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if name, url, ok := strings.Cut(strings.TrimSpace(lines.Text()), " "); ok && name == "Web" {
			in.address = strings.TrimSuffix(strings.TrimSpace(url), "/")
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return in.mint(ctx)
		}
	}
	err = in.cmd.Wait()
	if strings.Contains(in.log.tail(), olderSchema) {
		return errOlder
	}
	return fmt.Errorf("%s does not start: %w\n%s", filepath.Base(in.program), err, in.log.tail())
}

func (in *install) mint(ctx context.Context) error {
	in.tokens = map[string]string{}
	for _, user := range []string{"admin", "admin2"} {
		token, err := in.verb(ctx, "token", "--user", user, "--group", "admin")
		if err != nil {
			return err
		}
		in.tokens[user] = token
	}
	return nil
}

func (in *install) stop() error {
	_ = in.cmd.Process.Signal(syscall.SIGTERM)
	if err := in.cmd.Wait(); err != nil {
		return fmt.Errorf("%s does not stop well: %w\n%s", filepath.Base(in.program), err, in.log.tail())
	}
	return nil
}

// call runs one operation by REST.
func (in *install) call(ctx context.Context, user, operation, arguments string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, in.address+"/api/v1/ops/"+operation, strings.NewReader(arguments))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+in.tokens[user])
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	const most = 4 << 20    // far above any answer here
	raw, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s by %s %s: %d %.600s\n%s", operation, filepath.Base(in.program), arguments, resp.StatusCode, raw, in.log.tail())
	}
	return raw, nil
}
