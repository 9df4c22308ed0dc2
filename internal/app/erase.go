package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/postgres"
)

// openPersonKeys gives the database the master key, with which names and documents about persons are encrypted. In aws
// mode without a master key names stay as they are.
func (a *App) openPersonKeys() error {
	key, err := masterKey(a.Config, a.o.Random)
	if err != nil {
		return err
	}
	if key == nil {
		a.o.Log.Warn("NEXO_MASTER_KEY is not set: names of people are not encrypted, documents about persons are refused")
		return nil
	}
	return a.DB.UsePersonKeys(key, a.o.Random)
}

// applyErasures erases again whom a restored copy of the database brought back.
func (a *App) applyErasures(ctx context.Context) error {
	done, err := a.DB.ApplyErasures(ctx)
	if err != nil {
		return err
	}
	for _, key := range done.Refused {
		a.o.Log.LogAttrs(ctx, slog.LevelError, "a record of erasure is not signed by this installation; refused", slog.String("object", key))
	}
	for _, e := range done.Applied {
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "a person was erased again", slog.String("person_id", e.PersonID.String()), slog.Time("erased_at", e.At))
		if a.Items == nil { // nothing but the database is open
			continue
		}
		if _, err := a.signOut(ctx, e.Subjects); err != nil {
			return err
		}
	}
	return nil
}

// signOut deletes what the table of sessions keeps of subjects: sign-ins and sessions of agents.
func (a *App) signOut(ctx context.Context, subjects []string) (n int, err error) {
	for _, s := range subjects {
		for {
			page, err := a.Items.Query(ctx, item.Sessions(), item.Query{Index: item.SessionByUser, Partition: item.UserKey(s), Limit: item.MaxPage})
			if err != nil {
				return n, err
			}
			for _, it := range page.Items {
				if err := a.Items.DeleteAll(ctx, item.Sessions(), it.Key.Partition); err != nil {
					return n, err
				}
				n++
			}
			if len(page.Items) == 0 || page.Next == "" {
				break
			}
		}
	}
	return n, nil
}

// runPersons encrypts the names that are not yet, until it has done so or ctx ends. Where the list of erasures could not
// be read at the start it is applied before.
func (a *App) runPersons(ctx context.Context, again time.Duration) {
	for {
		var erasing error
		if a.erasuresDue {
			erasing = a.applyErasures(ctx)
			a.erasuresDue = erasing != nil
		}
		n, sealing := a.DB.SealNames(ctx)
		if n > 0 {
			a.o.Log.LogAttrs(ctx, slog.LevelInfo, "names of people encrypted", slog.Int("count", n))
		}
		err := errors.Join(erasing, sealing)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.o.Log.LogAttrs(ctx, slog.LevelWarn, "people not looked after; tried again", slog.Any("error", err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}

// eraseAgain applies the list of erasures when a program starts. A store of objects that does not answer keeps no
// program from starting: serve tries again.
func (a *App) eraseAgain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, erasuresTime)
	defer cancel()
	if err := a.applyErasures(ctx); err != nil {
		a.erasuresDue = true
		a.o.Log.LogAttrs(ctx, slog.LevelError, "the list of erasures was not applied", slog.Any("error", err))
	}
}

// eraseAfterMigration applies the list of erasures to a database that was just migrated, as after a restore. Whoever
// migrates may lack the writer's role, the objects or the key; the start of a program makes up for it.
func eraseAfterMigration(ctx context.Context, o *Options, db *database) {
	ctx, cancel := context.WithTimeout(ctx, erasuresTime)
	defer cancel()
	a := &App{Config: o.Config, o: *o, db: db}
	var err error
	if a.DB, err = postgres.Open(ctx, postgres.Config{WriterURL: db.writer, ReaderURL: db.reader, MaxWriters: 1, MaxReaders: 1, Log: o.Log,
		NewID: a.NewID, Connect: db.connect}); err == nil {
		defer a.DB.Close()
		if a.store, err = a.openObjects(ctx); err == nil {
			defer a.store.close() //nolint:errcheck // only a folder, read no more
			a.Objects = a.store
			if err = a.openProof(); err == nil {
				err = a.applyErasures(ctx)
			}
		}
	}
	if err != nil {
		o.Log.LogAttrs(ctx, slog.LevelWarn, "the list of erasures was not applied; the next start does it", slog.Any("error", err))
	}
}

const (
	// personsEvery is how long runPersons waits after a failure.
	personsEvery = config.ExpiryEvery
	// erasuresTime is how long a start waits for the list of erasures: a page of a thousand takes well under a second.
	erasuresTime = 10 * time.Second
)
