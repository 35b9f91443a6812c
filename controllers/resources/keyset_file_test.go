package resources_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/controllers/resources"
)

func issued(t *testing.T, name string, created time.Time, keyType v1alpha1.ApiKeyType) resources.IssuedKey {
	t.Helper()
	key := v1alpha1.ApiKey{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(created)},
		Spec:       v1alpha1.ApiKeySpec{Type: keyType},
	}
	_, value, err := keyset.Mint(strings.NewReader(strings.Repeat(name, 40)), resources.KeyType(&key))
	if err != nil {
		t.Fatal(err)
	}
	owner := metav1.OwnerReference{UID: key.UID, Controller: ptr.To(true)}
	return resources.IssuedKey{ApiKey: key, Secret: corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{owner}},
		Data:       map[string][]byte{resources.ApiKeyKey: []byte(value.Reveal())},
	}}
}

func TestKeysetFile(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		change func(first, second *resources.IssuedKey)
		want   []string // names of the ApiKeys that count
	}{
		"both":          {func(_, _ *resources.IssuedKey) {}, []string{"first", "second"}},
		"disabled":      {func(first, _ *resources.IssuedKey) { first.ApiKey.Spec.Disabled = true }, []string{"second"}},
		"being deleted": {func(first, _ *resources.IssuedKey) { first.ApiKey.DeletionTimestamp = &metav1.Time{Time: now} }, []string{"second"}},
		"expires now":   {func(first, _ *resources.IssuedKey) { first.ApiKey.Spec.ExpiresAt = &metav1.Time{Time: now} }, []string{"second"}},
		"expires later": {func(first, _ *resources.IssuedKey) {
			first.ApiKey.Spec.ExpiresAt = &metav1.Time{Time: now.Add(time.Second)}
		}, []string{"first", "second"}},
		"foreign Secret": {func(first, _ *resources.IssuedKey) { first.Secret.OwnerReferences = nil }, []string{"second"}},
		"no value":       {func(first, _ *resources.IssuedKey) { first.Secret.Data = nil }, []string{"second"}},
		"other type":     {func(first, _ *resources.IssuedKey) { first.ApiKey.Spec.Type = v1alpha1.PublicApiKey }, []string{"second"}},
		"copied value":   {func(first, second *resources.IssuedKey) { second.Secret.Data = first.Secret.Data }, []string{"first"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			first := issued(t, "first", now.Add(-time.Hour), v1alpha1.SecretApiKey)
			second := issued(t, "second", now, v1alpha1.SecretApiKey)
			test.change(&first, &second)
			for _, keys := range [][]resources.IssuedKey{{first, second}, {second, first}} {
				file := resources.KeysetFile(smallestProject(), keys, now)
				var names []string
				for _, entry := range file.Keys {
					names = append(names, entry.Name)
				}
				if difference := cmp.Diff(test.want, names); difference != "" {
					t.Error(difference)
				}
				encoded, err := file.Encode()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := keyset.Load(encoded, "project-uid"); err != nil {
					t.Errorf("servers refuse the file: %v", err)
				}
			}
		})
	}
}
