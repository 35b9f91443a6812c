package resources

import (
	corev1 "k8s.io/api/core/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// KeysetSecret holds the encoded keyset.File.
func KeysetSecret(project *v1alpha1.ChatProject, encoded []byte) *corev1apply.SecretApplyConfiguration {
	return projectSecret(project, KeysetSecretName(project.Name), KeysetKey, encoded)
}

// SigningKeysSecret holds the encoded keyset.SigningFile.
func SigningKeysSecret(project *v1alpha1.ChatProject, encoded []byte) *corev1apply.SecretApplyConfiguration {
	return projectSecret(project, SigningKeysSecretName(project.Name), SigningKeysKey, encoded)
}

// SettingsSecret holds the encoded settings of the servers.
func SettingsSecret(project *v1alpha1.ChatProject, encoded []byte) *corev1apply.SecretApplyConfiguration {
	return projectSecret(project, SettingsSecretName(project.Name), SettingsKey, encoded)
}

func projectSecret(project *v1alpha1.ChatProject, name, key string, value []byte) *corev1apply.SecretApplyConfiguration {
	return corev1apply.Secret(name, project.Namespace).
		WithLabels(projectLabels(project.Name)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithType(corev1.SecretTypeOpaque).
		WithData(map[string][]byte{key: value})
}
