package main_test

import (
	"os"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
)

func TestTheServerRunsWithItsTimerSlackWidened(t *testing.T) {
	p := start(t, "dev", "--listen", "127.0.0.1:0")
	p.Eventually(func() (string, error) {
		environment, err := os.ReadFile("/proc/" + strconv.Itoa(p.command.Process.Pid) + "/environ")
		return string(environment), err
	}).WithTimeout(hangGuard).Should(ContainSubstring("PARLEY_TIMER_SLACK_WIDENED=1"))
}
