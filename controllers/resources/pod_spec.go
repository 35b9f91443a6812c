package resources

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/parley-chat/parley/api/v1alpha1"
)

const (
	containerName    = "chatserver"
	httpPortName     = "http"
	internalPortName = "internal"
	httpPort         = 8080

	// InternalPort serves probes, metrics and the keyset's revision, and takes
	// notices of revoked keys.
	InternalPort = 8081

	unprivilegedUser = 65532

	// preStopSleep gives load balancers time to stop sending new sessions here.
	preStopSleep = 5 * time.Second
	// exitReserve is what the server has to close what is left after its window.
	exitReserve = 15 * time.Second
)

func podSpec(project *v1alpha1.ChatProject, shard int32, image string) *corev1apply.PodSpecApplyConfiguration {
	grace := preStopSleep + drainWindow(project) + exitReserve
	return corev1apply.PodSpec().
		WithServiceAccountName(project.Name).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(int64(grace.Seconds())).
		WithSecurityContext(corev1apply.PodSecurityContext().
			WithRunAsNonRoot(true).
			WithRunAsUser(unprivilegedUser).
			WithRunAsGroup(unprivilegedUser).
			WithFSGroup(unprivilegedUser).
			WithSeccompProfile(corev1apply.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(container(project, shard, image)).
		WithVolumes(volumes(project)...)
}

func container(project *v1alpha1.ChatProject, shard int32, image string) *corev1apply.ContainerApplyConfiguration {
	result := corev1apply.Container().
		WithName(containerName).
		WithImage(image).
		WithImagePullPolicy(corev1.PullIfNotPresent).
		WithArgs("serve", "--config="+settingsDirectory+"/"+SettingsKey, fmt.Sprintf("--shard=%d", shard)).
		WithPorts(port(httpPortName, httpPort), port(internalPortName, InternalPort)).
		WithStartupProbe(probe("/livez").WithPeriodSeconds(1).WithFailureThreshold(60)).
		WithLivenessProbe(probe("/livez").WithPeriodSeconds(10).WithFailureThreshold(3)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(2).WithFailureThreshold(2)).
		WithLifecycle(corev1apply.Lifecycle().WithPreStop(corev1apply.LifecycleHandler().
			WithSleep(corev1apply.SleepAction().WithSeconds(int64(preStopSleep.Seconds()))))).
		WithSecurityContext(corev1apply.SecurityContext().
			WithAllowPrivilegeEscalation(false).
			WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1apply.Capabilities().WithDrop("ALL"))).
		WithVolumeMounts(mounts()...)
	withResources(result, project.Spec.Pod.Resources)
	return result
}

func port(name string, number int32) *corev1apply.ContainerPortApplyConfiguration {
	return corev1apply.ContainerPort().WithName(name).WithContainerPort(number).WithProtocol(corev1.ProtocolTCP)
}

func probe(path string) *corev1apply.ProbeApplyConfiguration {
	return corev1apply.Probe().
		WithTimeoutSeconds(2).
		WithHTTPGet(corev1apply.HTTPGetAction().WithPath(path).WithPort(intstr.FromString(internalPortName)))
}

// withResources also tells the Go runtime of the memory limit: it then collects
// garbage harder near the limit, where the kernel would otherwise end the process.
func withResources(container *corev1apply.ContainerApplyConfiguration, resources v1alpha1.PodResources) {
	if len(resources.Requests) > 0 || len(resources.Limits) > 0 {
		requirements := corev1apply.ResourceRequirements()
		if len(resources.Requests) > 0 {
			requirements.WithRequests(resources.Requests)
		}
		if len(resources.Limits) > 0 {
			requirements.WithLimits(resources.Limits)
		}
		container.WithResources(requirements)
	}
	if _, limited := resources.Limits[corev1.ResourceMemory]; limited {
		container.WithEnv(corev1apply.EnvVar().WithName("GOMEMLIMIT").
			WithValueFrom(corev1apply.EnvVarSource().
				WithResourceFieldRef(corev1apply.ResourceFieldSelector().
					WithContainerName(containerName).
					WithResource("limits.memory").
					WithDivisor(resource.MustParse("1")))))
	}
}
