package native

import (
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestIfMatchNamesOneVersion(t *testing.T) {
	for _, example := range []struct {
		header string
		want   int64
	}{
		{"", 0}, {"*", 0}, {`"1"`, 1}, {` "12" `, 12}, {`W/"3"`, 3},
		{"3", -1}, {`"0"`, -1}, {`"-1"`, -1}, {`"x"`, -1}, {`"1", "2"`, -1}, {`"`, -1}, {`""`, -1}, {`"99999999999999999999"`, -1},
	} {
		t.Run(example.header, func(t *testing.T) {
			g := NewWithT(t)
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest("PATCH", "/", nil)
			c.Request.Header.Set("If-Match", example.header)
			version, err := ifMatch(c)
			if example.want < 0 {
				g.Expect(err).To(HaveField("Kind", model.KindInvalid))
				g.Expect(err).To(HaveField("Fields", HaveExactElements(HaveField("Field", "If-Match"))))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(version).To(Equal(example.want))
		})
	}
}

func TestAChangedVersionAnswersPreconditionFailed(t *testing.T) {
	NewWithT(t).Expect(statusOf(model.ErrVersionChanged)).To(Equal(412))
}
