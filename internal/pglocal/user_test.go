package pglocal

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestRootUnderAClosedFolder(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := filepath.Join(t.TempDir(), "data") // under a folder of mode 0700, as /root is
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	c := mustOpen(t, Options{DataDir: dir})
	t.Cleanup(func() {
		if err := os.RemoveAll(c.place.root); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(c.Dir(), systemHome+"/") {
		t.Errorf("the cluster is in %s, want %s", c.Dir(), systemHome)
	}
	if n := c.Notes(); len(n) != 1 || !strings.Contains(n[0].PT, c.place.root) || !strings.Contains(n[0].EN, c.place.root) {
		t.Errorf("notes = %v, want one that names the place", n)
	}
	ask(t, c.DSN(Superuser, "postgres"), "CREATE TABLE kept AS SELECT 'yes' AS v")
	checkBoundary(t, c)

	joined := startChild(t, "open", dir, -1)
	if !joined.joined || joined.pid != c.PID() {
		t.Errorf("a second process got %+v, want this server", joined)
	}
	// Once the folder is opened the cluster must still be found where it is.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	if late := startChild(t, "open", dir, -1); late.pid != c.PID() {
		t.Errorf("after the folder was opened a second process got %+v, want this server", late)
	}
}

func TestFolderClosedLater(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := openDir(t)
	c, err := Open(t.Context(), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{DataDir: dir})
	if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || !strings.Contains(f.MessageEN, "chmod") {
		t.Errorf("Open = %v, want words instead of an empty database elsewhere", err)
	}
}

func TestNormalUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := openDir(t)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	c := startChild(t, "open", dir, nobody)
	if c.err != "" || c.joined {
		t.Fatalf("a normal user got %+v", c)
	}
	if v := ask(t, c.dsn, "SELECT current_user::text"); v != Superuser {
		t.Errorf("current_user = %q", v)
	}
	// Root is another user: it must not leave files of its own there.
	if _, err := Open(t.Context(), Options{DataDir: dir}); fault.CodeOf(err) != fault.PermissionDenied {
		t.Errorf("Open of another user's directory = %v, want permission_denied", err)
	}
	c.close(t)
	if again := startChild(t, "open", dir, nobody); again.err != "" {
		t.Errorf("second start: %s", again.err)
	}
}

func TestDirectoryOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := openDir(t)
	mustOpen(t, Options{DataDir: dir})
	if c := startChild(t, "open", dir, nobody); !strings.Contains(c.err, string(fault.PermissionDenied)) {
		t.Errorf("a normal user got %+v of root's directory, want permission_denied", c)
	}
}

func TestPrivateDir(t *testing.T) {
	t.Parallel()
	us := account{uid: os.Geteuid(), gid: os.Getegid()}
	base := t.TempDir()
	real := filepath.Join(base, "real")
	if err := os.Mkdir(real, 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(base, "link")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{filepath.Join(base, "new"): true, real: true, link: false, file: false} {
		if err := us.privateDir(path, 0o700); (err == nil) != ok {
			t.Errorf("privateDir(%s) = %v, want ok = %v", filepath.Base(path), err, ok)
			continue
		}
		if info, err := os.Stat(path); ok && (err != nil || info.Mode().Perm() != 0o700) {
			t.Errorf("%s: mode %v, %v; want 0700", filepath.Base(path), info.Mode(), err)
		}
	}
}

func TestPrivateDirOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := filepath.Join(t.TempDir(), "taken")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := (account{uid: 1, gid: 1, drop: true}).privateDir(dir, 0o700); err == nil {
		t.Error("took over a directory of another user")
	}
}

func TestClosedDir(t *testing.T) {
	t.Parallel()
	us := account{uid: os.Geteuid(), gid: os.Getegid()}
	stranger := account{uid: 4_000_001, gid: 4_000_001}
	open := openDir(t)
	shut := filepath.Join(open, "shut")
	if err := os.Mkdir(shut, 0o700); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(shut, "not", "there", "yet")
	for _, c := range []struct {
		who  account
		path string
		want string
	}{{us, below, ""}, {stranger, open, ""}, {stranger, below, shut}, {stranger, shut, shut}} {
		if got, err := c.who.closedDir(c.path); err != nil || got != c.want {
			t.Errorf("closedDir(%s) = %q, %v; want %q", c.path, got, err, c.want)
		}
	}
}
