package conditions

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Shard is what was found of one shard's Deployment.
type Shard struct {
	Wanted    int32 // pods
	Available int32 // pods
	Observed  bool  // the counts are about the Deployment as it is now
}

// ShardsAvailable says whether every shard has all of its pods.
func ShardsAvailable(shards []Shard) metav1.Condition {
	for i, shard := range shards {
		if shard.Observed && shard.Available >= shard.Wanted {
			continue
		}
		message := fmt.Sprintf("shard %d has %d of %d pods", i, shard.Available, shard.Wanted)
		if !shard.Observed {
			message = fmt.Sprintf("shard %d is being changed", i)
		}
		return isFalse(v1alpha1.ConditionShardsAvailable, v1alpha1.ReasonShardsPending, message)
	}
	return isTrue(v1alpha1.ConditionShardsAvailable, v1alpha1.ReasonShardsAvailable, "every shard has all of its pods")
}
