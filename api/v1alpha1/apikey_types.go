package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ApiKey is one credential of a ChatProject. The operator makes its value and
// puts it into a Secret for the tenant, under the key "key"; the chat servers
// get a hash of it.
//
// That Secret is the only place of the value. Deleting the Secret makes the
// operator issue a new key, and the old one is refused from then on. The same
// happens when the Secret no longer holds a key of this type, or holds the key
// of another ApiKey of the project. Disabling, expiry and deletion of the ApiKey
// revoke the key at once.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=apikeys,categories=parley
// +kubebuilder:selectablefield:JSONPath=`.spec.projectRef.name`
// +kubebuilder:printcolumn:name="Project",type=string,JSONPath=`.spec.projectRef.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Secret",type=string,JSONPath=`.status.secretName`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ApiKey struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// Spec is what the key shall be.
	// +required
	Spec ApiKeySpec `json:"spec"`

	// Status is what the operator found and did. It never holds the value.
	// +optional
	Status ApiKeyStatus `json:"status,omitzero"`
}

// ApiKeyList is a list of ApiKeys.
//
// +kubebuilder:object:root=true
type ApiKeyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []ApiKey `json:"items"`
}

// ApiKeyType is what a key is for.
//
// +kubebuilder:validation:Enum=Secret;Public
type ApiKeyType string

// The types of key.
const (
	SecretApiKey ApiKeyType = "Secret" // for servers: admin of the project
	PublicApiKey ApiKeyType = "Public" // for browsers and apps: what the project's settings allow
)

// ApiKeySpec is what a key shall be.
//
// +kubebuilder:validation:XValidation:rule="self.type == 'Public' || !has(self.allowedOrigins) || size(self.allowedOrigins) == 0",message="allowedOrigins is for keys of type Public only: a Secret key must not reach a browser"
// +kubebuilder:validation:XValidation:rule="has(self.secretName) == has(oldSelf.secretName) && (!has(self.secretName) || self.secretName == oldSelf.secretName)",message="secretName cannot be changed: make another ApiKey instead"
type ApiKeySpec struct {
	// ProjectRef names the ChatProject, in the same namespace.
	// +required
	ProjectRef ProjectReference `json:"projectRef"`

	// Type is Secret for servers, Public for browsers and apps.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="type cannot be changed: make another ApiKey instead"
	Type ApiKeyType `json:"type"`

	// AllowedOrigins are the browser origins that may use a Public key, like
	// https://app.example.com. Empty means every origin.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	AllowedOrigins []Origin `json:"allowedOrigins,omitempty"`

	// SecretName is the Secret that receives the value. Empty means the name of
	// the ApiKey.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="must be the name of a Secret: lower case letters, digits, '-' and '.'"
	SecretName string `json:"secretName,omitempty"`

	// ExpiresAt is the time from which the key is refused.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// Disabled refuses the key without deleting it.
	// +optional
	Disabled bool `json:"disabled,omitempty"`
}

// ProjectReference names a ChatProject in the same namespace.
type ProjectReference struct {
	// Name of the ChatProject.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="projectRef.name cannot be changed: make another ApiKey instead"
	Name string `json:"name"`
}

// Origin is a browser origin as browsers send it: scheme://host[:port], lower
// case, without a path and without the scheme's own port.
//
// +kubebuilder:validation:MaxLength=270
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][-a-z0-9+.]*://([a-z0-9]([-a-z0-9.]*[a-z0-9])?|\\\\[[0-9a-f:.]+\\\\])(:[0-9]{1,5})?$')",message="must be an origin such as https://app.example.com or http://localhost:3000: scheme://host[:port] in lower case, without a path"
// +kubebuilder:validation:XValidation:rule="!self.matches('^(https://.*:443|http://.*:80)$')",message="must leave out the port that the scheme implies, as browsers do"
type Origin string

// ApiKeyStatus is what the operator found and did.
type ApiKeyStatus struct {
	// ObservedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions: Ready is true while the servers' keyset holds the key.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// KeyID is the id that stands inside the key's value.
	// +optional
	KeyID string `json:"keyId,omitempty"`

	// SecretName is the Secret that holds the value.
	// +optional
	SecretName string `json:"secretName,omitempty"`
}

// SecretName returns the name of the Secret that receives the value.
func (k *ApiKey) SecretName() string {
	if k.Spec.SecretName != "" {
		return k.Spec.SecretName
	}
	return k.Name
}
