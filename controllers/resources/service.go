package resources

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// servicePort is where the project's Services listen.
const servicePort = 80

// ProjectService reaches any pod of the project.
func ProjectService(project *v1alpha1.ChatProject) *corev1apply.ServiceApplyConfiguration {
	return corev1apply.Service(project.Name, project.Namespace).
		WithLabels(projectLabels(project.Name)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithSpec(serviceSpec(ProjectSelector(project.Name)))
}

// ShardService reaches any pod of one shard.
func ShardService(project *v1alpha1.ChatProject, shard int32) *corev1apply.ServiceApplyConfiguration {
	return corev1apply.Service(ShardName(project.Name, shard), project.Namespace).
		WithLabels(shardLabels(project.Name, shard)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithSpec(serviceSpec(ShardSelector(project.Name, shard)))
}

func serviceSpec(selector map[string]string) *corev1apply.ServiceSpecApplyConfiguration {
	return corev1apply.ServiceSpec().
		WithType(corev1.ServiceTypeClusterIP).
		WithSelector(selector).
		WithPorts(corev1apply.ServicePort().
			WithName(httpPortName).
			WithProtocol(corev1.ProtocolTCP).
			WithAppProtocol("kubernetes.io/ws").
			WithPort(servicePort).
			WithTargetPort(intstr.FromString(httpPortName)))
}
