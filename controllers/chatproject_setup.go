package controllers

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/resources"
)

// controllerOptions bound how many objects of a kind are worked on at a time,
// and for how long one of them.
func controllerOptions() controller.Options {
	return controller.Options{MaxConcurrentReconciles: 4, ReconciliationTimeout: time.Minute}
}

// SetupWithManager says which events concern which project. The dependency
// cache knows the names of all Secrets.
func (r *ChatProjectReconciler) SetupWithManager(manager ctrl.Manager, dependencies cache.Cache) error {
	secretNames := &metav1.PartialObjectMetadata{}
	secretNames.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	err := ctrl.NewControllerManagedBy(manager).
		Named("chatproject").
		For(&v1alpha1.ChatProject{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&appsv1.Deployment{}).
		Owns(&corev1.Secret{}).
		Owns(&corev1.Service{}).
		Owns(&corev1.ServiceAccount{}).
		Owns(&policyv1.PodDisruptionBudget{}).
		Watches(&v1alpha1.ApiKey{}, handler.EnqueueRequestsFromMapFunc(projectOfKey),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.projectOfKeySecret)).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(projectOfPod), builder.WithPredicates(podMatters())).
		WatchesRawSource(source.Kind[client.Object](dependencies, secretNames, handler.EnqueueRequestsFromMapFunc(r.projectsOfSecret))).
		WithOptions(controllerOptions()).
		Complete(r)
	if err != nil {
		return fmt.Errorf("set up the ChatProject controller: %w", err)
	}
	return nil
}

func projectOfKey(_ context.Context, object client.Object) []reconcile.Request {
	return oneRequest(object.GetNamespace(), object.(*v1alpha1.ApiKey).Spec.ProjectRef.Name)
}

// projectOfKeySecret takes the project from the ApiKey, not from the Secret's
// labels, which the tenant can change.
func (r *ChatProjectReconciler) projectOfKeySecret(ctx context.Context, object client.Object) []reconcile.Request {
	owner := metav1.GetControllerOf(object)
	if owner == nil || owner.Kind != v1alpha1.ApiKeyKind || owner.APIVersion != v1alpha1.GroupVersion().String() {
		return nil
	}
	var key v1alpha1.ApiKey
	if err := r.Cluster.Get(ctx, client.ObjectKey{Namespace: object.GetNamespace(), Name: owner.Name}, &key); err != nil {
		return nil // without the ApiKey the key is gone, and its own event said so
	}
	return projectOfKey(ctx, &key)
}

func projectOfPod(_ context.Context, object client.Object) []reconcile.Request {
	project := object.GetLabels()[resources.LabelProject]
	if project == "" {
		return nil
	}
	return oneRequest(object.GetNamespace(), project)
}

func (r *ChatProjectReconciler) projectsOfSecret(ctx context.Context, object client.Object) []reconcile.Request {
	var list v1alpha1.ChatProjectList
	err := r.Cluster.List(ctx, &list, client.InNamespace(object.GetNamespace()), client.MatchingFields{indexSecret: object.GetName()})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "find the projects that name a Secret", "secret", object.GetName())
		return nil
	}
	var requests []reconcile.Request
	for _, project := range list.Items {
		requests = append(requests, oneRequest(project.Namespace, project.Name)...)
	}
	return requests
}

func oneRequest(namespace, name string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}}
}

// podMatters passes the changes of a pod that change what it should be told or
// asked. The operator's own second touch is none: it would never end.
func podMatters() predicate.Predicate {
	type facts struct {
		ready, going bool
		podIP        string
		revision     *string
	}
	of := func(object client.Object) facts {
		pod, ok := object.(*corev1.Pod)
		if !ok {
			return facts{}
		}
		result := facts{ready: podIsReady(pod), going: pod.DeletionTimestamp != nil, podIP: pod.Status.PodIP}
		if revision, ok := pod.Annotations[resources.AnnotationKeysetRevision]; ok {
			result.revision = ptr.To(revision)
		}
		return result
	}
	return predicate.Funcs{UpdateFunc: func(update event.UpdateEvent) bool {
		before, after := of(update.ObjectOld), of(update.ObjectNew)
		sameRevision := ptr.Equal(before.revision, after.revision)
		before.revision, after.revision = nil, nil
		return !sameRevision || before != after
	}}
}
