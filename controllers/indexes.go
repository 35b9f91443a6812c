package controllers

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/parley-chat/parley/api/v1alpha1"
)

const (
	// indexProject finds the ApiKeys of a project. The API server knows it too,
	// as a selectable field.
	indexProject = "spec.projectRef.name"
	// indexSecret finds the ChatProjects that name a Secret.
	indexSecret = "secretRef.name"
)

// AddIndexes makes a cache find what the reconcilers look for.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &v1alpha1.ApiKey{}, indexProject, func(object client.Object) []string {
		return []string{object.(*v1alpha1.ApiKey).Spec.ProjectRef.Name}
	})
	if err != nil {
		return fmt.Errorf("index ApiKeys by project: %w", err)
	}
	err = indexer.IndexField(ctx, &v1alpha1.ChatProject{}, indexSecret, func(object client.Object) []string {
		spec := object.(*v1alpha1.ChatProject).Spec
		return []string{spec.Postgres.SecretRef.Name, spec.Redis.SecretRef.Name}
	})
	if err != nil {
		return fmt.Errorf("index ChatProjects by Secret: %w", err)
	}
	return nil
}
