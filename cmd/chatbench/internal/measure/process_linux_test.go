package measure

import (
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
)

func TestTheClockOfAnotherProcessIsRead(t *testing.T) {
	g := NewWithT(t)
	used, err := CPU(os.Getppid())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(used).To(BeNumerically(">", 0))
	_, err = CPU(1<<22 + 1) // beyond what the kernel numbers
	g.Expect(err).To(HaveOccurred())
}

func TestAChildThatEndedStillCounts(t *testing.T) {
	g := NewWithT(t)
	own, err := CPU(os.Getpid())
	g.Expect(err).NotTo(HaveOccurred())
	// Long enough for several of the ticks in which ended children are counted.
	g.Expect(exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").Run()).To(Succeed())
	family, err := FamilyCPU(os.Getpid())
	g.Expect(err).NotTo(HaveOccurred())
	after, err := CPU(os.Getpid())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(family-after).To(BeNumerically(">", 0), "own %s", own)
}

func TestMemoryOfThisProcessIsRead(t *testing.T) {
	g := NewWithT(t)
	memory, err := Memory(os.Getpid())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(memory).To(BeNumerically(">", 1<<20))
}
