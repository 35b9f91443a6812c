package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers/resources"
)

// reconcileKeyset writes the list of keys that count, from the ApiKeys that
// there are.
func (r *ChatProjectReconciler) reconcileKeyset(ctx context.Context, scope *projectScope) error {
	keys, err := r.issuedKeys(ctx, scope.project)
	if err != nil {
		return err
	}
	file := resources.KeysetFile(scope.project, keys, scope.now)
	encoded, err := file.Encode()
	if err != nil {
		return err
	}
	var before corev1.Secret
	written, err := r.Cluster.ensure(ctx, scope.project, secretChildOver(&before, resources.KeysetSecret(scope.project, encoded)))
	if err != nil {
		return err
	}
	if written {
		r.pushRevoked(ctx, scope, before.Data[resources.KeysetKey], file)
	}
	scope.keysetRevision = keyset.Revision(encoded)
	for _, key := range keys {
		if expiry := key.ApiKey.Spec.ExpiresAt; expiry != nil && scope.now.Before(expiry.Time) {
			scope.requeueWithin(expiry.Sub(scope.now))
		}
	}
	return nil
}

func (r *ChatProjectReconciler) issuedKeys(ctx context.Context, project *v1alpha1.ChatProject) ([]resources.IssuedKey, error) {
	var list v1alpha1.ApiKeyList
	if err := r.Cluster.List(ctx, &list, client.InNamespace(project.Namespace), client.MatchingFields{indexProject: project.Name}); err != nil {
		return nil, fmt.Errorf("list the ApiKeys: %w", err)
	}
	keys := make([]resources.IssuedKey, 0, len(list.Items))
	for _, key := range list.Items {
		var secret corev1.Secret
		found, err := r.Cluster.find(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.SecretName()}, &secret)
		if err != nil {
			return nil, fmt.Errorf("read the Secret of ApiKey %s: %w", key.Name, err)
		}
		if found {
			keys = append(keys, resources.IssuedKey{ApiKey: key, Secret: secret})
		}
	}
	return keys, nil
}
