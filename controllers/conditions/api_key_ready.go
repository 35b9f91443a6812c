package conditions

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Key is what was found of an ApiKey.
type Key struct {
	Project      string
	ProjectFound bool
	Secret       string
	SecretTaken  bool // by an object of somebody else
	Refused      bool // the cluster refused the Secret
	Disabled     bool
	Expired      bool
	InKeyset     bool
}

// ApiKeyReady says whether a key counts.
func ApiKeyReady(key Key) metav1.Condition {
	switch {
	case !key.ProjectFound:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonProjectNotFound,
			fmt.Sprintf("there is no ChatProject %q in this namespace", key.Project))
	case key.SecretTaken:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonNameConflict,
			fmt.Sprintf("Secret %s exists already and belongs to somebody else: delete it, or make an ApiKey with another secretName", key.Secret))
	case key.Refused:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonRefused,
			fmt.Sprintf("the cluster refused the key's new value: delete Secret %s if it is immutable", key.Secret))
	case key.Disabled:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonKeyDisabled, "the key is disabled by spec.disabled")
	case key.Expired:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonKeyExpired, "the time of spec.expiresAt is over")
	case !key.InKeyset:
		return isFalse(v1alpha1.ConditionReady, v1alpha1.ReasonKeyPending, "the key has not reached the project's keyset yet")
	}
	return isTrue(v1alpha1.ConditionReady, v1alpha1.ReasonKeyIssued, "the project's keyset holds the key")
}
