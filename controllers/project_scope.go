package controllers

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
)

const (
	// conflictRetry is how often to look whether a taken name is free again:
	// nothing tells the operator of objects that are not its own.
	conflictRetry = 30 * time.Second
	// refusedRetry is how often to try again what the cluster refused.
	refusedRetry = time.Minute
)

// projectScope is what one reconcile of a project found out. What is nil or
// empty was not found out, because of an error.
type projectScope struct {
	project *v1alpha1.ChatProject
	image   string
	now     time.Time

	keysetRevision string // of the keyset that was written, or was there already
	settingsHash   string // likewise
	acceptance     conditions.Acceptance
	dependencies   []conditions.Dependency
	shards         []conditions.Shard
	keysSync       *conditions.KeysSync

	requeueAfter time.Duration
}

func newProjectScope(project *v1alpha1.ChatProject, defaultImage string, now time.Time) *projectScope {
	scope := &projectScope{project: project, image: project.Spec.Image, now: now}
	if scope.image == "" {
		scope.image = defaultImage
	}
	scope.acceptance.ImageMissing = scope.image == ""
	return scope
}

// note keeps what stands in the way for the status, and returns the errors that
// trying again may cure.
func (s *projectScope) note(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, part := range joined.Unwrap() {
			rest = append(rest, s.note(part))
		}
		return errors.Join(rest...)
	}
	var conflict *nameConflictError
	var refused *refusedError
	switch {
	case errors.As(err, &conflict):
		s.acceptance.Conflicts = append(s.acceptance.Conflicts, conflict.kind+" "+conflict.name)
		s.requeueWithin(conflictRetry)
		return nil
	case errors.As(err, &refused):
		s.acceptance.Refusals = append(s.acceptance.Refusals, refused.description)
		s.requeueWithin(refusedRetry)
		return nil
	}
	return err
}

// requeueWithin asks for another look after the delay at the latest.
func (s *projectScope) requeueWithin(delay time.Duration) {
	if s.requeueAfter == 0 || delay < s.requeueAfter {
		s.requeueAfter = max(delay, time.Millisecond)
	}
}

// condition returns what was found out, or else what was known.
func (s *projectScope) condition(foundOut bool, conditionType string, found func() metav1.Condition) metav1.Condition {
	if !foundOut {
		return conditions.Unanswered(s.project.Status.Conditions, conditionType, s.project.Generation)
	}
	return found()
}
