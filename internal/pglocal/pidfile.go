package pglocal

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxPIDFile bounds the reading of postmaster.pid: eight short lines and two paths.
const maxPIDFile = 16 << 10

// pidFile is what the server writes about itself into postmaster.pid: one value a line, in the order of
// PostgreSQL's miscadmin.h (LOCK_FILE_LINE_…). Status is "ready" when connections are accepted.
type pidFile struct {
	PID       int
	DataDir   string
	Port      int
	SocketDir string
	Status    string
}

// parsePIDFile reads a pid file that may still be growing; only the first line must be there.
func parsePIDFile(text string) (pidFile, error) {
	lines := strings.Split(text, "\n")
	line := func(n int) string {
		if n > len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[n-1])
	}
	pid, err := strconv.Atoi(line(1))
	if err != nil || pid <= 0 || pid > 1<<30 {
		return pidFile{}, fmt.Errorf("postmaster.pid: bad process id %.20q", line(1))
	}
	p := pidFile{PID: pid, DataDir: line(2), SocketDir: line(5), Status: line(8)}
	if line(4) != "" {
		if p.Port, err = strconv.Atoi(line(4)); err != nil {
			return pidFile{}, fmt.Errorf("postmaster.pid: bad port %.20q", line(4))
		}
	}
	return p, nil
}

func readPIDFile(dataDir string) (pidFile, error) {
	f, err := os.Open(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return pidFile{}, fmt.Errorf("read pid file: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxPIDFile))
	if err != nil {
		return pidFile{}, fmt.Errorf("read pid file: %w", err)
	}
	return parsePIDFile(string(text))
}
