package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Check is one line of a Doctor's report. Text says what is there, or what is missing and how to get it.
type Check struct {
	Name string // "user", "place", "cache", "npm", "system", "server"
	OK   bool
	Text Note
	Err  error // the detail behind a line that is not OK; may be nil
}

// Report is what Doctor found. Ready says that Open can be expected to work.
type Report struct {
	Ready  bool
	Checks []Check
}

// Doctor looks at everything that Open needs, and changes nothing: no download, no directory, no start.
func Doctor(ctx context.Context, o Options) Report {
	who, err := serverAccount()
	if err != nil {
		return Report{Checks: []Check{{Name: "user", Err: err, Text: Note{
			"Falta um usuário para o PostgreSQL: `useradd --system nexo`.",
			"A user for PostgreSQL is missing: `useradd --system nexo`."}}}}
	}
	checks := []Check{{Name: "user", OK: true, Text: Note{
		fmt.Sprintf("O PostgreSQL roda como o usuário %d.", who.uid),
		fmt.Sprintf("PostgreSQL runs as user %d.", who.uid)}}}
	where, pl := checkPlace(o.DataDir, who)
	sources := []Check{o.Binaries.checkCache(ctx), o.Binaries.checkNPM(), o.Binaries.checkSystem(ctx)}
	checks = append(append(checks, where), sources...)
	ready := where.OK && (sources[0].OK || sources[1].OK || sources[2].OK)
	return Report{Ready: ready, Checks: append(checks, checkServer(pl))}
}

// checkPlace says where the cluster lives or would live.
func checkPlace(dataDir string, who account) (Check, place) {
	c := Check{Name: "place"}
	abs, err := filepath.Abs(dataDir)
	if err == nil {
		if real, errReal := filepath.EvalSymlinks(abs); errReal == nil {
			abs = real
		}
	}
	pl, errPlace := choose(abs, who)
	if err := errors.Join(err, errPlace); err != nil {
		c.Err, c.Text = err, Note{"O diretório de dados não pode ser usado.", "The data directory cannot be used."}
		return c, place{}
	}
	c.OK, c.Text = true, Note{"O banco fica em " + pl.root + ".", "The database lives in " + pl.root + "."}
	if info, err := os.Lstat(pl.root); err == nil && !ownedByUs(info) {
		c.OK, c.Err = false, os.ErrPermission
		c.Text = Note{pl.root + " pertence a outro usuário.", pl.root + " belongs to another user."}
	}
	return c, pl
}

func (l Lookup) checkCache(ctx context.Context) Check {
	c := Check{Name: "cache", Text: Note{"Nenhuma cópia própria do PostgreSQL ainda.", "No private copy of PostgreSQL yet."}}
	want, err := l.pinned()
	if err != nil {
		c.Err = err
		return c
	}
	b, err := l.cached(ctx, want)
	if errors.Is(err, fs.ErrNotExist) {
		return c
	}
	if err != nil {
		c.Err, c.Text = err, Note{"A cópia própria do PostgreSQL está danificada e será baixada de novo.",
			"The private copy of PostgreSQL is damaged and will be fetched again."}
		return c
	}
	c.OK, c.Text = true, Note{"Cópia própria do PostgreSQL " + b.version + ", verificada.",
		"Private copy of PostgreSQL " + b.version + ", checked."}
	return c
}

func (l Lookup) checkNPM() Check {
	path, err := exec.LookPath(l.npmProgram())
	if err != nil {
		return Check{Name: "npm", Err: err, Text: Note{"Falta o npm, que baixa o PostgreSQL: `apt-get install npm`.",
			"npm, which fetches PostgreSQL, is missing: `apt-get install npm`."}}
	}
	return Check{Name: "npm", OK: true, Text: Note{"npm em " + path + ".", "npm is " + path + "."}}
}

func (l Lookup) checkSystem(ctx context.Context) Check {
	b, err := runnable(ctx, filepath.Join(l.systemDir(), "bin"), SourceSystem)
	if err != nil {
		return Check{Name: "system", Err: err, Text: Note{"O sistema não tem PostgreSQL 15: `apt-get install postgresql-15`.",
			"The system has no PostgreSQL 15: `apt-get install postgresql-15`."}}
	}
	return Check{Name: "system", OK: true, Text: Note{"O sistema tem o PostgreSQL " + b.version + ".",
		"The system has PostgreSQL " + b.version + "."}}
}

func checkServer(pl place) Check {
	if pl.root == "" {
		return Check{Name: "server", Text: Note{"Nenhum servidor.", "No server."}}
	}
	if run, ok := pl.running(); ok {
		return Check{Name: "server", OK: true, Text: Note{fmt.Sprintf("O servidor está no ar (processo %d).", run.PID),
			fmt.Sprintf("The server is up (process %d).", run.PID)}}
	}
	return Check{Name: "server", OK: true, Text: Note{"O servidor está parado.", "The server is stopped."}}
}
