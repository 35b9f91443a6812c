package controllers

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/parley-chat/parley/controllers/resources"
)

// CacheOptions keep in memory only what the operator made, of the namespaces,
// or of all when none is given.
func CacheOptions(namespaces []string) cache.Options {
	ours := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{resources.LabelPartOf: resources.PartOf})}
	return cache.Options{
		DefaultNamespaces: namespaceOptions(namespaces),
		ByObject: map[client.Object]cache.ByObject{
			&appsv1.Deployment{}:            ours,
			&corev1.Pod{}:                   ours,
			&corev1.Secret{}:                ours,
			&corev1.Service{}:               ours,
			&corev1.ServiceAccount{}:        ours,
			&policyv1.PodDisruptionBudget{}: ours,
		},
	}
}

// NewDependencyCache knows the names of all Secrets and nothing else of them,
// so that a Secret which a project names is noticed when it comes or changes.
// The manager runs it.
func NewDependencyCache(manager manager.Manager, namespaces []string) (cache.Cache, error) {
	names, err := cache.New(manager.GetConfig(), cache.Options{
		HTTPClient:        manager.GetHTTPClient(),
		Scheme:            manager.GetScheme(),
		Mapper:            manager.GetRESTMapper(),
		DefaultNamespaces: namespaceOptions(namespaces),
		DefaultTransform:  onlyName,
	})
	if err != nil {
		return nil, fmt.Errorf("make the cache of Secret names: %w", err)
	}
	if err := manager.Add(names); err != nil {
		return nil, fmt.Errorf("run the cache of Secret names: %w", err)
	}
	return names, nil
}

func onlyName(object any) (any, error) {
	if metadata, ok := object.(*metav1.PartialObjectMetadata); ok {
		metadata.ObjectMeta = metav1.ObjectMeta{
			Namespace: metadata.Namespace, Name: metadata.Name,
			UID: metadata.UID, ResourceVersion: metadata.ResourceVersion,
		}
	}
	return object, nil
}

func namespaceOptions(namespaces []string) map[string]cache.Config {
	if len(namespaces) == 0 {
		return nil
	}
	options := make(map[string]cache.Config, len(namespaces))
	for _, namespace := range namespaces {
		options[namespace] = cache.Config{}
	}
	return options
}
