package controllers

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	appsv1apply "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	metav1apply "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1apply "k8s.io/client-go/applyconfigurations/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/controllers/resources"
)

// child is an object that shall exist, next to the one that does.
type child struct {
	kind     string
	wanted   runtime.ApplyConfiguration
	metadata *metav1apply.ObjectMetaApplyConfiguration // of wanted
	current  client.Object                             // to be read into
	applied  func() (bool, error)                      // whether current has what is wanted
	exact    bool                                      // write only over the version that was read
}

// newChild compares what the operator owns of the current object, by its
// managed fields, with what it wants: fields of others and defaults of the
// cluster do not count.
func newChild[O client.Object, C runtime.ApplyConfiguration](
	kind string, current O, wanted C, metadata *metav1apply.ObjectMetaApplyConfiguration, extract func(O, string) (C, error),
) child {
	return child{
		kind:     kind,
		wanted:   wanted,
		metadata: metadata,
		current:  current,
		applied: func() (bool, error) {
			owned, err := extract(current, resources.FieldOwner)
			if err != nil {
				return false, fmt.Errorf("read the managed fields: %w", err)
			}
			return equality.Semantic.DeepEqual(owned, wanted), nil
		},
	}
}

// secretChild is written only over the version that it was computed from: a
// delayed write must not bring a deleted key back.
func secretChild(wanted *corev1apply.SecretApplyConfiguration) child {
	return secretChildOver(&corev1.Secret{}, wanted)
}

// secretChildOver keeps what it is written over for the caller to look at.
func secretChildOver(before *corev1.Secret, wanted *corev1apply.SecretApplyConfiguration) child {
	result := newChild("Secret", before, wanted, wanted.ObjectMetaApplyConfiguration, corev1apply.ExtractSecret)
	result.exact = true
	return result
}

func serviceAccountChild(wanted *corev1apply.ServiceAccountApplyConfiguration) child {
	return newChild("ServiceAccount", &corev1.ServiceAccount{}, wanted, wanted.ObjectMetaApplyConfiguration, corev1apply.ExtractServiceAccount)
}

func serviceChild(wanted *corev1apply.ServiceApplyConfiguration) child {
	return newChild("Service", &corev1.Service{}, wanted, wanted.ObjectMetaApplyConfiguration, corev1apply.ExtractService)
}

func deploymentChild(wanted *appsv1apply.DeploymentApplyConfiguration) child {
	return newChild("Deployment", &appsv1.Deployment{}, wanted, wanted.ObjectMetaApplyConfiguration, appsv1apply.ExtractDeployment)
}

func podDisruptionBudgetChild(wanted *policyv1apply.PodDisruptionBudgetApplyConfiguration) child {
	return newChild("PodDisruptionBudget", &policyv1.PodDisruptionBudget{}, wanted, wanted.ObjectMetaApplyConfiguration, policyv1apply.ExtractPodDisruptionBudget)
}
