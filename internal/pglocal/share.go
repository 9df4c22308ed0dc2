package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// Share joins, or starts, a cluster that belongs to no single process, for tests: it outlives those who
// use it by idle, and is stopped by a small watcher when none is left, however they ended. Settings are
// always those of Options.Disposable; a cluster that did not stop cleanly is thrown away and made anew.
// Close only lets go of it. Nothing restarts it while it is in use.
func Share(ctx context.Context, o Options, idle time.Duration) (*Cluster, error) {
	o.Disposable = true
	ctx, cancel := context.WithTimeout(ctx, o.timeout())
	defer cancel()
	pl, err := settle(o.DataDir)
	if err != nil {
		return nil, err
	}
	c := newCluster(o, pl)
	// The watcher holds this lock exclusively while it stops the server: then wait, and start a new one.
	c.lock, err = waitLock(ctx, pl.usersFile(), shared, func() {})
	if err != nil {
		return nil, cannotUse(o.DataDir, err)
	}
	if err := c.startShared(ctx, idle); err != nil {
		return nil, errors.Join(err, c.lock.release())
	}
	go func() {
		<-c.stop
		c.stopErr = c.lock.release()
		close(c.done)
	}()
	return c, nil
}

func (p place) usersFile() string { return filepath.Join(p.root, "users.lock") }
func (p place) watchFile() string { return filepath.Join(p.root, "watch.lock") }

// startShared starts the server unless it runs; of several processes one does.
func (c *Cluster) startShared(ctx context.Context, idle time.Duration) error {
	held, err := waitLock(ctx, c.place.lockFile(), exclusive, func() {})
	if err != nil {
		return cannotUse(c.opts.DataDir, err)
	}
	defer func() { _ = held.release() }()
	if run, ok := c.place.running(); ok {
		c.adopt(run)
		return c.ensureWatch(idle)
	}
	b, err := c.opts.Binaries.find(ctx, c.place.who, c.opts.progress)
	if err != nil {
		return err
	}
	if err := c.discardUnclean(ctx); err != nil {
		return c.cannotStart(err)
	}
	if err := c.ensureCluster(ctx, b); err != nil {
		return err
	}
	c.opts.progress(StepStart)
	if err := c.startDetached(ctx, b, idle); err != nil {
		return c.cannotStart(err)
	}
	return nil
}

// discardUnclean removes a cluster whose server did not stop by itself: without fsync it may be damaged.
func (c *Cluster) discardUnclean(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.place.data(), "postmaster.pid")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := clearLeftovers(ctx, c.place.data()); err != nil {
		return err
	}
	if err := os.RemoveAll(c.place.data()); err != nil {
		return fmt.Errorf("discard cluster: %w", err)
	}
	return nil
}

// startDetached starts the server so that it survives this process, and its watcher.
func (c *Cluster) startDetached(ctx context.Context, b binaries, idle time.Duration) error {
	socket, err := c.place.socketDir("")
	if err != nil {
		return err
	}
	log, err := c.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := c.place.who.command(b.program("postgres"), c.opts.serverArgs(c.place.data(), socket)...)
	cmd.Stdout, cmd.Stderr = log, log
	p, err := startProcess(detach(cmd))
	if err != nil {
		return err
	}
	err = p.waitReady(ctx, c.place.data())
	if err == nil {
		err = c.ensureWatch(idle)
	}
	if err == nil {
		err = os.WriteFile(c.place.versionFile(), []byte(b.version), 0o600)
	}
	if err != nil {
		return errors.Join(err, ignoreSlow(p.shutdown(context.WithoutCancel(ctx))), c.lastWords())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.socket = b.version, socket
	c.pid.Store(int64(p.pid))
	return nil
}

// detach gives cmd its own setsid(2), out of reach of the terminal and of who started it.
func detach(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid = false, true
	return cmd
}

// watchScript stops the server when nobody has held the users' lock for a while. Its arguments: the
// users' lock, the watcher's own lock, which it holds while it lives, the data directory, the seconds.
// It reads the server's id when it needs it, as the server may have been started anew, and looks at
// the process's directory before each signal, as ids are used again. flock(1) is part of util-linux.
const watchScript = `
exec 8<"$2" 9<"$1" || exit 1
flock -n -x 8 || exit 0
data=$3
line() { sed -n "$1p" "$data/postmaster.pid"; }
ours() { [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$data" ]; }
while :; do
  flock -x 9 && flock -u 9 || exit 1
  sleep "$4"
  flock -n -x 9 || continue
  pid=$(line 1) socket=$(line 5)
  ours && kill -INT "$pid"
  n=0; while ours && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
  ours && kill -QUIT "$pid"
  [ -n "$socket" ] && rmdir "$socket"
  exit 0
done`

// ensureWatch starts the watcher unless it lives. It runs as this user, who may signal the server and
// look at its directory.
func (c *Cluster) ensureWatch(idle time.Duration) error {
	free, err := tryLock(c.place.watchFile(), exclusive)
	if errors.Is(err, errLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := free.release(); err != nil {
		return fmt.Errorf("release watcher's lock: %w", err)
	}
	if _, err := exec.LookPath("flock"); err != nil {
		return fault.Unavailable.With("Falta o programa flock (pacote util-linux).",
			"The program flock is missing (package util-linux).").Because(err)
	}
	seconds := strconv.Itoa(int(max(idle, time.Second) / time.Second))
	cmd := exec.Command("/bin/sh", "-c", watchScript, "nexo-pglocal-watch",
		c.place.usersFile(), c.place.watchFile(), c.place.data(), seconds)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	_, err = startProcess(detach(cmd))
	return err
}
