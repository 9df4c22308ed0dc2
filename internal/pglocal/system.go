package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// systemPrograms are those that we run.
func systemPrograms() []string { return []string{"initdb", "postgres", "pg_ctl"} }

// system answers the system's programs: as a private copy, because the package manager may change them
// under a running server, whose next load of a library then fails; in place where no copy can be made.
func (l Lookup) system(ctx context.Context, who account, progress func(Step)) (binaries, error) {
	bin := filepath.Join(l.systemDir(), "bin")
	b, err := runnable(ctx, bin, SourceSystem)
	if err != nil {
		return binaries{}, err
	}
	if closed, err := who.closedDir(bin); err != nil || closed != "" {
		return binaries{}, errors.Join(err, fmt.Errorf("postgres cannot enter %q", closed))
	}
	if !l.InPlace {
		if private, err := l.systemCopy(ctx, who, b.version, progress); err == nil {
			return private, nil
		}
	}
	b.inPlace = true
	return b, nil
}

// systemCopy finds or makes the copy of the system's present programs.
func (l Lookup) systemCopy(ctx context.Context, who account, version string, progress func(Step)) (binaries, error) {
	cache, err := l.cache(who)
	if err != nil {
		return binaries{}, err
	}
	sum, err := hashFile(filepath.Join(l.systemDir(), "bin", "postgres"))
	if err != nil {
		return binaries{}, fmt.Errorf("hash postgres: %w", err)
	}
	to := filepath.Join(cache, fmt.Sprintf("system-%s-%s", version, sum[:hashLen]))
	bin := filepath.Join(to, "lib/postgresql", Major, "bin")
	held, err := waitLock(ctx, to+".lock", exclusive, func() { progress(StepShared) })
	if err != nil {
		return binaries{}, err
	}
	defer func() { _ = held.release() }()
	if verifyManifest(to) == nil {
		return runnable(ctx, bin, SourceSystem)
	}
	progress(StepCopy)
	if err := l.copySystem(cache, to, sum); err != nil {
		return binaries{}, err
	}
	return runnable(ctx, bin, SourceSystem)
}

// copySystem copies programs, libraries and shared files. Debian compiles their directories in, but
// PostgreSQL finds them relative to its program when both have a common prefix
// (make_relative_path in its src/port/path.c), so the copy keeps Debian's layout below the prefix.
func (l Lookup) copySystem(cache, to, sum string) error {
	dir := l.systemDir()
	suffix := filepath.Join("lib/postgresql", Major)
	prefix, ok := strings.CutSuffix(dir, suffix)
	if !ok {
		return fmt.Errorf("%s is not Debian's layout", dir)
	}
	work, err := workDir(cache)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	tree := filepath.Join(work, "tree")
	bin := filepath.Join(tree, suffix, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return fmt.Errorf("make copy: %w", err)
	}
	for _, name := range systemPrograms() {
		if err := copyFile(filepath.Join(dir, "bin", name), filepath.Join(bin, name), 0o755); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	share := filepath.Join("share/postgresql", Major)
	err = errors.Join(copyDir(filepath.Join(dir, "lib"), filepath.Join(tree, suffix, "lib")),
		copyDir(filepath.Join(prefix, share), filepath.Join(tree, share)), openToAll(tree))
	if err != nil {
		return err
	}
	// An upgrade in the middle of the copying would have mixed two versions.
	if now, err := hashFile(filepath.Join(dir, "bin", "postgres")); err != nil || now != sum {
		return errors.Join(err, errors.New("the system's programs changed while they were copied"))
	}
	return publish(tree, to)
}

// copyDir copies regular files. Links are left out (Debian's lead to dictionaries elsewhere), and so is
// the JIT compiler, which is 20 MB and switched off.
func copyDir(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && d.Name() == "bitcode":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "llvmjit"):
			return copyFile(path, filepath.Join(to, name), 0o644)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
