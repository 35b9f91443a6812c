package resources

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1apply "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	metav1apply "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Deployment runs the pods of one shard. A new pod is up before an old one
// goes, so that sessions have somewhere to move.
func Deployment(project *v1alpha1.ChatProject, shard int32, image, settingsHash string) *appsv1apply.DeploymentApplyConfiguration {
	strategy := appsv1apply.DeploymentStrategy().
		WithType(appsv1.RollingUpdateDeploymentStrategyType).
		WithRollingUpdate(appsv1apply.RollingUpdateDeployment().
			WithMaxUnavailable(intstr.FromInt32(0)).
			WithMaxSurge(intstr.FromInt32(1)))
	template := corev1apply.PodTemplateSpec().
		WithLabels(shardLabels(project.Name, shard)).
		WithAnnotations(map[string]string{AnnotationSettingsHash: settingsHash}).
		WithSpec(podSpec(project, shard, image))
	return appsv1apply.Deployment(ShardName(project.Name, shard), project.Namespace).
		WithLabels(shardLabels(project.Name, shard)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithSpec(appsv1apply.DeploymentSpec().
			WithReplicas(project.Spec.ReplicasPerShard).
			WithSelector(metav1apply.LabelSelector().WithMatchLabels(ShardSelector(project.Name, shard))).
			WithStrategy(strategy).
			WithTemplate(template))
}
