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

// reconcileSigningKeys makes the key that signs user tokens once: another one
// would end every session of the project. Only a file that no server could read
// is replaced.
func (r *ChatProjectReconciler) reconcileSigningKeys(ctx context.Context, scope *projectScope) error {
	var secret corev1.Secret
	name := resources.SigningKeysSecretName(scope.project.Name)
	if _, err := r.Cluster.find(ctx, client.ObjectKey{Namespace: scope.project.Namespace, Name: name}, &secret); err != nil {
		return fmt.Errorf("read Secret %s: %w", name, err)
	}
	encoded := secret.Data[resources.SigningKeysKey]
	if _, err := keyset.DecodeSigning(encoded, string(scope.project.UID)); err != nil {
		if encoded, err = r.mintSigningKeys(scope.project); err != nil {
			return err
		}
	}
	_, err := r.Cluster.ensure(ctx, scope.project, secretChild(resources.SigningKeysSecret(scope.project, encoded)))
	return err
}

func (r *ChatProjectReconciler) mintSigningKeys(project *v1alpha1.ChatProject) ([]byte, error) {
	key, err := keyset.MintSigningKey(r.Random)
	if err != nil {
		return nil, err
	}
	return keyset.EncodeSigning(keyset.SigningFile{Project: string(project.UID), Keys: []keyset.SigningKey{key}})
}
