package native

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

func (a *API) userRoutes(routes *gin.RouterGroup) {
	routes.POST("/users", a.createUser)
	routes.GET("/users", a.listUsers)
	routes.GET("/users/:user", a.getUser)
	routes.PATCH("/users/:user", a.updateUser)
	routes.DELETE("/users/:user", a.deleteUser)
	routes.POST("/users/:user/tokens/revoke", a.revokeTokens)
}

// ownUser stands for the user who asks, wherever a path names a user.
const ownUser = "me"

// queryUser gives the zero reference when the parameter is absent.
func queryUser(c *gin.Context, name string) (model.UserRef, error) {
	if c.Query(name) == "" {
		return model.UserRef{}, nil
	}
	return parseUserRef(c, c.Query(name))
}

func parseUserRef(c *gin.Context, text string) (model.UserRef, error) {
	if text != ownUser {
		return model.ParseUserRef(text), nil
	}
	user := sessionOf(c).Principal.User
	if user == 0 {
		return model.UserRef{}, model.Invalid("user", "is me, and no user asks: send a user token, or X-Parley-User with a secret key")
	}
	return model.UserRef{ID: user}, nil
}

type createUserRequest struct {
	ExternalID  string            `json:"externalId"`
	Username    string            `json:"username"`
	DisplayName string            `json:"displayName"`
	Email       string            `json:"email"`
	Avatar      string            `json:"avatar"`
	Properties  json.RawMessage   `json:"properties"`
	Role        model.UserRole    `json:"role"`
	Permissions model.Permissions `json:"permissions"`
	OnConflict  chat.OnConflict   `json:"onConflict"`
}

func (a *API) createUser(c *gin.Context) {
	var request createUserRequest
	if err := decodeBody(c, &request); err != nil {
		a.fail(c, err)
		return
	}
	user, created, err := a.Chat.CreateUser(c.Request.Context(), sessionOf(c).Principal, chat.CreateUser(request))
	a.answerUser(c, createdStatus(created), user, err)
}

func (a *API) getUser(c *gin.Context) {
	user, err := a.Chat.User(c.Request.Context(), sessionOf(c).Principal, userRef(c))
	a.answerUser(c, http.StatusOK, user, err)
}

func (a *API) answerUser(c *gin.Context, status int, user model.User, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	setVersion(c, user.Version)
	c.PureJSON(status, user)
}

func (a *API) listUsers(c *gin.Context) {
	in, err := a.listUsersInput(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	users, total, err := a.Chat.ListUsers(c.Request.Context(), sessionOf(c).Principal, in)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusOK, newListResponse(users, total, in.Page, func(user model.User) model.ListCursor {
		return model.ListCursor{ID: int64(user.ID)}
	}))
}

func (a *API) listUsersInput(c *gin.Context) (in chat.ListUsers, err error) {
	in = chat.ListUsers{
		Search: c.Query("search"), DisplayName: c.Query("displayName"),
		AccountStatus: model.AccountStatus(c.Query("accountStatus")),
	}
	for _, role := range queryList(c, "role") {
		in.Roles = append(in.Roles, model.UserRole(role))
	}
	for _, text := range queryList(c, "id") {
		id, ok := model.ParseID(text)
		if !ok {
			return in, model.Invalid("id", "must be ids of users")
		}
		in.IDs = append(in.IDs, model.UserID(id))
	}
	if in.Guest, err = queryFlag(c, "guest"); err != nil {
		return in, err
	}
	if in.ActiveSince, err = queryTime(c, "activeSince"); err != nil {
		return in, err
	}
	in.Page, err = a.listPage(c)
	return in, err
}

type updateUserRequest struct {
	Username      chat.Patch[string]                     `json:"username"`
	DisplayName   chat.Patch[string]                     `json:"displayName"`
	Email         chat.Patch[string]                     `json:"email"`
	Avatar        chat.Patch[string]                     `json:"avatar"`
	Properties    json.RawMessage                        `json:"properties"`
	ExternalID    chat.Patch[string]                     `json:"externalId"`
	Role          chat.Patch[model.UserRole]             `json:"role"`
	Permissions   chat.Patch[map[model.Permission]*bool] `json:"permissions"`
	AccountStatus chat.Patch[model.AccountStatus]        `json:"accountStatus"`
}

func (a *API) updateUser(c *gin.Context) {
	var request updateUserRequest
	ref := userRef(c)
	err := decodeBody(c, &request)
	var version int64
	if err == nil {
		version, err = ifMatch(c)
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	user, err := a.Chat.UpdateUser(c.Request.Context(), sessionOf(c).Principal, ref, chat.UpdateUser{
		Version: version, Username: request.Username, DisplayName: request.DisplayName, Email: request.Email,
		Avatar: request.Avatar, Properties: request.Properties, ExternalID: request.ExternalID,
		Role: request.Role, Permissions: request.Permissions, AccountStatus: request.AccountStatus,
	})
	a.answerUser(c, http.StatusOK, user, err)
}

func (a *API) deleteUser(c *gin.Context) {
	job, err := a.Chat.DeleteUser(c.Request.Context(), sessionOf(c).Principal, userRef(c))
	if err != nil {
		a.fail(c, err)
		return
	}
	c.PureJSON(http.StatusAccepted, job)
}

func (a *API) revokeTokens(c *gin.Context) {
	err := a.Chat.RevokeTokens(c.Request.Context(), sessionOf(c).Principal, userRef(c))
	a.answerDone(c, err)
}

// answerDone is the answer that says nothing but that it is done.
func (a *API) answerDone(c *gin.Context, err error) {
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// createdStatus tells a new object from one that was there.
func createdStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
