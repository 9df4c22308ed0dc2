package pglocal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// firstBackoff doubles with each failed start up to maxBackoff, and begins anew after stableFor.
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 10 * time.Second
	stableFor    = time.Minute
	// careEvery is how often the log is bounded and the system's programs are looked at.
	careEvery = 15 * time.Second
	// followEvery is how often a process that joined looks whether the owner is gone.
	followEvery = 250 * time.Millisecond
)

// supervisor is the state of the one goroutine that owns the server.
type supervisor struct {
	c       *Cluster
	p       *running         // nil while the server is down
	retry   <-chan time.Time // nil while none is due
	stable  <-chan time.Time // fires when the back-off may begin anew
	backoff time.Duration
}

// supervise owns p until Close: it restarts it when it dies. With p nil it starts the server first.
func (c *Cluster) supervise(p *running) {
	s := &supervisor{c: c, p: p, backoff: firstBackoff}
	if p == nil {
		s.start()
	}
	care := time.NewTicker(cmp.Or(c.opts.careEvery, careEvery))
	defer care.Stop()
	for {
		select {
		case <-s.exited():
			s.died()
		case <-s.retry:
			s.start()
		case <-s.stable:
			s.stable, s.backoff = nil, firstBackoff
		case <-care.C:
			s.care()
		case reply := <-c.restarts:
			reply <- s.restart()
		case <-c.stop:
			c.stopErr = errors.Join(s.end(c.stopCtx), c.lock.release())
			close(c.done)
			return
		}
	}
}

func (s *supervisor) exited() <-chan struct{} {
	if s.p == nil {
		return nil
	}
	return s.p.exited
}

func (s *supervisor) died() {
	err := s.p.err
	s.p, s.stable = nil, nil
	s.c.pid.Store(0)
	s.c.emit(Down, err)
	if !s.c.opts.Unsupervised {
		s.retry = time.After(s.backoff)
	}
}

// start tries to start the server; a failure is tried again later. Close interrupts it.
func (s *supervisor) start() {
	if err := s.tryStart(); err != nil {
		s.backoff = min(2*s.backoff, maxBackoff)
		s.retry = time.After(s.backoff)
		s.c.emit(Failed, err)
		return
	}
	s.c.emit(Up, nil)
}

func (s *supervisor) tryStart() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.c.opts.timeout())
	defer cancel()
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-s.c.stop:
			cancel()
		case <-finished:
		}
	}()
	p, err := s.c.launch(ctx)
	if err != nil {
		return err
	}
	s.p, s.retry, s.stable = p, nil, time.After(stableFor)
	return nil
}

// restart stops the server, if it is up, and starts it, for one who waits for the answer.
func (s *supervisor) restart() error {
	if s.p != nil {
		if err := s.p.shutdown(context.Background()); err != nil {
			s.c.emit(Failed, err)
		}
		s.p = nil
		s.c.pid.Store(0)
	}
	if err := s.tryStart(); err != nil {
		if !s.c.opts.Unsupervised {
			s.retry = time.After(s.backoff)
		}
		return err
	}
	return nil
}

// care bounds the log, and restarts a server whose programs were replaced under it: its next load of a
// library of the new version would fail.
func (s *supervisor) care() {
	if err := boundLog(s.c.place.logFile(), maxLog); err != nil {
		s.c.emit(Failed, err)
	}
	if s.p == nil || !s.p.bin.inPlace {
		return
	}
	stamp := fileStamp(s.p.bin.program("postgres"))
	if stamp == "" || stamp == s.p.stamp { // "": removed, or in the middle of an upgrade
		return
	}
	now, err := runnable(context.Background(), s.p.bin.bin, SourceSystem)
	if err != nil {
		return // half upgraded: look again later
	}
	s.p.stamp = stamp
	if now.version == s.p.bin.version {
		return
	}
	s.c.emit(Upgraded, nil)
	if err := s.restart(); err != nil {
		s.c.emit(Failed, err)
		return
	}
	s.c.emit(Up, nil)
}

// end stops the server for good and removes its socket directory.
func (s *supervisor) end(ctx context.Context) error {
	s.c.pid.Store(0)
	var err error
	if s.p != nil {
		err = s.p.shutdown(ctx)
	}
	return errors.Join(err, removeSocketDir(s.c.socketDir()))
}

// removeSocketDir removes the directory and the two files in it that a killed server leaves.
func removeSocketDir(dir string) error {
	if dir == "" {
		return nil // none was made yet
	}
	for _, path := range []string{socketFile(dir), socketFile(dir) + ".lock", dir} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove socket directory: %w", err)
		}
	}
	return nil
}

// follow waits, for a process that joined, until the owner is gone, and then takes over.
func (c *Cluster) follow() {
	look := time.NewTicker(followEvery)
	defer look.Stop()
	for {
		select {
		case <-c.stop:
			close(c.done)
			return
		case reply := <-c.restarts:
			reply <- fault.Conflict.With("Só o processo dono pode reiniciar o PostgreSQL local.",
				"Only the process that owns the local PostgreSQL may restart it.")
		case <-look.C:
			held, err := tryLock(c.place.lockFile(), exclusive)
			if err != nil {
				continue
			}
			c.lock = held
			c.joined.Store(false)
			c.pid.Store(0)
			c.emit(TookOver, nil)
			c.supervise(nil)
			return
		}
	}
}
