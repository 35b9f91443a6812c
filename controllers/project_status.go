package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
	"github.com/parley-chat/parley/controllers/resources"
)

// reportStatus writes the status once, if it changed.
func (r *ChatProjectReconciler) reportStatus(ctx context.Context, scope *projectScope) error {
	before := scope.project
	after := before.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	after.Status.URL = resources.URL(after)
	if scope.keysetRevision != "" {
		after.Status.KeysetRevision = scope.keysetRevision
	}
	if scope.shards != nil {
		after.Status.Shards = shardStatuses(scope.shards)
	}
	for _, condition := range projectConditions(scope) {
		setCondition(&after.Status.Conditions, condition, after.Generation, scope.now)
	}
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	if err := client.IgnoreNotFound(r.Cluster.Status().Patch(ctx, after, unlessChanged(before))); err != nil {
		return fmt.Errorf("patch the status: %w", err)
	}
	r.announce(before, after)
	return nil
}

func projectConditions(scope *projectScope) []metav1.Condition {
	parts := []metav1.Condition{
		conditions.Accepted(scope.acceptance),
		scope.condition(scope.dependencies != nil, v1alpha1.ConditionDependenciesReady, func() metav1.Condition {
			return conditions.DependenciesReady(scope.dependencies)
		}),
		scope.condition(scope.shards != nil, v1alpha1.ConditionShardsAvailable, func() metav1.Condition {
			return conditions.ShardsAvailable(scope.shards)
		}),
		scope.condition(scope.keysSync != nil, v1alpha1.ConditionKeysSynced, func() metav1.Condition {
			return conditions.KeysSynced(*scope.keysSync)
		}),
	}
	return append(parts, conditions.ProjectReady(parts...))
}

// setCondition changes the transition time only when the condition's status
// changes.
func setCondition(list *[]metav1.Condition, condition metav1.Condition, generation int64, now time.Time) {
	condition.ObservedGeneration = generation
	condition.LastTransitionTime = metav1.NewTime(now)
	meta.SetStatusCondition(list, condition)
}

func shardStatuses(shards []conditions.Shard) []v1alpha1.ShardStatus {
	statuses := make([]v1alpha1.ShardStatus, len(shards))
	for i, shard := range shards {
		statuses[i] = v1alpha1.ShardStatus{Index: int32(i), Replicas: shard.Wanted, AvailableReplicas: shard.Available}
	}
	return statuses
}

// announce makes an event when the project becomes ready or stops being so.
// Pods that wait for a new keyset are passed over: keys come and go all day.
func (r *ChatProjectReconciler) announce(before, after *v1alpha1.ChatProject) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if !transition(was, is) || is.Reason == v1alpha1.ReasonKeysPending ||
		(was != nil && was.Reason == v1alpha1.ReasonKeysPending && is.Status == metav1.ConditionTrue) {
		return
	}
	r.Recorder.Eventf(after, nil, eventType(was, is), is.Reason, "Reconcile", eventNote, is.Message)
}

// unlessChanged patches only the version that was read: an old status would be
// reported, and announced, a second time.
func unlessChanged(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}

// eventNote cuts what an event does not take.
const eventNote = "%.1000s"

func transition(was, is *metav1.Condition) bool {
	return was == nil || was.Status != is.Status || was.Reason != is.Reason
}

// eventType warns of what somebody should look at. Pods that come up are not.
func eventType(was, is *metav1.Condition) string {
	wasReady := was != nil && was.Status == metav1.ConditionTrue
	if is.Status == metav1.ConditionTrue || (is.Reason == v1alpha1.ReasonShardsPending && !wasReady) {
		return corev1.EventTypeNormal
	}
	return corev1.EventTypeWarning
}
