package resources

import (
	corev1 "k8s.io/api/core/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/model"
)

// ApiKeySecret gives the tenant the value of its key.
func ApiKeySecret(key *v1alpha1.ApiKey, value model.Secret) *corev1apply.SecretApplyConfiguration {
	return corev1apply.Secret(key.SecretName(), key.Namespace).
		WithLabels(apiKeyLabels(key.Spec.ProjectRef.Name)).
		WithOwnerReferences(ownedBy(v1alpha1.ApiKeyKind, key)).
		WithType(corev1.SecretTypeOpaque).
		WithData(map[string][]byte{ApiKeyKey: []byte(value.Reveal())})
}
