package app

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/go-json-experiment/json"
)

// presenceFile says where the serve of a data directory can be reached.
const presenceFile = "serve.json"

// presence is what a running serve leaves for the other verbs.
type presence struct {
	PID int    `json:"pid"`
	URL string `json:"url"`
}

func (a *App) presencePath() string { return filepath.Join(a.Config.DataDir, presenceFile) }

// announce writes the presence in one step; the function that it gives takes it away again.
func (a *App) announce(url string) (leave func(), err error) {
	raw, err := json.Marshal(presence{os.Getpid(), url})
	if err != nil {
		return nil, err
	}
	tmp := fmt.Sprintf("%s.%d", a.presencePath(), os.Getpid())
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	if err := os.Rename(tmp, a.presencePath()); err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	return func() {
		if p, ok := a.running(); ok && p.PID == os.Getpid() {
			_ = os.Remove(a.presencePath()) // a stale one is recognised by its process
		}
	}, nil
}

// running finds the serve of this data directory; ok is false when its process is gone.
func (a *App) running() (p presence, ok bool) {
	raw, err := os.ReadFile(a.presencePath())
	if err != nil || json.Unmarshal(raw, &p) != nil || p.PID <= 0 || p.URL == "" {
		return presence{}, false
	}
	err = syscall.Kill(p.PID, 0)
	return p, err == nil || err == syscall.EPERM // another user's process is alive, too
}

// publicURL is where users reach the program: the serve that runs, or the configuration's.
func (a *App) publicURL() string {
	if p, ok := a.running(); ok {
		return p.URL
	}
	return urlOf(a.Config.PublicURL, a.Config.Addr)
}

func urlOf(public, addr string) string {
	if public != "" {
		return public
	}
	return "http://" + addr
}
