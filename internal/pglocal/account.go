package pglocal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/faiston/nexo/internal/fault"
)

// account is the operating-system user that the server runs as.
type account struct {
	uid, gid int
	drop     bool // it differs from the user of this process, which is root
}

// serverAccount chooses the account: ourselves, or for root the first system user that exists.
func serverAccount() (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"nexo", "postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			return account{uid: uid, gid: gid, drop: true}, nil
		}
	}
	return account{}, fault.Unavailable.With(
		"O PostgreSQL não roda como root e não há outro usuário: crie um com `useradd --system nexo`.",
		"PostgreSQL does not run as root and there is no other user: make one with `useradd --system nexo`.")
}

// closedDir is the first directory on the way to path, or path itself, that the account cannot enter,
// and "" if it can enter all. Directories that do not exist yet are passed over. Only mode bits count.
func (a account) closedDir(path string) (string, error) {
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", fmt.Errorf("look at directory: %w", err)
		case !a.enters(info):
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", nil
		}
	}
}

func (a account) enters(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	switch {
	case int(stat.Uid) == a.uid:
		return info.Mode()&0o100 != 0
	case int(stat.Gid) == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// passage is the mode of a directory of ours that the account must pass through: what is private in it
// has to protect itself.
func (a account) passage() fs.FileMode {
	if a.drop {
		return 0o711
	}
	return 0o700
}

// give makes the account the owner of a file of ours.
func (a account) give(path string) error {
	if !a.drop {
		return nil
	}
	if err := os.Lchown(path, a.uid, a.gid); err != nil {
		return fmt.Errorf("change owner: %w", err)
	}
	return nil
}

// privateDir makes a directory with the given mode that belongs to owner, or accepts one that is there
// already. It refuses a symbolic link and a directory of anybody else: in a folder that all may write,
// the name could have been taken by an attacker.
func (a account) privateDir(path string, mode fs.FileMode) error {
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make directory: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at directory: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || (int(stat.Uid) != a.uid && !ownedByUs(info)) {
		return fmt.Errorf("%s is not a directory of ours: %w", path, fs.ErrPermission)
	}
	if err := a.give(path); err != nil {
		return err
	}
	// Mkdir is subject to the umask, and what was there may have been opened wider.
	if info.Mode().Perm() != mode {
		if err := os.Chmod(path, mode); err != nil {
			return fmt.Errorf("set mode: %w", err)
		}
	}
	return nil
}

func ownedByUs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
