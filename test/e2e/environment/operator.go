package environment

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	operatorNamespace = "parley-system"
	operatorName      = "parley-operator"
)

// InstallOperator applies config/default and waits until the operator runs. An
// operator of an older image makes way.
func (c *Cluster) InstallOperator(ctx context.Context, changed Changed) error {
	var deployment appsv1.Deployment
	err := c.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: operatorName}, &deployment)
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	existed := err == nil
	manifests, err := c.build(ctx, "config/default")
	if err != nil {
		return err
	}
	if err := c.apply(ctx, manifests); err != nil {
		return err
	}
	if existed && changed[operatorImage] {
		if _, err := c.Kubectl(ctx, "--namespace", operatorNamespace, "rollout", "restart", "deployment/"+operatorName); err != nil {
			return err
		}
	}
	_, err = c.Kubectl(ctx, "--namespace", operatorNamespace, "rollout", "status", "deployment/"+operatorName, "--timeout=120s")
	return err
}
