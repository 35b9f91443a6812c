package controllers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/conditions"
	"github.com/parley-chat/parley/controllers/resources"
)

// ApiKeyReconciler gives each ApiKey its value. It does not write the keyset:
// the project's reconciler does, from the Secrets that this one makes.
type ApiKeyReconciler struct {
	Cluster  Cluster
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	Random   io.Reader
}

// apiKeyScope is what one reconcile of an ApiKey found out.
type apiKeyScope struct {
	key   *v1alpha1.ApiKey
	now   time.Time
	found conditions.Key
	keyID string // of the value in the key's Secret

	requeueAfter time.Duration
}

// +kubebuilder:rbac:groups="",resources=secrets,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=apikeys,verbs=get;list;watch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=apikeys/finalizers,verbs=update
// +kubebuilder:rbac:groups=chat.parley.dev,resources=apikeys/status,verbs=patch
// +kubebuilder:rbac:groups=chat.parley.dev,resources=chatprojects,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile makes one key's Secret, and reports.
func (r *ApiKeyReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	key := &v1alpha1.ApiKey{}
	if err := r.Cluster.Get(ctx, request.NamespacedName, key); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if key.DeletionTimestamp != nil {
		return ctrl.Result{}, nil // garbage collection does the rest
	}
	scope := r.newScope(key)
	var errs []error
	err := r.issue(ctx, scope)
	var conflict *nameConflictError
	var refused *refusedError
	switch {
	case errors.Is(err, errKeyGone):
		return ctrl.Result{}, nil // the cache will hear of it, and has nothing to add
	case errors.As(err, &conflict):
		scope.found.SecretTaken = true
		scope.requeueAfter = conflictRetry
	case errors.As(err, &refused):
		scope.found.Refused = true
		scope.requeueAfter = refusedRetry
	case err != nil:
		errs = append(errs, err)
	}
	if err := r.reportStatus(ctx, scope, len(errs) == 0); err != nil {
		errs = append(errs, err)
	}
	return outcome(ctx, errs, scope.requeueAfter)
}

func (r *ApiKeyReconciler) newScope(key *v1alpha1.ApiKey) *apiKeyScope {
	now := r.Clock.Now()
	scope := &apiKeyScope{key: key, now: now, found: conditions.Key{
		Project:  key.Spec.ProjectRef.Name,
		Secret:   key.SecretName(),
		Disabled: key.Spec.Disabled,
		Expired:  resources.Expired(key, now),
	}}
	if key.Spec.ExpiresAt != nil && !scope.found.Expired {
		scope.requeueAfter = max(key.Spec.ExpiresAt.Sub(now), time.Millisecond)
	}
	return scope
}

// project returns the key's project, or nil when there is none or it is going.
func (r *ApiKeyReconciler) project(ctx context.Context, key *v1alpha1.ApiKey) (*v1alpha1.ChatProject, error) {
	project := &v1alpha1.ChatProject{}
	err := r.Cluster.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.ProjectRef.Name}, project)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read ChatProject %s: %w", key.Spec.ProjectRef.Name, err)
	case project.DeletionTimestamp != nil:
		return nil, nil
	}
	return project, nil
}
