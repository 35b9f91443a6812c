package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

func TestTheServerNotesWhatItsWebSocketsGot(t *testing.T) {
	r := start(t, prepare(t))
	r.createUser("ada")
	r.createUser("grace")
	asAda := pod.Header("X-API-Key", r.demo.SecretKey.Reveal(), "X-Parley-User", "username:ada")
	created := r.call(http.MethodPost, r.URL+"/chat/v1/conversations", `{"members":[{"user":"username:grace"}]}`, asAda)
	r.Expect(created.Status).To(Equal(http.StatusCreated), created.Body)
	var conversation struct{ ID string }
	r.Expect(json.Unmarshal([]byte(created.Body), &conversation)).To(Succeed())
	path := r.URL + "/chat/v1/conversations/" + conversation.ID

	reader := r.open(r.demo.SecretKey.Reveal(), "grace")
	sent := r.call(http.MethodPost, path+"/messages", `{"content":"hi"}`, asAda)
	r.Expect(sent.Status).To(Equal(http.StatusCreated), sent.Body)
	reader.Await(pod.Event("message.created"))
	r.Eventually(func() string {
		return r.call(http.MethodGet, path+"/receipts", "", asAda).Body
	}).WithTimeout(hangGuard).Should(MatchRegexp(`"readSeq":0,"deliveredSeq":1`))
	r.Expect(r.stop()).To(Succeed())
}
