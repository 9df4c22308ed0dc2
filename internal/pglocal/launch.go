package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// maxLog is where the log starts anew; the one before is kept as postgres.log.1.
	maxLog = 16 << 20
	// logTail is how much of the log goes into the error of a failed start.
	logTail = 2 << 10
)

// launch finds the programs, makes the cluster if there is none, and starts the server. The caller
// holds the owner's lock.
func (c *Cluster) launch(ctx context.Context) (*running, error) {
	b, err := c.opts.Binaries.find(ctx, c.place.who, c.opts.progress)
	if err != nil {
		return nil, err
	}
	if err := clearLeftovers(ctx, c.place.data()); err != nil {
		return nil, c.cannotStart(err)
	}
	if err := c.ensureCluster(ctx, b); err != nil {
		return nil, err
	}
	c.opts.progress(StepStart)
	p, err := c.startServer(ctx, b)
	if err != nil {
		return nil, c.cannotStart(err)
	}
	return p, nil
}

// running is a started server and the programs that it was started from.
type running struct {
	*postmaster
	bin   binaries
	stamp string // identity of the program file at the start
}

// startServer starts the server and waits for it.
func (c *Cluster) startServer(ctx context.Context, b binaries) (*running, error) {
	// After a take-over the old directory stays, so that this process's connection strings do too.
	socket, err := c.place.socketDir(c.socketDir())
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.socket = socket
	c.mu.Unlock()
	log, err := c.openLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	stamp := fileStamp(b.program("postgres"))
	cmd := c.place.who.command(b.program("postgres"), c.opts.serverArgs(c.place.data(), socket)...)
	cmd.Stderr, cmd.Stdout = log, log
	dieWithParent(cmd)
	p, err := startProcess(cmd)
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(ctx, c.place.data()); err != nil {
		return nil, errors.Join(err, ignoreSlow(p.shutdown(context.WithoutCancel(ctx))), c.lastWords())
	}
	if err := os.WriteFile(c.place.versionFile(), []byte(b.version), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write version: %w", err), p.shutdown(ctx))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = b.version
	c.pid.Store(int64(p.pid))
	return &running{p, b, stamp}, nil
}

func (c *Cluster) socketDir() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket
}

// ignoreSlow drops the complaint of a stop that had to insist: the start's own failure is the news.
func ignoreSlow(error) error { return nil }

// fileStamp changes when a package manager replaces the file; "" when it is gone.
func fileStamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(stat.Ino, info.Size(), info.ModTime().UnixNano())
}

// ensureCluster runs initdb in a directory of its own and renames it when all is done, so that a
// cluster is there whole or not at all.
func (c *Cluster) ensureCluster(ctx context.Context, b binaries) error {
	data := c.place.data()
	major, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	switch {
	case err == nil && strings.TrimSpace(string(major)) == Major:
		return nil
	case err == nil:
		return fault.Unavailable.With(
			"O banco deste diretório de dados é do PostgreSQL %.10s; o NEXO usa o %s. Use outro NEXO_DATA_DIR.",
			"The database of this data directory is of PostgreSQL %.10s; NEXO uses %s. Use another NEXO_DATA_DIR.",
			strings.TrimSpace(string(major)), Major)
	case !errors.Is(err, os.ErrNotExist):
		return cannotUse(c.opts.DataDir, err)
	}
	c.opts.progress(StepInit)
	if err := c.initCluster(ctx, b); err != nil {
		return c.cannotStart(err)
	}
	return nil
}

func (c *Cluster) initCluster(ctx context.Context, b binaries) error {
	old, err := filepath.Glob(filepath.Join(c.place.root, "new-*"))
	if err != nil {
		return fmt.Errorf("look for unfinished clusters: %w", err)
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove unfinished cluster: %w", err)
		}
	}
	fresh, err := os.MkdirTemp(c.place.root, "new-")
	if err != nil {
		return fmt.Errorf("make cluster directory: %w", err)
	}
	if err := c.place.who.give(fresh); err != nil {
		return err
	}
	if err := c.runInitdb(ctx, b, fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	// An empty data directory may be there, made by whoever prepared the volume.
	if err := os.Remove(c.place.data()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the data directory holds something else than a cluster: %w", err)
	}
	if err := os.Rename(fresh, c.place.data()); err != nil {
		return fmt.Errorf("put cluster in place: %w", err)
	}
	return syncDir(c.place.root)
}

func (c *Cluster) runInitdb(ctx context.Context, b binaries, dir string) error {
	log, err := c.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := c.place.who.command(b.program("initdb"), c.opts.initArgs(dir)...)
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)
	p, err := startProcess(cmd)
	if err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		<-p.exited
		return fmt.Errorf("initdb: %w", ctx.Err())
	}
	if p.err != nil {
		return errors.Join(fmt.Errorf("initdb: %w", p.err), c.lastWords())
	}
	conf := filepath.Join(dir, "pg_hba.conf")
	if err := os.WriteFile(conf, []byte(hba), 0o600); err != nil {
		return fmt.Errorf("write pg_hba.conf: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// openLog opens the server's log for appending, after bounding it.
func (c *Cluster) openLog() (*os.File, error) {
	if err := boundLog(c.place.logFile(), maxLog); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(c.place.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

// boundLog copies a log that has grown over limit bytes to NAME.1 and empties it. The server keeps its
// open file, which appends, so it goes on at the start of the empty file; lines written between the
// two steps are lost.
func boundLog(path string, limit int64) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || (err == nil && info.Size() <= limit) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at log: %w", err)
	}
	if err := os.Remove(path + ".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove old log: %w", err)
	}
	if err := copyFile(path, path+".1", 0o600); err != nil {
		return fmt.Errorf("keep old log: %w", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		return fmt.Errorf("empty log: %w", err)
	}
	return nil
}

// lastWords are the last lines of the server's log, as an error to keep as a cause.
func (c *Cluster) lastWords() error {
	f, err := os.Open(c.place.logFile())
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, end-logTail), io.SeekStart)
	}
	text, err := io.ReadAll(io.LimitReader(f, logTail))
	if err != nil || len(text) == 0 {
		return nil
	}
	return fmt.Errorf("log: %s", text)
}

// cannotStart wraps a failure of the server in words; what has words already stays as it is.
func (c *Cluster) cannotStart(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Unavailable.With("O PostgreSQL local não iniciou; o motivo está em %s.",
		"The local PostgreSQL did not start; the reason is in %s.", c.place.logFile()).Because(err)
}
