package native

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

func (a *API) secretRoutes(routes *gin.RouterGroup) {
	routes.GET("/users/:user/secrets", a.listSecrets)
	routes.PUT("/users/:user/secrets/:name", a.setSecret)
	routes.GET("/users/:user/secrets/:name", a.getSecret)
	routes.DELETE("/users/:user/secrets/:name", a.deleteSecret)
}

type secretRequest struct {
	Value json.RawMessage `json:"value"`
}

// secretResponse is the one place where a secret is written out.
type secretResponse struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

func (a *API) setSecret(c *gin.Context) {
	var request secretRequest
	ref := userRef(c)
	err := decodeBody(c, &request)
	if err == nil {
		err = a.Chat.SetSecret(c.Request.Context(), sessionOf(c).Principal, ref, c.Param("name"), request.Value)
	}
	a.answerDone(c, err)
}

func (a *API) getSecret(c *gin.Context) {
	value, err := a.Chat.Secret(c.Request.Context(), sessionOf(c).Principal, userRef(c), c.Param("name"))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.PureJSON(http.StatusOK, secretResponse{Name: c.Param("name"), Value: value})
}

func (a *API) listSecrets(c *gin.Context) {
	names, err := a.Chat.SecretNames(c.Request.Context(), sessionOf(c).Principal, userRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, struct {
		Names []string `json:"names"`
	}{append([]string{}, names...)})
}

func (a *API) deleteSecret(c *gin.Context) {
	err := a.Chat.DeleteSecret(c.Request.Context(), sessionOf(c).Principal, userRef(c), c.Param("name"))
	a.answerDone(c, err)
}
