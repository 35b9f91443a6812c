package controllers

import (
	"context"
	"errors"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/parley-chat/parley/controllers/conditions"
	"github.com/parley-chat/parley/controllers/resources"
)

// reconcileShards makes the Deployment, Service and PodDisruptionBudget of every
// shard. Trouble with one of them does not hold up the others.
//
// It waits for the settings: pods that start with old ones would keep them.
func (r *ChatProjectReconciler) reconcileShards(ctx context.Context, scope *projectScope) error {
	if scope.image == "" || scope.settingsHash == "" {
		return nil
	}
	var errs []error
	shards := make([]conditions.Shard, 0, scope.project.Spec.Shards)
	for index := range scope.project.Spec.Shards {
		shard, err := r.reconcileDeployment(ctx, scope, index)
		shards = append(shards, shard)
		errs = append(errs, err)
		_, err = r.Cluster.ensure(ctx, scope.project, serviceChild(resources.ShardService(scope.project, index)))
		errs = append(errs, err)
		if resources.WantsPodDisruptionBudget(scope.project) {
			_, err = r.Cluster.ensure(ctx, scope.project, podDisruptionBudgetChild(resources.PodDisruptionBudget(scope.project, index)))
			errs = append(errs, err)
		}
	}
	scope.shards = shards
	return errors.Join(errs...)
}

func (r *ChatProjectReconciler) reconcileDeployment(ctx context.Context, scope *projectScope, index int32) (conditions.Shard, error) {
	shard := conditions.Shard{Wanted: scope.project.Spec.ReplicasPerShard}
	child := deploymentChild(resources.Deployment(scope.project, index, scope.image, scope.settingsHash))
	written, err := r.Cluster.ensure(ctx, scope.project, child)
	if err != nil {
		return shard, err
	}
	deployment := child.current.(*appsv1.Deployment) // as it was before the write
	shard.Available = deployment.Status.AvailableReplicas
	shard.Observed = !written && deployment.Status.ObservedGeneration >= deployment.Generation
	return shard, nil
}
