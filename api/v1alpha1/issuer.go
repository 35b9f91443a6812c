package v1alpha1

// IssuerSpec is an identity provider of the tenant whose user tokens count
// beside the project's own.
//
// +kubebuilder:validation:XValidation:rule="self.jwksURL.startsWith('https://')",message="jwksURL must begin with https://"
type IssuerSpec struct {
	// Issuer is what the claim iss of its tokens says, exactly.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Issuer string `json:"issuer"`

	// JWKSURL is where its public keys are, like https://login.example.com/keys.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	JWKSURL string `json:"jwksURL"`

	// Audience is what the claim aud of its tokens must contain.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Audience string `json:"audience"`

	// UserClaim names the claim whose value is the externalId of the user.
	// +optional
	// +default="sub"
	// +kubebuilder:validation:MaxLength=128
	UserClaim string `json:"userClaim,omitempty"`

	// DisplayNameClaim names the claim whose value is the displayName of a user that is created.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	DisplayNameClaim string `json:"displayNameClaim,omitempty"`

	// Algorithms are those that may sign. All of them when left out.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	Algorithms []IssuerAlgorithm `json:"algorithms,omitempty"`

	// CreateUsers creates a user on the first sight of its token. Without it an unknown user is refused.
	// +optional
	// +default=false
	CreateUsers bool `json:"createUsers,omitempty"`
}

// IssuerAlgorithm is a way to sign tokens.
//
// +kubebuilder:validation:Enum=RS256;ES256;EdDSA
type IssuerAlgorithm string
