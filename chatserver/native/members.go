package native

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) memberRoutes(routes *gin.RouterGroup) {
	routes.GET("/conversations/:conversation/members", a.listMembers)
	routes.POST("/conversations/:conversation/members", a.addMember)
	routes.GET("/conversations/:conversation/members/:user", a.getMember)
	routes.PATCH("/conversations/:conversation/members/:user", a.updateMember)
	routes.DELETE("/conversations/:conversation/members/:user", a.removeMember)
	routes.POST("/conversations/:conversation/join", a.joinConversation)
	routes.POST("/conversations/:conversation/leave", a.leaveConversation)
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

// newMember reads a member from the body of a request.
func newMember(c *gin.Context) (chat.NewMember, error) {
	var request memberRequest
	if err := decodeBody(c, &request); err != nil {
		return chat.NewMember{}, err
	}
	return request.member("user")
}

// userRef reads the user of the path.
func userRef(c *gin.Context) model.UserRef { return model.ParseUserRef(c.Param("user")) }

func (a *API) addMember(c *gin.Context) {
	in, err := newMember(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	member, added, err := a.Chat.AddMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in)
	a.answerMember(c, createdStatus(added), member, err)
}

// answerMember names the rev of a membership as its version.
func (a *API) answerMember(c *gin.Context, status int, member model.Member, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	setVersion(c, member.Rev)
	c.PureJSON(status, member)
}

func (a *API) listMembers(c *gin.Context) {
	page, err := a.listPage(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	in := chat.ListMembers{Users: queryUsers(c, "user"), Search: c.Query("search")}
	for _, role := range queryList(c, "role") {
		in.Roles = append(in.Roles, model.MemberRole(role))
	}
	members, total, err := a.Chat.Members(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), in, page)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(members, total, page, func(member model.Member) model.ListCursor {
		return model.ListCursor{ID: int64(member.User)}
	}))
}

func (a *API) getMember(c *gin.Context) {
	member, err := a.Chat.Member(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c))
	a.answerMember(c, http.StatusOK, member, err)
}

// updateMemberRequest is a merge patch.
type updateMemberRequest struct {
	Role        chat.Patch[model.MemberRole]           `json:"role"`
	Permissions chat.Patch[map[model.Permission]*bool] `json:"permissions"`
}

func (a *API) updateMember(c *gin.Context) {
	var request updateMemberRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	rev, err := ifMatch(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	in := chat.UpdateMember{Role: request.Role, Permissions: request.Permissions, Rev: rev}
	member, err := a.Chat.UpdateMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c), in)
	a.answerMember(c, http.StatusOK, member, err)
}

func (a *API) removeMember(c *gin.Context) {
	a.answerNothing(c, a.Chat.RemoveMember(c.Request.Context(), sessionOf(c).Principal, conversationRef(c), userRef(c)))
}

func (a *API) joinConversation(c *gin.Context) {
	var request struct{}
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	member, joined, err := a.Chat.Join(c.Request.Context(), sessionOf(c).Principal, conversationRef(c))
	a.answerMember(c, createdStatus(joined), member, err)
}

func (a *API) leaveConversation(c *gin.Context) {
	var request struct{}
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	a.answerNothing(c, a.Chat.Leave(c.Request.Context(), sessionOf(c).Principal, conversationRef(c)))
}

// answerNothing is for what has no answer but that it is done.
func (a *API) answerNothing(c *gin.Context, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
