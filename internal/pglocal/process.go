package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const (
	// fastTimeout is what a fast shutdown may take before it is insisted: a checkpoint of 128 MB.
	fastTimeout = 20 * time.Second
	// quitTimeout is what an immediate shutdown may take before the server is killed.
	quitTimeout = 5 * time.Second
)

// postmaster is a running server that this process started.
type postmaster struct {
	pid    int
	exited chan struct{} // closed when the process is gone
	err    error         // how it ended; set before exited is closed
}

// command prepares a PostgreSQL program to run as the account, in its own process group: a terminal's
// Ctrl-C must not reach the server before the program has drained.
func (a account) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// startProcess starts cmd and watches it. The parent-death signal follows the thread that forked, so
// the thread stays with this goroutine until the child is gone.
func startProcess(cmd *exec.Cmd) (*postmaster, error) {
	p := &postmaster{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return p, nil
}

// waitReady waits until the server has written that it accepts connections; a standby accepts those that
// only read. Trying to connect instead would fill its log with refusals.
func (p *postmaster) waitReady(ctx context.Context, dataDir string) error {
	for {
		if run, err := readPIDFile(dataDir); err == nil && run.PID == p.pid && (run.Status == "ready" || run.Status == "standby") {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("postgres ended while it started: %w", errors.Join(p.err, errEnded))
		default:
		}
		if err := pause(ctx, pollEvery); err != nil {
			return fmt.Errorf("wait for postgres: %w", err)
		}
	}
}

// errEnded stands for an end with exit code 0, where Wait has no error.
var errEnded = errors.New("the server ended")

// shutdown ends the server: fast while ctx lasts, then at once, then by force.
func (p *postmaster) shutdown(ctx context.Context) error {
	fast, cancel := context.WithTimeout(ctx, fastTimeout)
	defer cancel()
	if p.signalAndWait(fast, syscall.SIGINT) {
		return nil
	}
	quit, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitTimeout)
	defer cancel()
	if p.signalAndWait(quit, syscall.SIGQUIT) {
		return errors.New("postgres did not stop in time: it was stopped at once and recovers at the next start")
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.exited
	return errors.New("postgres did not stop: it was killed and recovers at the next start")
}

func (p *postmaster) signalAndWait(ctx context.Context, s syscall.Signal) bool {
	select {
	case <-p.exited:
		return true
	default:
	}
	// The process cannot have been reaped, so the id is still its own.
	_ = syscall.Kill(p.pid, s)
	select {
	case <-p.exited:
		return true
	case <-ctx.Done():
		return false
	}
}

// alive says whether a process with this id exists, ours or not.
func alive(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 0 {
		return false
	}
	err = syscall.Kill(n, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// serversOn lists the PostgreSQL processes whose working directory is dataDir: the postmaster and its
// children all go there. Where there is no /proc the list is empty and PostgreSQL's own checks remain.
func serversOn(dataDir string) []int {
	procs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var pids []int
	for _, proc := range procs {
		cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
		if err != nil || cwd != dataDir {
			continue
		}
		// A deleted program shows as "postgres (deleted)".
		exe, err := os.Readlink(filepath.Join(proc, "exe"))
		if err != nil || len(filepath.Base(exe)) < len("postgres") || filepath.Base(exe)[:len("postgres")] != "postgres" {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(proc)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// clearLeftovers ends what an owner that was killed left running on dataDir, and removes its stale pid
// file. The caller holds the owner's lock, so nothing of what is found belongs to a living owner. A
// postmaster that is dying already gets a moment; backends without a postmaster would keep the shared
// memory, and the next start out, for as long as their query runs.
func clearLeftovers(ctx context.Context, dataDir string) error {
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{0, time.Second}, {syscall.SIGINT, fastTimeout}, {syscall.SIGQUIT, quitTimeout}, {syscall.SIGKILL, quitTimeout}}
	for _, step := range steps {
		if err := signalAll(ctx, dataDir, step.signal, step.wait); err != nil {
			return err
		}
	}
	if left := serversOn(dataDir); len(left) > 0 {
		return fmt.Errorf("%d postgres processes do not end", len(left))
	}
	if err := os.Remove(filepath.Join(dataDir, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove stale pid file: %w", err)
	}
	return nil
}

func signalAll(ctx context.Context, dataDir string, s syscall.Signal, wait time.Duration) error {
	pids := serversOn(dataDir)
	if len(pids) == 0 {
		return nil
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
	limit, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for len(serversOn(dataDir)) > 0 {
		if pause(limit, pollEvery) != nil {
			break
		}
	}
	return ctx.Err()
}
