package pglocal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

const (
	// systemHome holds the clusters of root whose data directory the server's user cannot enter.
	systemHome = "/var/lib/nexo"
	// maxSocketPath is sun_path of unix(7) without its final NUL.
	maxSocketPath = 107
	// hashLen hex digits name a place: 48 bits keep two directories of one machine apart.
	hashLen = 12
)

// place is where the files of one cluster are: root holds data/, log/, the lock and the version.
type place struct {
	root  string
	who   account
	notes []Note
}

func (p place) data() string        { return filepath.Join(p.root, "data") }
func (p place) logFile() string     { return filepath.Join(p.root, "postgres.log") }
func (p place) lockFile() string    { return filepath.Join(p.root, "owner.lock") }
func (p place) versionFile() string { return filepath.Join(p.root, "version") }

// settle decides where the cluster of dataDir lives and makes that folder.
func settle(dataDir string) (place, error) {
	who, err := serverAccount()
	if err != nil {
		return place{}, err
	}
	real, err := realDir(dataDir, who)
	if err != nil {
		return place{}, cannotUse(dataDir, err)
	}
	p, err := choose(real, who)
	if err != nil {
		return place{}, err
	}
	if len(p.notes) > 0 {
		if err := (account{}).privateDir(systemHome, 0o711); err != nil {
			return place{}, cannotUse(systemHome, err)
		}
	}
	if err := p.make(); err != nil {
		return place{}, cannotUse(real, err)
	}
	return p, nil
}

// choose answers the place of the cluster of the resolved directory real, and touches nothing. That is
// its folder "postgres", or for root one under systemHome when the server's user cannot enter, or when
// a cluster is there from a time when it could not. A cluster that is out of reach now is an error,
// and never replaced by an empty one.
func choose(real string, who account) (place, error) {
	inside := place{root: filepath.Join(real, "postgres"), who: who}
	closed, err := who.closedDir(real)
	if err != nil {
		return place{}, cannotUse(real, err)
	}
	if !who.drop {
		if closed != "" {
			return place{}, cannotUse(real, os.ErrPermission)
		}
		return inside, nil
	}
	outside := place{root: filepath.Join(systemHome, placeHash(real)), who: who}
	switch {
	case closed == "" && !outside.initialised():
		return inside, nil
	case closed != "" && inside.initialised():
		return place{}, fault.Unavailable.With(
			"O usuário do PostgreSQL não entra mais em %s, onde o banco está: libere a passagem (chmod o+x).",
			"PostgreSQL's user can no longer enter %s, where the database is: let it pass (chmod o+x).", closed)
	}
	outside.notes = []Note{{
		PT: fmt.Sprintf("O banco de %s fica em %s, onde o usuário do PostgreSQL entra.", real, outside.root),
		EN: fmt.Sprintf("The database of %s lives in %s, where PostgreSQL's user can enter.", real, outside.root),
	}}
	return outside, nil
}

func (p place) initialised() bool {
	_, err := os.Stat(filepath.Join(p.data(), "PG_VERSION"))
	return err == nil
}

// make makes the root folder. It stays ours; the server's user may pass through it into data/.
func (p place) make() error {
	return account{uid: os.Geteuid(), gid: os.Getegid()}.privateDir(p.root, p.who.passage())
}

// realDir makes dataDir and resolves it, so that two spellings of one directory are one cluster.
func realDir(dataDir string, who account) (string, error) {
	if dataDir == "" {
		return "", errors.New("no data directory given")
	}
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("resolve data directory: %w", err)
	}
	if err := os.MkdirAll(abs, who.passage()); err != nil {
		return "", fmt.Errorf("make data directory: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("resolve data directory: %w", err)
	}
	return real, nil
}

func placeHash(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])[:hashLen]
}

// running reads what the server of this place says of itself, if it accepts connections.
func (p place) running() (pidFile, bool) {
	run, err := readPIDFile(p.data())
	if err != nil || run.Status != "ready" {
		return pidFile{}, false
	}
	conn, err := net.Dial("unix", socketFile(run.SocketDir))
	if err != nil {
		return pidFile{}, false
	}
	return run, conn.Close() == nil
}

func socketFile(dir string) string { return filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port)) }

// socketDir makes the short private directory of the socket: the one given, if any, or a new one. The
// data directory is no place for it, as its path may be too long.
func (p place) socketDir(before string) (string, error) {
	name := "nexo-" + placeHash(p.root+":"+strconv.Itoa(p.who.uid))
	var candidates []string
	if before != "" {
		candidates = append(candidates, before)
	}
	for _, base := range socketBases() {
		candidates = append(candidates, filepath.Join(base, name))
	}
	var tried []error
	for _, dir := range candidates {
		if len(socketFile(dir)) > maxSocketPath {
			tried = append(tried, fmt.Errorf("%s is too long for a socket", dir))
			continue
		}
		err := p.who.privateDir(dir, 0o700)
		if err == nil {
			return dir, nil
		}
		tried = append(tried, err)
	}
	return "", fault.Unavailable.With("Não há onde criar o socket do PostgreSQL (tentado: %s).",
		"There is no place for PostgreSQL's socket (tried: %s).", strings.Join(candidates, ", ")).Because(errors.Join(tried...))
}

func socketBases() []string {
	if os.Geteuid() == 0 {
		return []string{"/run", "/tmp"}
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return []string{dir, "/tmp"}
	}
	return []string{"/tmp"}
}
