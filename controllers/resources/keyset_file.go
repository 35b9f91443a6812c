package resources

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// IssuedKey is an ApiKey with the Secret that holds its value.
type IssuedKey struct {
	ApiKey v1alpha1.ApiKey
	Secret corev1.Secret
}

// KeysetFile lists the keys that count now, from nothing but the ApiKeys and
// their Secrets: whatever write failed before, it says what is true.
//
// When two ApiKeys hold the same key the older one has it.
func KeysetFile(project *v1alpha1.ChatProject, keys []IssuedKey, now time.Time) keyset.File {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b IssuedKey) int {
		return cmp.Or(
			a.ApiKey.CreationTimestamp.Compare(b.ApiKey.CreationTimestamp.Time),
			cmp.Compare(a.ApiKey.Name, b.ApiKey.Name))
	})
	file := keyset.File{Project: string(project.UID), Keys: []keyset.Entry{}}
	taken := make(map[string]bool, len(keys))
	for _, key := range keys {
		value, id, ok := KeyValue(&key.ApiKey, &key.Secret)
		if !ok || !counts(&key.ApiKey, now) || taken[id] {
			continue
		}
		taken[id] = true
		file.Keys = append(file.Keys, entry(&key.ApiKey, id, value))
	}
	return file
}

// KeyValue reads the value of a key out of its Secret. It reports false for a
// Secret that is not the ApiKey's own and for a value that cannot be its key.
func KeyValue(key *v1alpha1.ApiKey, secret *corev1.Secret) (value model.Secret, id string, ok bool) {
	if !metav1.IsControlledBy(secret, key) {
		return "", "", false
	}
	value = model.Secret(secret.Data[ApiKeyKey])
	keyType, id, ok := keyset.Parse(value.Reveal())
	if !ok || keyType != KeyType(key) {
		return "", "", false
	}
	return value, id, true
}

// KeyType returns the type of a key as the servers call it.
func KeyType(key *v1alpha1.ApiKey) keyset.Type {
	if key.Spec.Type == v1alpha1.PublicApiKey {
		return keyset.Public
	}
	return keyset.Secret
}

// Expired reports whether the key's time is over.
func Expired(key *v1alpha1.ApiKey, now time.Time) bool {
	return key.Spec.ExpiresAt != nil && !now.Before(key.Spec.ExpiresAt.Time)
}

func counts(key *v1alpha1.ApiKey, now time.Time) bool {
	return key.DeletionTimestamp == nil && !key.Spec.Disabled && !Expired(key, now)
}

func entry(key *v1alpha1.ApiKey, id string, value model.Secret) keyset.Entry {
	result := keyset.Entry{ID: id, Type: KeyType(key), Hash: keyset.Hash(value), Name: key.Name}
	for _, origin := range key.Spec.AllowedOrigins {
		result.AllowedOrigins = append(result.AllowedOrigins, string(origin))
	}
	if key.Spec.ExpiresAt != nil {
		notAfter := key.Spec.ExpiresAt.UTC()
		result.NotAfter = &notAfter
	}
	return result
}
