package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/document"
)

// Keys of the gateway's only user; it listens on loopback, for as long as a test runs.
const (
	GatewayUser   = "nexo-test"
	GatewaySecret = "nexo-test-secret"
	// GatewayRegion is what it signs for.
	GatewayRegion = "us-east-2"
)

// gatewayProgram is versitygw, S3 over a folder, which tools/install builds into .cache/bin. It differs from
// S3 in what we use: lifecycle rules are answered 501 (NotImplemented), and, keys being paths of a folder, "a" and
// "a/b" cannot both be objects.
const gatewayProgram = "versitygw"

// startTime is how long it may take to answer: 23 ms on a quiet machine.
const startTime = 20 * time.Second

// Gateway starts versitygw with our seven buckets and gives its address; the test that started it stops
// it. Without the program the test is skipped in words.
func Gateway(t *testing.T) (endpoint string) {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Skipf("%s (the S3 adapter against a real server): not found in PATH or .cache/bin; tools/install builds it", gatewayProgram)
	}
	dir := t.TempDir()
	for _, b := range document.Buckets() {
		if err := os.MkdirAll(filepath.Join(dir, "data", b.Name()), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"versions", "sidecar", "iam"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	address := freeAddress(t)
	// Attributes go to a folder of their own: not every file system has extended ones.
	cmd := exec.Command(program, "--port", address, "--region", GatewayRegion, "--quiet", "--iam-dir", filepath.Join(dir, "iam"), "posix",
		"--versioning-dir", filepath.Join(dir, "versions"), "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+GatewayUser, "ROOT_SECRET_KEY="+GatewaySecret)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said := &safeBuffer{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	if err := answers(t.Context(), address, ended); err != nil {
		t.Fatalf("%s did not start: %v\n%s", gatewayProgram, err, said)
	}
	return "http://" + address
}

// answers waits until the gateway does, or has ended.
func answers(ctx context.Context, address string, ended chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			return answer.Body.Close()
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("it has ended: %v", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// find looks in PATH and in .cache/bin of the module.
func find() (string, error) {
	if path, err := exec.LookPath(gatewayProgram); err == nil {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, ".cache", "bin", gatewayProgram)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fs.ErrNotExist
		}
		dir = up
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number was wanted
	return l.Addr().String()
}

// safeBuffer keeps what a process says while others read it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps p.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String is all that was said.
func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
