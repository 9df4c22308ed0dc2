package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/term"

	"github.com/faiston/nexo/internal/config"
)

// printf writes to a terminal or a pipe; when nobody reads any more there is nobody to tell.
func (s *session) printf(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

// printJSON prints v for machines, on one line.
func (s *session) printJSON(v any) error {
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	s.printf(s.Out, "%s\n", raw)
	return nil
}

// printAnswer prints an operation's JSON: indented for people, as it is for machines.
func (s *session) printAnswer(raw []byte) {
	value := jsontext.Value(raw)
	if isTerminal(s.Out) {
		_ = value.Indent() // a value that cannot be indented is printed as it is
	}
	s.printf(s.Out, "%s\n", value)
}

// table prints rows in columns.
func (s *session) table(rows [][]string) error {
	w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// newLog is the program's log, on the error output. Verbs that a person waits for keep silent unless
// NEXO_LOG asks; then they say everything.
func newLog(c *config.Config, w io.Writer, always bool) *slog.Logger {
	format, level := c.Log, slog.LevelInfo
	if format == config.LogAuto {
		if !always {
			return slog.New(slog.DiscardHandler)
		}
		format = config.LogJSON
		if isTerminal(w) {
			format = config.LogText
		}
	} else if !always {
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if format == config.LogText {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
