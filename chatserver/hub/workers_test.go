package hub_test

import (
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
)

func TestATaskThatBlocksHoldsUpNoOther(t *testing.T) {
	g := NewWithT(t)
	h := newHub(t)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, new(writes))
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	const tasks = 500
	blocked := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(tasks)
	for range tasks {
		h.Do(func() {
			begun.Done()
			<-blocked
		})
	}
	defer close(blocked)
	all := make(chan struct{})
	go func() {
		begun.Wait()
		close(all)
	}()
	g.Eventually(all).WithTimeout(30 * time.Second).Should(BeClosed())
}

func TestAGoroutineIsKeptForTheNextTask(t *testing.T) {
	g := NewWithT(t)
	h := newHub(t)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, new(writes))
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	done := make(chan struct{})
	task := func() { done <- struct{}{} }
	one := func() {
		h.Do(task)
		<-done
	}
	for range 100 {
		one()
	}
	// A goroutine that were made for each task would be an allocation each.
	g.Expect(testing.AllocsPerRun(1000, one)).To(BeNumerically("<", 1))
}
