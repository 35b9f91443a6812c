// Package v1alpha1 is what users of the operator write and read: ChatProject is
// a tenant, ApiKey is one of its credentials.
//
// What may enter: types, their defaults, their rules as CEL, the names of
// conditions and reasons. What may not: anything that reads a cluster or
// decides what to do (package controllers).
//
// +kubebuilder:object:generate=true
// +groupName=chat.parley.dev
package v1alpha1
