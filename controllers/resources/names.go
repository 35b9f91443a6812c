package resources

import (
	"fmt"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// KeysetSecretName names the Secret with the API keys that count.
func KeysetSecretName(project string) string { return project + "-keyset" }

// SigningKeysSecretName names the Secret with the keys that sign user tokens.
func SigningKeysSecretName(project string) string { return project + "-signing-keys" }

// SettingsSecretName names the Secret with the servers' configuration file.
func SettingsSecretName(project string) string { return project + "-settings" }

// ShardName names everything that belongs to one shard.
func ShardName(project string, shard int32) string { return fmt.Sprintf("%s-s%d", project, shard) }

// URL returns the endpoint of the whole project inside the cluster. It leaves
// out the cluster's domain, which the operator does not know.
func URL(project *v1alpha1.ChatProject) string {
	return fmt.Sprintf("http://%s.%s.svc", project.Name, project.Namespace)
}

// The keys of the Secrets.
const (
	KeysetKey      = "keyset.json"
	SigningKeysKey = "signing-keys.json"
	SettingsKey    = "config.yaml"
	ApiKeyKey      = "key" // of a tenant's Secret: the value of its ApiKey
)
