package pglocal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// The tests start the test binary again as another process, which does what these variables say.
const (
	childMode = "NEXO_PGLOCAL_CHILD" // "open" or "share"
	childDir  = "NEXO_PGLOCAL_DIR"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(childMain(mode))
	}
	os.Exit(m.Run())
}

// childMain opens the cluster, prints one line about it, and closes it when its input ends.
func childMain(mode string) int {
	ctx := context.Background()
	open := func() (*Cluster, error) { return Open(ctx, Options{DataDir: os.Getenv(childDir)}) }
	if mode == "share" {
		open = func() (*Cluster, error) { return Share(ctx, Options{DataDir: os.Getenv(childDir)}, time.Second) }
	}
	c, err := open()
	if err != nil {
		fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	fmt.Println("ready", c.PID(), c.Joined(), c.DSN(Superuser, "postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Close(ctx); err != nil {
		return 1
	}
	return 0
}

// child is another process that has opened a cluster.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	err    string // what Open answered, if it failed
	pid    int    // of the postmaster
	joined bool
	dsn    string
}

// startChild runs childMain as user uid (-1: this user) and waits for its line.
func startChild(t *testing.T, mode, dir string, uid int) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childDir+"="+dir)
	if uid >= 0 {
		cmd = exec.Command(openBinary(t))
		cmd.Env = []string{childMode + "=" + mode, childDir + "=" + dir, "PATH=" + os.Getenv("PATH")}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	cmd.Dir, cmd.Stderr = "/", os.Stderr
	c := &child{cmd: cmd}
	out, errOut := cmd.StdoutPipe()
	in, errIn := cmd.StdinPipe()
	if err := errors.Join(errOut, errIn, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c.stdin = in
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	fields := strings.Fields(line)
	if fields[0] == "error" {
		c.err = line
		return c
	}
	c.pid, err = strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	c.joined, c.dsn = fields[2] == "true", fields[3]
	return c
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// close ends the child in order and waits for it.
func (c *child) close(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
}

// openBinary copies the test binary to where every user can run it.
func openBinary(t *testing.T) string {
	t.Helper()
	to := filepath.Join(openDir(t), "child")
	if err := copyFile(os.Args[0], to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

// openDir makes a directory that every user can enter; t.TempDir is closed to others.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nexo-pglocal-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mustOpen opens a cluster and closes it at the end of the test.
func mustOpen(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// ask runs a statement over a connection of its own and gives the first value as text.
func ask(t *testing.T, dsn, sql string, args ...any) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var text string
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&text); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// waitGone waits, without polling, until a process that need not be our child has ended.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 60_000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 {
			t.Fatalf("process %d is still there: %v", pid, err)
		}
		return
	}
}

// needRoot skips what only root can try: other users and closed folders.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: it changes the user of processes and directories")
	}
}

const nobody = 65534
