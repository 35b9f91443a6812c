//go:build !linux

package measure

import (
	"errors"
	"time"
)

var errLinuxOnly = errors.New("chatbench reads the accounts of the Linux kernel and runs on Linux only")

// CPU needs Linux.
func CPU(int) (time.Duration, error) { return 0, errLinuxOnly }

// FamilyCPU needs Linux.
func FamilyCPU(int) (time.Duration, error) { return 0, errLinuxOnly }

// Memory needs Linux.
func Memory(int) (int64, error) { return 0, errLinuxOnly }

// FileSystem needs Linux.
func FileSystem(string) (string, error) { return "", errLinuxOnly }

// ReadHost needs Linux.
func ReadHost() (Host, error) { return Host{}, errLinuxOnly }
