package native

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestADeadlineIsMovedOnlyWhenTheOneBeforeWillNotDo(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, example := range []struct {
		rule            string
		present, wanted time.Time
		kept            bool
	}{
		{"the first one is set", time.Time{}, noon, false},
		{"the same one is set already", noon, noon, true},
		{"one just before it will do", noon, noon.Add(deadlineSlack - 1), true},
		{"one that is too early will not", noon, noon.Add(deadlineSlack), false},
		{"one that is later will not", noon, noon.Add(-1), false},
		{"none is set at once", noon, time.Time{}, false},
		{"none may be set again", time.Time{}, time.Time{}, false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			var noted atomic.Int64
			noted.Store(nanoseconds(example.present))
			g.Expect(aboutRight(&noted, example.wanted)).To(Equal(example.kept))
			if !example.kept {
				g.Expect(noted.Load()).To(Equal(nanoseconds(example.wanted)))
			}
		})
	}
}

func TestAConnectionKeepsItsDeadlines(t *testing.T) {
	g := NewWithT(t)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	listener := Listen(plain)
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	accepted, err := listener.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	defer accepted.Close()

	g.Expect(accepted.SetReadDeadline(time.Now().Add(time.Hour))).To(Succeed())
	g.Expect(accepted.SetReadDeadline(time.Now())).To(Succeed())
	_, err = accepted.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(ContainSubstring("timeout")))
	g.Expect(accepted.SetDeadline(time.Time{})).To(Succeed())
	_, err = client.Write([]byte("a"))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = accepted.Read(make([]byte, 1))
	g.Expect(err).NotTo(HaveOccurred(), "the deadline was taken away")
}
