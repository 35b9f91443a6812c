package resources_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/controllers/resources"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func smallestProject() *v1alpha1.ChatProject {
	reference := func(name string) v1alpha1.SecretKeyReference {
		return v1alpha1.SecretKeyReference{Name: name, Key: "uri"}
	}
	return &v1alpha1.ChatProject{
		ObjectMeta: metav1.ObjectMeta{Namespace: "chat", Name: "demo", UID: "project-uid"},
		Spec: v1alpha1.ChatProjectSpec{
			Shards: 1, ReplicasPerShard: 1,
			Postgres: v1alpha1.PostgresSpec{SecretRef: reference("database")},
			Redis:    v1alpha1.RedisSpec{SecretRef: reference("broker")},
		},
	}
}

func largeProject() *v1alpha1.ChatProject {
	project := smallestProject()
	window := int32(60)
	project.Spec.Shards, project.Spec.ReplicasPerShard = 2, 3
	project.Spec.Drain.WindowSeconds = &window
	project.Spec.Postgres.SecretRef.Key = "dsn"
	project.Spec.Pod.Resources = v1alpha1.PodResources{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")},
	}
	return project
}

// What each project becomes stands in a file, for people to read.
func TestObjectsOfAProject(t *testing.T) {
	for name, project := range map[string]*v1alpha1.ChatProject{"smallest": smallestProject(), "large": largeProject()} {
		t.Run(name, func(t *testing.T) { compareGolden(t, name+".yaml", objects(t, project)) })
	}
}

func objects(t *testing.T, project *v1alpha1.ChatProject) []runtime.ApplyConfiguration {
	t.Helper()
	settings, err := resources.Settings(project)
	if err != nil {
		t.Fatal(err)
	}
	key := &v1alpha1.ApiKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: "chat", Name: "web", UID: "key-uid"},
		Spec:       v1alpha1.ApiKeySpec{ProjectRef: v1alpha1.ProjectReference{Name: project.Name}},
	}
	result := []runtime.ApplyConfiguration{
		resources.ApiKeySecret(key, "a value"),
		resources.KeysetSecret(project, []byte("a keyset")),
		resources.SigningKeysSecret(project, []byte("signing keys")),
		resources.SettingsSecret(project, []byte("settings")),
		resources.ServiceAccount(project),
		resources.ProjectService(project),
	}
	for shard := range project.Spec.Shards {
		result = append(result,
			resources.Deployment(project, shard, "chatserver:test", resources.SettingsHash(settings)),
			resources.ShardService(project, shard))
		if resources.WantsPodDisruptionBudget(project) {
			result = append(result, resources.PodDisruptionBudget(project, shard))
		}
	}
	return result
}

func compareGolden(t *testing.T, file string, objects []runtime.ApplyConfiguration) {
	t.Helper()
	var got bytes.Buffer
	for _, object := range objects {
		encoded, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString("---\n")
		got.Write(encoded)
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(string(want), got.String()); difference != "" {
		t.Errorf("%s differs; run go test ./controllers/resources -update when that is meant:\n%s", path, difference)
	}
}
