//go:build !linux

package pglocal

import "os/exec"

// dieWithParent needs Linux; elsewhere a killed owner leaves the server to the next start.
func dieWithParent(*exec.Cmd) {}
