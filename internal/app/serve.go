package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/rest"
)

// Started is what there is to say once everything answers.
type Started struct {
	URL      string
	Database string    // version and place of PostgreSQL, in words
	New      []Account // demo users that were made by this start
	DemoFile string    // where their passwords can be read; empty when there are none
	Notes    []Note
}

// Serve runs every door on the configured address until ctx ends, and then closes in order: no new
// calls, the calls that are under way, the workers, the pools, PostgreSQL last. ready is told when
// everything answers.
func Serve(ctx context.Context, o Options, ready func(Started)) (err error) {
	o.fill()
	listener, err := listen(ctx, o.Config.Addr)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the server has closed it already, except where it never began
	tune(o.Config)
	a, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), config.CloseTime)
		defer cancel()
		err = errors.Join(err, a.Close(closing))
	}()
	started, err := a.prepare(ctx, urlOf(a.Config.PublicURL, listener.Addr().String()))
	if ctx.Err() != nil {
		return nil // stopped while it was starting; what the load left is completed by the next start
	}
	if err != nil {
		return err
	}
	handler, err := a.handler(started.URL)
	if err != nil {
		return err
	}
	leave, err := a.announce(started.URL)
	if err != nil {
		return err
	}
	defer leave()
	stop := a.startWorkers(ctx)
	defer stop()
	return a.answer(ctx, listener, handler, func() { ready(started) })
}

// listen takes the address first: a port that is in use is the commonest trouble, and should not cost a
// start of the database.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fault.Unavailable.With("Não foi possível atender em %s: o endereço está em uso? Escolha outro com NEXO_ADDR.",
			"Cannot listen on %s: is the address in use? Choose another one with NEXO_ADDR.", addr).On("NEXO_ADDR").Because(err)
	}
	return l, nil
}

// prepare makes what a first start needs: programs, demo users, the demo company.
func (a *App) prepare(ctx context.Context, url string) (Started, error) {
	s := Started{URL: url, Notes: a.Notes()}
	if a.db.cluster != nil {
		s.Database = "PostgreSQL " + a.db.cluster.Version() + " (" + a.db.cluster.Dir() + ")"
	}
	if a.Config.Mode == config.AWS {
		return s, nil
	}
	if _, err := a.openIssuer(url); err != nil {
		return s, err
	}
	if err := a.programs(ctx); err != nil {
		return s, err
	}
	var err error
	if a.wantsUsers() {
		if s.New, err = a.ensureUsers(ctx); err != nil {
			return s, err
		}
	}
	wanted, err := a.wantsDemo(ctx)
	if err == nil && wanted {
		err = a.loadDemo(ctx)
	}
	if a.hasDemoFile() {
		s.DemoFile = a.demoFile()
	}
	return s, err
}

// answer serves until ctx ends or the listener fails, and then lets the calls that are under way finish.
func (a *App) answer(ctx context.Context, l net.Listener, h http.Handler, ready func()) error {
	server := rest.Server(l.Addr().String(), h, a.o.Log)
	streams, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	server.BaseContext = func(net.Listener) context.Context { return streams }
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	ready()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.o.Log.LogAttrs(ctx, slog.LevelInfo, "stopping")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), config.DrainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "calls were cut off", slog.Any("error", err))
		return server.Close()
	}
	return nil
}

// startWorkers runs what happens without a call; the function that it gives ends it and waits.
func (a *App) startWorkers(ctx context.Context) (stop func()) {
	last, seal := context.WithCancel(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancel(last)
	var wait, sealed sync.WaitGroup
	wait.Go(func() {
		if err := a.DB.RunPositions(ctx, config.PositionsEvery, a.relay.Poke); err != nil {
			a.o.Log.LogAttrs(ctx, slog.LevelError, "positions stopped", slog.Any("error", err))
		}
	})
	wait.Go(func() { a.DB.RunCatalog(ctx, config.PositionsEvery) })
	wait.Go(func() { a.relay.Run(ctx) })
	wait.Go(func() { a.runExpiry(ctx, config.ExpiryEvery) })
	wait.Go(func() { a.runLimits(ctx) })
	sealed.Go(func() { a.runSeal(last) })
	wait.Go(func() { a.runSweep(ctx, config.ObjectSweepEvery) })
	wait.Go(func() { a.runItemSweep(ctx, config.ItemSweepEvery) })
	wait.Go(func() { a.runPersons(ctx, personsEvery) })
	return func() {
		cancel()
		wait.Wait()
		seal() // the others are still audited until they have ended
		sealed.Wait()
	}
}

// CanListen tries the address and lets go of it again.
func CanListen(ctx context.Context, addr string) error {
	l, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	return l.Close()
}
