package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
)

// reconcileDependencies looks whether the Secrets that the spec names are there.
// The shards do not wait for them: kubelet does.
func (r *ChatProjectReconciler) reconcileDependencies(ctx context.Context, scope *projectScope) error {
	postgres, err := r.dependency(ctx, scope.project, "spec.postgres.secretRef", scope.project.Spec.Postgres.SecretRef)
	if err != nil {
		return err
	}
	redis, err := r.dependency(ctx, scope.project, "spec.redis.secretRef", scope.project.Spec.Redis.SecretRef)
	if err != nil {
		return err
	}
	scope.dependencies = []conditions.Dependency{postgres, redis}
	return nil
}

func (r *ChatProjectReconciler) dependency(
	ctx context.Context, project *v1alpha1.ChatProject, field string, reference v1alpha1.SecretKeyReference,
) (conditions.Dependency, error) {
	result := conditions.Dependency{Field: field, Secret: reference.Name, Key: reference.Key}
	var secret corev1.Secret
	err := r.Cluster.Live.Get(ctx, client.ObjectKey{Namespace: project.Namespace, Name: reference.Name}, &secret)
	if apierrors.IsNotFound(err) {
		return result, nil
	}
	if err != nil {
		return result, fmt.Errorf("read Secret %s: %w", reference.Name, err)
	}
	result.SecretFound = true
	result.KeyFound = len(secret.Data[reference.Key]) > 0
	return result, nil
}
