package timerslack

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// printer has this program print its slack and arguments as a program that widens
// it would have them.
const printer = "PARLEY_TEST_PRINT_SLACK"

func TestMain(m *testing.M) {
	if os.Getenv(printer) == "" {
		os.Exit(m.Run())
	}
	Widen()
	has, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	fmt.Println(has, err, os.Getpid(), os.Args[1:])
}

func TestAProgramThatWidensItsSlackGoesOnAsTheSameProcess(t *testing.T) {
	g := NewWithT(t)
	command := exec.CommandContext(t.Context(), itself, "serve", "--shard", "1")
	command.Env = append(os.Environ(), printer+"=1")
	printed, err := command.Output()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(printed)).To(Equal(fmt.Sprintf("%d <nil> %d [serve --shard 1]\n", slack.Nanoseconds(), command.Process.Pid)))
}
