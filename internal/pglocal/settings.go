package pglocal

import (
	"fmt"
	"strconv"
)

const (
	defaultSharedBuffers = "128MB"
	// defaultMaxConnections leaves room for the app's pools, the relay's own pool and a few verbs.
	defaultMaxConnections = 60
)

// serverArgs are the arguments of postgres. They are given on the command line, so that no old file in
// the data directory can weaken them.
func (o Options) serverArgs(dataDir, socketDir string) []string {
	args := []string{"-D", dataDir, "-k", socketDir, "-p", strconv.Itoa(port)}
	for _, s := range o.settings() {
		args = append(args, "-c", s)
	}
	return args
}

func (o Options) settings() []string {
	buffers, conns := o.SharedBuffers, o.MaxConnections
	if buffers == "" {
		buffers = defaultSharedBuffers
	}
	if conns == 0 {
		conns = defaultMaxConnections
	}
	set := []string{
		"listen_addresses=",
		"unix_socket_permissions=0700",
		"shared_buffers=" + buffers,
		fmt.Sprintf("max_connections=%d", conns),
		"shared_preload_libraries=",
		"jit=off", // costs more than it saves on our short statements
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
		"logging_collector=off", // the log is a file that the owner bounds
		"log_line_prefix=%m [%p] %q%u@%d ",
	}
	if o.Disposable {
		set = append(set, "max_wal_size=512MB", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
			"max_wal_senders=0", "autovacuum=off")
	} else {
		set = append(set, "max_wal_size=2GB", "fsync=on", "synchronous_commit=on", "full_page_writes=on")
	}
	return append(set, o.Settings...)
}

// initArgs are the arguments of initdb. Locale C sorts by bytes, which indexes and cursors rely on.
func (o Options) initArgs(dataDir string) []string {
	args := []string{"-D", dataDir, "-U", Superuser, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-instructions", "--data-checksums"}
	if o.Disposable {
		return append(args, "-N", "--wal-segsize=4")
	}
	return append(args, "--wal-segsize=16")
}

// hba lets every role in over the Unix socket and nobody over TCP, whatever else is configured.
const hba = `# Written by nexo: the socket directory (mode 0700) is the boundary.
local all all trust
local replication all trust
`
