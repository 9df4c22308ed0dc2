package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/item"
	"github.com/faiston/nexo/internal/limit"
	"github.com/faiston/nexo/internal/oidc"
	"github.com/faiston/nexo/internal/ops"
	"github.com/faiston/nexo/internal/pglocal"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/relay"
)

// Note is one sentence for the user in both languages.
type Note struct{ PT, EN string }

// Options is what an App is made of. Config is required.
type Options struct {
	Config *config.Config
	Log    *slog.Logger // nil: none
	Notify func(Note)   // steps of a start that a person waits for; nil: nobody listens
	Now    func() time.Time
	Random io.Reader
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Notify == nil {
		o.Notify = func(Note) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
}

// App is the program without its doors: an open database and the operations over it.
type App struct {
	Config *config.Config
	DB     *postgres.DB
	Ops    *ops.Registry
	// Objects keeps documents, checkpoints and other files.
	Objects document.Objects
	// Items keeps the keyed tables. Nothing about stock is decided from them.
	Items  item.Store
	o      Options
	store  *objectStore
	items  *itemStore
	db     *database
	issuer *oidc.Issuer
	limits *limit.Limits
	// webhooks goes outside; nil without a master key.
	webhooks *relay.Webhooks
	relay    *delivery
	proof    *postgres.Proof // nil: nothing is signed
	// erasuresDue: the list of erasures could not be read yet.
	erasuresDue bool
}

// Open finds or starts the database, migrates it where it is ours to migrate, and declares the operations.
// Close must follow.
func Open(ctx context.Context, o Options) (*App, error) {
	o.fill()
	a := &App{Config: o.Config, o: o}
	var err error
	if a.db, err = openDatabase(ctx, &o); err != nil {
		return nil, err
	}
	if a.DB, err = postgres.Open(ctx, postgres.Config{WriterURL: a.db.writer, ReaderURL: a.db.reader,
		MaxWriters: config.MaxWriters, MaxReaders: config.MaxReaders, Log: o.Log, NewID: a.NewID, Connect: a.db.connect}); err != nil {
		return nil, errors.Join(err, a.db.close(context.WithoutCancel(ctx)))
	}
	if a.store, err = a.openObjects(ctx); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	a.Objects = a.store
	if err = a.openProof(); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	if a.items, err = a.openItems(ctx); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	a.Items = a.items
	if err = a.openPersonKeys(); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	a.eraseAgain(ctx)
	a.limits = a.newLimits()
	if a.webhooks, err = a.openWebhooks(); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	if a.relay, err = a.openRelay(ctx); err != nil {
		return nil, errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}
	a.Ops = ops.New(ops.Deps{Store: a.DB, Desk: a.DB, NewID: a.NewID, Now: o.Now, Objects: a.Objects, Sealer: a.DB.PersonSealer(), SignOut: a.signOut, Limits: a.limits, Webhooks: a.webhookSender(), Relay: a.relay})
	return a, nil
}

// Close closes the pools and then stops PostgreSQL, if this process runs it.
func (a *App) Close(ctx context.Context) error {
	a.limits.Close()
	a.relay.close()
	a.DB.Close()
	if a.items != nil {
		a.items.close()
	}
	if a.store != nil {
		_ = a.store.close() // only a folder, read no more
	}
	return a.db.close(ctx)
}

// NewID makes a UUIDv7: ids sort by the time at which they were made.
func (a *App) NewID() uuid.UUID {
	id, err := uuid.NewV7FromReader(a.o.Random)
	if err != nil { // only if the system has no randomness left, and then the database refuses the double
		return uuid.Nil
	}
	return id
}

// Notes are sentences that a start should print, such as where the database lives.
func (a *App) Notes() []Note {
	if a.db.cluster == nil {
		return nil
	}
	var out []Note
	for _, n := range a.db.cluster.Notes() {
		out = append(out, Note(n))
	}
	return out
}

// Joined says that another process runs the PostgreSQL that this one uses.
func (a *App) Joined() bool { return a.db.cluster != nil && a.db.cluster.Joined() }

// Migrate brings the database up to date, as its owner, and says how many migrations were applied.
func Migrate(ctx context.Context, o Options) (applied int, err error) {
	o.fill()
	db, err := reachDatabase(ctx, &o)
	if err != nil {
		return 0, err
	}
	if applied, err = db.migrate(ctx); err == nil {
		eraseAfterMigration(ctx, &o, db)
	}
	return applied, errors.Join(err, db.close(context.WithoutCancel(ctx)))
}

// Doctor looks at what the private PostgreSQL needs, and changes nothing.
func Doctor(ctx context.Context, c *config.Config) pglocal.Report {
	return pglocal.Doctor(ctx, clusterOptions(&Options{Config: c}))
}

// localOnly refuses what only local mode has.
func (a *App) localOnly() error {
	if a.Config.Mode == config.Local {
		return nil
	}
	return fault.InvalidArgument.With("Só existe no modo local: no modo aws o Cognito emite os tokens.",
		"Exists in local mode only: in aws mode Cognito issues the tokens.").On("NEXO_MODE")
}

// Reach connects to the database as each role, and closes again.
func Reach(ctx context.Context, o Options) error {
	o.fill()
	db, err := reachDatabase(ctx, &o)
	if err != nil {
		return err
	}
	open, err := postgres.Open(ctx, postgres.Config{WriterURL: db.writer, ReaderURL: db.reader, Log: o.Log, Connect: db.connect})
	if err != nil {
		return errors.Join(err, db.close(ctx))
	}
	open.Close()
	return db.close(ctx)
}

// Declared lists every operation without a database behind it, for documents.
func Declared() []*ops.Operation { return ops.New(ops.Deps{}).All() }
