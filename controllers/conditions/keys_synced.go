package conditions

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// KeysSync counts the ready pods and those of them that hold the present keyset.
type KeysSync struct {
	Ready, Synced int
}

// Complete reports whether no ready pod holds another keyset.
func (s KeysSync) Complete() bool { return s.Synced == s.Ready }

// KeysSynced says whether every ready pod holds the present keyset.
func KeysSynced(sync KeysSync) metav1.Condition {
	if !sync.Complete() {
		return isFalse(v1alpha1.ConditionKeysSynced, v1alpha1.ReasonKeysPending,
			fmt.Sprintf("%d of %d ready pods hold the present keyset", sync.Synced, sync.Ready))
	}
	return isTrue(v1alpha1.ConditionKeysSynced, v1alpha1.ReasonKeysSynced, "every ready pod holds the present keyset")
}
