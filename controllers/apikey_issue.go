package controllers

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/controllers/resources"
)

// issue makes sure that the key's Secret holds a value, and finds out whether
// the project's keyset holds it too.
func (r *ApiKeyReconciler) issue(ctx context.Context, scope *apiKeyScope) error {
	project, err := r.project(ctx, scope.key)
	if err != nil {
		return err
	}
	if scope.found.ProjectFound = project != nil; project == nil {
		return nil
	}
	entries, err := r.keysetEntries(ctx, project)
	if err != nil {
		return err
	}
	value, id, err := r.ensureValue(ctx, scope, entries)
	if err != nil || value == "" {
		return err
	}
	scope.keyID = id
	scope.found.InKeyset = entries[id].Name == scope.key.Name && entries[id].Hash == keyset.Hash(value)
	return nil
}

// ensureValue keeps a value that can be this key's, and mints one otherwise. A
// key that does not count gets no new value: nobody could use it.
func (r *ApiKeyReconciler) ensureValue(
	ctx context.Context, scope *apiKeyScope, entries map[string]keyset.Entry,
) (value model.Secret, id string, err error) {
	var secret corev1.Secret
	name := scope.key.SecretName()
	found, err := r.Cluster.find(ctx, client.ObjectKey{Namespace: scope.key.Namespace, Name: name}, &secret)
	if err != nil {
		return "", "", fmt.Errorf("read Secret %s: %w", name, err)
	}
	if found && !metav1.IsControlledBy(&secret, scope.key) {
		return "", "", &nameConflictError{"Secret", name}
	}
	value, id, intact := resources.KeyValue(scope.key, &secret)
	if other := entries[id].Name; other != "" && other != scope.key.Name {
		intact = false // a copy of another key, which has the id
	}
	if !intact {
		if scope.found.Disabled || scope.found.Expired {
			return "", "", nil
		}
		if err := r.stillThere(ctx, scope.key); err != nil {
			return "", "", err
		}
		if id, value, err = keyset.Mint(r.Random, resources.KeyType(scope.key)); err != nil {
			return "", "", err
		}
	}
	if _, err := r.Cluster.ensure(ctx, scope.key, secretChild(resources.ApiKeySecret(scope.key, value))); err != nil {
		return "", "", err
	}
	if !intact {
		r.Recorder.Eventf(scope.key, nil, corev1.EventTypeNormal, v1alpha1.ReasonKeyIssued, "Issue", "issued key %s", id)
	}
	return value, id, nil
}

// errKeyGone says that an ApiKey is deleted, though the cache still has it.
var errKeyGone = errors.New("the ApiKey is gone")

// stillThere asks the API server for the ApiKey before it gets a new value. The
// Secret of a deleted one may be garbage-collected before the cache hears of the
// deletion, and a value that is made then would be accepted for a moment.
func (r *ApiKeyReconciler) stillThere(ctx context.Context, key *v1alpha1.ApiKey) error {
	var live v1alpha1.ApiKey
	err := r.Cluster.Live.Get(ctx, client.ObjectKeyFromObject(key), &live)
	if apierrors.IsNotFound(err) {
		return errKeyGone
	}
	if err != nil {
		return fmt.Errorf("read ApiKey %s: %w", key.Name, err)
	}
	if live.UID != key.UID || live.DeletionTimestamp != nil {
		return errKeyGone
	}
	return nil
}

// keysetEntries returns what the servers are told, by key id. A keyset that is
// missing or broken tells them nothing: the project's reconciler will mend it.
func (r *ApiKeyReconciler) keysetEntries(ctx context.Context, project *v1alpha1.ChatProject) (map[string]keyset.Entry, error) {
	var secret corev1.Secret
	name := resources.KeysetSecretName(project.Name)
	if _, err := r.Cluster.find(ctx, client.ObjectKey{Namespace: project.Namespace, Name: name}, &secret); err != nil {
		return nil, fmt.Errorf("read Secret %s: %w", name, err)
	}
	entries := map[string]keyset.Entry{}
	if file, err := keyset.Decode(secret.Data[resources.KeysetKey]); err == nil && metav1.IsControlledBy(&secret, project) {
		for _, entry := range file.Keys {
			entries[entry.ID] = entry
		}
	}
	return entries, nil
}
