package controllers

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/controllers/resources"
)

// prune deletes what the operator made for the project and the project no
// longer wants: shards above their number, budgets of single pods.
func (r *ChatProjectReconciler) prune(ctx context.Context, scope *projectScope) error {
	shards := make(map[string]bool, scope.project.Spec.Shards)
	for index := range scope.project.Spec.Shards {
		shards[resources.ShardName(scope.project.Name, index)] = true
	}
	budgets := shards
	if !resources.WantsPodDisruptionBudget(scope.project) {
		budgets = nil
	}
	services := map[string]bool{scope.project.Name: true}
	for name := range shards {
		services[name] = true
	}
	return errors.Join(
		r.pruneKind(ctx, scope, &policyv1.PodDisruptionBudgetList{}, budgets),
		r.pruneKind(ctx, scope, &appsv1.DeploymentList{}, shards),
		r.pruneKind(ctx, scope, &corev1.ServiceList{}, services),
	)
}

func (r *ChatProjectReconciler) pruneKind(ctx context.Context, scope *projectScope, list client.ObjectList, wanted map[string]bool) error {
	err := r.Cluster.List(ctx, list, client.InNamespace(scope.project.Namespace),
		client.MatchingLabels{resources.LabelProject: scope.project.Name, resources.LabelPartOf: resources.PartOf})
	if err != nil {
		return fmt.Errorf("list what may go: %w", err)
	}
	return meta.EachListItem(list, func(item runtime.Object) error {
		object := item.(client.Object)
		if wanted[object.GetName()] || !metav1.IsControlledBy(object, scope.project) || object.GetDeletionTimestamp() != nil {
			return nil
		}
		err := r.Cluster.Delete(ctx, object, client.Preconditions{UID: ptr.To(object.GetUID())},
			client.PropagationPolicy(metav1.DeletePropagationBackground))
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete %s: %w", object.GetName(), err)
		}
		return nil
	})
}
