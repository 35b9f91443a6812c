package hub

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// newWorkingHub has workers and nothing else.
func newWorkingHub(t *testing.T) *Hub {
	t.Helper()
	h := &Hub{workers: newWorkers(), ctx: t.Context()}
	t.Cleanup(h.running.Wait)
	return h
}

func TestATaskThatBlocksHoldsUpNoOther(t *testing.T) {
	g := NewWithT(t)
	h := newWorkingHub(t)
	const tasks = 500
	blocked := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(tasks)
	for range tasks {
		h.do(func() {
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
	h := newWorkingHub(t)
	done := make(chan struct{})
	task := func() { done <- struct{}{} }
	one := func() {
		h.do(task)
		<-done
	}
	for range 100 {
		one()
	}
	// A goroutine that were made for each task would be an allocation each.
	g.Expect(testing.AllocsPerRun(1000, one)).To(BeNumerically("<", 1))
}

func TestNoMoreGoroutinesAreKeptThanTheBound(t *testing.T) {
	g := NewWithT(t)
	h := newWorkingHub(t)
	blocked := make(chan struct{})
	var begun sync.WaitGroup
	for range maxIdleWorkers + 1 {
		begun.Add(1)
		h.do(func() {
			begun.Done()
			<-blocked
		})
	}
	begun.Wait()
	close(blocked)
	kept := func() int {
		buffer := make([]byte, 4<<20)
		return strings.Count(string(buffer[:runtime.Stack(buffer, true)]), "hub.(*Hub).work(")
	}
	g.Eventually(kept).WithTimeout(30 * time.Second).Should(Equal(maxIdleWorkers))
	g.Consistently(kept, "50ms").Should(Equal(maxIdleWorkers))
}
