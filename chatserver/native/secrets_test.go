package native_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/test/pod"
)

func TestASecretIsKeptForServersOnly(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	path := adaPath + "/secrets"
	f.key.call("PUT", path+"/crm", object{"value": object{"id": 17}}).expect(204)
	f.key.call("PUT", path+"/a.b-C_1", object{"value": nil}).expect(204)
	f.key.call("PUT", path+"/crm", object{"value": object{"id": 18}}).expect(204)
	f.Expect(f.key.call("GET", path+"/crm", nil).expect(200)).To(Equal(object{"name": "crm", "value": object{"id": 18.0}}))
	f.Expect(f.key.call("GET", path, nil).expect(200)["names"]).To(Equal([]any{"a.b-C_1", "crm"}))
	f.Expect(f.key.call("GET", usersPath+"/username:grace/secrets", nil).expect(200)["names"]).To(BeEmpty())
	for name, other := range map[string]*client{"the user": f.ada, "an admin": f.admin, "a public key": f.public} {
		_ = name
		other.call("GET", path, nil).refused(403, "permission_denied")
		other.call("GET", path+"/crm", nil).refused(403, "permission_denied")
		other.call("PUT", path+"/crm", object{"value": 1}).refused(403, "permission_denied")
		other.call("DELETE", path+"/crm", nil).refused(403, "permission_denied")
	}
	f.key.call("DELETE", path+"/crm", nil).expect(204)
	f.key.call("DELETE", path+"/crm", nil).refused(404, "secret_not_found")
	f.key.call("GET", path+"/crm", nil).refused(404, "secret_not_found")
	f.key.call("GET", usersPath+"/username:nobody/secrets", nil).refused(404, "user_not_found")
}

func TestTheStoreCannotReadASecretNorMoveIt(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	f.key.call("PUT", adaPath+"/secrets/crm", object{"value": "plain as day"}).expect(204)
	sealed, err := f.project.Store.Secret(t.Context(), f.adaID, "crm")
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(string(sealed)).NotTo(ContainSubstring("plain as day"))
	f.Expect(f.project.Store.SetSecret(t.Context(), f.graceID, "crm", sealed)).To(Succeed())
	f.Expect(f.project.Store.SetSecret(t.Context(), f.adaID, "other", sealed)).To(Succeed())
	f.key.call("GET", usersPath+"/username:grace/secrets/crm", nil).refused(500, "internal")
	f.key.call("GET", adaPath+"/secrets/other", nil).refused(500, "internal")
}

func TestASecretHasALimitedNameAndSize(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.BodyBytes = config.DefaultLimits().BodyBytes
	f := newUsersFixture(t, pod.Options{Limits: &limits})
	path := adaPath + "/secrets/"
	f.key.call("PUT", path+strings.Repeat("x", chat.MaxSecretName), object{"value": 1}).expect(204)
	f.key.call("PUT", path+strings.Repeat("x", chat.MaxSecretName+1), object{"value": 1}).refused(400, "invalid_request")
	f.key.call("PUT", path+"a%20b", object{"value": 1}).refused(400, "invalid_request")
	f.key.call("PUT", path+"a", object{}).refused(400, "invalid_request")
	f.key.call("PUT", path+"a", object{"value": strings.Repeat("x", chat.MaxSecretBytes-2)}).expect(204)
	f.key.call("PUT", path+"a", object{"value": strings.Repeat("x", chat.MaxSecretBytes-1)}).refused(413, "too_large")
}

func TestWithoutDataKeysThereAreNoSecrets(t *testing.T) {
	f := newUsersFixture(t, pod.Options{NoSecrets: true})
	for method, path := range map[string]string{"PUT": "/secrets/a", "GET": "/secrets", "DELETE": "/secrets/a"} {
		var body any
		if method == "PUT" {
			body = object{"value": 1}
		}
		refused := f.key.call(method, adaPath+path, body).refused(503, "unavailable")
		f.Expect(refused["detail"]).To(ContainSubstring("dataKeysFile"))
	}
}
