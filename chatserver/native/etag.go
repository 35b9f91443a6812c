package native

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/model"
)

// setVersion names the version of the object that is answered.
func setVersion(c *gin.Context, version int64) {
	c.Header("ETag", `"`+strconv.FormatInt(version, 10)+`"`)
}

// ifMatch reads the version that a change is meant for; 0 stands for any.
func ifMatch(c *gin.Context) (int64, error) {
	text := strings.TrimSpace(c.GetHeader("If-Match"))
	if text == "" || text == "*" {
		return 0, nil
	}
	// Proxies that compress make an ETag weak; a version stays what it is.
	quoted := strings.TrimPrefix(text, "W/")
	digits, opened := strings.CutPrefix(quoted, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	version, err := strconv.ParseInt(digits, 10, 64)
	if !opened || !closed || err != nil || version < 1 {
		return 0, model.Invalid("If-Match", "must be the ETag of one version of the object, such as \"3\", or *")
	}
	return version, nil
}
