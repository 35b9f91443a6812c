package resources

import (
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// ServiceAccount is the identity of the project's pods. It has no rights, and
// the pods get no token of it.
func ServiceAccount(project *v1alpha1.ChatProject) *corev1apply.ServiceAccountApplyConfiguration {
	return corev1apply.ServiceAccount(project.Name, project.Namespace).
		WithLabels(projectLabels(project.Name)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithAutomountServiceAccountToken(false)
}
