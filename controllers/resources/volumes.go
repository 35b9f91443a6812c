package resources

import (
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

// Where the pods find their files. Each is a whole mounted directory: kubelet
// never refreshes a file that is mounted alone.
const (
	settingsDirectory    = "/etc/parley/settings"
	keysetDirectory      = "/etc/parley/keyset"
	signingKeysDirectory = "/etc/parley/signing-keys"
	postgresDirectory    = "/etc/parley/postgres"
	redisDirectory       = "/etc/parley/redis"

	uriFile = "uri"
)

func mounts() []*corev1apply.VolumeMountApplyConfiguration {
	mount := func(name, path string) *corev1apply.VolumeMountApplyConfiguration {
		return corev1apply.VolumeMount().WithName(name).WithMountPath(path).WithReadOnly(true)
	}
	return []*corev1apply.VolumeMountApplyConfiguration{
		mount("settings", settingsDirectory),
		mount("keyset", keysetDirectory),
		mount("signing-keys", signingKeysDirectory),
		mount("postgres", postgresDirectory),
		mount("redis", redisDirectory),
	}
}

func volumes(project *v1alpha1.ChatProject) []*corev1apply.VolumeApplyConfiguration {
	return []*corev1apply.VolumeApplyConfiguration{
		secretVolume("settings", SettingsSecretName(project.Name), SettingsKey, SettingsKey),
		secretVolume("keyset", KeysetSecretName(project.Name), KeysetKey, KeysetKey),
		secretVolume("signing-keys", SigningKeysSecretName(project.Name), SigningKeysKey, SigningKeysKey),
		referenceVolume("postgres", project.Spec.Postgres.SecretRef),
		referenceVolume("redis", project.Spec.Redis.SecretRef),
	}
}

func referenceVolume(name string, reference v1alpha1.SecretKeyReference) *corev1apply.VolumeApplyConfiguration {
	return secretVolume(name, reference.Name, reference.Key, uriFile)
}

func secretVolume(name, secret, key, path string) *corev1apply.VolumeApplyConfiguration {
	return corev1apply.Volume().WithName(name).WithSecret(corev1apply.SecretVolumeSource().
		WithSecretName(secret).
		WithItems(corev1apply.KeyToPath().WithKey(key).WithPath(path)))
}
