package resources

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1apply "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1apply "k8s.io/client-go/applyconfigurations/policy/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// WantsPodDisruptionBudget reports whether the project's shards have one. A
// shard of one pod has none: it would keep its node from being drained.
func WantsPodDisruptionBudget(project *v1alpha1.ChatProject) bool {
	return project.Spec.ReplicasPerShard >= 2
}

// PodDisruptionBudget lets a node drain take one pod of a shard at a time.
func PodDisruptionBudget(project *v1alpha1.ChatProject, shard int32) *policyv1apply.PodDisruptionBudgetApplyConfiguration {
	return policyv1apply.PodDisruptionBudget(ShardName(project.Name, shard), project.Namespace).
		WithLabels(shardLabels(project.Name, shard)).
		WithOwnerReferences(ownedBy(v1alpha1.ChatProjectKind, project)).
		WithSpec(policyv1apply.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithUnhealthyPodEvictionPolicy(policyv1.AlwaysAllow).
			WithSelector(metav1apply.LabelSelector().WithMatchLabels(ShardSelector(project.Name, shard))))
}
