package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of every type here.
const Group = "chat.parley.dev"

// The kinds of this package.
const (
	ChatProjectKind = "ChatProject"
	ApiKeyKind      = "ApiKey"
)

// GroupVersion returns the group and version of every type here.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: Group, Version: "v1alpha1"}
}

// AddToScheme makes the types known to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion(), &ChatProject{}, &ChatProjectList{}, &ApiKey{}, &ApiKeyList{})
	metav1.AddToGroupVersion(scheme, GroupVersion())
	return nil
}
