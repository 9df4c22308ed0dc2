// Tally reads the output of `go test -json` and says what a person wants to know: what failed and why,
// what was skipped and why, and, in the last line, how many ran.
//
// Its arguments are files with one line for each thing that could not be had; they are named at the end.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxLine in bytes: a test may print a large diff on one line.
const maxLine = 4 << 20

func main() {
	t := newTally(os.Stdout)
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	for _, path := range os.Args[1:] {
		t.missing(path)
	}
	if !t.report() {
		os.Exit(1)
	}
}

// event is one line of test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// tally counts tests, subtests included.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	packages                map[string]*pkg
	failures, skips, absent []string
}

// pkg is what is known of a package while it runs.
type pkg struct {
	output map[string][]string // by test; "" is the package itself
	ran    int
	failed int
}

func newTally(out io.Writer) *tally { return &tally{out: out, packages: map[string]*pkg{}} }

func (t *tally) read(from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(t.out, lines.Text()) // go itself speaks
			continue
		}
		t.take(&e)
	}
	return lines.Err()
}

func (t *tally) take(e *event) {
	p := t.packages[e.Package]
	if p == nil {
		p = &pkg{output: map[string][]string{}}
		t.packages[e.Package] = p
	}
	switch e.Action {
	case "output", "build-output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.packageDone(e, p)
		} else {
			t.testDone(e, p)
		}
	case "build-fail":
		t.print(p.output[""])
	}
}

func (t *tally) testDone(e *event, p *pkg) {
	name := short(e.Package) + " " + e.Test
	p.ran++
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		p.failed++
		t.failures = append(t.failures, name)
		fmt.Fprintf(t.out, "--- FAIL %s\n", name)
		t.print(p.output[e.Test])
	case "skip":
		t.skipped++
		t.skips = append(t.skips, name+": "+reason(p.output[e.Test]))
	}
	delete(p.output, e.Test)
}

func (t *tally) packageDone(e *event, p *pkg) {
	if e.Action == "fail" && p.failed == 0 { // did not build, panicked, or ran out of time
		t.failed++
		t.failures = append(t.failures, short(e.Package))
		for _, lines := range p.output {
			t.print(lines)
		}
	}
	if p.ran > 0 || e.Action == "fail" {
		fmt.Fprintf(t.out, "%-4s %-28s %6.1fs  %d\n", e.Action, short(e.Package), e.Elapsed, p.ran)
	}
	delete(t.packages, e.Package)
}

func (t *tally) print(lines []string) {
	for _, line := range lines {
		fmt.Fprint(t.out, line)
	}
}

// missing reads a list of what could not be had.
func (t *tally) missing(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return // nothing was missing
	}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" {
			t.absent = append(t.absent, line)
		}
	}
}

// report prints the end and says whether all is well.
func (t *tally) report() bool {
	for _, part := range []struct {
		title string
		lines []string
	}{{"skipped", t.skips}, {"could not be had", t.absent}, {"FAILED", t.failures}} {
		if len(part.lines) > 0 {
			fmt.Fprintf(t.out, "\n%s:\n  %s\n", part.title, strings.Join(part.lines, "\n  "))
		}
	}
	fmt.Fprintf(t.out, "\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	return t.failed == 0 && t.passed > 0
}

// reason is what a test said when it skipped, without the file and line.
func reason(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") {
			continue
		}
		if _, words, ok := strings.Cut(line, ".go:"); ok {
			_, words, _ = strings.Cut(words, ": ")
			return words
		}
		return line
	}
	return "no reason given"
}

func short(pkg string) string {
	pkg = strings.TrimPrefix(strings.TrimPrefix(pkg, "github.com/faiston/nexo"), "/")
	if pkg == "" {
		return "."
	}
	return pkg
}
