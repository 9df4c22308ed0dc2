package pglocal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// manifestName is the list of a copy's files: "sha256 path" a line, "link-text -> path" for links.
// It is written last, so a tree without it is not finished.
const manifestName = "MANIFEST"

func writeManifest(tree string) error {
	list, err := listTree(tree)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tree, manifestName), []byte(list), 0o644); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// verifyManifest hashes the whole tree again; 58 MB take about a tenth of a second.
func verifyManifest(tree string) error {
	want, err := os.ReadFile(filepath.Join(tree, manifestName))
	if err != nil {
		return fmt.Errorf("no finished copy: %w", err)
	}
	got, err := listTree(tree)
	if err != nil {
		return err
	}
	if got != string(want) {
		return fmt.Errorf("the copy is damaged: %s", firstDifference(got, string(want)))
	}
	return nil
}

func firstDifference(got, want string) string {
	has := make(map[string]bool)
	for line := range strings.Lines(got) {
		has[line] = true
	}
	for line := range strings.Lines(want) {
		if !has[line] {
			return strings.TrimSpace(line)
		}
	}
	return "files were added"
}

// listTree walks in lexical order, so equal trees give equal lists.
func listTree(tree string) (string, error) {
	var list strings.Builder
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(tree, path)
		if err != nil || name == manifestName {
			return err
		}
		mark, err := fingerprint(path, d)
		fmt.Fprintf(&list, "%s %s\n", mark, name)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list copy: %w", err)
	}
	return list.String(), nil
}

func fingerprint(path string, d fs.DirEntry) (string, error) {
	if d.Type()&fs.ModeSymlink != 0 {
		to, err := os.Readlink(path)
		return to + " ->", err
	}
	return hashFile(path)
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// openToAll sets the modes that the umask may have narrowed: the server's user must read everything.
func openToAll(tree string) error {
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if d.IsDir() || info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		return fmt.Errorf("set modes: %w", err)
	}
	return nil
}

// copyFile copies one regular file with its permission bits. No process may be forked while the copy of
// a program is open for writing: it would hold it open too, and running it fails (golang/go#22315).
func copyFile(from, to string, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
