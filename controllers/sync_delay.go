package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// syncDelay is when to ask the pods again: as long as it has been going on
// already, so that pods which never answer cost little.
func syncDelay(scope *projectScope) time.Duration {
	known := meta.FindStatusCondition(scope.project.Status.Conditions, v1alpha1.ConditionKeysSynced)
	if known == nil || known.Status != metav1.ConditionFalse || scope.project.Status.KeysetRevision != scope.keysetRevision {
		return minSyncDelay
	}
	return min(max(scope.now.Sub(known.LastTransitionTime.Time), minSyncDelay), maxSyncDelay)
}
