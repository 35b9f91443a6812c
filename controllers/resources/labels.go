package resources

import (
	"maps"
	"strconv"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// The labels and annotations of everything that the operator makes.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelPartOf    = "app.kubernetes.io/part-of"
	LabelProject   = v1alpha1.Group + "/project"
	LabelShard     = v1alpha1.Group + "/shard"

	// AnnotationSettingsHash on a pod template rolls the pods when the settings
	// change.
	AnnotationSettingsHash = v1alpha1.Group + "/settings-hash"

	// AnnotationKeysetRevision on a pod makes kubelet refresh the pod's mounted
	// keyset at once, where it would otherwise take a minute or more.
	AnnotationKeysetRevision = v1alpha1.Group + "/keyset-revision"

	// AnnotationKeysetTouched on a pod is the time of the last touch of a pod
	// that was told of a keyset but does not hold it.
	AnnotationKeysetTouched = v1alpha1.Group + "/keyset-touched"
)

// PartOf is the value of LabelPartOf on everything that the operator makes.
const PartOf = "parley"

// FieldOwner is the name under which the operator applies.
const FieldOwner = "parley-operator"

// ProjectSelector returns the labels that select all pods of a project.
func ProjectSelector(project string) map[string]string {
	return map[string]string{
		LabelName:     "chatserver",
		LabelInstance: project,
		LabelProject:  project,
	}
}

// ShardSelector returns the labels that select the pods of one shard.
func ShardSelector(project string, shard int32) map[string]string {
	selector := ProjectSelector(project)
	selector[LabelShard] = strconv.Itoa(int(shard))
	return selector
}

func projectLabels(project string) map[string]string {
	labels := ProjectSelector(project)
	maps.Copy(labels, map[string]string{
		LabelComponent: "server",
		LabelManagedBy: FieldOwner,
		LabelPartOf:    PartOf,
	})
	return labels
}

func shardLabels(project string, shard int32) map[string]string {
	labels := projectLabels(project)
	maps.Copy(labels, ShardSelector(project, shard))
	return labels
}

func apiKeyLabels(project string) map[string]string {
	return map[string]string{
		LabelName:      "api-key",
		LabelInstance:  project,
		LabelComponent: "credential",
		LabelManagedBy: FieldOwner,
		LabelPartOf:    PartOf,
		LabelProject:   project,
	}
}
