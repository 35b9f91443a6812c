package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers/resources"
)

const (
	// revocationLifetime is far longer than a pod's file ever lags behind.
	revocationLifetime = 5 * time.Minute
	// revocationTimeout bounds one notice to one pod; later it is of no use.
	revocationTimeout = time.Second
)

// pushRevoked tells the pods which keys the written file has no more, because
// kubelet may take longer than a second to bring them the file.
//
// Nothing depends on it. A notice that is lost, be it that the operator dies
// right after the write, is not sent again: the file and the touch of the pods
// revoke the keys all the same, only later.
func (r *ChatProjectReconciler) pushRevoked(ctx context.Context, scope *projectScope, before []byte, after keyset.File) {
	old, err := keyset.Decode(before)
	if err != nil {
		return // there was no file, or one that no server took over
	}
	revoked := keyset.Revoked(old, after)
	if len(revoked) == 0 {
		return
	}
	if err := r.pushNotices(ctx, scope, revoked); err != nil {
		log.FromContext(ctx).V(1).Info("told no pod of revoked keys", "reason", err.Error())
	}
}

func (r *ChatProjectReconciler) pushNotices(ctx context.Context, scope *projectScope, revoked []string) error {
	key, err := r.signingKey(ctx, scope)
	if err != nil {
		return err
	}
	pods, err := r.runningPods(ctx, scope.project)
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(revoked, keyset.MaxRevokedKeys) {
		notice, err := keyset.SignRevocation(key, keyset.Revocation{
			Project: string(scope.project.UID), Keys: ids, NotAfter: scope.now.Add(revocationLifetime),
		})
		if err != nil {
			return err
		}
		for i := range pods {
			if pods[i].Status.PodIP != "" {
				r.push(ctx, pods[i].Name, pods[i].Status.PodIP, notice)
			}
		}
	}
	return nil
}

// push waits for nothing: a pod that does not answer must hold up neither the
// notices to the others nor the next key's reconcile.
func (r *ChatProjectReconciler) push(ctx context.Context, pod, podIP, notice string) {
	ctx = context.WithoutCancel(ctx)
	r.pushing.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, revocationTimeout)
		defer cancel()
		if err := r.PodRevocations.Revoke(ctx, podIP, notice); err != nil {
			log.FromContext(ctx).V(1).Info("a pod was not told of revoked keys", "pod", pod, "reason", err.Error())
		}
	})
}

// signingKey returns the key that signs for the project, which the pods have.
func (r *ChatProjectReconciler) signingKey(ctx context.Context, scope *projectScope) (keyset.SigningKey, error) {
	var secret corev1.Secret
	name := resources.SigningKeysSecretName(scope.project.Name)
	if _, err := r.Cluster.find(ctx, client.ObjectKey{Namespace: scope.project.Namespace, Name: name}, &secret); err != nil {
		return keyset.SigningKey{}, fmt.Errorf("read Secret %s: %w", name, err)
	}
	if !metav1.IsControlledBy(&secret, scope.project) {
		return keyset.SigningKey{}, &nameConflictError{"Secret", name}
	}
	file, err := keyset.DecodeSigning(secret.Data[resources.SigningKeysKey], string(scope.project.UID))
	if err != nil {
		return keyset.SigningKey{}, err
	}
	return file.Keys[0], nil
}
