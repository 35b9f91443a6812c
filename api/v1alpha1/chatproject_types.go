package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ChatProject is one tenant: its chat servers, its settings, its endpoint.
//
// Deleting it deletes everything that the operator made for it. Its data stays
// in PostgreSQL, and its ApiKeys stay too: they report ProjectNotFound until a
// project of that name exists again.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cp,categories=parley
// +kubebuilder:printcolumn:name="Shards",type=integer,JSONPath=`.spec.shards`
// +kubebuilder:printcolumn:name="Replicas",type=integer,JSONPath=`.spec.replicasPerShard`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 40",message="metadata.name must have at most 40 characters, so that the names made from it fit"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name must be a DNS label: lower case letters, digits and '-', and it must start with a letter"
type ChatProject struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// Spec is what the project shall be.
	// +required
	Spec ChatProjectSpec `json:"spec"`

	// Status is what the operator found and did.
	// +optional
	Status ChatProjectStatus `json:"status,omitzero"`
}

// ChatProjectList is a list of ChatProjects.
//
// +kubebuilder:object:root=true
type ChatProjectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []ChatProject `json:"items"`
}

// ChatProjectSpec is what a project shall be.
type ChatProjectSpec struct {
	// Shards is how many Deployments share the project's conversations.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Shards int32 `json:"shards,omitempty"`

	// ReplicasPerShard is how many pods each shard has.
	// +optional
	// +default=2
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	ReplicasPerShard int32 `json:"replicasPerShard,omitempty"`

	// Image of the chat server. Empty means the operator's own choice.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// Postgres keeps what must not be lost.
	// +required
	Postgres PostgresSpec `json:"postgres"`

	// Redis routes between pods.
	// +required
	Redis RedisSpec `json:"redis"`

	// Auth says who may do what without a secret key, and how long tokens live.
	// +optional
	// +default={}
	Auth AuthSpec `json:"auth,omitzero"`

	// Features switches what the project offers.
	// +optional
	Features FeaturesSpec `json:"features,omitzero"`

	// Limits bound what the project's callers may ask of its servers.
	// +optional
	Limits LimitsSpec `json:"limits,omitzero"`

	// Drain says how pods let go of their sessions.
	// +optional
	// +default={}
	Drain DrainSpec `json:"drain,omitzero"`

	// Pod is what may be said about the chat server pods.
	// +optional
	Pod PodSpec `json:"pod,omitzero"`
}

// PostgresSpec says how to reach PostgreSQL.
type PostgresSpec struct {
	// SecretRef names the connection string, like postgres://user:password@host/database.
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// RedisSpec says how to reach Redis.
type RedisSpec struct {
	// SecretRef names the URL, like redis://user:password@host:6379/0, or several, one per line, for a Cluster.
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// AuthSpec says who may do what without a secret key, and how long tokens live.
type AuthSpec struct {
	// GuestSessions lets a public key start guest sessions.
	// +optional
	// +default=false
	GuestSessions bool `json:"guestSessions,omitempty"`

	// PublicUserCreation lets a public key create users.
	// +optional
	// +default=false
	PublicUserCreation bool `json:"publicUserCreation,omitempty"`

	// PublicTokenMinting lets a public key mint tokens for any user.
	// +optional
	// +default=false
	PublicTokenMinting bool `json:"publicTokenMinting,omitempty"`

	// TokenLifetime is how long a user token counts.
	// +optional
	// +default="24h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,9}([.][0-9]{1,9})?(ms|s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="must be a duration such as 30m or 24h, at least 1m and at most 8760h (365 days)"
	TokenLifetime metav1.Duration `json:"tokenLifetime,omitzero"`

	// RefreshLifetime is how long a refresh token counts when it is not used.
	// +optional
	// +default="720h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,9}([.][0-9]{1,9})?(ms|s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="must be a duration such as 720h, at least 1m and at most 8760h (365 days)"
	RefreshLifetime metav1.Duration `json:"refreshLifetime,omitzero"`

	// UserDirectory lets users without a role list the project's users.
	// +optional
	// +default=false
	UserDirectory bool `json:"userDirectory,omitempty"`

	// Issuers are identity providers of the tenant whose user tokens count too.
	// +optional
	// +listType=map
	// +listMapKey=issuer
	// +kubebuilder:validation:MaxItems=8
	Issuers []IssuerSpec `json:"issuers,omitempty"`
}

// FeaturesSpec switches what a project offers.
type FeaturesSpec struct {
	// Keystrokes lets members see what others type before it is sent.
	// +optional
	// +default=false
	Keystrokes bool `json:"keystrokes,omitempty"`
}

// DrainSpec says how pods let go of their sessions.
type DrainSpec struct {
	// WindowSeconds is the time over which a stopping pod sends its sessions away.
	// +optional
	// +default=20
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=600
	WindowSeconds *int32 `json:"windowSeconds,omitempty"`
}

// PodSpec is what may be said about the chat server pods.
type PodSpec struct {
	// Resources of the chat server container.
	// +optional
	Resources PodResources `json:"resources,omitzero"`
}

// PodResources are what a container asks for and what it may not exceed.
type PodResources struct {
	// Requests are set aside for the container.
	// +optional
	Requests corev1.ResourceList `json:"requests,omitempty"`

	// Limits may not be exceeded. The memory limit also bounds the Go heap.
	// +optional
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// ChatProjectStatus is what the operator found and did.
type ChatProjectStatus struct {
	// ObservedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions: Ready sums up Accepted, DependenciesReady, KeysSynced and ShardsAvailable.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// URL of the project's endpoint inside the cluster.
	// +optional
	URL string `json:"url,omitempty"`

	// Shards, one entry for each.
	// +optional
	// +listType=map
	// +listMapKey=index
	Shards []ShardStatus `json:"shards,omitempty"`

	// KeysetRevision names the list of API keys that the pods were last given.
	// +optional
	KeysetRevision string `json:"keysetRevision,omitempty"`
}

// ShardStatus is the state of one shard.
type ShardStatus struct {
	// Index of the shard, from 0.
	// +required
	Index int32 `json:"index"`

	// Replicas is how many pods the shard shall have.
	// +optional
	Replicas int32 `json:"replicas"`

	// AvailableReplicas is how many pods serve.
	// +optional
	AvailableReplicas int32 `json:"availableReplicas"`
}
