package controllers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// ChatProjectReconciler makes what a ChatProject wants.
type ChatProjectReconciler struct {
	Cluster        Cluster
	Recorder       events.EventRecorder
	PodKeysets     PodKeysets
	PodRevocations PodRevocations
	Clock          clock.PassiveClock
	Random         io.Reader
	Image          string // of projects that name none

	pushing sync.WaitGroup // the notices that are on their way
}

// phase is one concern. All phases run, whatever happens to the others, so that
// trouble with one shard does not keep a deleted key alive.
type phase struct {
	name string
	run  func(context.Context, *projectScope) error
}

func (r *ChatProjectReconciler) phases() []phase {
	return []phase{
		{"keyset", r.reconcileKeyset}, // first: a revoked key must stop counting at once
		{"pod touch", r.touchPods},
		{"signing keys", r.reconcileSigningKeys},
		{"settings", r.reconcileSettings},
		{"service account", r.reconcileServiceAccount},
		{"dependencies", r.reconcileDependencies},
		{"project service", r.reconcileProjectService},
		{"shards", r.reconcileShards},
		{"prune", r.prune},
		{"keys synced", r.reconcileKeysSynced},
	}
}

// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=serviceaccounts,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=services,verbs=create;delete;get;list;patch;watch
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=create;delete;get;list;patch;watch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=apikeys,verbs=get;list;watch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=chatprojects,verbs=get;list;watch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=chatprojects/finalizers,verbs=update
// +kubebuilder:rbac:groups=chat.parley.dev,resources=chatprojects/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=create;delete;get;list;patch;watch

// Reconcile makes one project as it shall be, and reports.
func (r *ChatProjectReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	project := &v1alpha1.ChatProject{}
	if err := r.Cluster.Get(ctx, request.NamespacedName, project); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if project.DeletionTimestamp != nil {
		return ctrl.Result{}, nil // garbage collection does the rest
	}
	scope := newProjectScope(project, r.Image, r.Clock.Now())
	var errs []error
	for _, phase := range r.phases() {
		if err := scope.note(phase.run(ctx, scope)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", phase.name, err))
		}
	}
	if err := r.reportStatus(ctx, scope); err != nil {
		errs = append(errs, err)
	}
	return outcome(ctx, errs, scope.requeueAfter)
}

// conflictDelay is how long to wait for the change that a write ran into to
// reach the cache, should its event have come already.
const conflictDelay = 100 * time.Millisecond

// outcome hands errors to the queue, which tries again later and later. An
// object that changed under a write is no error: it is simply read again.
func outcome(ctx context.Context, errs []error, after time.Duration) (ctrl.Result, error) {
	if onlyConflicts(errs) {
		log.FromContext(ctx).V(1).Info("an object changed since it was read", "reason", errors.Join(errs...).Error())
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	}
	if len(errs) > 0 {
		return ctrl.Result{}, errors.Join(errs...)
	}
	return ctrl.Result{RequeueAfter: after}, nil
}
