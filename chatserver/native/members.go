package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) memberRoutes(routes *gin.RouterGroup) {
	routes.POST("/conversations/:conversation/members", a.addMember)
	routes.DELETE("/conversations/:conversation/members/:user", a.removeMember)
}

type memberRequest struct {
	User string           `json:"user"`
	Role model.MemberRole `json:"role"`
}

func (r memberRequest) member(field string) (chat.NewMember, error) {
	if r.User == "" {
		return chat.NewMember{}, model.Invalid(field, "is missing: name a user by id, external id or username:NAME")
	}
	return chat.NewMember{User: model.ParseUserRef(r.User), Role: r.Role}, nil
}

func (a *API) addMember(c *gin.Context) {
	var request memberRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	in, err := request.member("user")
	if err != nil {
		a.fail(c, err)
		return
	}
	member, added, err := a.Chat.AddMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(createdStatus(added), member)
}

func (a *API) removeMember(c *gin.Context) {
	err := a.Chat.RemoveMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), model.ParseUserRef(c.Param("user")))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
