package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/resources"
)

// SetupWithManager says which events concern which key.
func (r *ApiKeyReconciler) SetupWithManager(manager ctrl.Manager) error {
	err := ctrl.NewControllerManagedBy(manager).
		Named("apikey").
		For(&v1alpha1.ApiKey{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&corev1.Secret{}).
		Watches(&v1alpha1.ChatProject{}, handler.EnqueueRequestsFromMapFunc(r.keysOfProject),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.keysOfKeyset)).
		WithOptions(controllerOptions()).
		Complete(r)
	if err != nil {
		return fmt.Errorf("set up the ApiKey controller: %w", err)
	}
	return nil
}

func (r *ApiKeyReconciler) keysOfProject(ctx context.Context, object client.Object) []reconcile.Request {
	return r.keysOf(ctx, object.GetNamespace(), object.GetName())
}

// keysOfKeyset finds the keys that wait for, or are told of, a keyset.
func (r *ApiKeyReconciler) keysOfKeyset(ctx context.Context, object client.Object) []reconcile.Request {
	owner := metav1.GetControllerOf(object)
	if owner == nil || owner.Kind != v1alpha1.ChatProjectKind || object.GetName() != resources.KeysetSecretName(owner.Name) {
		return nil
	}
	return r.keysOf(ctx, object.GetNamespace(), owner.Name)
}

func (r *ApiKeyReconciler) keysOf(ctx context.Context, namespace, project string) []reconcile.Request {
	var list v1alpha1.ApiKeyList
	if err := r.Cluster.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{indexProject: project}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "find the ApiKeys of a project", "project", project)
		return nil
	}
	var requests []reconcile.Request
	for _, key := range list.Items {
		requests = append(requests, oneRequest(key.Namespace, key.Name)...)
	}
	return requests
}
