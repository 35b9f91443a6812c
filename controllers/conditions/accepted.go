package conditions

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Acceptance is what stands in the way of carrying out a spec.
type Acceptance struct {
	ImageMissing bool
	Conflicts    []string // "Kind name" of objects that somebody else has
	Refusals     []string // what the cluster said, by object
}

// Accepted says whether a spec can be carried out.
func Accepted(found Acceptance) metav1.Condition {
	switch {
	case len(found.Conflicts) > 0:
		return isFalse(v1alpha1.ConditionAccepted, v1alpha1.ReasonNameConflict,
			list(found.Conflicts)+": taken by somebody else; delete it or choose another name")
	case found.ImageMissing:
		return isFalse(v1alpha1.ConditionAccepted, v1alpha1.ReasonImageMissing,
			"no image: set spec.image, or start the operator with --chatserver-image")
	case len(found.Refusals) > 0:
		return isFalse(v1alpha1.ConditionAccepted, v1alpha1.ReasonRefused, "the cluster refused "+list(found.Refusals))
	}
	return isTrue(v1alpha1.ConditionAccepted, v1alpha1.ReasonAccepted, "the spec can be carried out")
}

// maxListed keeps a message short that concerns every shard.
const maxListed = 3

func list(parts []string) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(parts)))
	if more := len(sorted) - maxListed; more > 0 {
		sorted = append(sorted[:maxListed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(sorted, "; ")
}
