package conditions

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Dependency is what was found of one Secret that a spec names.
type Dependency struct {
	Field       string // of the spec, like spec.postgres.secretRef
	Secret, Key string
	SecretFound bool
	KeyFound    bool // and not empty
}

// DependenciesReady says whether the Secrets that a spec names hold what it needs.
func DependenciesReady(dependencies []Dependency) metav1.Condition {
	for _, dependency := range dependencies {
		if !dependency.SecretFound {
			return isFalse(v1alpha1.ConditionDependenciesReady, v1alpha1.ReasonSecretNotFound,
				fmt.Sprintf("%s: there is no Secret %q in this namespace", dependency.Field, dependency.Secret))
		}
		if !dependency.KeyFound {
			return isFalse(v1alpha1.ConditionDependenciesReady, v1alpha1.ReasonKeyNotFound,
				fmt.Sprintf("%s: Secret %q has nothing under the key %q", dependency.Field, dependency.Secret, dependency.Key))
		}
	}
	return isTrue(v1alpha1.ConditionDependenciesReady, v1alpha1.ReasonDependenciesFound, "every Secret that the spec names is there")
}
