package config

import (
	"path/filepath"
	"strings"
	"time"
)

// Mode says where the program runs.
type Mode string

// Local keeps everything on this machine, with its own issuer and PostgreSQL. AWS takes its parts from
// the environment that Terraform sets.
const (
	Local Mode = "local"
	AWS   Mode = "aws"
)

// Demo says whether an empty database gets the demo company.
type Demo string

// The demo is loaded into an empty private database unless somebody says no. With a database that was
// given by URL it is loaded only when somebody says yes.
const (
	DemoAuto Demo = ""
	DemoOn   Demo = "1"
	DemoOff  Demo = "0"
)

// LogFormat is the form of the log.
type LogFormat string

// Text is for people on a terminal, JSON for machines; LogAuto asks the terminal.
const (
	LogAuto LogFormat = ""
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Defaults of what may be left out.
const (
	DefaultAddr    = "127.0.0.1:8080"
	DefaultDataDir = ".nexo"
	// Database is the name of ours in the private cluster (issue 2).
	Database = "sga_inventory"
)

// Limits of the process.
const (
	// MaxWriters and MaxReaders are pool sizes: two cores commit fastest with few connections, and reads
	// wait for the processor, not for each other. Aurora's smallest proxy takes 90 of a pool.
	MaxWriters = 8
	MaxReaders = 16
	// MaxRelayConns is the size of each of the relay's two pools: the tables and a few webhooks at once.
	MaxRelayConns = 4
	// PositionsEvery is how late another process's events may get their place in the log.
	PositionsEvery = 250 * time.Millisecond
	// ExpiryEvery is how late a reservation or a proposal may expire: people set hours and days.
	ExpiryEvery = 10 * time.Second
	// ExpiryBatch bounds one round of expiry to a second of work, so that it never holds up writes.
	ExpiryBatch = 200
	// SealEvery is how often blocks are looked after: what is due after 5 s is sealed within 6.
	SealEvery = time.Second
	// CheckpointEvery is what a cut tail can have at most without a signature outside that knows of it.
	CheckpointEvery = 30 * time.Second
	// SealLastTime is what the last seal of a process gets: two blocks and two small objects.
	SealLastTime = 5 * time.Second
	// DrainTime is what calls that are under way get at the end: the slowest ordinary call takes 30 s by
	// its own limit, and service managers kill after 90 s.
	DrainTime = 20 * time.Second
	// CloseTime is what closing the pools and stopping PostgreSQL get after that.
	CloseTime = 30 * time.Second
	// GCPercent lets a small heap grow fivefold between collections: 1.5 to 3 times the throughput
	// (docs/performance.md). GOGC in the environment wins.
	GCPercent = 400
	// MemoryLimit in bytes makes the collector work harder before the process grows past it, so that
	// serve stays near 60 MB with its stacks and the binary's own pages; less made batches of a thousand
	// movements spend most of their time collecting. GOMEMLIMIT wins.
	MemoryLimit = 52 << 20
	// MaxExportRows is how many rows one table has at most: what a sheet of Excel holds below its header. More
	// is no table for people; programs page through the API.
	MaxExportRows = 1_048_575
	// MaxArguments in bytes is what `nexo call` reads from a file or a pipe: the doors' own limit for a call.
	MaxArguments = 4 << 20
)

// Cloud is what aws mode needs. Each field is named after its variable.
type Cloud struct {
	Issuer    string   // NEXO_OIDC_ISSUER: the Cognito user pool's issuer URL
	JWKSURL   string   // NEXO_OIDC_JWKS_URL; empty: issuer + /.well-known/jwks.json
	ClientIDs []string // NEXO_OIDC_CLIENT_IDS, separated by commas: app clients whose tokens are accepted
	Audiences []string // NEXO_OIDC_AUDIENCES, likewise; empty: tokens are not bound to a resource
	ReaderURL string   // NEXO_DATABASE_READER_URL; empty: NEXO_DATABASE_URL
	OwnerURL  string   // NEXO_DATABASE_OWNER_URL, of `nexo migrate`; empty: NEXO_DATABASE_URL
}

// Config is everything that may be set.
type Config struct {
	Mode        Mode
	Addr        string // host:port that serve listens on
	PublicURL   string // scheme://host[:port] of users; empty: http://Addr
	Hosts       []string
	Origins     []string
	DataDir     string // absolute
	DatabaseURL string // empty: the private PostgreSQL of DataDir
	Demo        Demo
	Log         LogFormat
	Cloud       Cloud
	Connection  Connection
	Objects     Objects
	Items       Items
	Network     Network
	MasterKey   string // NEXO_MASTER_KEY: 32 bytes in base64; empty: a file of the data directory, in local mode
	SealKey     string // NEXO_SEAL_KEY: likewise; the seed of the Ed25519 key that signs checkpoints
	// SetGC and SetMemoryLimit are false where the environment has set Go's own variables.
	SetGC, SetMemoryLimit bool
}

// Private reports whether the program runs its own PostgreSQL.
func (c *Config) Private() bool { return c.DatabaseURL == "" }

// Lookup finds a variable; ok is false when it is not set.
type Lookup func(name string) (value string, ok bool)

// Load reads and checks the configuration. Every failure is fault.InvalidArgument and names the variable.
func Load(look Lookup) (*Config, error) {
	get := func(name, fallback string) string {
		if v, ok := look(name); ok && strings.TrimSpace(v) != "" {
			return strings.TrimSpace(v)
		}
		return fallback
	}
	_, gogc := look("GOGC")
	_, limit := look("GOMEMLIMIT")
	c := &Config{
		Mode: Mode(get("NEXO_MODE", string(Local))), Addr: get("NEXO_ADDR", DefaultAddr), PublicURL: get("NEXO_PUBLIC_URL", ""),
		Hosts: list(get("NEXO_HOSTS", "")), Origins: list(get("NEXO_ORIGINS", "")),
		DatabaseURL: get("NEXO_DATABASE_URL", ""), Demo: Demo(get("NEXO_DEMO", "")), Log: LogFormat(get("NEXO_LOG", "")),
		SetGC: !gogc, SetMemoryLimit: !limit,
		Cloud: Cloud{Issuer: get("NEXO_OIDC_ISSUER", ""), JWKSURL: get("NEXO_OIDC_JWKS_URL", ""), ClientIDs: list(get("NEXO_OIDC_CLIENT_IDS", "")),
			Audiences: list(get("NEXO_OIDC_AUDIENCES", "")), ReaderURL: get("NEXO_DATABASE_READER_URL", ""), OwnerURL: get("NEXO_DATABASE_OWNER_URL", "")},
	}
	c.Objects = loadObjects(get, c.Mode)
	c.Items = loadItems(c.Mode, get)
	var err error
	if c.MasterKey, err = loadKey(get, "NEXO_MASTER_KEY"); err != nil {
		return nil, err
	}
	if c.SealKey, err = loadKey(get, "NEXO_SEAL_KEY"); err != nil {
		return nil, err
	}
	if c.Network, err = loadNetwork(get); err != nil {
		return nil, err
	}
	if c.DataDir, err = filepath.Abs(get("NEXO_DATA_DIR", DefaultDataDir)); err != nil {
		return nil, wrong("NEXO_DATA_DIR", "não é um caminho", "is no path").Because(err)
	}
	if c.Connection, err = loadConnection(get, c.Mode); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// list splits at commas and spaces; of nothing it is nil.
func list(s string) []string {
	if out := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }); len(out) > 0 {
		return out
	}
	return nil
}
