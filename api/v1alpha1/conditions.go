package v1alpha1

// The conditions.
const (
	ConditionReady             = "Ready"             // ChatProject: the sum of the others; ApiKey: the key counts
	ConditionAccepted          = "Accepted"          // the spec can be carried out
	ConditionDependenciesReady = "DependenciesReady" // the Secrets that the spec names hold what it needs
	ConditionKeysSynced        = "KeysSynced"        // every ready pod holds the present keyset
	ConditionShardsAvailable   = "ShardsAvailable"   // every shard has all of its pods
)

// The reasons why a condition is as it is.
const (
	ReasonReady             = "Ready"
	ReasonAccepted          = "Accepted"
	ReasonImageMissing      = "ImageMissing" // neither the project nor the operator names an image
	ReasonNameConflict      = "NameConflict" // a needed name is taken by an object of somebody else
	ReasonRefused           = "Refused"      // the cluster refused what the spec asks for
	ReasonDependenciesFound = "DependenciesFound"
	ReasonSecretNotFound    = "SecretNotFound"
	ReasonKeyNotFound       = "KeyNotFound"
	ReasonKeysSynced        = "KeysSynced"
	ReasonKeysPending       = "KeysPending" // pods do not hold the present keyset yet
	ReasonShardsAvailable   = "ShardsAvailable"
	ReasonShardsPending     = "ShardsPending" // pods are missing
	ReasonUnknown           = "Unknown"       // an error kept the operator from finding out; it tries again

	ReasonKeyIssued       = "KeyIssued"       // the keyset holds the key
	ReasonKeyPending      = "KeyPending"      // the keyset does not hold the key yet
	ReasonKeyDisabled     = "KeyDisabled"     // by the spec
	ReasonKeyExpired      = "KeyExpired"      // by the spec
	ReasonProjectNotFound = "ProjectNotFound" // the project does not exist
)
