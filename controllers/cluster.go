package controllers

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/controllers/resources"
)

// Cluster is how the reconcilers read and write.
type Cluster struct {
	client.Client               // reads from a cache, which holds only what carries the operator's labels
	Live          client.Reader // reads from the API server
}

// nameConflictError says that a needed name is taken by an object of somebody
// else, which is never adopted.
type nameConflictError struct{ kind, name string }

func (e *nameConflictError) Error() string {
	return fmt.Sprintf("%s %s belongs to somebody else", e.kind, e.name)
}

// refusedError says that the cluster refuses an object for good.
type refusedError struct{ description string }

func (e *refusedError) Error() string { return e.description }

// find reads an object and reports whether there is one. What the cache lacks
// may have lost its labels or be a moment old, so the API server is asked too.
func (c Cluster) find(ctx context.Context, key client.ObjectKey, into client.Object) (bool, error) {
	err := c.Get(ctx, key, into)
	if apierrors.IsNotFound(err) {
		err = c.Live.Get(ctx, key, into)
	}
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// ensure makes a child as it shall be, and reports whether that took a write.
func (c Cluster) ensure(ctx context.Context, owner metav1.Object, child child) (bool, error) {
	key := client.ObjectKey{Namespace: *child.metadata.Namespace, Name: *child.metadata.Name}
	found, err := c.find(ctx, key, child.current)
	if err != nil {
		return false, fmt.Errorf("read %s %s: %w", child.kind, key.Name, err)
	}
	if found {
		if !metav1.IsControlledBy(child.current, owner) {
			return false, &nameConflictError{child.kind, key.Name}
		}
		applied, err := child.applied()
		if err != nil {
			return false, fmt.Errorf("compare %s %s: %w", child.kind, key.Name, err)
		}
		if applied {
			return false, nil
		}
		child.metadata.UID = ptr.To(child.current.GetUID())
		if child.exact {
			child.metadata.ResourceVersion = ptr.To(child.current.GetResourceVersion())
		}
	}
	if err := c.Apply(ctx, child.wanted, client.FieldOwner(resources.FieldOwner), client.ForceOwnership); err != nil {
		return false, writeError(child.kind, key.Name, err)
	}
	return true, nil
}

// writeError tells a refusal, which the same write would meet again, from an
// error that passes. What the cluster says about a Secret stays out.
func writeError(kind, name string, err error) error {
	if !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
		return fmt.Errorf("apply %s %s: %w", kind, name, err)
	}
	description := kind + " " + name
	if kind != "Secret" {
		description += ": " + err.Error()
	}
	return &refusedError{description}
}

// onlyConflicts reports whether every error says that the object changed since
// it was read. The change itself brings the next try.
func onlyConflicts(errs []error) bool {
	for _, err := range errs {
		if !apierrors.IsConflict(err) {
			return false
		}
	}
	return len(errs) > 0
}
