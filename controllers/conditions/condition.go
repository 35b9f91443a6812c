package conditions

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

func isTrue(conditionType, reason, message string) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: metav1.ConditionTrue, Reason: reason, Message: message}
}

func isFalse(conditionType, reason, message string) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

// Unanswered stands for a condition that an error kept from being found out.
// What was known about this generation stays: an error that passes must not
// make a healthy project look sick.
func Unanswered(before []metav1.Condition, conditionType string, generation int64) metav1.Condition {
	known := meta.FindStatusCondition(before, conditionType)
	if known != nil && known.ObservedGeneration == generation {
		return *known
	}
	return metav1.Condition{
		Type:    conditionType,
		Status:  metav1.ConditionUnknown,
		Reason:  v1alpha1.ReasonUnknown,
		Message: "the operator could not find out and tries again",
	}
}
