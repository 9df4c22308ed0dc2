package cli

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/fault"
)

// reconcile compares a list with our stock or another list.
type reconcile struct {
	identityFlags
	File            string `arg:"" help:"MB52, CSV ou XLSX · MB52, CSV or XLSX"`
	Against         string `placeholder:"FILE" help:"Compara com esta lista em vez do nosso estoque · Compares with this list instead of our stock"`
	OnlyTheirPlaces bool   `help:"Deixa de fora os nossos locais que a lista nunca nomeia · Leaves out our places that the list never names"`
	JSON            bool   `name:"json" help:"Resumo em JSON · Summary as JSON"`
	Rows            string `placeholder:"FILE" help:"Grava as diferenças como linhas JSON · Writes the differences as JSON lines"`
}

// Run compares, keeps the result and prints its summary.
func (r reconcile) Run(s *session) error {
	theirs, done, err := s.document(r.File)
	if err != nil {
		return err
	}
	defer done()
	c := &app.Comparison{Theirs: theirs, OnlyTheirPlaces: r.OnlyTheirPlaces}
	if r.Against != "" {
		ours, done, err := s.document(r.Against)
		if err != nil {
			return err
		}
		defer done()
		c.Against = &ours
	}
	if r.Rows == "" {
		return r.compare(s, c)
	}
	return writeFile(r.Rows, func(w io.Writer) error {
		c.Rows = w
		return r.compare(s, c)
	})
}

func (r reconcile) compare(s *session, c *app.Comparison) error {
	return s.withApp(func(a *app.App) error {
		actor, err := a.Act(s.ctx, r.who())
		if err != nil {
			return err
		}
		bar := s.bar(r.File)
		c.Theirs.File = &watched{c.Theirs.File, func(n int64) { bar.show(n, c.Theirs.Size) }, atomic.Int64{}}
		out, err := a.Reconcile(s.ctx, actor, doorName, c)
		bar.end()
		if err != nil {
			return err
		}
		if r.JSON {
			return s.printJSON(out)
		}
		return s.summary(out)
	})
}

func (s *session) summary(c *app.Compared) error {
	n := strconv.Itoa
	rows := [][]string{
		{"iguais · matched", n(c.Summary.Matched)}, {"diferentes · different", n(c.Summary.Different)},
		{"só deles · only theirs", n(c.Summary.OnlyTheirs)}, {"só nossos · only ours", n(c.Summary.OnlyOurs)},
		{"acurácia · accuracy", c.Accuracy + " %"},
	}
	if c.ID != nil {
		rows = append(rows, []string{"reconciliation_id", c.ID.String()})
	}
	for _, w := range c.Warnings {
		s.printf(s.Err, "! %s\n  %s\n", w.Message, w.MessageEN)
	}
	return s.table(rows)
}

// document opens a file to be read as a list.
func (s *session) document(path string) (app.Document, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return app.Document{}, nil, missingFile(path, err)
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		_ = f.Close()
		return app.Document{}, nil, missingFile(path, err)
	}
	return app.Document{Name: path, File: f, Size: info.Size()}, func() { _ = f.Close() }, nil
}

func missingFile(path string, err error) error {
	return fault.NotFound.With("O arquivo %s não pode ser lido.", "The file %s cannot be read.", path).On("file").Because(err)
}

// watched tells how far a file has been read.
type watched struct {
	io.ReaderAt
	tell func(int64)
	far  atomic.Int64
}

// ReadAt implements io.ReaderAt.
func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, off)
	if end := off + int64(n); end > w.far.Load() {
		w.far.Store(end)
		w.tell(end)
	}
	return n, err
}

// writeFile writes a file whole or not at all: it appears under its name when all is written.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".nexo-*")
	if err != nil {
		return cannotWrite(path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone already after the rename
	err = write(f)
	if closing := f.Close(); err == nil && closing != nil {
		err = cannotWrite(path, closing)
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return cannotWrite(path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

func cannotWrite(path string, err error) error {
	return fault.Unavailable.With("Não foi possível gravar %s.", "%s could not be written.", path).Because(err)
}
