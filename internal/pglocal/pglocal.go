// Package pglocal finds, starts, owns and stops the private PostgreSQL 15 of local mode.
//
// One cluster belongs to one data directory. The first process that opens the directory owns the
// cluster: it starts the server, restarts it when it dies and stops it at Close. Others join it, and
// take over when the owner goes. The server listens on a Unix socket only, and authentication is
// "trust": whoever can enter the socket directory (mode 0700) is in, as any database role. That
// directory belongs to the operating-system user that the server runs as, and it is the boundary.
//
// PostgreSQL refuses to run as root. A process of root runs it as the first of the users nexo,
// postgres and nobody that exists, and stays root itself.
package pglocal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// Superuser is the name of the bootstrap superuser of every cluster that this package makes.
const Superuser = "nexo"

const (
	// Major is the only major version that this package runs: the one of Aurora in the AWS mode.
	Major = "15"
	// port names the socket file only, as nothing listens on TCP.
	port = 5432
	// defaultStartTimeout bounds initdb, crash recovery of 2 GB of WAL on a slow disk, and waiting for
	// another process that does these.
	defaultStartTimeout = 3 * time.Minute
	// pollEvery is how often a starting server's pid file is read; a warm start takes 55 to 95 ms.
	pollEvery = 10 * time.Millisecond
)

// Options say which cluster to open and how. Only DataDir is required.
//
// When root opens a data directory, the server's user must be able to enter it, so let Open make it or
// give it mode 0711; otherwise the cluster lives elsewhere and Notes says where.
type Options struct {
	DataDir        string        // the cluster lives in its folder "postgres", or in /var/lib/nexo (see Cluster.Notes)
	SharedBuffers  string        // PostgreSQL size, such as "128MB" (the default)
	MaxConnections int           // 0: 60
	Settings       []string      // more settings as name=value; the last of a name wins
	Disposable     bool          // settings for tests: fast, and all is lost if the machine stops
	Unsupervised   bool          // a dead server stays dead until Restart
	StartTimeout   time.Duration // 0: three minutes
	Binaries       Lookup
	OnProgress     func(Step)    // before each slow step, from the goroutine of Open
	OnEvent        func(Event)   // from one goroutine, in order; must not block nor call the Cluster
	careEvery      time.Duration // of tests; 0: careEvery
}

func (o Options) progress(s Step) {
	if o.OnProgress != nil {
		o.OnProgress(s)
	}
}

func (o Options) timeout() time.Duration {
	if o.StartTimeout > 0 {
		return o.StartTimeout
	}
	return defaultStartTimeout
}

// Cluster is an open private PostgreSQL. Its methods may be called from any goroutine.
type Cluster struct {
	opts     Options
	place    place
	lock     *lock // held by the owner; of Share, the shared lock
	joined   atomic.Bool
	pid      atomic.Int64
	mu       sync.Mutex // guards version, socket and notes
	version  string
	socket   string
	notes    []Note
	stop     chan struct{}
	stopCtx  context.Context // set before stop is closed
	stopErr  error           // set before done is closed
	stopOnce sync.Once
	done     chan struct{}
	restarts chan chan error
}

// Open starts the cluster of o.DataDir, making it first if there is none, or joins the process that
// runs it already. It returns when the server answers. fault.Unavailable says in both languages what
// is missing; fault.PermissionDenied that the directory is another user's. When ctx ends while Open
// works, what was begun is stopped; afterwards ctx has no effect.
func Open(ctx context.Context, o Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout())
	defer cancel()
	pl, err := settle(o.DataDir)
	if err != nil {
		return nil, err
	}
	c := newCluster(o, pl)
	for {
		c.lock, err = tryLock(pl.lockFile(), exclusive)
		if err == nil {
			return c.own(ctx)
		}
		if !errors.Is(err, errLocked) {
			return nil, cannotUse(o.DataDir, err)
		}
		if run, ok := pl.running(); ok {
			c.adopt(run)
			go c.follow()
			return c, nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, fault.Unavailable.With(
				"Outro processo está iniciando o PostgreSQL deste diretório de dados e não terminou a tempo.",
				"Another process is starting the PostgreSQL of this data directory and did not finish in time.").Because(err)
		}
	}
}

func newCluster(o Options, pl place) *Cluster {
	return &Cluster{opts: o, place: pl, notes: pl.notes, stop: make(chan struct{}), done: make(chan struct{}),
		restarts: make(chan chan error)}
}

// own starts the server under the lock that c holds.
func (c *Cluster) own(ctx context.Context) (*Cluster, error) {
	p, err := c.launch(ctx)
	if err != nil {
		return nil, errors.Join(err, removeSocketDir(c.socketDir()), c.lock.release())
	}
	go c.supervise(p)
	return c, nil
}

// adopt takes over what the owner wrote about the running server.
func (c *Cluster) adopt(run pidFile) {
	c.joined.Store(true)
	c.pid.Store(int64(run.PID))
	version, err := os.ReadFile(c.place.versionFile())
	if err != nil {
		version = []byte(Major)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.socket = string(version), run.SocketDir
}

// DSN is the connection string of a database of the cluster for a role, over the Unix socket.
func (c *Cluster) DSN(user, database string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	query := url.Values{"host": {c.socket}, "port": {fmt.Sprint(port)}, "sslmode": {"disable"}}.Encode()
	// libpq and pgx take a plus sign in a query literally.
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: strings.ReplaceAll(query, "+", "%20")}
	return u.String()
}

// Joined says that another process owns the server. It turns false when this one takes over.
func (c *Cluster) Joined() bool { return c.joined.Load() }

// Version is the server's version, such as "15.18".
func (c *Cluster) Version() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// Notes are sentences in pt-BR and English that the start should print, such as where the cluster lives.
func (c *Cluster) Notes() []Note {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Note(nil), c.notes...)
}

// Dir is the directory of the cluster's files.
func (c *Cluster) Dir() string { return c.place.data() }

// LogFile is the server's log.
func (c *Cluster) LogFile() string { return c.place.logFile() }

// PID is the process id of the postmaster, 0 while it is down.
func (c *Cluster) PID() int { return int(c.pid.Load()) }

// Restart stops the server, if it is up, and starts it. Only the owner may.
func (c *Cluster) Restart(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case c.restarts <- reply:
	case <-c.done:
		return fault.Conflict.With("O PostgreSQL local já foi encerrado.", "The local PostgreSQL is closed already.")
	case <-ctx.Done():
		return fmt.Errorf("restart postgres: %w", ctx.Err())
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return fmt.Errorf("restart postgres: %w", ctx.Err())
	}
}

// Close stops the server if this process owns it, and leaves it otherwise. It asks for a fast
// shutdown, which ends all connections and writes a checkpoint; when ctx or 20 s are over it insists, and the
// next start recovers. Calling it again waits for the first call and answers the same.
func (c *Cluster) Close(ctx context.Context) error {
	c.stopOnce.Do(func() {
		c.stopCtx = ctx
		close(c.stop)
	})
	<-c.done
	return c.stopErr
}

// cannotUse says that the files of the cluster are not ours to use.
func cannotUse(dir string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fault.PermissionDenied.With(
			"O diretório de dados %s pertence a outro usuário: use o mesmo usuário ou outro NEXO_DATA_DIR.",
			"The data directory %s belongs to another user: use the same user or another NEXO_DATA_DIR.",
			dir).Because(err)
	}
	return fault.Unavailable.With("Não foi possível usar o diretório de dados %s.",
		"The data directory %s cannot be used.", dir).Because(err)
}

// pause waits d, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
