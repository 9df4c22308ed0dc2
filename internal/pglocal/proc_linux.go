package pglocal

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel stop the server at once when this process dies, even by kill -9.
// PostgreSQL recovers at the next start.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT }
