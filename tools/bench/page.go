package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
)

// What lies between these lines of the page is made by this program; the rest is written by people.
const (
	markBegin = "<!-- begin: written by tools/bench -->"
	markEnd   = "<!-- end: written by tools/bench -->"
)

var errNoMarks = errors.New("the page has no place for the figures: it needs the lines " + markBegin + " and " + markEnd)

// document writes the generated part of the page anew.
func (b *bench) document(rows []*row) error {
	text, err := os.ReadFile(b.o.doc)
	if err != nil {
		return err
	}
	text, err = replaceBetween(text, markdown(b.facts(), rows))
	if err != nil {
		return err
	}
	return os.WriteFile(b.o.doc, text, 0o644)
}

func replaceBetween(text []byte, part string) ([]byte, error) {
	before, rest, found := bytes.Cut(text, []byte(markBegin))
	_, after, ended := bytes.Cut(rest, []byte(markEnd))
	if !found || !ended {
		return nil, errNoMarks
	}
	return append(append(before, markBegin+"\n"+part+markEnd...), after...), nil
}

// markdown is the table with its facts and notes.
func markdown(f facts, rows []*row) string {
	var b strings.Builder
	b.WriteString("\n" + f.String() + ".\n\n")
	columns := []string{"#", "case", "limit", "limit", "its CPU µs", "ours", "ratio", "p50 ms", "p99 ms", "CPU µs", "PG CPU µs", "RSS MB", "goal", "", "load"}
	line(&b, columns)
	line(&b, strings.Split(strings.Repeat("---|", len(columns)-1)+"---", "|"))
	for _, r := range rows {
		cells := r.cells()
		cells[0] = r.What + " (`" + r.Case + "`)"
		line(&b, append([]string{r.Goal.Number}, cells...))
	}
	b.WriteString("\n")
	for _, r := range rows {
		if r.Note != "" {
			b.WriteString("- `" + r.Case + "`: " + r.Note + "\n")
		}
	}
	b.WriteString("\n")
	return b.String()
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
