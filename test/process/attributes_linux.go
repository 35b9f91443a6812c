package process

import "syscall"

// attributes puts a server into a process group of its own, so that an
// interrupt at the terminal reaches the tests first, and asks the kernel to end
// it should the test binary be killed.
func attributes(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT, Credential: credential}
}
