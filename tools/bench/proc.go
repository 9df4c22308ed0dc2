package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksASecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksASecond = 100

// stat is what /proc/PID/stat says (proc(5)): the fields after the name in parentheses.
type stat struct {
	parent        int
	own, children time.Duration // processor time; of children, those that ended and were waited for
}

func readStat(pid int) (s stat, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, false
	}
	return parseStat(string(text))
}

func parseStat(text string) (s stat, ok bool) {
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return s, false
	}
	f := strings.Fields(text[end+1:])
	const parent, utime, stime, cutime, cstime = 1, 11, 12, 13, 14
	if len(f) <= cstime {
		return s, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(f[i]); return n }
	ticks := func(a, b int) time.Duration { return time.Duration(number(a)+number(b)) * time.Second / ticksASecond }
	return stat{number(parent), ticks(utime, stime), ticks(cutime, cstime)}, true
}

// cpuOf is the processor time of one process.
func cpuOf(pid int) time.Duration {
	s, _ := readStat(pid)
	return s.own
}

// postgresCPU is the processor time of the server with all its processes, ended ones included.
func (b *bench) postgresCPU() time.Duration {
	pid := b.pg.PID()
	s, ok := readStat(pid)
	if !ok {
		return 0
	}
	sum := s.own + s.children
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if child, ok := parseStat(string(text)); ok && child.parent == pid {
			sum += child.own
		}
	}
	return sum
}

// rssOf is the memory of a process in MB (VmRSS; VmHWM is the most that it ever had).
func rssOf(pid int, field string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// loadAverage of the last minute: how busy others made the machine.
func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	return n
}
