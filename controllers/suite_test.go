package controllers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/api/v1alpha1"
)

const repository = ".."

// apiServer is a real API server with the CRDs, shared by all tests. Each test
// has a namespace of its own.
type apiServer struct {
	admin    *rest.Config
	operator *rest.Config // with the rights of config/rbac/role.yaml and no others
	scheme   *runtime.Scheme
}

var shared apiServer

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctrl.SetLogger(logr.Discard())
	assets, err := findAssets()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	environment := &envtest.Environment{
		BinaryAssetsDirectory: assets,
		CRDDirectoryPaths:     []string{filepath.Join(repository, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	defer func() { _ = environment.Stop() }()
	if shared, err = startAPIServer(environment); err != nil {
		fmt.Fprintln(os.Stderr, "start the API server:", err)
		return 1
	}
	return m.Run()
}

func findAssets() (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return assets, nil
	}
	assets, err := filepath.Abs(filepath.Join(repository, ".tools", "envtest"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(assets, "kube-apiserver")); err != nil {
		return "", fmt.Errorf("these tests need an API server: run hack/tools/install envtest, or set KUBEBUILDER_ASSETS (%w)", err)
	}
	return assets, nil
}

func startAPIServer(environment *envtest.Environment) (apiServer, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return apiServer{}, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return apiServer{}, err
	}
	admin, err := environment.Start()
	if err != nil {
		return apiServer{}, err
	}
	admin.QPS = -1
	user, err := environment.AddUser(envtest.User{Name: "operator"}, &rest.Config{QPS: -1})
	if err != nil {
		return apiServer{}, err
	}
	return apiServer{admin: admin, operator: user.Config(), scheme: scheme}, grantOperator(admin, scheme)
}

// grantOperator gives the operator's user what the generated role gives.
func grantOperator(admin *rest.Config, scheme *runtime.Scheme) error {
	encoded, err := os.ReadFile(filepath.Join(repository, "config", "rbac", "role.yaml"))
	if err != nil {
		return err
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(encoded, &role); err != nil {
		return err
	}
	cluster, err := client.New(admin, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	if err := cluster.Create(context.Background(), &role); err != nil {
		return err
	}
	return cluster.Create(context.Background(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "operator"}},
	})
}
