package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errLocked says that another holder has the lock.
var errLocked = errors.New("held by another process")

type lockKind int

const (
	exclusive lockKind = syscall.LOCK_EX
	shared    lockKind = syscall.LOCK_SH
)

// lock is a held flock(2). The kernel frees it when the process ends, however it ends; children do not
// inherit it, because Go opens files close-on-exec.
type lock struct{ file *os.File }

// tryLock takes the lock of the file at path, or answers errLocked.
func tryLock(path string, kind lockKind) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), int(kind)|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return &lock{f}, nil
}

// waitLock takes the lock, waiting for others until ctx ends; onWait is called once if it must wait.
func waitLock(ctx context.Context, path string, kind lockKind, onWait func()) (*lock, error) {
	for first := true; ; first = false {
		l, err := tryLock(path, kind)
		if err == nil || !errors.Is(err, errLocked) {
			return l, err
		}
		if first {
			onWait()
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, fmt.Errorf("wait for lock: %w", err)
		}
	}
}

func (l *lock) release() error { return l.file.Close() }
