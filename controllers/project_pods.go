package controllers

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
	"github.com/parley-chat/parley/controllers/resources"
)

const (
	// parallelPods bounds how many pods are patched or asked at a time.
	parallelPods = 32
	// askTimeout bounds the asking of all pods together: while it lasts, no
	// other key of the project is revoked.
	askTimeout = 500 * time.Millisecond
	// touchInterval keeps touches of a pod that does not follow apart.
	touchInterval = 2 * time.Second

	minSyncDelay = 250 * time.Millisecond
	maxSyncDelay = 30 * time.Second
)

// touchPods tells every pod of the keyset by an annotation: kubelet refreshes
// the mounted files of a pod as soon as the pod changes.
func (r *ChatProjectReconciler) touchPods(ctx context.Context, scope *projectScope) error {
	if scope.keysetRevision == "" {
		return nil
	}
	pods, err := r.runningPods(ctx, scope.project)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(parallelPods)
	for i := range pods {
		if pods[i].Annotations[resources.AnnotationKeysetRevision] != scope.keysetRevision {
			group.Go(func() error {
				return r.annotate(ctx, &pods[i], resources.AnnotationKeysetRevision, scope.keysetRevision)
			})
		}
	}
	return group.Wait()
}

// reconcileKeysSynced asks the ready pods which keyset they hold.
func (r *ChatProjectReconciler) reconcileKeysSynced(ctx context.Context, scope *projectScope) error {
	if scope.keysetRevision == "" {
		return nil
	}
	pods, err := r.runningPods(ctx, scope.project)
	if err != nil {
		return err
	}
	ready := make([]*corev1.Pod, 0, len(pods))
	for i := range pods {
		if podIsReady(&pods[i]) && pods[i].Status.PodIP != "" && pods[i].DeletionTimestamp == nil {
			ready = append(ready, &pods[i])
		}
	}
	behind := r.podsBehind(ctx, ready, scope.keysetRevision)
	scope.keysSync = &conditions.KeysSync{Ready: len(ready), Synced: len(ready) - len(behind)}
	if scope.keysSync.Complete() {
		return nil
	}
	scope.requeueWithin(syncDelay(scope))
	return r.touchAgain(ctx, scope, behind)
}

// podsBehind returns the pods that do not say that they hold the revision.
func (r *ChatProjectReconciler) podsBehind(ctx context.Context, pods []*corev1.Pod, revision string) []*corev1.Pod {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	holds := make([]bool, len(pods))
	var group errgroup.Group
	group.SetLimit(parallelPods)
	for i, pod := range pods {
		group.Go(func() error {
			held, err := r.PodKeysets.Revision(ctx, pod.Status.PodIP)
			holds[i] = err == nil && held == revision
			return nil
		})
	}
	_ = group.Wait() // a pod that does not answer is behind, which is no error of the operator
	var behind []*corev1.Pod
	for i, pod := range pods {
		if !holds[i] {
			behind = append(behind, pod)
		}
	}
	return behind
}

// touchAgain helps pods that were touched before kubelet saw the new keyset.
func (r *ChatProjectReconciler) touchAgain(ctx context.Context, scope *projectScope, behind []*corev1.Pod) error {
	var group errgroup.Group
	group.SetLimit(parallelPods)
	for _, pod := range behind {
		last, err := time.Parse(time.RFC3339, pod.Annotations[resources.AnnotationKeysetTouched])
		if err == nil && scope.now.Sub(last) < touchInterval {
			continue
		}
		group.Go(func() error {
			return r.annotate(ctx, pod, resources.AnnotationKeysetTouched, scope.now.UTC().Format(time.RFC3339))
		})
	}
	return group.Wait()
}

func (r *ChatProjectReconciler) annotate(ctx context.Context, pod *corev1.Pod, annotation, value string) error {
	before := pod.DeepCopy()
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[annotation] = value
	if err := client.IgnoreNotFound(r.Cluster.Patch(ctx, pod, client.MergeFrom(before))); err != nil {
		return fmt.Errorf("annotate a pod: %w", err)
	}
	return nil
}

// runningPods returns the project's pods that may still serve, draining ones
// included.
func (r *ChatProjectReconciler) runningPods(ctx context.Context, project *v1alpha1.ChatProject) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := r.Cluster.List(ctx, &list, client.InNamespace(project.Namespace), client.MatchingLabels(resources.ProjectSelector(project.Name)))
	if err != nil {
		return nil, fmt.Errorf("list the pods: %w", err)
	}
	running := list.Items[:0]
	for _, pod := range list.Items {
		if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			running = append(running, pod)
		}
	}
	return running, nil
}

func podIsReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
