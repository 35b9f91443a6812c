package scope_test

import (
	"errors"
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/scope"
)

var errSample = errors.New("sample")

func TestTheLatestCleanupRunsFirst(t *testing.T) {
	g := NewWithT(t)
	var order []int
	g.Expect(scope.Run(t.Context(), func(s *scope.Scope) error {
		s.Cleanup(func() { order = append(order, 1) })
		s.Cleanup(func() {
			order = append(order, 2)
			s.Cleanup(func() { order = append(order, 3) })
		})
		return nil
	})).To(Succeed())
	g.Expect(order).To(Equal([]int{2, 3, 1}))
}

func TestFatalEndsTheScopeAtOnceAndCleansUp(t *testing.T) {
	g := NewWithT(t)
	cleaned := false
	err := scope.Run(t.Context(), func(s *scope.Scope) error {
		s.Cleanup(func() { cleaned = true })
		s.Fatal(errSample)
		panic("it went on")
	})
	g.Expect(err).To(MatchError(errSample))
	g.Expect(cleaned).To(BeTrue())
}

func TestAnErrorIsKeptToTheEnd(t *testing.T) {
	g := NewWithT(t)
	went := false
	err := scope.Run(t.Context(), func(s *scope.Scope) error {
		s.Error("the pod", "raced")
		went = true
		return errSample
	})
	g.Expect(err).To(And(MatchError(errSample), MatchError(ContainSubstring("raced"))))
	g.Expect(went).To(BeTrue())
}

func TestTheContextAndTheFolderEndWithTheScope(t *testing.T) {
	g := NewWithT(t)
	var kept *scope.Scope
	var folder string
	g.Expect(scope.Run(t.Context(), func(s *scope.Scope) error {
		kept, folder = s, s.TempDir()
		g.Expect(folder).To(BeADirectory())
		return s.Context().Err()
	})).To(Succeed())
	g.Expect(kept.Context().Err()).To(HaveOccurred())
	_, err := os.Stat(folder)
	g.Expect(err).To(MatchError(os.ErrNotExist))
}
