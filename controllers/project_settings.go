package controllers

import (
	"context"

	"github.com/parley-chat/parley/controllers/resources"
)

// reconcileSettings writes the servers' configuration file.
func (r *ChatProjectReconciler) reconcileSettings(ctx context.Context, scope *projectScope) error {
	encoded, err := resources.Settings(scope.project)
	if err != nil {
		return err
	}
	if _, err := r.Cluster.ensure(ctx, scope.project, secretChild(resources.SettingsSecret(scope.project, encoded))); err != nil {
		return err
	}
	scope.settingsHash = resources.SettingsHash(encoded)
	return nil
}

func (r *ChatProjectReconciler) reconcileServiceAccount(ctx context.Context, scope *projectScope) error {
	_, err := r.Cluster.ensure(ctx, scope.project, serviceAccountChild(resources.ServiceAccount(scope.project)))
	return err
}

func (r *ChatProjectReconciler) reconcileProjectService(ctx context.Context, scope *projectScope) error {
	_, err := r.Cluster.ensure(ctx, scope.project, serviceChild(resources.ProjectService(scope.project)))
	return err
}
