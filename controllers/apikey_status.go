package controllers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
)

// reportStatus writes the status once, if it changed.
func (r *ApiKeyReconciler) reportStatus(ctx context.Context, scope *apiKeyScope, foundOut bool) error {
	before := scope.key
	after := before.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	if scope.keyID != "" {
		after.Status.KeyID = scope.keyID
		after.Status.SecretName = after.SecretName()
	}
	ready := conditions.ApiKeyReady(scope.found)
	if !foundOut {
		ready = conditions.Unanswered(before.Status.Conditions, v1alpha1.ConditionReady, before.Generation)
	}
	setCondition(&after.Status.Conditions, ready, after.Generation, scope.now)
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	if err := client.IgnoreNotFound(r.Cluster.Status().Patch(ctx, after, unlessChanged(before))); err != nil {
		return fmt.Errorf("patch the status: %w", err)
	}
	r.announce(before, after)
	return nil
}

// announce makes an event when the key begins or ceases to count. Waiting for
// the keyset takes a moment and is passed over.
func (r *ApiKeyReconciler) announce(before, after *v1alpha1.ApiKey) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if !transition(was, is) || is.Reason == v1alpha1.ReasonKeyPending || is.Status == metav1.ConditionUnknown {
		return
	}
	r.Recorder.Eventf(after, nil, eventType(was, is), is.Reason, "Reconcile", eventNote, is.Message)
}
