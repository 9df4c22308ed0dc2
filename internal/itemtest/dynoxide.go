package itemtest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/faiston/nexo/internal/dynamo"
)

const (
	// dynoxidePath is where tools/install puts the server.
	dynoxidePath = ".cache/npm/_dynoxide_linux-x64_1.2.1/node_modules/@dynoxide/linux-x64/dynoxide"
	// startTimeout is for a server that takes 20 ms on a machine that is not busy.
	startTimeout = 20 * time.Second
	startTries   = 3
)

// Server is a DynamoDB-compatible server of one test, in memory or in a file.
type Server struct {
	URL  string
	path string
	port int
	file string
	cmd  *exec.Cmd
	done chan struct{}
}

// Dynoxide starts a server that ends with the test; file keeps the tables over a restart, "" is memory.
// Where the server was not fetched the test is skipped and says so.
func Dynoxide(t testing.TB, file string) *Server {
	t.Helper()
	path, err := findUp(dynoxidePath)
	if err != nil {
		t.Skip("dynoxide: the DynamoDB-compatible server is missing; tools/install fetches it (npm @dynoxide/linux-x64@1.2.1)")
	}
	s := &Server{path: path, file: file}
	for try := 1; ; try++ {
		if s.port, err = freePort(t.Context()); err == nil {
			err = s.Start(t.Context())
		}
		if err == nil {
			break
		}
		if try == startTries { // somebody else may have taken the port meanwhile
			t.Fatalf("dynoxide: %v", err)
		}
	}
	t.Cleanup(s.Stop)
	return s
}

// Start starts the server on its port; after Stop or Kill, again.
func (s *Server) Start(ctx context.Context) error {
	args := []string{"serve", "--port", strconv.Itoa(s.port)}
	if s.file != "" {
		args = append(args, "--db-path", s.file)
	}
	s.cmd = exec.Command(s.path, args...) //nolint:gosec // the program that tools/install fetched
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.done = done
	go func(c *exec.Cmd) {
		_ = c.Wait()
		close(done)
	}(s.cmd)
	s.URL = "http://127.0.0.1:" + strconv.Itoa(s.port)
	if err := s.ready(ctx); err != nil {
		s.Stop()
		return err
	}
	return nil
}

// ready waits until the server answers, or has ended.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-s.done:
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Stop ends the server.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends it without a warning.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) {
	_ = s.cmd.Process.Signal(signal) // it may have ended
	select {
	case <-s.done:
	case <-time.After(startTimeout):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}

// OpenDynamo gives a store on a server at url, with the tables made and the keys of nobody.
func OpenDynamo(t testing.TB, url string, now func() time.Time) *dynamo.Store {
	t.Helper()
	s, err := dynamo.Open(t.Context(), dynamo.Options{Endpoint: url, Region: "us-east-2", Now: now,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// findUp looks for a path below the working directory and the ones above it, up to the module's root.
func findUp(path string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		full := filepath.Join(dir, path)
		if info, err := os.Stat(full); err == nil && info.Mode().Perm()&0o111 != 0 {
			return full, nil
		}
		if dir == filepath.Dir(dir) {
			return "", os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // only its number is wanted
	return l.Addr().(*net.TCPAddr).Port, nil
}
