package conditions

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// ProjectReady sums up a project's conditions. The first one that is not true
// gives the reason, so they stand in the order in which a person would fix them.
func ProjectReady(parts ...metav1.Condition) metav1.Condition {
	for _, part := range parts {
		if part.Status != metav1.ConditionTrue {
			return isFalse(v1alpha1.ConditionReady, part.Reason, part.Message)
		}
	}
	return isTrue(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the project serves")
}
