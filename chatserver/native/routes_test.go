package native

import (
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"
)

func TestOpenAPIDescribesExactlyTheRoutesThatExist(t *testing.T) {
	g := NewWithT(t)
	document, err := openapi3.NewLoader().LoadFromData(openAPI)
	g.Expect(err).NotTo(HaveOccurred())
	var described []string
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	engine, ok := Handler(Dependencies{}).(*gin.Engine)
	g.Expect(ok).To(BeTrue())
	parameter := regexp.MustCompile(`:(\w+)`)
	var served []string
	for _, route := range engine.Routes() {
		served = append(served, strings.TrimSpace(route.Method+" "+parameter.ReplaceAllString(route.Path, "{$1}")))
	}
	g.Expect(described).To(ConsistOf(served))
}
