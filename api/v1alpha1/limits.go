package v1alpha1

// LimitsSpec bounds what one project, one user, one address and one request may
// ask of the servers. What is left out has the default that docs/limits.md names.
type LimitsSpec struct {
	// RequestsPerUser is how often a user, or a public key without one, may ask.
	// +optional
	RequestsPerUser RateSpec `json:"requestsPerUser,omitzero"`

	// RequestsPerProject is how often everybody together may ask.
	// +optional
	RequestsPerProject RateSpec `json:"requestsPerProject,omitzero"`

	// SendsPerUser is how many messages a user may send.
	// +optional
	SendsPerUser RateSpec `json:"sendsPerUser,omitzero"`

	// SendsPerProject is how many messages everybody together may send.
	// +optional
	SendsPerProject RateSpec `json:"sendsPerProject,omitzero"`

	// FailuresPerAddress is how many bad credentials one remote address may present, on each pod.
	// +optional
	FailuresPerAddress RateSpec `json:"failuresPerAddress,omitzero"`

	// ConnectionsPerUser is the number of WebSockets of a user, on each pod.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	ConnectionsPerUser int32 `json:"connectionsPerUser,omitempty"`

	// ConnectionsPerProject is the number of WebSockets of everybody together, on each pod.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	ConnectionsPerProject int32 `json:"connectionsPerProject,omitempty"`

	// BodyBytes is the size of a request or a WebSocket message.
	// +optional
	// +kubebuilder:validation:Minimum=1024
	// +kubebuilder:validation:Maximum=1048576
	BodyBytes int32 `json:"bodyBytes,omitempty"`

	// ContentBytes is the size of a message's content.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1048576
	ContentBytes int32 `json:"contentBytes,omitempty"`

	// PropertiesBytes is the size of the properties of any object.
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=1048576
	PropertiesBytes int32 `json:"propertiesBytes,omitempty"`

	// NameLength is the number of characters of names.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=4096
	NameLength int32 `json:"nameLength,omitempty"`

	// MembersPerRequest is the number of members named in one request.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MembersPerRequest int32 `json:"membersPerRequest,omitempty"`

	// DirectMembers is the number of members of a direct conversation, its creator included.
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=10
	DirectMembers int32 `json:"directMembers,omitempty"`

	// MembersPerConversation is the number of members of a conversation; open ones have none.
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=100000
	MembersPerConversation int32 `json:"membersPerConversation,omitempty"`

	// ConversationsPerUser is the number of conversations that a user is a member of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	ConversationsPerUser int32 `json:"conversationsPerUser,omitempty"`

	// ReactionsPerMessage is the number of distinct emojis on a message.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=500
	ReactionsPerMessage int32 `json:"reactionsPerMessage,omitempty"`

	// AttachmentsPerMessage is the number of attachments of a message.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	AttachmentsPerMessage int32 `json:"attachmentsPerMessage,omitempty"`

	// MentionsPerMessage is the number of mentions in a message.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=500
	MentionsPerMessage int32 `json:"mentionsPerMessage,omitempty"`

	// ReceiptMembers is the number of members up to which deliveries are told.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	ReceiptMembers int32 `json:"receiptMembers,omitempty"`

	// PageSize is the length of a list whose request does not say.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	PageSize int32 `json:"pageSize,omitempty"`

	// MaxPageSize is the length of a list that a request may ask for.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxPageSize int32 `json:"maxPageSize,omitempty"`
}

// RateSpec is how often something may happen.
type RateSpec struct {
	// PerSecond is how often it may happen a second in the long run.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	PerSecond int32 `json:"perSecond,omitempty"`

	// Burst is how often it may happen at once. Twice PerSecond when left out.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2000000
	Burst int32 `json:"burst,omitempty"`
}
