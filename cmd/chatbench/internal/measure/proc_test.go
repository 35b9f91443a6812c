package measure

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestTheTimesOfEndedChildrenAreReadWhateverTheName(t *testing.T) {
	g := NewWithT(t)
	const stat = "4711 (post) gres (x) S 1 4711 4711 0 -1 4194560 44049 51799844 0 2334 107 838 70269 17843 20 0 13 0 24 53719040 5140"
	ended, err := endedChildren(stat)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(ended).To(Equal((70269 + 17843) * 10 * time.Millisecond))
}

func TestAnotherFormOfProcIsAnError(t *testing.T) {
	g := NewWithT(t)
	for _, stat := range []string{"", "4711 no name", "4711 (short) S 1 2", "4711 (x) S 1 1 1 0 -1 4 4 5 0 2 1 8 none 17843"} {
		_, err := endedChildren(stat)
		g.Expect(err).To(MatchError(errFormat), stat)
	}
	for _, status := range []string{"", "Name:\tx\n", "VmRSS:\tmuch\n"} {
		_, err := resident(status)
		g.Expect(err).To(MatchError(errFormat), status)
	}
	var host Host
	g.Expect(host.parseLoad("idle")).To(MatchError(errFormat))
	g.Expect(host.parseMemory("MemTotal: all\n")).To(MatchError(errFormat))
	g.Expect(host.parseProcessor("vendor_id : x\n")).To(MatchError(errFormat))
}

func TestResidentMemoryIsInBytes(t *testing.T) {
	g := NewWithT(t)
	memory, err := resident("Name:\tchatserver\nVmHWM:\t   30000 kB\nVmRSS:\t   25600 kB\nThreads:\t9\n")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(memory).To(Equal(int64(25600 * 1024)))
}

func TestTheHostIsReadFromProc(t *testing.T) {
	g := NewWithT(t)
	var host Host
	g.Expect(host.parseProcessor("processor\t: 0\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: AMD EPYC\n")).To(Succeed())
	g.Expect(host.parseMemory("MemTotal:       25000000 kB\nMemFree: 1 kB\n")).To(Succeed())
	g.Expect(host.parseLoad("1.50 0.70 0.30 1/200 4711\n")).To(Succeed())
	g.Expect(host.parseKernel("6.18.44\n")).To(Succeed())
	g.Expect(host).To(Equal(Host{Processor: "AMD EPYC", Memory: 25_000_000 * 1024, Load: 1.5, Kernel: "6.18.44"}))
}

func TestTheInnermostMountHoldsAFolder(t *testing.T) {
	g := NewWithT(t)
	const mounts = "rootfs / rootfs rw 0 0\n/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/data xfs rw 0 0\nbroken\n"
	g.Expect(fileSystemOf("/var/lib", mounts)).To(Equal("ext4"))
	g.Expect(fileSystemOf("/tmp/other", mounts)).To(Equal("tmpfs"))
	g.Expect(fileSystemOf("/tmp/data/base", mounts)).To(Equal("xfs"))
	g.Expect(fileSystemOf("/tmp/database", mounts)).To(Equal("tmpfs"))
	g.Expect(fileSystemOf("/x", "")).To(Equal("unknown"))
}

func TestNumbersAreReadFromAList(t *testing.T) {
	g := NewWithT(t)
	g.Expect(numbers("12 345  6 ")).To(Equal([]int{12, 345, 6}))
	g.Expect(numbers("")).To(BeEmpty())
}
